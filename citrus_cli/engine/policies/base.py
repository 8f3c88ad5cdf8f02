"""What a policy is: whose attention it asks for, and how it ranks states by it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import torch
from torch import Tensor

WINDOW = 32
"""How many of a chunk's last rows `Rows.WINDOW` is."""


class Rows(Enum):
    """The rows whose attention to the cache a policy wants to see."""

    NONE = "none"
    CHUNK = "the document chunk being read"
    WINDOW = "the last rows of that chunk"
    NEWEST = "its last row alone"
    INSTRUCTION = "the whole instruction"
    QUESTION = "the question's own words within the instruction"
    LAST = "the last token of the instruction"

    @property
    def asks(self) -> bool:
        """Whether they are the instruction's."""
        return self in (Rows.INSTRUCTION, Rows.QUESTION, Rows.LAST)

    def of_chunk(self, size: int) -> range:
        """Which of a chunk's `size` rows they are; empty when they are not the chunk's."""
        counts = {Rows.CHUNK: size, Rows.WINDOW: min(WINDOW, size), Rows.NEWEST: 1}
        return range(size - counts.get(self, 0), size)


@dataclass(frozen=True)
class Candidates:
    """States of which some must go.

    `attention` is (layers, heads, states) float32: the mean attention of the wanted rows; None when
    the policy wants none. `origins` is (layers, states), ascending; for a policy that chooses per
    head (layers · kv_heads, states), layer-major. `budget` states stay. `keys` and `values` are
    (layers, kv_heads, states, dim), views of the cache; keys carry no rotary embedding. `memory` is
    (fields, *origins.shape) float32, what the policy remembers of each.
    """

    attention: Tensor | None
    origins: Tensor
    budget: int
    keys: Tensor | None = None
    values: Tensor | None = None
    memory: Tensor | None = None


@dataclass(frozen=True)
class Observation:
    """What a forward pass showed of the states in a cache, for a policy that remembers.

    `memory` is (fields, layers or layers · kv_heads, states) float32, to be changed in place.
    `attention` is (layers, heads, states) float32, the mean over `rows` rows of what they pay, 0
    where a row does not see a state; `squares` (layers, kv_heads, states) float32, the mean of its
    squares (see `Policy.wants_squares`). `seen_by` is (states,): how many of the rows see a state,
    itself included. `entropy` is (tokens,) float32, in nats: that of the newest states, whose
    tokens have just been read (see `Policy.wants_entropy`). None is what was not asked for.
    """

    memory: Tensor
    attention: Tensor | None
    squares: Tensor | None
    rows: int
    seen_by: Tensor
    entropy: Tensor | None


class Policy(ABC):
    """A rule for eviction. Subclasses say whose attention counts, and rank."""

    name: ClassVar[str]
    rows: ClassVar[Rows]
    """Whose attention ranks the old states while the document is read."""

    closing_rows: ClassVar[Rows]
    """Whose attention ranks all states once the document has been read, before the answer."""

    sees_chunk: ClassVar[bool] = False
    """Whether the instruction also sees, and the policy also judges, the chunk just read."""

    per_head: ClassVar[bool] = False
    """Whether every KV head keeps states of its own choice, as many as the budget."""

    memory_fields: ClassVar[int] = 0
    """How many numbers are remembered of each state from one chunk to the next. A policy that
    remembers is shown every chunk, not only those after which some state must go."""

    wants_squares: ClassVar[bool] = False
    """Whether a policy that remembers also needs the mean of the squares of the attention."""

    wants_entropy: ClassVar[bool] = False
    """Whether a policy that remembers needs the entropy of every token that is read."""

    document_policy: ClassVar[Policy | None] = None
    """What evicts the document's cache where each instruction keeps a cache of its own beside it;
    None: the document is read through the instruction's cache."""

    document_budget: ClassVar[int | None] = None
    """How many states the document's own cache keeps; None: the budget."""

    lag: ClassVar[int] = 0
    """How many states above the budget an instruction's own cache may gather before it judges."""

    @classmethod
    def serves_many(cls) -> bool:
        """Whether one reading serves any number of instructions: none is asked before its end, or
        each has a cache of its own."""
        return cls.document_policy is not None or not cls.rows.asks

    @abstractmethod
    def rank(self, candidates: Candidates) -> Tensor:
        """How much each state is worth keeping: (layers, states), or (1, states) for all layers;
        where it chooses per head (layers, kv_heads, states)."""

    def remember(self, observation: Observation) -> None:
        """Write into the memory what is to be known of the states later.

        Called after every pass, before some states go; only for policies with `memory_fields`.
        """
        raise NotImplementedError(f"policy {self.name} has a memory and does not use it")

    def select(self, candidates: Candidates) -> Tensor:
        """The states to keep: indices, ascending; (layers, budget), per head as `origins` is."""
        rank = self.rank(candidates).flatten(0, -2).expand(candidates.origins.shape)
        return rank.topk(candidates.budget, dim=1).indices.sort(dim=1).values


def mean_attention(candidates: Candidates) -> Tensor:
    """The mean over rows and heads, (layers, states): the paper's importance (section 3.2)."""
    assert candidates.attention is not None
    return candidates.attention.mean(dim=1)


def head_attention(attention: Tensor | None, kv_heads: int) -> Tensor:
    """The mean over the queries of each KV head: (layers, heads, n) → (layers, kv_heads, n)."""
    assert attention is not None
    return attention.unflatten(1, (kv_heads, -1)).mean(dim=2)


def protect(rank: Tensor, first: int, last: int) -> Tensor:
    """`rank` with the `first` and `last` states, (…, states), put above all others."""
    rank = rank.clone()
    rank[..., :first] = torch.inf
    if last:
        rank[..., -last:] = torch.inf
    return rank
