"""From weights on a text to the few passages worth showing: whole sentences, items and rows.

A part of the text is ranked by its weight over the square root of its length. The weight alone
would choose long sentences, which gather a little from everywhere; the mean would choose two-word
headings. What chance gives to a sum grows with the square root of the number of its terms, so
this quotient says how far a part stands above chance, whatever its length.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from citrus_cli.evidence.model import Evidence, PageText, ScoredPage
from citrus_cli.evidence.sentences import Unit, units
from citrus_cli.evidence.verify import quote_stands

LONGEST_PASSAGE = 400
"""Neighbours are added to a passage up to so many characters; one sentence alone may be longer."""

LONGEST_WITH_HEADING = 1000
"""A heading takes the line after it along if both are no longer than this."""

SHORTEST_COUNTED = 100
"""Parts of fewer characters rank as if they had so many: a page number is no passage."""

WEIGHTY_BESIDE = 0.5
"""A neighbour joins a passage if it ranks at least so high, as a share of the passage's best."""


@dataclass(frozen=True)
class _Part:
    """The part `index` of the page `page` (both count from 0), with its weight and rank."""

    page: int
    index: int
    weight: float
    rank: float


@dataclass(frozen=True)
class _Passage:
    """Parts `first` to `last` of a page, both included."""

    page: int
    first: int
    last: int


def passages(
    scored: Iterable[ScoredPage], *, most: int = 5, least_share: float = 0.05
) -> list[Evidence]:
    """Short passages of the original text around the spans of most weight, the highest score first.

    At most `most`, each with at least `least_share` (0 to 1) of all weight: fewer, or none, where
    the weight is spread thin. Spans outside of their page, and weights that are not positive
    numbers, count as nothing.

    Raises:
        ValueError: `most` is negative, or `least_share` is not between 0 and 1.
    """
    if most < 0 or not 0 <= least_share <= 1:
        raise ValueError("most must be 0 or more, and least_share between 0 and 1")
    pages = _merged(scored)
    texts = list(pages)
    total = math.fsum(weight for spans in pages.values() for _, _, weight in spans)
    if not total or not most:
        return []
    parts = [units(page.text) for page in texts]
    table = [_weighed(index, parts[index], spans) for index, spans in enumerate(pages.values())]
    chosen: list[_Passage] = []
    for seed in sorted(
        (part for page in table for part in page if part.weight),
        key=lambda part: (-part.rank, part.page, part.index),
    ):
        if len(chosen) == most:
            break
        if any(p.page == seed.page and p.first <= seed.index <= p.last for p in chosen):
            continue
        passage = _around(seed, parts[seed.page], table[seed.page], chosen)
        if passage and _weight(passage, table) >= least_share * total:
            chosen.append(passage)
    evidence = [
        _evidence(texts[p.page], parts[p.page], p, min(1.0, _weight(p, table) / total))
        for p in sorted(chosen, key=lambda p: (p.page, p.first))
    ]
    return sorted(evidence, key=lambda one: -one.score)


def _merged(scored: Iterable[ScoredPage]) -> dict[PageText, list[tuple[int, int, float]]]:
    """The spans that count, by page, in the order of first appearance."""
    pages: dict[PageText, list[tuple[int, int, float]]] = {}
    for one in scored:
        size = len(one.page.text)
        spans = (
            (max(start, 0), min(end, size), weight)
            for start, end, weight in one.spans
            if weight > 0 and math.isfinite(weight)
        )
        kept = [span for span in spans if span[0] < span[1]]
        if kept:
            pages.setdefault(one.page, []).extend(kept)
    return pages


def _weighed(
    page: int, parts: Sequence[Unit], spans: Sequence[tuple[int, int, float]]
) -> list[_Part]:
    """Each part's weight: of a span that reaches over several, each has what lies on it."""
    weights: list[list[float]] = [[] for _ in parts]
    for index, weight in _shared(parts, spans):
        weights[index].append(weight)
    sums = [math.fsum(some) for some in weights]
    return [
        _Part(page, index, weight, weight / math.sqrt(max(part.length, SHORTEST_COUNTED)))
        for index, (part, weight) in enumerate(zip(parts, sums, strict=True))
    ]


def _shared(
    parts: Sequence[Unit], spans: Sequence[tuple[int, int, float]]
) -> Iterator[tuple[int, float]]:
    first = 0
    for start, end, weight in sorted(spans):
        while first < len(parts) and parts[first].end <= start:
            first += 1
        index = first
        while index < len(parts) and parts[index].start < end:
            part = parts[index]
            common = min(end, part.end) - max(start, part.start)
            if common > 0:
                yield index, weight * (common / (end - start))
            index += 1


def _around(
    seed: _Part, parts: Sequence[Unit], table: Sequence[_Part], chosen: Sequence[_Passage]
) -> _Passage | None:
    """The passage that grows from a part: a heading with its line, and weighty neighbours."""
    taken = {i for p in chosen if p.page == seed.page for i in range(p.first, p.last + 1)}
    first = last = seed.index
    while parts[last].kind == "heading" and last + 1 < len(parts):
        last += 1
        if last in taken:
            return None  # the line is shown already; a heading alone says nothing
        if parts[last].end - parts[first].start > LONGEST_WITH_HEADING:
            last -= 1
            break

    def joins(index: int) -> bool:
        if not 0 <= index < len(parts) or index in taken:
            return False
        length = max(parts[last].end, parts[index].end) - min(
            parts[first].start, parts[index].start
        )
        return length <= LONGEST_PASSAGE and table[index].rank >= WEIGHTY_BESIDE * seed.rank

    while True:
        before = joins(first - 1)
        # a heading belongs to what follows it, not to what stands before
        after = joins(last + 1) and parts[last + 1].kind != "heading"
        if before and not (after and table[last + 1].rank > table[first - 1].rank):
            first -= 1
        elif after:
            last += 1
        else:
            return _Passage(seed.page, first, last)


def _weight(passage: _Passage, table: Sequence[Sequence[_Part]]) -> float:
    parts = table[passage.page][passage.first : passage.last + 1]
    return math.fsum(part.weight for part in parts)


def _evidence(page: PageText, parts: Sequence[Unit], passage: _Passage, score: float) -> Evidence:
    start, end = parts[passage.first].start, parts[passage.last].end
    quote = page.text[start:end]
    return Evidence(
        page.document,
        page.page,
        page.label,
        quote,
        start,
        end,
        score,
        verified=quote_stands(quote, page.text),
    )
