"""The rows of a sheet, in blocks that blank rows set apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from citrus_cli.documents.formats.archive import (
    Archive,
    Element,
    attribute,
    child,
    children,
    elements,
    local,
)
from citrus_cli.documents.formats.scripts import plain
from citrus_cli.documents.formats.writing import PageBuilder, one_line, rows_in_lines, tidy
from citrus_cli.documents.formats.xlsx.numbers import NumberFormat, general
from citrus_cli.documents.notices import Notice

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d+)")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z]+\d+:[A-Z]+\d+)"')
_LINK = re.compile(rb"<(?:\w+:)?hyperlink\s[^>]*>")
_TIDIED = 500_000
"""Blocks with more cells than this are written as they come, empty columns and all."""

_MERGED_LIMIT = 200_000
_SPAN = 2_000
_COLUMNS = 16_384
_PIECE = 2**20
_FIGURE = re.compile(r"[-+(]?[$€£¥]?\s?\d[\d.,:/%\s-]*\)?|#[A-Z/0!?]+|TRUE|FALSE")
_HIDDEN = Notice("hidden rows or columns were left out", "hidden-rows")
_FORMULAS = Notice(
    "some formulas have no stored result; open and save it in a spreadsheet program to have them",
    "formulas-without-results",
)


def column_number(letters: str) -> int:
    """The number of a column, from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


