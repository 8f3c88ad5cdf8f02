"""The strip of the whole document in a terminal, a few lines of characters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from citrus_cli.pictures.model import Picture
from citrus_cli.pictures.strip import step
from citrus_cli.pictures.words import one_line, page_name

BANDS = 5
"""The layers are drawn as at most so many lines."""

_GUTTER = 7
_WIDEST_CELL = 4


@dataclass(frozen=True)
class _Characters:
    bars: str
    shades: str
    mark: str


_BLOCKS = _Characters(" ▁▂▃▄▅▆▇█", " ░▒▓█", "▲")
_ASCII = _Characters(" .:-=+*#%@", " .:*#", "^")


def terminal_strip(picture: Picture, width: int, *, ascii: bool = False) -> str:
    """Pages from left to right, the layers in bands from top to bottom, and the sources' pages.

    The first line is what all layers kept together. No line is longer than `width`, and none holds
    a character that a terminal acts on; with `ascii` none that an old one lacks. Empty where there
    is nothing to draw, or no room.
    """
    room = width - _GUTTER
    total = len(picture.pages)
    if not picture.layers or not total or room < 1:
        return ""
    columns = min(total, room)
    cell = min(_WIDEST_CELL, room // columns)
    ends = [(at + 1) * total // columns for at in range(columns)]
    starts = [0, *ends[:-1]]
    spans = list(zip(starts, ends, strict=True))
    look = _ASCII if ascii else _BLOCKS
    lines = [_line("all", _drawn(_pooled(picture.shares(), spans), look.bars), cell)]
    bands = _bands(picture, spans)
    highest = max(max(values) for _, values in bands)
    lines += [_line(name, _drawn(values, look.shades, highest), cell) for name, values in bands]
    sources = picture.sources()
    if sources:
        marks = (any(at in sources for at in range(a, b)) for a, b in spans)
        lines.append(_line("source", (look.mark if mark else " " for mark in marks), cell))
    lines.append(_ticks(picture, spans, cell))
    if sources:
        names = ", ".join(_name(picture, at) for at in sorted(sources))
        lines.append(_cut(f"{look.mark} {names}", width, ascii))
    return "\n".join(line.rstrip() for line in lines)


def _bands(picture: Picture, spans: Sequence[tuple[int, int]]) -> list[tuple[str, list[float]]]:
    """Layers taken together: what they are called, and the mean of what they kept."""
    layers = len(picture.layers)
    bands = min(BANDS, layers)
    found = []
    for band in range(bands):
        first, last = band * layers // bands, (band + 1) * layers // bands
        rows = picture.layers[first:last]
        means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        name = str(last) if last == first + 1 else f"{first + 1}-{last}"
        found.append((name, _pooled(means, spans)))
    return found


def _pooled(values: Sequence[float], spans: Iterable[tuple[int, int]]) -> list[float]:
    """The highest value of each span: a single hot page must not fade among its neighbours."""
    return [max(values[start:end]) for start, end in spans]


def _drawn(values: Sequence[float], ramp: str, highest: float | None = None) -> list[str]:
    """A character for each value; what is little still shows."""
    highest = max(values) if highest is None else highest
    if not highest:
        return [ramp[0]] * len(values)
    steps = len(ramp) - 1
    return [ramp[min(steps, math.ceil(steps * math.sqrt(one / highest)))] for one in values]


def _line(name: str, characters: Iterable[str], cell: int) -> str:
    return f"{name:>{_GUTTER - 1}} " + "".join(one * cell for one in characters)


def _ticks(picture: Picture, spans: Sequence[tuple[int, int]], cell: int) -> str:
    """Page numbers where they have room, each at the column of its page."""
    every = step(len(picture.pages), max(1, len(spans) * cell // 7))
    firsts = set(picture.first_pages())
    line = f"{'page':>{_GUTTER - 1}} "
    end = _GUTTER + len(spans) * cell
    for at, (start, stop) in enumerate(spans):
        number = next(
            (
                str(picture.pages[page].page.page)
                for page in range(start, stop)
                if page in firsts or picture.pages[page].page.page % every == 0
            ),
            None,
        )
        place = _GUTTER + at * cell
        free = place == _GUTTER or place > len(line)
        if number and free and place + len(number) <= end:
            line = line.ljust(place) + number
    return line


def _name(picture: Picture, at: int) -> str:
    page = picture.pages[at].page
    name = page_name(page.page, page.label)
    return f"{one_line(page.document)}, {name}" if len(picture.documents) > 1 else name


def _cut(text: str, width: int, ascii: bool) -> str:
    """At most `width` characters; with `ascii` others are shown as `?`."""
    if ascii:
        text = text.encode("ascii", "replace").decode()
    dots = "..." if ascii else "…"
    return text if len(text) <= width else text[: max(0, width - len(dots))] + dots[:width]
