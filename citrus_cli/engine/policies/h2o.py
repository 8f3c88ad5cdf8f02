"""Heavy hitters and the most recent (H2O, arXiv 2306.14048)."""

from __future__ import annotations

from torch import Tensor

from citrus_cli.engine.policies.base import (
    Candidates,
    Observation,
    Policy,
    Rows,
    head_attention,
    protect,
)


class H2O(Policy):
    """Half of the budget for the states that have drawn most attention, half for the most recent.

    Per head, as in the paper: attention is summed over all rows that ever saw the state (section
    4). Here the queries that share a KV head are averaged; many states go at once after a chunk,
    not one after each token; and the newest chunk is not judged before the next one is read. The
    prompt is simply the next chunk of text: at the close its rows' attention counts too.
    """

    name = "h2o"
    rows = Rows.CHUNK
    closing_rows = Rows.INSTRUCTION
    per_head = True
    memory_fields = 1

    def remember(self, observation: Observation) -> None:
        """The sum over rows of the attention to each state."""
        assert observation.attention is not None
        memory = observation.memory[0]
        kv_heads = memory.shape[0] // observation.attention.shape[0]
        drawn = head_attention(observation.attention, kv_heads)
        memory += drawn.flatten(0, 1) * observation.rows

    def rank(self, candidates: Candidates) -> Tensor:
        """The attention drawn so far, with the recent half above all: (rows, states)."""
        assert candidates.memory is not None
        return protect(candidates.memory[0], first=0, last=candidates.budget // 2)
