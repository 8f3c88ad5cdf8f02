"""CItruS with a shared cache (arXiv 2406.12018, section 3.3)."""

from __future__ import annotations

from torch import Tensor

from citrus_cli.engine.policies.base import Candidates, Policy, Rows, mean_attention


class Citrus(Policy):
    """One cache, through which the document is read, evicted by the instruction's attention."""

    name = "citrus"
    rows = Rows.INSTRUCTION
    closing_rows = Rows.INSTRUCTION

    def rank(self, candidates: Candidates) -> Tensor:
        """The mean attention that the instruction pays to each state."""
        return mean_attention(candidates)
