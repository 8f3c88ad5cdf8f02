"""What a method is tried on: a text in tokens, questions about it, where their answers stand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from citrus_cli.evals.answers.retention import Span
from citrus_cli.pages import PageMap
from citrus_cli.text_log import TextLog

AROUND = 100
"""A gold passage reaches about so many tokens to both sides of what it is about."""


@dataclass(frozen=True)
class Question:
    """A question about a text.

    Attributes:
        part: tells it from the others about the same text.
        question: as it is asked.
        needed: accepted spellings of each fact that the answer must hold; mostly there is one.
        places: for each of these facts, where it stands in the text; none known: empty.
        passages: what a reader needs to see to answer it; empty when nobody knows.
        about: what else its records say.
    """

    part: str
    question: str
    needed: tuple[tuple[str, ...], ...]
    places: tuple[tuple[Span, ...], ...] = ()
    passages: tuple[Span, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every accepted spelling."""
        return tuple(spelling for spellings in self.needed for spelling in spellings)


@dataclass(frozen=True)
class PagedText:
    """The pages that a text's tokens come from, for citing them."""

    path: str
    pages: PageMap
    log: TextLog


@dataclass(frozen=True)
class EvalText:
    """A text in tokens, and what is asked about it; `paged` when it has pages to cite."""

    ids: list[int]
    questions: tuple[Question, ...]
    paged: PagedText | None = None


def window(breaks: Sequence[int], span: Span, size: int) -> Span:
    """About `AROUND` tokens to both sides of a span in a text of `size`, in whole sentences.

    `breaks` are the tokens with which sentences or lines begin, ascending. Where the next one is
    more than another `AROUND` away, the window ends in the middle of a sentence.
    """
    low, high = max(0, span[0] - AROUND), min(size, span[1] + AROUND)
    before = bisect_right(breaks, low) - 1
    start = breaks[before] if before >= 0 else 0
    after = bisect_left(breaks, high)
    stop = breaks[after] if after < len(breaks) else size
    return max(start, low - AROUND), min(stop, high + AROUND)
