"""Question files from a spreadsheet program: the first sheet with a column of questions."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from citrus_cli.batch.records import Records
from citrus_cli.batch.tables import columns_of, knows_questions
from citrus_cli.errors import UsageError

MAGIC = b"PK\x03\x04"
"""How a workbook's file begins, as every archive does."""

_OLD = b"\xd0\xcf\x11\xe0"
_Row = tuple[int, list[str]]


def is_workbook(data: bytes) -> bool:
    """Whether these bytes are a workbook's, of today or of long ago, and no text."""
    return data.startswith((MAGIC, _OLD))


def read(name: str, data: bytes) -> Records:
    """The rows under the header, named by their number in the sheet; blank ones are left out.

    A formula counts by the value it had when the file was saved. Without a header, a sheet of one
    column is a list of questions.
    """
    sheets = _sheets(name, data)
    rows = next((rows for rows in sheets if knows_questions(rows[0][1])), None)
    if rows is None:
        rows = next(iter(sheets), [])
        if rows and all(len(cells) == 1 for _, cells in rows):
            yield from ((f"row {number}", cells[0]) for number, cells in rows)
            return
    if not rows:
        return
    columns = columns_of(name, rows[0][1])
    for number, cells in rows[1:]:
        if len(cells) > len(columns):
            raise UsageError(f"{name}, row {number}: a cell stands under no column")
        cells += [""] * (len(columns) - len(cells))
        yield f"row {number}", dict(zip(columns, cells, strict=True))


def _sheets(name: str, data: bytes) -> list[list[_Row]]:
    """The rows of every sheet that has any."""
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and links, which do not matter here
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheets = [list(_rows(sheet.iter_rows(values_only=True))) for sheet in book.worksheets]
    except Exception as error:  # whatever an XML parser or an archive may raise
        what = " ".join(str(error).split())[:120] or type(error).__name__
        raise UsageError(
            f"{name}: not a workbook that can be read ({what}); save the questions as .xlsx or .csv"
        ) from None
    return [rows for rows in sheets if rows]


def _rows(sheet: Iterator[Sequence[Any]]) -> Iterator[_Row]:
    for number, values in enumerate(sheet, 1):
        cells = [_text(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield number, cells


def _text(value: Any) -> str:
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)
