"""CItruS by the heads that retrieve: the question's own words, one ranking for all layers.

Not in the paper. Most heads look at sinks and at the newest tokens whatever is asked; a dozen look
for what the question names. Only those rank here, by the attention of the question's own words
alone (not the chat template's), summed into one ranking of tokens for all layers. What is found
lends its rank to its surroundings, more to what follows than to what precedes: text names a thing
first and says what about it after. The heads of a model are found by `citrus_cli.calibration`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from citrus_cli.engine.policies.base import Candidates, Policy, Rows, protect
from citrus_cli.engine.policies.streaming import SINKS

BEFORE, AFTER = 7, 32
"""How many tokens before and after one that is attended to share its rank."""

FOCUS = 192
"""How many states an answer attends to. While reading more are kept, since what matters is not yet
known; but a small model answers worse the more it sees beside what it was asked for (README)."""

FIRST, RECENT = 4, 32
"""States that are always kept: attention sinks, and the end of what has been read."""


class Head(NamedTuple):
    """An attention head and its weight in the ranking."""

    layer: int
    head: int
    weight: float = 1.0


def share_found(
    heads: Sequence[Head], attention: Tensor, origins_of: Callable[[Head], Tensor]
) -> float:
    """The share of the heads' attention that falls on a document, its sinks left out: 0 to 1.

    `attention` is (layers, heads, states), and `origins_of(head)` says where the states that a head
    attends to come from, (states,).
    """
    on_document = [
        one.weight * attention[one.layer, one.head][origins_of(one) >= SINKS].sum() for one in heads
    ]
    return float(torch.stack(on_document).sum()) / sum(one.weight for one in heads)


class CitrusHeads(Policy):
    """Evicts by the attention that the question's words pay in the heads that retrieve."""

    name = "citrus-heads"
    rows = Rows.QUESTION
    closing_rows = Rows.QUESTION
    focus: ClassVar[int | None] = FOCUS

    def __init__(self, heads: Sequence[Head] = (), found: float = 0.0) -> None:
        """`heads` are the model's own, and `found` the share below which they find nothing.

        Raises:
            ValueError: there are no heads.
        """
        if not heads:
            raise ValueError("policy citrus-heads needs the model's retrieval heads")
        self.heads, self.found = tuple(heads), found

    def rank(self, candidates: Candidates) -> Tensor:
        """The pooled, weighted attention of the heads: (1, states)."""
        attention = candidates.attention
        assert attention is not None
        chosen = torch.stack([attention[h.layer, h.head] * h.weight for h in self.heads])
        found = functional.pad(chosen.sum(dim=0, keepdim=True), (AFTER, BEFORE))
        pooled = functional.avg_pool1d(found, BEFORE + 1 + AFTER, stride=1)
        return protect(pooled, FIRST, RECENT)
