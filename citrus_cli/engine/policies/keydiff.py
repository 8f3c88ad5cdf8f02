"""The keys that differ most from the rest (KeyDiff, arXiv 2504.15364)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from citrus_cli.engine.policies.base import Candidates, Policy, Rows


class KeyDiff(Policy):
    """Every head keeps the keys least like the mean of all its keys' directions (section 3).

    Looks at no attention and no instruction. The paper compares keys with rotary embedding, here
    they carry none; and the newest chunk is not judged before the next one is read.
    """

    name = "keydiff"
    rows = Rows.NONE
    closing_rows = Rows.NONE
    per_head = True

    def rank(self, candidates: Candidates) -> Tensor:
        """Minus the cosine similarity to the mean direction: (layers, kv_heads, states)."""
        assert candidates.keys is not None
        directions = functional.normalize(candidates.keys.float(), dim=-1)
        anchor = directions.mean(dim=2, keepdim=True)
        return -functional.cosine_similarity(directions, anchor, dim=-1)