class Rows:
    """Reads one sheet; `text_of` gives a shared string by its number."""

    def __init__(
        self,
        archive: Archive,
        place: str,
        text_of: Callable[[int], str],
        formats: list[NumberFormat],
    ) -> None:
        self._archive = archive
        self._place = place
        self._text_of = text_of
        self._formats = formats
        self._notices: list[Notice] = []
        self._spans: dict[tuple[int, int], tuple[int, int]] = {}
        """Where cells are merged: the cells of the first row and column, to those that show."""
        self._hidden: set[int] = set()
        self._comments = self._read_comments()
        self._read_merged()

    def write(self, page: PageBuilder) -> None:
        """Writes all blocks of the sheet to a page."""
        block: list[list[str]] = []
        cells = 0
        for row in self._rows():
            if row is None or not any(row):
                _write_block(block, page)
                block, cells = [], 0
                continue
            block.append(row)
            cells += len(row)
            if cells > _TIDIED:
                self._write_large(block, page)
                break
        else:
            _write_block(block, page)
        page.notices += self._notices

    def _write_large(self, block: list[list[str]], page: PageBuilder) -> None:
        """Writes the rest of a sheet row by row, what has been read of it first."""
        heading = _heading_rows(block)

        def rows() -> Iterator[list[str]]:
            yield from block
            yield from (row for row in self._rest if row is not None)

        page.lines("table", rows_in_lines(rows(), heading))

    def _rows(self) -> Iterator[list[str] | None]:
        """The rows; None for one that is left out of the sheet because it is blank."""
        self._rest = self._all_rows()
        yield from self._rest

    def _all_rows(self) -> Iterator[list[str] | None]:
        shown: dict[tuple[int, int], str] = {}
        last = 0
        with self._archive.open(self._place) as stream:
            for element in elements(stream, "{*}row", "{*}cols"):
                if local(element) == "cols":
                    self._read_columns(element)
                    continue
                number = int(attribute(element, "r") or last + 1)
                if number > last + 1 and last:
                    yield None
                last = number
                if attribute(element, "hidden") in ("1", "true"):
                    self._notice(_HIDDEN)
                    continue
                yield self._row(element, number, shown)

    def _row(self, element: Element, number: int, shown: dict[tuple[int, int], str]) -> list[str]:
        row: list[str] = []
        for cell in element:
            reference = cell.get("r")
            match = _REFERENCE.match(reference) if reference else None
            column = column_number(match[1]) if match else len(row)
            if column < len(row) or column >= _COLUMNS:
                continue
            row += [""] * (column - len(row))
            text = self._text(cell)
            if self._comments and (note := self._comments.get(cell.get("r") or "")):
                text = f"{text} [note: {note}]".strip()
            row.append(text)
        if self._spans:
            self._spread(row, number, shown)
        if self._hidden:
            if any(at < len(row) and row[at] for at in self._hidden):
                self._notice(_HIDDEN)
            row = [text for at, text in enumerate(row) if at not in self._hidden]
        return row

    def _spread(self, row: list[str], number: int, shown: dict[tuple[int, int], str]) -> None:
        """Repeats in a row what is merged into it."""
        for column in sorted(self._merged_in.get(number, ())):
            source = self._spans[number, column]
            if source == (number, column):
                shown[source] = row[column] if column < len(row) else ""
            elif text := shown.get(source):
                row += [""] * (column + 1 - len(row))
                row[column] = text

    def _text(self, cell: Element) -> str:
        kind = cell.get("t") or "n"
        if kind == "n" and len(cell) == 0:
            return ""
        if kind == "inlineStr":
            inline = child(cell, "is")
            return (
                ""
                if inline is None
                else plain("".join(t.text or "" for t in inline.iter() if local(t) == "t"))
            )
        value = next((one.text for one in cell if local(one) == "v" and one.text), None)
        if value is None:
            formula = next((one.text for one in cell if local(one) == "f" and one.text), None)
            if formula is None:
                return ""
            self._notice(_FORMULAS)
            return f"={formula}"
        if kind == "s":
            return self._text_of(int(value)) if value.isdigit() else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if kind in ("str", "e", "d"):
            return plain(value)
        style = cell.get("s") or "0"
        try:
            if style.isdigit() and int(style) < len(self._formats):
                return self._formats[int(style)].show(value)
            return general(float(value))
        except (ValueError, OverflowError):
            return value

    def _notice(self, notice: Notice) -> None:
        if notice not in self._notices:
            self._notices.append(notice)

    def _read_columns(self, element: Element) -> None:
        for one in children(element, "col"):
            if attribute(one, "hidden") in ("1", "true"):
                first, last = (int(attribute(one, name) or 1) for name in ("min", "max"))
                self._hidden |= set(range(first - 1, min(last, _COLUMNS)))

    def _read_merged(self) -> None:
        """Which cells are merged: the file says so after all rows."""
        self._merged_in: dict[int, set[int]] = {}
        kept = b""
        with self._archive.open(self._place) as stream:
            while piece := stream.read(_PIECE):
                data = kept + piece
                for match in _MERGED.finditer(data):
                    self._merge(match[1].decode())
                kept = data[-200:] if not data.rstrip().endswith(b">") else b""

    def _merge(self, reference: str) -> None:
        first, last = (_REFERENCE.match(part) for part in reference.split(":"))
        if first is None or last is None:
            return
        top, left = int(first[2]), column_number(first[1])
        bottom = min(int(last[2]), top + _SPAN)
        right = min(column_number(last[1]), left + _SPAN)
        if len(self._spans) + (bottom - top + 1) * (right - left + 1) > _MERGED_LIMIT:
            return
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                self._spans[row, column] = (top, left)
                self._merged_in.setdefault(row, set()).add(column)

    def _read_comments(self) -> dict[str, str]:
        found = {}
        for kind, target in self._archive.relations(self._place).values():
            if kind == "comments" and target in self._archive:
                for one in self._archive.xml(target).iter():
                    if local(one) == "comment":
                        text = "".join(t.text or "" for t in one.iter() if local(t) == "t")
                        found[attribute(one, "ref") or ""] = one_line(text)
        return found


def _heading_rows(block: list[list[str]]) -> int:
    """How many of the first rows are a heading: one, where it holds names and no figures."""
    if len(block) < 2:
        return 0
    named = [text for text in block[0] if text]
    if len(named) < 2 or any(_FIGURE.fullmatch(text) for text in named):
        # a row of years is a heading too, where the row below has a name and other figures
        years = named[1:] if named else []
        if not years or not all(re.fullmatch(r"(?:19|20)\d\d", text) for text in years):
            return 0
    return 1


def _write_block(block: list[list[str]], page: PageBuilder) -> None:
    """Writes rows that belong together; titles above them are paragraphs."""
    while block and len(texts := set(filter(None, block[0]))) == 1:
        if len(block[0]) > 1 and all(map(_FIGURE.fullmatch, texts)):
            break
        block.pop(0)
        page.paragraph(texts.pop())
    if block:
        rows = tidy(block)
        page.table(rows, heading=_heading_rows(rows))
