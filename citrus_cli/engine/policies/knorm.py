"""The keys of lowest norm (arXiv 2406.11430)."""

from __future__ import annotations

from torch import Tensor

from citrus_cli.engine.policies.base import Candidates, Policy, Rows


class KNorm(Policy):
    """Every head keeps the keys of lowest L2 norm, which tend to draw the most attention.

    Looks at no attention and no instruction. Rotary embedding does not change a norm, so that
    position-free keys rank alike. The paper leaves the first two layers whole; here all layers keep
    the budget, as with the other policies.
    """

    name = "knorm"
    rows = Rows.NONE
    closing_rows = Rows.NONE
    per_head = True

    def rank(self, candidates: Candidates) -> Tensor:
        """Minus the norm of the key: (layers, kv_heads, states)."""
        assert candidates.keys is not None
        return -candidates.keys.float().norm(dim=-1)
