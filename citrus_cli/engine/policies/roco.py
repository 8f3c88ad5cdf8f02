"""Mean attention, with what varies most protected (RoCo, arXiv 2402.06262)."""

from __future__ import annotations

import torch
from torch import Tensor

from citrus_cli.engine.policies.base import (
    Candidates,
    Observation,
    Policy,
    Rows,
    head_attention,
    protect,
)

SINKS, RECENT = 4, 10
"""States at either end that are always protected, as in the authors' code."""

VARYING = 0.1
"""The share of the budget that goes to the states whose attention varies most: their default."""


class RoCo(Policy):
    """Evicts the states of the lowest mean attention, but none of those that vary most.

    Per head, as in the paper: mean and standard deviation are taken over all rows that ever saw the
    state. Here the queries that share a KV head are averaged row by row; many states go at once
    after a chunk, and the newest chunk is not judged before the next one is read. The prompt is the
    next chunk of text: at the close its rows count too.
    """

    name = "roco"
    rows = Rows.CHUNK
    closing_rows = Rows.INSTRUCTION
    per_head = True
    memory_fields = 3
    wants_squares = True

    def remember(self, observation: Observation) -> None:
        """The sums of attention and of its squares, and the number of rows that saw the state."""
        total, squared, seen = observation.memory
        assert observation.squares is not None
        drawn = head_attention(observation.attention, observation.squares.shape[1])
        total += drawn.flatten(0, 1) * observation.rows
        squared += observation.squares.flatten(0, 1) * observation.rows
        seen += observation.seen_by

    def rank(self, candidates: Candidates) -> Tensor:
        """The mean attention, with the protected above all: (rows, states)."""
        assert candidates.memory is not None
        total, squared, seen = candidates.memory
        mean = total / seen
        # the variance, which ranks as the standard deviation does
        varying = protect(squared / seen - mean.square(), SINKS, RECENT)
        protected = min(candidates.budget, SINKS + RECENT + int(VARYING * candidates.budget))
        return mean.scatter(1, varying.topk(protected, dim=1).indices, torch.inf)
