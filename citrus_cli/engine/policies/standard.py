"""Chunked state eviction without the instruction (arXiv 2406.12018, section 3.2)."""

from __future__ import annotations

from torch import Tensor

from citrus_cli.engine.policies.base import Candidates, Policy, Rows, mean_attention


class Standard(Policy):
    """While reading, the chunk's own attention decides; before the answer, the instruction's."""

    name = "standard"
    rows = Rows.CHUNK
    closing_rows = Rows.INSTRUCTION

    def rank(self, candidates: Candidates) -> Tensor:
        """The mean attention that the chunk (at the close: the instruction) pays to each state."""
        return mean_attention(candidates)
