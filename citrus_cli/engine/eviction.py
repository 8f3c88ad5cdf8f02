"""Judging states and letting go of those that a policy does not keep: the one way to do it."""

from __future__ import annotations

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies import Candidates, Policy, Rows
from citrus_cli.engine.states import StateCache


def judging_stream(
    instruction: Instruction, wanted: Rows, cache: StateCache, row: int, visible: int
) -> Stream:
    """The instruction from `row` of a pass on, its `wanted` rows scoring the `visible` slots."""
    scored = instruction.rows(wanted, cache.keys.device)
    end = row + len(instruction.ids)
    return Stream(slice(row, end), cache, writes=False, visible=visible, scored=scored)


def evict(stream: Stream, policy: Policy, *, cache: StateCache, pinned: int, budget: int) -> None:
    """Keep `budget` of the first `stream.visible` states of `cache`, and the first `pinned` too.

    The policy ranks by what the stream scored. States that it did not see stay.
    """
    seen = stream.visible
    if seen - pinned <= budget:
        return
    attention = torch.stack(stream.scores)[:, :, pinned:] if stream.scores else None
    candidates = Candidates(attention, cache.origins[:, pinned:seen], budget)
    kept = policy.select(candidates) + pinned
    prefix = torch.arange(pinned, device=kept.device).expand(kept.shape[0], -1)
    cache.keep(torch.cat((prefix, kept), dim=1), among=seen)
