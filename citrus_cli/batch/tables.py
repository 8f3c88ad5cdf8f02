"""Question files in CSV and TSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from citrus_cli.batch.records import COLUMNS, Records
from citrus_cli.errors import UsageError

CSV = ",;\t"
"""What may separate the columns of a CSV file: a semicolon where numbers have a decimal comma."""

TSV = "\t"
_TOLD = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


def read(name: str, text: str, delimiters: str) -> Records:
    """The rows under the header, each named by the line it begins on; blank rows are left out.

    Of the `delimiters`, the one that makes a column of questions is meant.
    """
    if told := _TOLD.match(text):  # a line with which Excel is told the separator
        delimiters, text = told[1], "\n" + text[told.end() :]
    delimiter = _delimiter(text, delimiters)
    rows = _rows(name, text, delimiter)
    _, header = next(rows, (1, [""]))
    columns = columns_of(name, header, _separated_otherwise(header[0], delimiters))
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
                f"{name}, line {line}: not valid {'TSV' if delimiter == TSV else 'CSV'}: {error}"
            ) from None
        if any(cell.strip() for cell in cells):
            yield line, cells


def _delimiter(text: str, delimiters: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    split = {one: next(csv.reader([first], delimiter=one), []) for one in delimiters}
    return next((one for one, cells in split.items() if knows_questions(cells)), delimiters[0])


def knows_questions(header: Sequence[str]) -> bool:
    """Whether one of the columns of a table is that of the questions."""
    return any(cell.strip().casefold() == "question" for cell in header)


def columns_of(name: str, header: Sequence[str], cure: str = "") -> list[str]:
    """The names of a table's columns; those that citrus knows in small letters.

    Raises:
        UsageError: there is none of questions (then `cure` says more), or the names are no good.
    """
    columns = [_column(cell.strip()) for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    if "question" not in columns:
        cure = cure or f"its first line names {', '.join(columns) or 'none'}"
        raise UsageError(f"{name}: no column called question; {cure}")
    for position, column in enumerate(columns):
        if not column:
            raise UsageError(f"{name}: column {position + 1} has no name in the first line")
        if column in columns[:position]:
            raise UsageError(f"{name}: two columns are called {column}")
    return columns


def _column(name: str) -> str:
    return name.casefold() if name.casefold() in COLUMNS else name


def _separated_otherwise(first: str, delimiters: str) -> str:
    """What to do about a file whose columns are separated by something that is not expected."""
    for other, what in ((",", "commas"), (";", "semicolons")):
        if other not in delimiters and knows_questions([c.strip('" ') for c in first.split(other)]):
            return f"its columns are separated by {what}: use --questions-format csv"
    return ""
