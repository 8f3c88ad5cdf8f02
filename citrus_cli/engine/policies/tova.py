"""What the last token attends to (TOVA, arXiv 2401.06104)."""

from __future__ import annotations

from torch import Tensor

from citrus_cli.engine.policies.base import Candidates, Policy, Rows, mean_attention


class Tova(Policy):
    """Keeps what the last token attends to, averaged over the heads of a layer (section 4).

    The paper drops one state after each token; here the last token of a chunk judges for the whole
    chunk, and the newest chunk is not among what is judged. The prompt is the next chunk of text:
    at the close its last token judges.
    """

    name = "tova"
    rows = Rows.NEWEST
    closing_rows = Rows.LAST

    def rank(self, candidates: Candidates) -> Tensor:
        """The last token's attention, (layers, states)."""
        return mean_attention(candidates)
