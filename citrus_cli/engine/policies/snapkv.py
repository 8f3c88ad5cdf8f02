"""What an observation window attends to, per head, with its neighbours (SnapKV, 2404.14469)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from citrus_cli.engine.policies.base import Candidates, Policy, Rows, head_attention

KERNEL = 7
"""Width of the pooling that keeps what surrounds a state too, as in the paper's LongBench runs."""


class SnapKV(Policy):
    """Every head keeps what the last rows attend to, max-pooled over neighbours (section 4).

    The paper compresses a prompt once, and its last rows, the question among them, are the window.
    Here the window while reading is the last 32 rows of the chunk, which itself stays until the
    next one is read; at the close it is the instruction. So the window takes nothing of the budget.
    The queries that share a KV head are averaged before pooling.
    """

    name = "snapkv"
    rows = Rows.WINDOW
    closing_rows = Rows.INSTRUCTION
    per_head = True

    def rank(self, candidates: Candidates) -> Tensor:
        """The pooled votes: (layers, kv_heads, states)."""
        assert candidates.keys is not None
        votes = head_attention(candidates.attention, candidates.keys.shape[1])
        return functional.max_pool1d(votes, KERNEL, stride=1, padding=KERNEL // 2)

    def select(self, candidates: Candidates) -> Tensor:
        """The states to keep. Neighbours share a maximum, so many are equal: the earlier stay."""
        order = self.rank(candidates).flatten(0, 1).sort(dim=1, descending=True, stable=True)
        return order.indices[:, : candidates.budget].sort(dim=1).values
