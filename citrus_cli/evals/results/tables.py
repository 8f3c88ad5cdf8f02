"""Tables of results: for a person, and as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Row = Mapping[str, Any]
Kind = Literal["text", "count", "share", "figure", "score"]
NOTHING = "–"


@dataclass(frozen=True)
class Column:
    """A column: its key in the rows, its title, and how its values are written.

    A `figure` (a time, a speed, a perplexity) is written with three digits or all before the point.
    A `score` is written with its bounds where rows have them under `KEY_low` and `KEY_high`.
    """

    key: str
    title: str
    kind: Kind = "text"

    @property
    def is_number(self) -> bool:
        """Whether it is aligned at the right."""
        return self.kind != "text"

    def written(self, row: Row) -> str:
        """A row's value as a person reads it."""
        value = row.get(self.key)
        if value is None:
            return NOTHING
        if self.kind == "count":
            return f"{value:,}"
        if self.kind == "figure":
            return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
        if self.kind == "text":
            return str(value)
        low, high = row.get(f"{self.key}_low"), row.get(f"{self.key}_high")
        bounds = "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
        return f"{value:.2f}{bounds}"


@dataclass(frozen=True)
class Table:
    """Rows of plain values under columns; a row may know more than is shown."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def shown(self) -> tuple[Column, ...]:
        """The columns that have a value in any row."""
        return tuple(
            column
            for column in self.columns
            if any(row.get(column.key) is not None for row in self.rows)
        )


def as_csv(tables: Sequence[Table]) -> str:
    """All tables in one, the first column saying which; values as they are."""
    names = list(dict.fromkeys(name for table in tables for row in table.rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, ["table", *names], lineterminator="\n", restval="")
    writer.writeheader()
    for table in tables:
        for row in table.rows:
            writer.writerow({"table": table.title, **row})
    return buffer.getvalue()


def as_markdown(tables: Sequence[Table], facts: Mapping[str, Any]) -> str:
    """The tables with their titles, and the facts of the run below."""
    parts = []
    for table in tables:
        columns = table.shown()
        lines = [
            f"## {table.title}",
            "",
            _line([column.title for column in columns]),
            _line(["---:" if column.is_number else "---" for column in columns]),
            *(_line([column.written(row) for column in columns]) for row in table.rows),
        ]
        parts.append("\n".join(lines))
    told = json.dumps(facts, indent=2, ensure_ascii=False)
    parts.append(f"## Measured with\n\n```json\n{told}\n```")
    return "\n\n".join(parts) + "\n"


def as_json(
    tables: Sequence[Table], facts: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
) -> str:
    """One object: the run, the tables' rows, and every record behind them."""
    whole = {
        "run": facts,
        "tables": {table.title: [dict(row) for row in table.rows] for table in tables},
        "records": [dict(record) for record in records],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _line(cells: Sequence[str]) -> str:
    escaped = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
