"""What is read afresh for an answer: contiguous runs of whole units, up to a budget of tokens.

Where the finding is sure, *one* window around the best unit: in trials the same sentence found was
answered right 38 to 55 times of 60 by the view alone, one contiguous window the best, scattered
tokens the worst. Where it is not, the best units with their neighbours, as many as fit. What asks
for several things gets several windows; what asks about the whole, a spread over the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from citrus_cli.index.corpus import Corpus
from citrus_cli.index.ranking import Ranking

SURE_SHARE = 0.2
"""The heads are sure of a unit with so much of their mass: planted facts have at least .27, facts
that are paraphrased at most .16."""

SURE_LEAD = 3.2
"""So far ahead of all units outside of its window, the best one is sure as well."""

HALF_LEAD = 1.0
"""From here on half of the budget is enough: less in view is better, and the answer is in it."""

WINDOW_TOKENS, NARROW_TOKENS = 100, 40
"""What a window takes to either side of its unit; the narrow one where the heads are sure: of 36
planted facts 31 were answered right with 30 tokens, 29 with 60, and fewer with 100."""

SEVERAL_SHARE = 0.35
"""Of a question for several things each unit counts that has so much of the best one's share."""

STRETCHES = 8
"""A question about the whole is answered from so many parts of the text, of equal length."""


@dataclass(frozen=True, order=True)
class View:
    """Tokens [first, last) of a document, counted from 0."""

    document: int
    first: int
    last: int

    @property
    def tokens(self) -> int:
        return self.last - self.first


