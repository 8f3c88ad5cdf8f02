"""What every parser of question files yields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Records = Iterator[tuple[str, Any]]
"""Where a row stands ("line 3", "row 2"), and its value: a text, or its columns by name."""

COLUMNS = ("id", "question", "document", "answers")
"""The columns of a row that mean something; any other is carried through."""
