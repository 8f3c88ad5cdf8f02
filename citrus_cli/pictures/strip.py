"""The whole document at a glance: pages from left to right, layers from top to bottom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from citrus_cli.pictures.model import Picture
from citrus_cli.pictures.words import one_line, page_name, percent
from citrus_cli.wording import many

LEVELS = 6
"""Shades of a cell; each step is even in the square root of the share, so that little is seen."""

MANY_PAGES = 100
"""In documents with more pages only those with something on them are stops of the tab key."""

OVERVIEW = 240
"""Most bars in the overview of a long document."""

_TOP, _BARS, _GAP, _BOTTOM = 18, 52, 4, 26
_WIDTH = 820


@dataclass(frozen=True)
class Column:
    """A page of the strip: where it is drawn, what is said of it, and its bar over the cells."""

    x: float
    page: int
    label: str
    bar: float
    sources: tuple[int, ...]
    stop: bool


@dataclass(frozen=True)
class Tick:
    """A number at an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Overview:
    """The bars of a long document, several pages to each, as two paths."""

    width: int
    bars: str
    sources: str


@dataclass(frozen=True)
class Strip:
    """All that the page needs to draw the strip; `cells` has a path for each shade."""

    width: float
    height: float
    column: float
    bars: float
    top: float
    row: float
    cells: tuple[str, ...]
    columns: tuple[Column, ...]
    pages: tuple[Tick, ...]
    layers: tuple[Tick, ...]
    borders: tuple[float, ...]
    legend: tuple[str, ...]
    sinks: bool
    overview: Overview | None
    """All of the bars in the width of the page, for documents that need room to scroll."""


def strip(picture: Picture) -> Strip | None:
    """The strip of a picture; None where there is nothing to draw."""
    if not picture.layers or not picture.pages:
        return None
    column = round(min(36.0, max(5.0, _WIDTH / len(picture.pages))), 2)
    row = round(min(14.0, max(3.0, 190 / len(picture.layers))), 2)
    top = _TOP + _BARS + _GAP
    highest = max(max(one) for one in picture.layers)
    sinks = picture.sinks()
    firsts = list(picture.first_pages())
    return Strip(
        width=round(column * len(picture.pages) + 2, 2),
        height=round(top + row * len(picture.layers) + _BOTTOM, 2),
        column=column,
        bars=_TOP + _BARS,
        top=top,
        row=row,
        cells=_cells(picture.layers, highest, column, row, top),
        columns=_columns(picture, sinks, column),
        pages=_page_ticks(picture, firsts, column),
        layers=_layer_ticks(len(picture.layers), row, top),
        borders=tuple(round(at * column, 2) for at in firsts[1:]),
        legend=tuple(percent(highest * (level / LEVELS) ** 2) for level in range(1, LEVELS + 1)),
        sinks=bool(sinks),
        overview=_overview(picture) if len(picture.pages) > MANY_PAGES else None,
    )


def shade(share: float, highest: float) -> int:
    """The shade of a cell, 0 where the layer kept nothing of the page."""
    if share <= 0 or highest <= 0:
        return 0
    return max(1, min(LEVELS, math.ceil(LEVELS * math.sqrt(share / highest) - 1e-9)))


def step(length: int, most: int) -> int:
    """The least of 1, 2, 5, 10, 20, … that leaves at most `most` ticks."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if length <= most * size * factor:
                return size * factor
        size *= 10


def _cells(
    layers: Sequence[Sequence[float]], highest: float, column: float, row: float, top: float
) -> tuple[str, ...]:
    """A path for each shade; neighbours of one shade in a row are one rectangle."""
    paths: list[list[str]] = [[] for _ in range(LEVELS)]
    for number, shares in enumerate(layers):
        levels = [shade(share, highest) for share in shares]
        start = 0
        for at in range(1, len(levels) + 1):
            if at < len(levels) and levels[at] == levels[start]:
                continue
            if levels[start]:
                wide, y = (at - start) * column, top + number * row
                paths[levels[start] - 1].append(
                    f"M{start * column:.5g} {y:.5g}h{wide:.5g}v{row:g}h-{wide:.5g}z"
                )
            start = at
    return tuple("".join(path) for path in paths)


def _columns(picture: Picture, sinks: set[int], column: float) -> tuple[Column, ...]:
    shares, counts, sources = picture.shares(), picture.layers_kept(), picture.sources()
    highest = max(shares) or 1.0
    several = len(picture.documents) > 1
    found = []
    for at, kept in enumerate(picture.pages):
        numbers = tuple(sources.get(at, ()))
        said = [page_name(kept.page.page, kept.page.label)]
        if several:
            said.insert(0, one_line(kept.page.document, 60))
        if counts[at]:
            said.append(f"{percent(shares[at])} of what was kept")
            said.append(f"in {counts[at]} of {many(len(picture.layers), 'layer')}")
        else:
            said.append("nothing kept")
        if at in sinks:
            said.append("sinks")
        if numbers:
            said.append(f"source{'s'[: len(numbers) > 1]} {', '.join(map(str, numbers))}")
        found.append(
            Column(
                x=round(at * column, 2),
                page=at + 1,
                label=", ".join(said),
                bar=round(_BARS * shares[at] / highest, 2),
                sources=numbers,
                stop=bool(counts[at] or numbers) or len(picture.pages) <= MANY_PAGES,
            )
        )
    return tuple(found)


def _overview(picture: Picture) -> Overview:
    shares, sources, pages = picture.shares(), picture.sources(), len(picture.pages)
    columns = min(pages, OVERVIEW)
    highest = max(shares) or 1.0
    bars, marks = [], []
    for at in range(columns):
        span = range(at * pages // columns, (at + 1) * pages // columns)
        high = 24 * max(shares[one] for one in span) / highest
        path = f"M{at} {28 - max(high, 1):.4g}h1V28h-1z"
        if any(one in sources for one in span):
            marks.append(f"M{at} 0h1V28h-1z")
        elif high:
            bars.append(path)
    return Overview(columns, "".join(bars), "".join(marks))


def _page_ticks(picture: Picture, firsts: Sequence[int], column: float) -> tuple[Tick, ...]:
    """Round page numbers, and the first page of each document, with room for each."""
    every = step(len(picture.pages), max(1, int(len(picture.pages) * column / 34)))
    starts = set(firsts)
    ticks: list[Tick] = []
    for at, kept in enumerate(picture.pages):
        if at not in starts and kept.page.page % every:
            continue
        place = round((at + 0.5) * column, 2)
        if not ticks or place - ticks[-1].at >= 26:
            ticks.append(Tick(place, str(kept.page.page)))
    return tuple(ticks)


def _layer_ticks(layers: int, row: float, top: float) -> tuple[Tick, ...]:
    every = step(layers, max(1, int(layers * row / 24)))
    numbers = [1, *range(every if every > 1 else 2, layers + 1, every)]
    ticks = [Tick(round(top + (number - 0.5) * row, 2), str(number)) for number in numbers]
    return tuple(
        tick for at, tick in enumerate(ticks) if at == 0 or tick.at - ticks[at - 1].at >= 12
    )
