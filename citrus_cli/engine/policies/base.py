"""What a policy is: whose attention it asks for, and how it ranks states by it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import torch
from torch import Tensor


class Rows(Enum):
    """The rows whose attention to the cache a policy wants to see."""

    NONE = "none"
    CHUNK = "the document chunk being read"
    INSTRUCTION = "the whole instruction"
    QUESTION = "the question's own words within the instruction"
    LAST = "the last token of the instruction"


@dataclass(frozen=True)
class Candidates:
    """States of which some must go.

    `attention` is (layers, heads, states) float32: the mean attention of the wanted rows; None when
    the policy wants none. `origins` is (layers, states), ascending. `budget` states stay.
    """

    attention: Tensor | None
    origins: Tensor
    budget: int


class Policy(ABC):
    """A rule for eviction. Subclasses say whose attention counts, and rank."""

    name: ClassVar[str]
    rows: ClassVar[Rows]
    """Whose attention ranks the old states while the document is read."""

    closing_rows: ClassVar[Rows]
    """Whose attention ranks all states once the document has been read, before the answer."""

    sees_chunk: ClassVar[bool] = False
    """Whether the instruction also sees, and the policy also judges, the chunk just read."""

    document_policy: ClassVar[Policy | None] = None
    """What evicts the document's cache where each instruction keeps a cache of its own beside it;
    None: the document is read through the instruction's cache."""

    document_budget: ClassVar[int | None] = None
    """How many states the document's own cache keeps; None: the budget."""

    lag: ClassVar[int] = 0
    """How many states above the budget an instruction's own cache may gather before it judges."""

    @abstractmethod
    def rank(self, candidates: Candidates) -> Tensor:
        """How much each state is worth keeping: (layers, states), or (1, states) for all layers."""

    def select(self, candidates: Candidates) -> Tensor:
        """The states to keep: (layers, budget) indices, ascending per layer."""
        rank = self.rank(candidates).expand(candidates.origins.shape)
        return rank.topk(candidates.budget, dim=1).indices.sort(dim=1).values


def mean_attention(candidates: Candidates) -> Tensor:
    """The mean over rows and heads, (layers, states): the paper's importance (section 3.2)."""
    assert candidates.attention is not None
    return candidates.attention.mean(dim=1)


def protect(rank: Tensor, first: int, last: int) -> Tensor:
    """`rank` with the `first` and `last` states of every layer put above all others."""
    rank = rank.clone()
    rank[:, :first] = torch.inf
    if last:
        rank[:, -last:] = torch.inf
    return rank
