"""The end of a reading: what each instruction keeps of a document that was read once for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.eviction import evict, judging_stream
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies import Policy, Rows
from citrus_cli.engine.states import StateCache


class Cut(NamedTuple):
    """A cache is cut to so many states; if this is the `focus`, only where the policy focuses."""

    budget: int
    focus: bool = False


def closing_cuts(policy: Policy, states: int, budget: int) -> Iterator[Cut]:
    """To how many of `states` a cache is cut once a document has been read, one after the other.

    First to the budget; then to the policy's focus, judged anew, when what was of no use is gone.
    Nothing is cut of a document that is within the budget.
    """
    if states <= budget:
        return
    yield Cut(budget)
    if policy.focus is not None and policy.focus < budget:
        yield Cut(policy.focus, focus=True)


def close(
    backbone: Backbone,
    policy: Policy,
    instruction: Instruction,
    cache: StateCache,
    *,
    pinned: int,
    budget: int,
) -> None:
    """Evict from the cache of a document that has been read, by the instruction where one is asked.

    The first `pinned` states stay. A cache that is within the budget is left as it is.
    """
    ids = torch.tensor(instruction.ids, device=backbone.device)
    for cut in closing_cuts(policy, cache.length - pinned, budget):
        stream = Stream(slice(0, 0), cache, writes=False, visible=cache.length)
        if policy.closing_rows is not Rows.NONE:
            stream = judging_stream(
                instruction, policy, policy.closing_rows, cache, 0, cache.length
            )
            with backbone.attached():
                backbone.forward(ids, [stream])
        evict(stream, policy, cache=cache, pinned=pinned, budget=cut.budget, focus=cut.focus)
