"""The cells of a batch's output: their columns, and their values as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from citrus_cli.batch.rows import KEY, RECEIPT, RESULT, SCORES, Row
from citrus_cli.wording import json_text

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def columns(rows: Sequence[Row]) -> list[str]:
    """The names of all columns, the carried-through ones after the document."""
    names = dict.fromkeys(name for row in rows for name in row)
    last = [name for name in (*RESULT, *SCORES, *RECEIPT, KEY) if name in names]
    return [name for name in names if name not in last] + last


def plain(value: Any) -> str:
    """Any value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json_text(value)


def visible(text: str) -> str:
    """The text without control characters and marks that reorder it."""
    return _CONTROL.sub("", text)
