"""Judging states and letting go of those that a policy does not keep: the one way to do it."""

from __future__ import annotations

import torch
from torch import Tensor

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies import Candidates, Observation, Policy, Rows
from citrus_cli.engine.rope import RopeTable
from citrus_cli.engine.states import StateCache


def cache_for(policy: Policy, backbone: Backbone, slots: int, table: RopeTable) -> StateCache:
    """An empty cache from which `policy` evicts."""
    return backbone.cache(slots, table, per_head=policy.per_head, fields=policy.memory_fields)


def judging_stream(
    instruction: Instruction,
    policy: Policy,
    wanted: Rows,
    cache: StateCache,
    row: int,
    visible: int,
) -> Stream:
    """The instruction from `row` of a pass on, its `wanted` rows scoring the `visible` slots."""
    scored = instruction.rows(wanted, cache.keys.device)
    rows = slice(row, row + len(instruction.ids))
    return Stream(
        rows, cache, writes=False, visible=visible, scored=scored, squared=policy.wants_squares
    )


def evict(
    stream: Stream,
    policy: Policy,
    *,
    cache: StateCache,
    pinned: int,
    budget: int,
    entropy: Tensor | None = None,
) -> None:
    """Keep `budget` of the first `stream.visible` states of `cache`, and the first `pinned` too.

    The policy ranks by what the stream scored, once it has noted it where it remembers; `entropy`
    is that of the newest tokens. States that the stream did not see stay.
    """
    if policy.memory_fields:
        policy.remember(_observation(stream, cache, pinned, entropy))
    seen = stream.visible
    if seen - pinned <= budget:
        return
    judged = slice(pinned, seen)
    candidates = Candidates(
        torch.stack(stream.scores)[:, :, judged] if stream.scores else None,
        cache.origins[:, judged],
        budget,
        cache.keys[:, 0, :, judged],
        cache.values[:, 0, :, judged],
        cache.memory[:, :, judged] if policy.memory_fields else None,
    )
    kept = policy.select(candidates) + pinned
    prefix = torch.arange(pinned, device=kept.device).expand(kept.shape[0], -1)
    cache.keep(torch.cat((prefix, kept), dim=1), among=seen)


def _observation(
    stream: Stream, cache: StateCache, pinned: int, entropy: Tensor | None
) -> Observation:
    """What a stream showed of the states of a cache, the first `pinned` left out."""
    judged = slice(pinned, stream.judged)
    slots = torch.arange(pinned, stream.judged, device=cache.keys.device)
    rows, seen_by = 0, torch.zeros_like(slots)
    if stream.scored is not None:
        rows = stream.scored.shape[0]
        # a row sees the slots up to its own
        own = stream.start + stream.scored
        seen_by = rows - torch.searchsorted(own, slots)
    return Observation(
        cache.memory[:, :, judged],
        torch.stack(stream.scores)[:, :, judged] if stream.scores else None,
        torch.stack(stream.squares)[:, :, judged] if stream.squares else None,
        rows,
        seen_by,
        entropy,
    )
