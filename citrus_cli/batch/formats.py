"""The formats of a batch's output: rows to text, and the text back to rows.

Every format keeps all that `--resume` needs: CSV in its columns, Markdown and HTML in a part that
is not shown.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from citrus_cli.batch.cells import columns, plain
from citrus_cli.batch.page import html_page, markdown_page
from citrus_cli.batch.rows import KEY, Row
from citrus_cli.wording import json_text

SUFFIXES = {".jsonl": "jsonl", ".json": "json", ".csv": "csv", ".md": "md", ".html": "html"}

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_PROTECTED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LISTS = ("warnings", "sources", "not_found")
_NUMBERS = frozenset(
    ("exit_code", "pages", "tokens_read", "states_kept", "budget", "seconds_read", "seconds_answer")
)
_HIDDEN = re.compile(
    r'<!-- citrus-rows (.*) -->|<script type="application/json" id="citrus-rows">(.*)</script>'
)


class NotOursError(ValueError):
    """The text is not what `render` made."""


def render(rows: Sequence[Row], format: str) -> str:
    """All rows in a format: one of the values of `SUFFIXES`."""
    return _RENDERERS[format](rows)


def parse(text: str, format: str) -> list[Row]:
    """The rows of a text that `render` made; of a CSV file all but its carried-through columns.

    Raises:
        NotOursError: it made something else.
    """
    try:
        rows = _PARSERS[format](text)
    except (ValueError, csv.Error, RecursionError) as error:
        raise NotOursError(str(error)) from error
    if not isinstance(rows, list) or not all(is_row(row) for row in rows):
        raise NotOursError("there are no rows with a key and a status in it")
    return rows


def is_row(value: Any) -> bool:
    """Whether a value read from a file can be a row."""
    return isinstance(value, dict) and isinstance(value.get(KEY), str) and "status" in value


def line(row: Row) -> str:
    """A row of a JSON-lines file."""
    return json_text(row) + "\n"


def _json(rows: Sequence[Row]) -> str:
    return "[" + ",".join(f"\n{json_text(row, indent=2)}" for row in rows) + "\n]\n"


def _csv(rows: Sequence[Row]) -> str:
    """CSV whose text cells no spreadsheet takes for formulas: `=1+1` is written `'=1+1`."""
    names = columns(rows)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_guarded(name) for name in names])
    writer.writerows([_cell(name, row.get(name)) for name in names] for row in rows)
    return buffer.getvalue().encode("utf-8", "replace").decode()


def _cell(name: str, value: Any) -> str:
    if name == "answers" and isinstance(value, list):
        value = "|".join(value)
    if isinstance(value, list | dict) and not value:
        return ""
    text = plain(value).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return _guarded(text) if isinstance(value, str) else text


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _parse_csv(text: str) -> list[Row]:
    rows: list[Row] = []
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if KEY not in (reader.fieldnames or ()):
        raise NotOursError("it has no column called key")
    for cells in reader:
        row: Row = {name: _value(name, cell) for name, cell in cells.items() if name}
        rows.append(row)
    return rows


def _value(name: str, cell: str | None) -> Any:
    """A cell of one of citrus's columns as what it was."""
    if name in _LISTS:
        return json.loads(cell) if cell else []
    if cell is None:
        return None
    if name in ("complete", "found"):
        return cell == "true" if cell else None
    if name in _NUMBERS:
        return json.loads(cell) if cell else None
    if name in ("error", "support") and not cell:
        return None
    return cell[1:] if _PROTECTED.match(cell) else cell


def _parse_hidden(text: str) -> Any:
    found = list(_HIDDEN.finditer(text))
    if not found:
        raise NotOursError("its rows are missing")
    return json.loads(found[-1].group(1) or found[-1].group(2))


_RENDERERS: dict[str, Callable[[Sequence[Row]], str]] = {
    "jsonl": lambda rows: "".join(map(line, rows)),
    "json": _json,
    "csv": _csv,
    "md": markdown_page,
    "html": html_page,
}
_PARSERS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "csv": _parse_csv,
    "md": _parse_hidden,
    "html": _parse_hidden,
}
