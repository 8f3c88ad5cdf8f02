"""The end of a reading: what each instruction keeps of a document that was read once for all."""

from __future__ import annotations

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.eviction import evict, judging_stream
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies import Policy, Rows
from citrus_cli.engine.states import StateCache


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
    if cache.length - pinned <= budget:
        return
    stream = Stream(slice(0, 0), cache, writes=False, visible=cache.length)
    if policy.closing_rows is not Rows.NONE:
        stream = judging_stream(instruction, policy, policy.closing_rows, cache, 0, cache.length)
        with backbone.attached():
            backbone.forward(torch.tensor(instruction.ids, device=backbone.device), [stream])
    evict(stream, policy, cache=cache, pinned=pinned, budget=budget)