def views(ranking: Ranking, budget: int, *, together: bool = False) -> tuple[View, ...]:
    """What to read for a question, in the order of the text, at most `budget` tokens.

    `together`: the question needs several places, even if it does not look so.
    """
    corpus = ranking.corpus
    if not corpus.units:
        return ()
    if corpus.tokens <= budget:
        return tuple(
            View(at, 0, index.tokens) for at, index in enumerate(corpus.indexes) if index.tokens
        )
    best = int(np.argmax(ranking.units))
    if ranking.asked.kind == "whole":
        chosen = _spread(ranking, budget)
    elif together or ranking.asked.several:
        chosen = _several(ranking, budget)
    elif beside := sure_of(ranking):
        window = _window(corpus, best, min(beside, budget // 2))
        chosen = _fitting(corpus, best, window, budget)
    else:
        enough = budget // 2 if _lead(ranking, best) >= HALF_LEAD else budget
        chosen = _best(ranking, enough)
    return tuple(_runs(corpus, chosen, budget))


def sure_of(ranking: Ranking) -> int:
    """How many tokens to either side of the best unit are enough; 0 where no place stands out."""
    best = int(np.argmax(ranking.units))
    if ranking.share is not None and ranking.share[best] >= SURE_SHARE:
        return NARROW_TOKENS
    return WINDOW_TOKENS if _lead(ranking, best) >= SURE_LEAD else 0


def _lead(ranking: Ranking, best: int) -> float:
    """How far the best unit is ahead of all outside of its window; 0 where nothing is."""
    others = np.array(ranking.units)
    others[_window(ranking.corpus, best, WINDOW_TOKENS)] = -np.inf
    rest = others.max()
    return float(ranking.units[best] - rest) if np.isfinite(rest) else 0.0


def _window(corpus: Corpus, unit: int, beside: int) -> list[int]:
    """The units around one, of its document, as far as so many tokens reach to either side."""
    field, document = corpus.field, corpus.document_of(unit)
    low, high = int(corpus.unit_starts[document]), int(corpus.unit_starts[document + 1])
    first = last = unit
    while first > low and field[unit, 4] - field[first - 1, 4] <= beside:
        first -= 1
    while last + 1 < high and field[last + 1, 5] - field[unit, 5] <= beside:
        last += 1
    return list(range(first, last + 1))


def _fitting(corpus: Corpus, unit: int, window: Sequence[int], budget: int) -> list[int]:
    """As much of a window as a budget allows, its own unit first."""
    size, kept = 0, list[int]()
    for one in sorted(window, key=lambda other: abs(other - unit)):
        size += _size(corpus, one)
        if kept and size > budget:
            break
        kept.append(one)
    return sorted(kept)


def _best(ranking: Ranking, budget: int, among: Iterable[int] | None = None) -> list[int]:
    """The best units with their neighbours, while they fit."""
    corpus, taken, size = ranking.corpus, set[int](), 0
    for unit in ranking.best() if among is None else among:
        document = corpus.document_of(unit)
        low, high = int(corpus.unit_starts[document]), int(corpus.unit_starts[document + 1])
        for one in (unit, unit - 1, unit + 1):
            more = _size(corpus, one) if low <= one < high and one not in taken else budget
            if size + more <= budget and one not in taken and low <= one < high:
                taken.add(one)
                size += more
        if size > budget - 8:
            break
    return sorted(taken) or [int(np.argmax(ranking.units))]


def _several(ranking: Ranking, budget: int) -> list[int]:
    """Windows around each place that the heads are sure of; without any, the best units."""
    if ranking.share is None:
        return _best(ranking, budget)
    order = [unit for unit in ranking.best() if ranking.share[unit] > 0][:16]
    least = SEVERAL_SHARE * ranking.share[order[0]] if order else 1.0
    places = [unit for unit in order if ranking.share[unit] >= least]
    if sum(float(ranking.share[unit]) for unit in places) < SURE_SHARE:
        return _best(ranking, budget)
    places, left = _while_they_fit(ranking.corpus, places, budget)
    beside = min(WINDOW_TOKENS, left // (2 * len(places)))
    taken: list[int] = []
    for unit in places:
        taken += _window(ranking.corpus, unit, beside)
    return sorted(set(taken))


def _while_they_fit(corpus: Corpus, units: Sequence[int], budget: int) -> tuple[list[int], int]:
    """The first of some units, at least one, and what they leave of a budget."""
    kept, left = list[int](), budget
    for unit in units:
        if kept and _size(corpus, unit) > left:
            break
        kept.append(unit)
        left -= _size(corpus, unit)
    return kept, max(0, left)


def _spread(ranking: Ranking, budget: int) -> list[int]:
    """The best units of each of some stretches of the text."""
    corpus = ranking.corpus
    middles = (corpus.field[:, 4] + corpus.field[:, 5]) / 2
    for document, start in enumerate(corpus.token_starts[:-1].tolist()):
        low, high = corpus.unit_starts[document], corpus.unit_starts[document + 1]
        middles[low:high] += start
    stretch = np.minimum((middles * STRETCHES / max(1, corpus.tokens)).astype(int), STRETCHES - 1)
    taken: set[int] = set()
    for number in range(STRETCHES):
        inside = np.flatnonzero(stretch == number)
        order = inside[np.argsort(-ranking.units[inside], kind="stable")].tolist()
        if order:
            taken.update(_best(ranking, budget // STRETCHES, order))
    return sorted(taken)


def _size(corpus: Corpus, unit: int) -> int:
    return int(corpus.field[unit, 5] - corpus.field[unit, 4])


def _runs(corpus: Corpus, units: Sequence[int], budget: int) -> Iterable[View]:
    """Units, ascending, as runs of tokens; neighbours become one; no more than the budget."""
    left = budget
    made: list[View] = []
    for unit in units:
        document = corpus.document_of(unit)
        first, last = int(corpus.field[unit, 4]), int(corpus.field[unit, 5])
        if left <= 0:
            break
        if made and made[-1].document == document:
            # neighbours with the white space between them; two units may share a token
            first = made[-1].last if unit - 1 in units else max(first, made[-1].last)
        last = min(last, first + left)
        if last <= first:
            continue
        left -= last - first
        if made and made[-1].document == document and made[-1].last == first:
            made[-1] = View(document, made[-1].first, last)
        else:
            made.append(View(document, first, last))
    return made
