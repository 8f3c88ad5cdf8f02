"""Tables as text: every row a line with its cells between bars, the heading repeated."""

from __future__ import annotations

import csv
import re

from citrus_cli.documents.filters import HELD_LIMIT, Filter
from citrus_cli.documents.formats.base import Head, StreamedFormat
from citrus_cli.documents.formats.writing import REPEAT_EVERY, one_line, table_row

_DELIMITERS = ",;\t|"
_FIGURE = re.compile(r"[\d.,:/%$€£+\-\s]*\d[\d.,:/%$€£+\-\s]*")
_BREAK = "\u2028"


class Csv(StreamedFormat):
    """Values set apart by commas, semicolons or tabs."""

    name = "csv"
    title = "a table in CSV"
    suffixes = frozenset((".csv", ".tsv", ".tab"))

    def accepts(self, head: Head) -> bool:
        return False

    def claims(self, head: Head) -> bool:
        return head.suffix in self.suffixes

    def filters(self) -> list[Filter]:
        return [Rows()]


class Rows(Filter):
    """Writes rows of values as rows of a table, one a line.

    A value of several lines is written on one; the lines that are missing then follow empty, so
    that every other row stays on its line.
    """

    def __init__(self) -> None:
        self._delimiter: str | None = None
        self._held = ""
        self._heading: str | None = None
        self._rows = 0
        self._since = 0

    def feed(self, text: str, *, final: bool = False) -> str:
        text = self._held + text
        self._held = ""
        if self._delimiter is None and text.strip():
            self._delimiter = find_delimiter(text)
        out: list[str] = []
        at = 0
        while at < len(text):
            end = _end_of_row(text, at)
            if end < 0 and not final and len(text) - at < HELD_LIMIT:
                self._held = text[at:]
                break
            if end < 0:  # a quotation mark that is never closed, or the last line
                end = text.find("\n", at)
                end = len(text) if end < 0 else end
            out.append(self._row(text[at:end]))
            if end < len(text):
                out.append("\n")
            at = end + 1
        return "".join(out)

    def _row(self, text: str) -> str:
        if not text.strip():
            return text
        missing = "\n" * text.count("\n")
        try:
            cells = next(csv.reader([text], delimiter=self._delimiter or ","), [])
        except csv.Error:
            cells = text.split(self._delimiter or ",")
        cells = [one_line(cell) for cell in cells]
        if not any(cells):
            return missing
        line = table_row(cells) if len(cells) > 1 else cells[0]
        self._rows += 1
        if self._rows == 1:
            named = [cell for cell in cells if cell]
            if len(named) > 1 and not any(map(_FIGURE.fullmatch, named)):
                self._heading = line
        elif self._heading and self._since > max(REPEAT_EVERY, 4 * len(self._heading)):
            self._since = len(line)
            return f"{self._heading}{_BREAK}{line}{missing}"
        self._since += len(line)
        return line + missing


def _end_of_row(text: str, at: int) -> int:
    """Where the row that starts at `at` ends, at a line break outside of quotation marks; or -1."""
    end = text.find("\n", at)
    while end >= 0 and text.count('"', at, end) % 2:
        if end - at > HELD_LIMIT:
            return text.find("\n", at)
        end = text.find("\n", end + 1)
    return end


def find_delimiter(text: str) -> str:
    """The character that sets values apart: the one of which the first lines hold alike many."""
    lines = text[:HELD_LIMIT].split("\n")[:100]
    if lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        return lines[0][4]
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in _rows(lines, delimiter) if row]
        alike = max((widths.count(width) for width in set(widths) if width > 1), default=0)
        score = alike / max(len(widths), 1)
        if score > most:
            best, most = delimiter, score
    return best


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader([f"{line}\n" for line in lines], delimiter=delimiter))
    except csv.Error:
        return []
