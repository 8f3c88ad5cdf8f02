"""The task `neglect`: what the paper calls information neglect, measured and drawn.

By perplexity, policies that evict without the question look as good as any; ask for one number in
what was read, and they have lost it (arXiv 2406.12018, section 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from citrus_cli.evals.answers.task import by_cell
from citrus_cli.evals.fillers import Filler
from citrus_cli.evals.hidden.task import PasskeyTask
from citrus_cli.evals.neglect.plot import NeglectBar, draw
from citrus_cli.evals.perplexity.task import PerplexityTask
from citrus_cli.evals.results.tables import Table
from citrus_cli.evals.runs.journal import Record
from citrus_cli.evals.runs.task import Scope, Task, Unit
from citrus_cli.run import Runner

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class NeglectTask(Task):
    """Perplexity over a text and pass keys, for the same policies at the same budgets."""

    name = "neglect"

    def __init__(self, scope: Scope, text: Filler, tokens: int, lengths: Sequence[int]) -> None:
        """`tokens` of the text are predicted; pass keys are hidden in texts of `lengths` tokens."""
        self.scope = scope
        self.perplexity = PerplexityTask(scope, text, [tokens])
        self.passkey = PasskeyTask(scope, lengths, trials=5, oracle=False)
        self.answer_tokens = self.passkey.answer_tokens

    def settings(self) -> dict[str, Any]:
        """What decides both halves."""
        return {"perplexity": self.perplexity.settings(), "passkey": self.passkey.settings()}

    def about(self) -> dict[str, Any]:
        """What the text is called."""
        return self.perplexity.about()

    def check(self, runner: Runner) -> None:
        """Refuse a text that is too short."""
        self.perplexity.check(runner)

    def units(self) -> list[Unit]:
        """Those of both halves."""
        return [
            replace(unit, key=f"{half.name} {unit.key}", label=f"{half.name}: {unit.label}")
            for half in (self.perplexity, self.passkey)
            for unit in half.units()
        ]

    def tables(self, records: Sequence[Record]) -> list[Table]:
        """A table of each half."""
        predicted, asked = _halves(records)
        return [*self.perplexity.tables(predicted), *self.passkey.tables(asked)]

    def plot(self, records: Sequence[Record]) -> Figure:
        """Perplexity beside the pass keys found, for each policy that has both."""
        predicted, asked = _halves(records)
        found = {answers.cell: answers.records for answers in by_cell(self.passkey, asked)}
        bars = []
        for cell in self.scope.cells:
            rights = [bool(one["scores"]["right"]) for one in found.get(cell, ())]
            for row in predicted:
                if (row["policy"], row["budget"]) == (cell.method, cell.budget) and rights:
                    value, error = row["perplexity"], row["perplexity_stderr"]
                    bars.append(NeglectBar(cell.name, value, error, sum(rights), len(rights)))
        return draw(bars, self.perplexity.text.name)


def _halves(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    predicted = [one for one in records if "perplexity" in one]
    return predicted, [one for one in records if "perplexity" not in one]
