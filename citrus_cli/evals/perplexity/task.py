"""The task `perplexity`: how well a long text is predicted through each policy's cache."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from citrus_cli.engine.policies import POLICIES
from citrus_cli.errors import UsageError
from citrus_cli.evals.fillers import Filler
from citrus_cli.evals.perplexity.measure import FULL, perplexity
from citrus_cli.evals.results.tables import Column, Table
from citrus_cli.evals.runs.journal import Record
from citrus_cli.evals.runs.task import Cell, Ready, Scope, Task, Unit
from citrus_cli.run import Runner

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KNOWN = {**dict.fromkeys(POLICIES, True), FULL: False}
"""What can be measured: policies of the cache alone, and nothing evicted."""

COLUMNS = (
    Column("policy", "method"),
    Column("budget", "budget", "count"),
    Column("tokens", "tokens", "count"),
    Column("held", "held", "count"),
    Column("perplexity", "perplexity", "figure"),
    Column("perplexity_stderr", "± stderr", "figure"),
    Column("nll", "nats/token", "figure"),
    Column("seconds", "s", "figure"),
)


class PerplexityTask(Task):
    """One text, or beginnings of it, through every policy at every budget."""

    name = "perplexity"

    def __init__(self, scope: Scope, text: Filler, lengths: Sequence[int] = ()) -> None:
        """`lengths` are how many tokens of the text are read; none: all of it."""
        self.scope, self.text = scope, text
        self.lengths: tuple[int | None, ...] = tuple(dict.fromkeys(lengths)) or (None,)
        self._ids: list[int] | None = None

    def settings(self) -> dict[str, Any]:
        """The text, by its content."""
        return {"text": self.text.sha256}

    def about(self) -> dict[str, Any]:
        """What the text is called."""
        return {"text": {"name": self.text.name, "sha256": self.text.sha256}}

    def check(self, runner: Runner) -> None:
        """Refuse lengths that the text does not have."""
        longest = max((length for length in self.lengths if length is not None), default=0)
        found = len(self._tokens(runner))
        if longest > found:
            raise UsageError(
                f"{self.text.name} has {found:,} tokens and --lengths asks for {longest:,}; give a "
                "longer text, or a shorter length"
            )

    def units(self) -> list[Unit]:
        """One for each length, policy and budget."""
        units = []
        for length in self.lengths:
            size = "all" if length is None else f"{length} tokens"
            for cell in self.scope.cells:
                measure = partial(self._measure, cell, length)
                key = f"{size} {cell.method} {cell.budget}"
                units.append(Unit(key, f"{size}, {cell.name}", ("all",), measure))
        return units

    def _measure(
        self, cell: Cell, length: int | None, ready: Ready, parts: tuple[str, ...]
    ) -> Iterator[tuple[str, Record]]:
        runner = ready()
        text = self._tokens(runner)[:length]
        budgets = [] if cell.budget is None else [cell.budget]
        for row in perplexity(runner, text, [cell.method], budgets, self.scope.chunk_size):
            record = {**asdict(row), "perplexity_stderr": row.perplexity_stderr}
            yield parts[0], {**record, "budget": cell.budget}

    def tables(self, records: Sequence[Record]) -> list[Table]:
        """A row for each record."""
        rows = tuple({column.key: record[column.key] for column in COLUMNS} for record in records)
        return [Table(self.name, COLUMNS, rows)]

    def plot(self, records: Sequence[Record]) -> Figure:
        """Perplexity against the position in the text."""
        from citrus_cli.evals.results.plots import lines_figure

        longest = max((record["tokens"] for record in records), default=0)
        lines = [
            (
                Cell(one["policy"], one["budget"]).name,
                [(at, math.exp(x)) for at, x in one["windows"]],
            )
            for one in records
            # beginnings of the text repeat what the whole of it says
            if one["tokens"] == longest or one["budget"] is None
        ]
        labels = ("token of the text", "perplexity")
        return lines_figure(lines, labels, self.text.name)

    def _tokens(self, runner: Runner) -> list[int]:
        if self._ids is None:
            tokenizer: Any = runner.loaded.tokenizer
            first = tokenizer("a").input_ids[:1]
            begins = first if first == [tokenizer.bos_token_id] else []
            self._ids = [*begins, *runner.encoder.encode(self.text.text)]
        return self._ids
