"""A page's text in its smallest whole parts: sentences, list items, headings and table rows.

Own rules instead of a library. The choice was between pysbd (the last release is of 2021, it
rewrites the text before it splits it, so offsets have to be searched for again, and it knows
nothing of lines), and the large parsers with trained models. Neither sees a table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from citrus_cli.evidence.abbreviations import may_end_sentence
from citrus_cli.evidence.layout import Line, is_value, logical_lines, marker_end

LONGEST_UNIT = 800
"""Longer runs without any end of a sentence are cut at weaker marks, or at white space."""

WHOLE_ITEM = 300
"""A list item of up to so many characters stays one part, however many sentences it has."""

ROW_LINES, ROW_CHARACTERS = 6, 160
"""Cells without figures say nothing of rows: so many lines and characters of them make a part."""

_STOP = re.compile(
    r"(?<![.!?…])[.!?…]+[\"'”’»)\]*_]{0,4}(?:\[[0-9]{1,3}\])?(?=\s)|[。！？｡]+[」』”’）)\]]{0,4}"
)
_WEAK = [re.compile(r"[;:]\s|[；：]"), re.compile(r",\s|[，、]")]  # the better ones first


@dataclass(frozen=True)
class Unit:
    """A whole part of a page: characters `start` to `end` of its text, with no white space around.

    A "heading" belongs to the part after it.
    """

    start: int
    end: int
    kind: Literal["sentence", "item", "heading", "row"]

    @property
    def length(self) -> int:
        return self.end - self.start


def sentences(text: str) -> list[tuple[int, int]]:
    """The smallest whole parts of a page's text, as (start, end) in characters, in order.

    They do not overlap, and between them there is nothing but white space.
    """
    return [(unit.start, unit.end) for unit in units(text)]


def units(text: str) -> list[Unit]:
    """The same as `sentences`, each part with its kind."""
    result: list[Unit] = []
    lines = logical_lines(text)
    at = 0
    while at < len(lines):
        after = at + 1
        if lines[at].kind == "cell":
            while after < len(lines) and lines[after].kind == "cell":
                after += 1
            result += _cells(text, lines[at:after], last=after == len(lines))
        else:
            result += _line(text, lines[at])
        at = after
    return [piece for unit in result for piece in _short_enough(text, unit)]


def _line(text: str, line: Line) -> Iterator[Unit]:
    if line.kind in ("row", "rule"):
        yield Unit(line.start, line.end, "row")
    elif line.kind == "heading":
        yield Unit(line.start, line.end, "heading")
    elif line.kind == "item" and line.length <= WHOLE_ITEM:
        # a clause's number with its title: "3.1 Risk"
        title = line.lines == 1 and line.length <= 80 and text[line.start].isalnum()
        title = (
            title and text[line.end - 1].isalnum() and text[line.start : line.end].count(" ") < 8
        )
        yield Unit(line.start, line.end, "heading" if title else "item")
    else:
        for start, end in _split(text, line.start, line.end):
            yield Unit(start, end, "sentence")


def _cells(text: str, cells: Sequence[Line], *, last: bool) -> Iterator[Unit]:
    """Rows from a run of short lines, where a row is what a label and the figures after it make.

    Of three or more labels in front of figures only the last is theirs; those before it name the
    columns. Labels that no figures follow are a heading, unless the page ends with them.
    """
    at = 0
    while at < len(cells):
        labels = at
        while labels < len(cells) and not _is_value(text, cells[labels]):
            labels += 1
        values = labels
        while values < len(cells) and _is_value(text, cells[values]):
            values += 1
        own = labels if values == labels else at if labels - at < 3 else labels - 1
        heading = values == labels and not last
        yield from _grouped(cells[at:own], "heading" if heading else "row")
        if values > labels:
            yield Unit(cells[own].start, cells[values - 1].end, "row")
        at = values


def _is_value(text: str, cell: Line) -> bool:
    return is_value(text[cell.start : cell.end])


def _grouped(cells: Sequence[Line], kind: Literal["heading", "row"]) -> Iterator[Unit]:
    at = 0
    while at < len(cells):
        after = at + 1
        while (
            after < min(len(cells), at + ROW_LINES)
            and not cells[after].blank
            and cells[after].end - cells[at].start <= ROW_CHARACTERS
        ):
            after += 1
        yield Unit(cells[at].start, cells[after - 1].end, kind)
        at = after


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences from `start` to `end`, where a line break means no more than a space."""
    begin = start
    for stop in _STOP.finditer(text, marker_end(text, start, end), end):
        if stop.end() < end and may_end_sentence(text, begin, stop):
            yield begin, stop.end()
            begin = _skip_white(text, stop.end(), end)
    if begin < end:
        yield begin, end


def _skip_white(text: str, at: int, end: int) -> int:
    while at < end and text[at].isspace():
        at += 1
    return at


def _short_enough(text: str, unit: Unit) -> Iterator[Unit]:
    start = unit.start
    while unit.end - start > LONGEST_UNIT:
        cut = _cut(text, start, start + LONGEST_UNIT)
        yield Unit(start, cut - _white_before(text, start, cut), unit.kind)
        start = _skip_white(text, cut, unit.end)
    yield Unit(start, unit.end, unit.kind)


def _cut(text: str, start: int, limit: int) -> int:
    """Where to cut what is too long: after a weak mark, else at white space, else anywhere."""
    middle = start + (limit - start) // 2
    for weak in _WEAK:
        marks = [match.end() for match in weak.finditer(text, middle, limit)]
        if marks:
            return marks[-1]
    for at in range(limit, middle, -1):
        if text[at].isspace():
            return at
    for at in range(limit, limit - 64, -1):  # not between a letter and its accents
        if not unicodedata.combining(text[at]):
            return at
    return limit


def _white_before(text: str, start: int, at: int) -> int:
    piece = text[start:at]
    return len(piece) - len(piece.rstrip())
