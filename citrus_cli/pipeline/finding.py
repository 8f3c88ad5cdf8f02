"""Passages that answer a question, best first: what would be read, shown without an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from citrus_cli.index.corpus import Corpus
from citrus_cli.index.question import Asked, asked
from citrus_cli.index.ranking import Ranking, rank
from citrus_cli.index.views import SURE_SHARE
from citrus_cli.pipeline.tools import Tools

LONGEST_QUOTE = 400
"""Neighbours join a passage up to so many characters."""


@dataclass(frozen=True)
class Passage:
    """A passage of a document, letter by letter.

    Attributes:
        document: its path, as it was given.
        page: 1-based number of its page, and `label` what is printed there, where it differs.
        line, last_line: its lines in the source, from 1, in text without pages; else None.
        quote: the page's text from character `start` to `end`.
        score: how far it stands above the average of the documents, in standard deviations of
            what the finders say.
    """

    document: str
    page: int
    label: str | None
    line: int | None
    last_line: int | None
    quote: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Found:
    """What was found: passages, best first, and how.

    `tokens` are the documents'; `made` of their indexes were made now; finding took `seconds`.
    """

    passages: tuple[Passage, ...]
    warnings: tuple[str, ...]
    tokens: int
    made: int
    seconds: float


def find(corpus: Corpus, question: str, tools: Tools) -> Ranking:
    """Everything ranked for a question."""
    wanted: Asked = asked(question)
    return rank(
        corpus,
        wanted,
        queries=tools.queries(wanted),
        embed=tools.embedding if tools.embedder is not None else None,
        use_words=tools.use_words,
    )


def passages(ranking: Ranking, most: int) -> list[Passage]:
    """The best passages, one of each page before a second of any; best first."""
    corpus = ranking.corpus
    found: list[Passage] = []
    taken: set[int] = set()
    for unit in _order(ranking):
        if len(found) == most:
            break
        if unit in taken:
            continue
        units = _around(ranking, unit, taken)
        taken.update(units)
        found.append(_passage(ranking, units, unit))
    return found if corpus.units else []


def _order(ranking: Ranking) -> Iterator[int]:
    """Units to show: of each page the best one, pages best first; then all others."""
    corpus = ranking.corpus
    if not corpus.units:
        return
    if corpus.pages == 1:
        yield from ranking.best()
        return
    best = np.full(corpus.pages, -1)
    for unit in reversed(list(ranking.best())):
        best[corpus.page_of_unit[unit]] = unit
    pages = np.array(ranking.pages)
    if ranking.share is not None:  # what the heads are sure of comes first, wherever it stands
        top = int(np.argmax(ranking.share))
        if ranking.share[top] >= SURE_SHARE:
            pages[corpus.page_of_unit[top]] = np.inf
            best[corpus.page_of_unit[top]] = top
    first = [int(best[page]) for page in np.argsort(-pages, kind="stable") if best[page] >= 0]
    yield from first
    shown = set(first)
    yield from (unit for unit in ranking.best() if unit not in shown)


def _around(ranking: Ranking, unit: int, taken: set[int]) -> list[int]:
    """A unit and its neighbours on its page, the better one first, while the quote stays short."""
    field, first, last = ranking.corpus.field, unit, unit
    while True:
        options = [one for one in (first - 1, last + 1) if 0 <= one < len(field)]
        options = [
            one
            for one in options
            if one not in taken
            and field[one, 1] == field[unit, 1]
            and field[one, 0] == field[unit, 0]
            and max(field[last, 3], field[one, 3]) - min(field[first, 2], field[one, 2])
            <= LONGEST_QUOTE
        ]
        if not options:
            return list(range(first, last + 1))
        best = max(options, key=lambda one: ranking.units[one])
        first, last = min(first, best), max(last, best)


def _passage(ranking: Ranking, units: list[int], best: int) -> Passage:
    corpus = ranking.corpus
    index, unit = corpus.of_unit(units[0])
    _, final = corpus.of_unit(units[-1])
    at = int(index.units[unit, 1])
    start, end = int(index.units[unit, 2]), int(index.units[final, 3])
    sheet, before = index.sheet(at), index.characters_before(at)
    return Passage(
        document=index.path,
        page=sheet.number,
        label=sheet.label,
        line=index.line(at, start),
        last_line=index.line(at, end - 1),
        quote=sheet.text[start:end],
        start=start + before,
        end=end + before,
        score=round(float(ranking.units[best]), 3),
    )
