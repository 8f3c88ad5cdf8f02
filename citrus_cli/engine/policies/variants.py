"""Variants of the paper's shared cache, each changing one thing. None is in the paper."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from citrus_cli.engine.policies.base import (
    Candidates,
    Observation,
    head_attention,
    protect,
)
from citrus_cli.engine.policies.citrus import Citrus

NEIGHBOURS = 7
"""How many states on either side share their scores in `citrus-pooled`."""

RECENT = 0.25
"""The share of the budget that `citrus-recent` gives to the most recent states."""

DECAY = 0.9
"""What remains of a score in `citrus-decay` when the next chunk has been read."""


class CitrusSeesChunk(Citrus):
    """The instruction also sees, and judges, the chunk that has just been read.

    So the next chunk is read with the budget alone before it, not with a whole chunk more.
    """

    name = "citrus-sees-chunk"
    sees_chunk = True


class CitrusPerHead(Citrus):
    """Every KV head keeps what the instruction's queries of that head attend to."""

    name = "citrus-per-head"
    per_head = True

    def rank(self, candidates: Candidates) -> Tensor:
        """The mean attention over the rows and the queries of a KV head."""
        assert candidates.keys is not None
        return head_attention(candidates.attention, candidates.keys.shape[1])


class CitrusPooled(Citrus):
    """A state shares its score with its neighbours, so that what is found keeps its context."""

    name = "citrus-pooled"

    def rank(self, candidates: Candidates) -> Tensor:
        """The mean attention, averaged over the neighbours that there are."""
        width = 2 * NEIGHBOURS + 1
        return functional.avg_pool1d(
            super().rank(candidates), width, 1, NEIGHBOURS, count_include_pad=False
        )


class CitrusValueNorm(Citrus):
    """Attention counts by what it brings: times the L1 norm of the value (as arXiv 2406.12335)."""

    name = "citrus-value-norm"

    def rank(self, candidates: Candidates) -> Tensor:
        """The mean over heads of attention times value norm."""
        assert candidates.values is not None
        brought = candidates.values.float().norm(p=1, dim=-1)  # (layers, kv_heads, states)
        return (head_attention(candidates.attention, brought.shape[1]) * brought).mean(dim=1)


class CitrusRecent(Citrus):
    """A quarter of the budget is for the most recent states."""

    name = "citrus-recent"

    def rank(self, candidates: Candidates) -> Tensor:
        """The mean attention, with the most recent above all."""
        return protect(super().rank(candidates), 0, int(RECENT * candidates.budget))


class CitrusDecay(Citrus):
    """What the instruction attended to earlier still counts, less with each chunk."""

    name = "citrus-decay"
    memory_fields = 1

    def remember(self, observation: Observation) -> None:
        """The mean attention, added to what remains of the earlier sum."""
        assert observation.attention is not None
        observation.memory[0] *= DECAY
        observation.memory[0] += observation.attention.mean(dim=1)

    def rank(self, candidates: Candidates) -> Tensor:
        """The remembered sum."""
        assert candidates.memory is not None
        return candidates.memory[0]
