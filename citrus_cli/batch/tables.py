"""Question files in CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from citrus_cli.batch.records import Records
from citrus_cli.errors import UsageError

_KIND = {",": "CSV", "\t": "TSV"}


def read(name: str, text: str, delimiter: str) -> Records:
    """The rows under the header, each named by the line it begins on; blank rows are left out."""
    rows = _rows(name, text, delimiter)
    _, header = next(rows, (1, [""]))
    columns = _columns(name, header, delimiter)
    for line, cells in rows:
        while len(cells) > len(columns) and not cells[-1].strip():
            cells.pop()
        if len(cells) > len(columns):
            raise UsageError(
                f"{name}, line {line}: {len(cells)} cells under {len(columns)} columns; "
                'put a text that holds the separator between double quotes (")'
            )
        cells += [""] * (len(columns) - len(cells))
        yield f"line {line}", dict(zip(columns, cells, strict=True))


def _rows(name: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(
                f"{name}, line {line}: not valid {_KIND[delimiter]}: {error}"
            ) from None
        if any(cell.strip() for cell in cells):
            yield line, cells


def _columns(name: str, header: list[str], delimiter: str) -> list[str]:
    columns = [cell.strip() for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    if "question" not in columns:
        cure = _separated_otherwise(header[0], delimiter)
        cure = cure or f"its first line names {', '.join(columns) or 'none'}"
        raise UsageError(f"{name}: no column called question; {cure}")
    for position, column in enumerate(columns):
        if not column:
            raise UsageError(f"{name}: column {position + 1} has no name in the first line")
        if column in columns[:position]:
            raise UsageError(f"{name}: two columns are called {column}")
    return columns


def _separated_otherwise(first: str, delimiter: str) -> str:
    """What to do about a file whose columns are separated by something else."""
    for other, what in ((",", "commas"), (";", "semicolons"), ("\t", "tabs")):
        if other != delimiter and "question" in [part.strip('" ') for part in first.split(other)]:
            kinds = {",": "use --questions-format csv", "\t": "use --questions-format tsv"}
            return f"its columns are separated by {what}: {kinds.get(other, 'save it with commas')}"
    return ""
