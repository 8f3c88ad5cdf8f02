"""Tasks in which something is hidden in a text of a given length; `passkey` is one of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import UsageError
from citrus_cli.evals.answers.task import Answers, AskedTask, TextPlan, by_cell
from citrus_cli.evals.answers.texts import EvalText
from citrus_cli.evals.hidden.passkey import ANSWER_TOKENS, passkey_text, passkeys
from citrus_cli.evals.methods.full import Full
from citrus_cli.evals.results.intervals import wilson
from citrus_cli.evals.results.tables import Column, Row, Table
from citrus_cli.evals.runs.journal import Record
from citrus_cli.evals.runs.task import Scope
from citrus_cli.run import Runner

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = (
    Column("method", "method"),
    Column("budget", "budget", "count"),
    Column("length", "tokens", "count"),
    Column("asked", "asked", "count"),
    Column("found", "found", "count"),
    Column("right", "right", "score"),
    Column("against_full", "only it : only full"),
    Column("retention", "retention", "share"),
    Column("answerable", "answerable", "count"),
    Column("right_answerable", "right of those", "share"),
    Column("seconds", "s/answer", "figure"),
)


class HiddenTask(AskedTask):
    """A task whose texts have lengths, and whose answers are right or wrong."""

    answer_tokens = ANSWER_TOKENS

    def __init__(self, scope: Scope, lengths: Sequence[int], *, oracle: bool = True) -> None:
        """`lengths` are the texts', in tokens.

        Raises:
            UsageError: one is too short to hide anything in.
        """
        super().__init__(scope, oracle=oracle)
        if not lengths or min(lengths) < 100:
            raise UsageError(f"--lengths must be 100 tokens or more, not {min(lengths, default=0)}")
        self.lengths = tuple(dict.fromkeys(lengths))

    def tables(self, records: Sequence[Record]) -> list[Table]:
        """A row for each method, budget and length."""
        answered = by_cell(self, records)
        full = [one for one in answered if one.cell.method == Full.name]
        rows = [
            {**_row(of_length, length), "against_full": _against(of_length, full)}
            for answers in answered
            for length in self.lengths
            if (of_length := answers.of_length(length)).records
        ]
        return [Table(self.name, COLUMNS, tuple(rows))]

    def plot(self, records: Sequence[Record]) -> Figure:
        """Depth against length for each method and budget, and below all of them by length."""
        from citrus_cli.evals.results.plots import hidden_figure

        return hidden_figure(self.name, by_cell(self, records), self.lengths, self.depths)

    depths: tuple[float, ...] = ()


def _against(answers: Answers, full: Sequence[Answers]) -> str | None:
    """How many questions only these got right, and how many only full attention."""
    if not full or answers.cell.method == Full.name:
        return None
    theirs = {_asked(one): bool(one["scores"]["right"]) for one in full[0].records}
    pairs = [
        (bool(one["scores"]["right"]), theirs[_asked(one)])
        for one in answers.records
        if _asked(one) in theirs
    ]
    return f"{pairs.count((True, False))} : {pairs.count((False, True))}" if pairs else None


def _asked(record: Record) -> tuple[str, str]:
    return record["text"], record["part"]


def _row(answers: Answers, length: int) -> Row:
    left = answers.answerable
    found = sum(bool(one["scores"]["right"]) for one in answers.records)
    share = wilson(found, len(answers.records))
    return {
        "method": answers.cell.method,
        "budget": answers.cell.budget,
        "length": length,
        "asked": len(answers.records),
        "found": found,
        "right": share and share.mean,
        "right_low": share and share.low,
        "right_high": share and share.high,
        "retention": answers.retention(),
        "answerable": None if left is None else len(left),
        "right_answerable": answers.mean("right", oracle=True),
        "seconds": answers.seconds(),
    }


class PasskeyTask(HiddenTask):
    """Numbers hidden at even depths in repetitive text."""

    name = "passkey"

    def __init__(
        self, scope: Scope, lengths: Sequence[int], trials: int, *, oracle: bool = True
    ) -> None:
        """`trials` numbers are hidden in texts of each length, one in each text."""
        super().__init__(scope, lengths, oracle=oracle)
        self.trials = trials
        self.depths = tuple((at + 0.5) / trials for at in range(trials))

    def settings(self) -> dict[str, Any]:
        """What decides the texts."""
        return {"trials": self.trials}

    def plans(self) -> list[TextPlan]:
        """A text for each length and number."""
        return [
            TextPlan(
                f"{length} tokens, key {trial + 1}",
                ("key",),
                {"length": length, "trial": trial},
                partial(_passkey_text, length, key, depth),
            )
            for length in self.lengths
            for trial, (key, depth) in enumerate(passkeys(length, self.trials, self.scope.seed))
        ]


def _passkey_text(length: int, key: str, depth: float, runner: Runner) -> EvalText:
    return passkey_text(runner.encoder, length, key, depth)
