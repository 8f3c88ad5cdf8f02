"""What is left of the text that holds an answer, before the answer is given."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Span = tuple[int, int]
"""Tokens of a text: [start, stop)."""


def retained(origins: Tensor, span: Span) -> float:
    """The share of a span's tokens whose states were kept, averaged over layers (and heads).

    Args:
        origins: the tokens that were kept, (layers, states) or (layers, heads, states); negative
            entries stand for none.
        span: not empty.
    """
    start, stop = span
    if stop <= start:
        raise ValueError(f"a span needs tokens: [{start}, {stop})")
    rows = origins.reshape(-1, origins.shape[-1]).cpu()
    kept = torch.zeros(rows.shape[0], stop - start + 1, dtype=torch.bool)
    inside = (rows >= start) & (rows < stop)
    kept.scatter_(1, torch.where(inside, rows - start, stop - start), True)
    return float(kept[:, :-1].float().mean())


def retention(origins: Tensor, facts: Sequence[Sequence[Span]]) -> float | None:
    """What is left of some facts, on average; each counts where most is left of it.

    `facts` are the places where each of them stands. None when one of them stands nowhere.
    """
    if not facts or not all(facts):
        return None
    best = [max(retained(origins, span) for span in places) for places in facts]
    return sum(best) / len(best)
