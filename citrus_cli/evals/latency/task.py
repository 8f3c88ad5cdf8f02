"""The task `latency`: time and memory by length, full attention beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from citrus_cli.evals.latency.measure import LatencyRow, latency
from citrus_cli.evals.latency.process import FULL
from citrus_cli.evals.results.tables import Column, Table
from citrus_cli.evals.runs.journal import Record
from citrus_cli.evals.runs.task import Ready, Scope, Task, Unit, known_methods
from citrus_cli.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = (
    Column("method", "method"),
    Column("budget", "budget", "count"),
    Column("tokens", "tokens", "count"),
    Column("read_tokens_per_second", "read tok/s", "figure"),
    Column("reading_ratio", "over full", "share"),
    Column("first_token_seconds", "first token s", "figure"),
    Column("answer_tokens_per_second", "answer tok/s", "figure"),
    Column("answer_ratio", "over full's", "share"),
    Column("peak_megabytes", "peak MB", "count"),
    Column("peak_ratio", "of full's", "share"),
    Column("missing", "not measured"),
)


def known() -> dict[str, bool]:
    """What can be measured: every method, and transformers' own full attention."""
    return {**known_methods(), FULL: False}


class LatencyTask(Task):
    """Every method at every length and budget, each measurement in a process of its own."""

    name = "latency"
    answer_tokens: int = 32

    def __init__(
        self, scope: Scope, model: Settings, lengths: Sequence[int], rounds: int = 1
    ) -> None:
        """`model` is loaded by those processes; medians of `rounds` repetitions count."""
        self.scope, self.model, self.rounds = scope, model, rounds
        self.lengths = tuple(dict.fromkeys(lengths))

    def settings(self) -> dict[str, Any]:
        """What a time depends on beside the model."""
        return {"rounds": self.rounds}

    def units(self) -> list[Unit]:
        """One for each length and budget: full attention is measured beside all methods of it."""
        methods = [cell.method for cell in self.scope.cells if cell.method != FULL]
        parts = tuple(dict.fromkeys([FULL, *methods]))
        budgets = dict.fromkeys(cell.budget for cell in self.scope.cells if cell.budget is not None)
        return [
            Unit(
                f"{length} tokens {budget}",
                f"{length} tokens, budget {budget}",
                parts,
                partial(self._measure, length, budget),
            )
            for length in self.lengths
            for budget in (budgets or [length])
        ]

    def _measure(
        self, length: int, budget: int, ready: Ready, parts: tuple[str, ...]
    ) -> Iterator[tuple[str, Record]]:
        methods = [part for part in parts if part != FULL]
        rows = latency(
            self.model,
            methods,
            [length],
            budget,
            self.scope.chunk_size,
            self.answer_tokens,
            rounds=self.rounds,
        )
        for row in rows:
            if row.method in parts:  # else it was measured again only to compare with
                yield row.method, asdict(row)

    def tables(self, records: Sequence[Record]) -> list[Table]:
        """A row for each record."""
        rows = tuple(
            {
                **record,
                "peak_megabytes": _megabytes(record["peak_bytes"]),
                "missing": record["missing"] or None,
            }
            for record in records
        )
        return [Table(self.name, COLUMNS, rows)]

    def plot(self, records: Sequence[Record]) -> Figure:
        """Time and memory against length."""
        from citrus_cli.evals.latency.plot import draw

        names = [field.name for field in fields(LatencyRow)]
        rows = []
        several = len({record["budget"] for record in records} - {None}) > 1
        for record in records:
            row = {name: record[name] for name in names}
            if several and row["budget"] is not None:
                row["method"] = f"{row['method']} @ {row['budget']:,}"
            rows.append(LatencyRow(**row))
        return draw(rows, self.model.model)


def _megabytes(size: int | None) -> int | None:
    return None if size is None else round(size / 1e6)
