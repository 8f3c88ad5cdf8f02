"""What the lines of a page are: wrapped prose, list items, headings, table rows, single cells.

Extracted text has lost its layout. Prose is cut wherever the printed line ended, and a table may
come as one line per row or as one line per cell. Where a line break stands inside a sentence is
read from the page itself: lines that are evidently wrapped (the next one goes on in lower case)
tell the width of its column, and lines of about that width are taken as wrapped too. A page of
tables has no such lines, so none of its rows run together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from citrus_cli.evidence.abbreviations import may_end_sentence, words

Kind = Literal["text", "item", "heading", "row", "cell", "rule"]

CELL_LIMIT = 60
"""A line of at most so many characters that ends no sentence may be a table cell or a heading."""

_HEAD = 100  # characters of a line's start and end that its kind is told by
_LINE = re.compile(r"[^\n]+")
_BULLET = re.compile(r"(?:[-*+•·‣◦▪■●○–—]|o(?=\s+[^\W\d_a-z]))\s+(?=\S)")
_MARKER = re.compile(
    r"(?:\(?(?:\d{1,3}|[a-z]|[ivxl]{2,5})[.)]|\(?[A-Z]\)|\d{1,3}(?:\.\d{1,3}){1,4}\.?(?=\s+[^\W\d_a-z])"
    r"|§\s?\d{1,4}|(?:Article|Section|Item|Note|Clause|Schedule|Chapter|Appendix)\s[\dIVX]{1,5}"
    r"[A-Za-z]?[.:]?)\s+(?=\S)"
)
_MARKDOWN_HEADING = re.compile(r"#{1,6}\s+\S")
_SENTENCE_END = re.compile(r"[.!?…。！？｡]+[\"'”’»)\]」』*_]{0,4}(?:\[[0-9]{1,3}\])?$")
_FIRST_WORD = re.compile(r"[\"'“‘«(\[]{0,3}(\S{0,40})")
_SYMBOLS = re.compile(r"[$€£¥%()*†‡|/+\-−–—.,]+")
_NUMBER = re.compile(r"[$€£¥(+\-−–—]{0,4}\d[\d.,/]{0,30}(?<![.,])[)%*†‡¢xmMkK]{0,4}")
_CONTINUING = words(
    """
    a an and as at be by for from in into is its of on or our than that the their this to was
    were which who will with
    """
)


@dataclass(frozen=True)
class Line:
    """A line of a page, or several that are one: characters `start` to `end` of the page's text.

    `blank` says that a blank line stands before it; `lines` counts the physical lines in it.
    """

    start: int
    end: int
    kind: Kind
    blank: bool
    lines: int = 1

    @property
    def length(self) -> int:
        return self.end - self.start


def logical_lines(text: str) -> list[Line]:
    """The lines of a page, those that a printed line's end cut apart put together again.

    Together they hold every character of `text` that is not white space.
    """
    lines = list(_physical_lines(text))
    width = _column_width(text, lines)
    result: list[Line] = []
    last: Line | None = None  # the physical line before
    for line in lines:
        if last is not None and _goes_on(text, last, line, width):
            result[-1] = _joined(result[-1], line)
        else:
            result.append(line)
        last = line
    return [_as_cell(text, line) for line in result]


def is_value(text: str) -> bool:
    """Whether a cell holds figures and no words."""
    return not any(len(word) > 3 for word in re.findall(r"[^\W\d_]+", text)) and (
        any(map(str.isdigit, text)) or not any(map(str.isalpha, text))
    )


def marker_end(text: str, start: int, end: int) -> int:
    """Where the text of a list item starts that starts at `start`: after its bullet or number."""
    marker = _BULLET.match(text, start, end) or _MARKER.match(text, start, end)
    return marker.end() if marker else start


def _physical_lines(text: str) -> Iterator[Line]:
    before = 0
    for match in _LINE.finditer(text):
        body = match.group()
        stripped = body.strip()
        if not stripped:
            continue
        start = match.start() + len(body) - len(body.lstrip())
        blank = text.count("\n", before, start) > 1
        before = start + len(stripped)
        yield Line(start, before, _kind(stripped), blank)


def _kind(line: str) -> Kind:
    head, tail = line[:_HEAD], line[-_HEAD:]
    if not any(map(str.isalnum, head)) and not any(map(str.isalnum, tail)):
        return "rule"
    if _MARKDOWN_HEADING.match(head):
        return "heading"
    if head.count("|") > 1 or "\t" in head or _figures_at_end(tail) > 1:
        return "row"
    if _BULLET.match(head) or _MARKER.match(head):
        return "item"
    return "text"


def _figures_at_end(tail: str) -> int:
    """How many of the last words of a line are figures; currency signs and dashes do not count."""
    count = 0
    for word in reversed(tail.split()):
        if _NUMBER.fullmatch(word):
            count += 1
        elif not _SYMBOLS.fullmatch(word) or word[-1] in ".,":
            break
    return count


def _column_width(text: str, lines: Sequence[Line]) -> int | None:
    """The usual length of lines that are evidently wrapped, in characters; None if hardly any is.

    The median: a page's footnotes and its odd short line then do not decide.
    """
    lengths = [
        a.length
        for a, b in pairwise(lines)
        if a.kind != "row" and b.kind == "text" and not b.blank and _evidently_wrapped(text, a, b)
    ]
    return sorted(lengths)[len(lengths) // 2] if len(lengths) > 1 else None


def _evidently_wrapped(text: str, a: Line, b: Line) -> bool:
    if ends_sentence(text, a):
        return False
    if _ideographic(text[a.end - 1]) and _ideographic(text[b.start]):
        return a.length >= 12
    return a.length >= 25 and _starts_lower(text, b)


def _goes_on(text: str, a: Line, b: Line, width: int | None) -> bool:
    """Whether line `b` goes on with what line `a` has begun."""
    if b.kind == "rule":  # an underline, or the line below a table's head
        return not b.blank and a.kind != "rule"
    if a.kind in ("rule", "heading") or b.kind == "heading" or _BULLET.match(text, b.start, b.end):
        return False
    word = _first_word(text, b)
    full = width is not None and a.length + 1 + len(word) >= 0.85 * width
    lower, last = _starts_lower(text, b), text[a.end - 1]
    if b.blank:  # some files come with a blank line after each printed one
        return (
            full and lower and a.kind != "row" and last not in ";:" and not ends_sentence(text, a)
        )
    if a.kind == "row":
        return full and lower and not _is_ruled(text, a)
    if b.kind == "row" and _is_ruled(text, b):
        return False
    if last in ";:" and not full:  # a list without bullets, or the line that announces one
        return False
    if b.kind == "item" and (not full or last in ";:" or ends_sentence(text, a)):
        return False
    stop = _sentence_end(text, a)
    if stop:  # or an abbreviation
        return (full or lower) and not may_end_sentence(text, a.start, stop)
    return full or lower or (b.kind != "row" and _expects_more(text, a))


def _is_ruled(text: str, line: Line) -> bool:
    head = text[line.start : min(line.end, line.start + _HEAD)]
    return head.count("|") > 1 or "\t" in head


def _expects_more(text: str, line: Line) -> bool:
    tail = text[max(line.start, line.end - 12) : line.end]
    return tail[-1] in ",&(" or (" " in tail and tail.split()[-1] in _CONTINUING)


def ends_sentence(text: str, line: Line) -> bool:
    """Whether a line ends with a full stop or the like."""
    return _sentence_end(text, line) is not None


def _sentence_end(text: str, line: Line) -> re.Match[str] | None:
    return _SENTENCE_END.search(text, max(line.start, line.end - 16), line.end)


def _first_word(text: str, line: Line) -> str:
    match = _FIRST_WORD.match(text, line.start, line.end)
    return match.group() if match else ""


def _starts_lower(text: str, line: Line) -> bool:
    match = _FIRST_WORD.match(text, line.start, line.end)
    return bool(match and match.group(1)[:1].islower())


def _ideographic(character: str) -> bool:
    return character >= "\u2e80" and unicodedata.category(character) == "Lo"


def _joined(a: Line, b: Line) -> Line:
    kind: Kind = b.kind if a.kind == "text" and b.kind == "row" else a.kind
    return Line(a.start, b.end, kind, a.blank, a.lines + b.lines)


def _as_cell(text: str, line: Line) -> Line:
    """A short line that ends no sentence may be a cell or a heading, or a label with its figure."""
    if line.length > CELL_LIMIT or text[line.end - 1] in ",;" or ends_sentence(text, line):
        return line
    body = text[line.start : line.end]
    kind = line.kind
    if kind == "rule" and line.length <= 3:
        kind = "cell"  # a dash for no figure
    elif kind == "text":
        labelled = _figures_at_end(body) and not is_value(body)
        kind = "row" if labelled else "cell"
    elif kind == "row" and is_value(body) and not _is_ruled(text, line):
        kind = "cell"  # the figures of a row whose label is on the line before
    return Line(line.start, line.end, kind, line.blank, line.lines)
