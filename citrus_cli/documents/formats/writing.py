"""Writes the text of a page from its structure, in the form in which the model is given it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from citrus_cli.documents.blocks import Part, PartKind
from citrus_cli.documents.clean import clean_characters, compact_white_space
from citrus_cli.documents.formats.base import PageText
from citrus_cli.documents.formats.scripts import set_apart
from citrus_cli.documents.notices import Notice

REPEAT_EVERY = 1_500
"""After so many characters of a table its heading is repeated: what is found for a question is a
window of the text, and a figure without its heading says little."""

_SPACE = re.compile(r"\s+")
_SPACES = re.compile(r" *\t[ \t]*|[^\S\n\t]+")
_DATA = re.compile(r"(data:[\w.+/;=-]{0,100}base64,)[A-Za-z0-9+/=%_-]{40,}")
_PLAIN = re.compile(r"(?:[!-~]+(?: [!-~]+)*)?")
_INDENT = "  "
_SIGNS_BEFORE = re.compile(r"[(\[]?(?:US|A|C|NZ|HK)?[$€£¥₹][(\[]?|[(\[]|EUR|USD|GBP|CHF|kr")
_SIGNS_AFTER = re.compile(r"[)\]]?%?[)\]]?|pts?|bps")

Row = Sequence[str]


def without_data(text: str) -> str:
    """`text` without the bytes of pictures and other data that stand in it as base64."""
    return _DATA.sub(r"\1…", text) if "base64," in text else text


def one_line(text: str) -> str:
    """`text` cleaned, on one line."""
    if len(text) < 40 and _PLAIN.fullmatch(text):  # as most cells of large tables are
        return text
    return _SPACE.sub(" ", clean_characters(set_apart(without_data(text)))).strip()


def lines_of(text: str) -> str:
    """`text` cleaned, its line breaks and the tabs within lines kept, without blank lines."""
    lines = _SPACES.sub(_gap, clean_characters(set_apart(without_data(text)))).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def _gap(match: re.Match[str]) -> str:
    return "\t" * match[0].count("\t") or " "


def table_row(cells: Row) -> str:
    """A row of a table as one line."""
    line = " | ".join(cells)
    if line.count("|") >= len(cells):
        line = " | ".join(cell.replace("|", chr(92) + "|") for cell in cells)
    return f"| {line} |"


class PageBuilder:
    """Collects what stands on a page, in its order, and writes its text and parts.

    Text may hold the marks of `scripts`; it is cleaned here. What is empty leaves no trace.
    """

    def __init__(self, label: str | None = None) -> None:
        self.label = label
        self.notices: list[Notice] = []
        self._pieces: list[str] = []
        self._parts: list[Part] = []
        self._length = 0
        self._last: PartKind | None = None

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def length(self) -> int:
        """How many characters have been written."""
        return self._length

    def heading(self, text: str, level: int) -> None:
        """A heading; `level` from 1."""
        line = one_line(text)
        if line:
            self._add("heading", f"{'#' * min(max(level, 1), 6)} {line}", max(level, 1))

    def paragraph(self, text: str) -> None:
        """A paragraph; its line breaks stay."""
        self._add("paragraph", lines_of(text))

    def preformatted(self, text: str) -> None:
        """Text whose spaces and line breaks carry meaning."""
        text = clean_characters(set_apart(without_data(text)))
        text = compact_white_space(text, keep_indent=True)
        self._add("paragraph", text.rstrip())

    def item(self, text: str, level: int, mark: str) -> None:
        """An item of a list; `level` from 1, `mark`: its bullet or number, as it is shown."""
        lines = lines_of(text)
        if lines:
            indent = _INDENT * (max(level, 1) - 1)
            lines = lines.replace("\n", f"\n{indent}{_INDENT}")
            self._add("list item", f"{indent}{mark} {lines}" if mark else indent + lines, level)

    def note(self, text: str) -> None:
        """A note: a footnote, a comment, what a speaker is to say."""
        self._add("note", lines_of(text))

    def table(self, rows: Iterable[Row], *, heading: int = 0) -> None:
        """A table, row by row; of its first rows, `heading` are its heading.

        The heading is repeated in long tables. Rows without any text are left out.
        """
        self.lines("table", rows_in_lines(rows, heading))

    def lines(self, kind: PartKind, lines: Iterable[str]) -> None:
        """A part whose lines come one by one; many of them take no memory but their text."""
        text = "\n".join(lines)
        self._add(kind, text)

    def extend(self, page: PageText) -> None:
        """All of another page, with its parts."""
        if not page.text:
            return
        self._separate("\n\n")
        for part in page.parts:
            start, end = part.start + self._length, part.end + self._length
            self._parts.append(Part(part.kind, start, end, part.box, part.level, part.text))
        self._pieces.append(page.text)
        self._length += len(page.text)
        self._last = None

    def page(self) -> PageText:
        """The page as it has been written."""
        return PageText("".join(self._pieces), self.label, self._parts, self.notices)

    def _add(self, kind: PartKind, text: str, level: int | None = None) -> None:
        if not text:
            return
        self._separate("\n" if kind == self._last == "list item" else "\n\n")
        self._parts.append(Part(kind, self._length, self._length + len(text), level=level))
        self._pieces.append(text)
        self._length += len(text)
        self._last = kind

    def _separate(self, gap: str) -> None:
        if self._pieces:
            self._pieces.append(gap)
            self._length += len(gap)


def rows_in_lines(rows: Iterable[Row], heading: int) -> Iterator[str]:
    """The lines of a table, its heading repeated every REPEAT_EVERY characters."""
    head: list[str] = []
    since = 0
    for index, row in enumerate(rows):
        cells = [one_line(cell) for cell in row]
        if not any(cells):
            continue
        line = table_row(cells)
        if index < heading:
            head.append(line)
        elif head and since > max(REPEAT_EVERY, 4 * sum(map(len, head))):
            yield from head
            since = 0
        since += len(line)
        yield line


def tidy(rows: Sequence[Row]) -> list[list[str]]:
    """A table without its empty columns, and with signs beside the figures that they belong to.

    A column of nothing but currency signs, or of closing brackets and percent signs, joins the
    column that it stands before or after, as typesetters of accounts set them.
    """
    width = max(map(len, rows), default=0)
    columns = [[row[at] if at < len(row) else "" for row in rows] for at in range(width)]
    columns = [column for column in columns if any(map(str.strip, column))]
    kept: list[list[str]] = []
    pending: list[str] | None = None
    for index, column in enumerate(columns):
        if pending is not None:
            column, pending = _joined(pending, column), None
        if index + 1 < len(columns) and _are(_SIGNS_BEFORE, column, columns[index + 1]):
            pending = column
        elif kept and _are(_SIGNS_AFTER, column, kept[-1]):
            kept[-1] = _joined(kept[-1], column)
        else:
            kept.append(column)
    return [list(row) for row in zip(*kept, strict=True)]


def _are(signs: re.Pattern[str], column: Row, beside: Row) -> bool:
    """Whether `column` holds nothing of its own but signs, each beside a cell of `beside`."""
    own = [
        (one.strip(), other.strip())
        for one, other in zip(column, beside, strict=True)
        if one.strip() and one.strip() != other.strip()
    ]
    return bool(own) and all(signs.fullmatch(one) and other for one, other in own)


def _joined(first: Row, second: Row) -> list[str]:
    return [
        one if one.strip() == other.strip() else one.strip() + other.strip()
        for one, other in zip(first, second, strict=True)
    ]
