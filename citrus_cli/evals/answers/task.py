"""What the tasks share that ask questions about texts: their units, and what of the gold is left.

Each text has a unit for the oracle, which asks its questions with nothing but their gold passage in
view, and one for every method and budget. Texts are made when they are needed, one at a time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.evals.answers.oracle import ORACLE, answered_by_oracle, ask_oracle
from citrus_cli.evals.answers.readings import Readings
from citrus_cli.evals.answers.scores import Score, ask, right
from citrus_cli.evals.answers.texts import EvalText
from citrus_cli.evals.methods import METHODS
from citrus_cli.evals.runs.journal import Record
from citrus_cli.evals.runs.task import Cell, Ready, Scope, Task, Unit
from citrus_cli.run import Runner, memory_errors


@dataclass(frozen=True)
class TextPlan:
    """A text that can be made: its key, the parts of its questions, and what its records say."""

    key: str
    parts: tuple[str, ...]
    about: dict[str, Any]
    make: Callable[[Runner], EvalText]


class AskedTask(Task):
    """A task that asks questions about texts."""

    answer_tokens: int = 32
    score: Score = staticmethod(right)

    def __init__(self, scope: Scope, *, oracle: bool = True) -> None:
        """`oracle`: whether to find out which questions the model can answer at all."""
        self.scope = scope
        self._oracle = oracle
        self._made: _Made | None = None

    @abstractmethod
    def plans(self) -> Sequence[TextPlan]:
        """The texts, in order."""

    def units(self) -> list[Unit]:
        """Text by text, so that what is there of an unfinished run can be compared."""
        return [unit for plan in self.plans() for unit in self._units(plan)]

    def _units(self, plan: TextPlan) -> Iterator[Unit]:
        if self._oracle:
            measure = partial(self._ask_oracle, plan)
            yield Unit(f"{plan.key} {ORACLE}", f"{plan.key}, {ORACLE}", plan.parts, measure)
        for cell in self.scope.cells:
            key = f"{plan.key} {cell.method} {cell.budget}"
            measure = partial(self._ask, plan, cell)
            yield Unit(key, f"{plan.key}, {cell.name}", plan.parts, measure)

    def _ask(
        self, plan: TextPlan, cell: Cell, ready: Ready, parts: tuple[str, ...]
    ) -> Iterator[tuple[str, Record]]:
        runner = ready()
        made = self._text_of(plan, runner)
        text = made.text
        asked = [question for question in text.questions if question.part in parts]
        method, settings = METHODS[cell.method], self._settings(cell, text)
        method = made.readings.method(method, settings, len(text.ids))
        common = {"method": cell.method, "budget": cell.budget, "text": plan.key, **plan.about}
        with memory_errors(runner.loaded):
            for part, record in ask(runner, method, settings, text, asked, self.score):
                yield part, {**common, **record}

    def _settings(self, cell: Cell, text: EvalText) -> ReadingSettings:
        budget = cell.budget or len(text.ids)
        return ReadingSettings(budget, self.scope.chunk_size, self.answer_tokens)

    def _ask_oracle(
        self, plan: TextPlan, ready: Ready, parts: tuple[str, ...]
    ) -> Iterator[tuple[str, Record]]:
        runner = ready()
        text = self._text_of(plan, runner).text
        asked = [question for question in text.questions if question.part in parts]
        settings = (self.scope.chunk_size, self.answer_tokens)
        common = {"method": ORACLE, "budget": None, "text": plan.key, **plan.about}
        with memory_errors(runner.loaded):
            for part, record in ask_oracle(runner, text, asked, *settings, self.score):
                yield part, {**common, **record}

    def _text_of(self, plan: TextPlan, runner: Runner) -> _Made:
        if self._made is None or self._made.key != plan.key:
            if self._made is not None:
                self._made.readings.close()
            self._made = None  # before the next one is made: they may be large
            text = plan.make(runner)
            asked = [(METHODS[c.method], self._settings(c, text)) for c in self.scope.cells]
            self._made = _Made(plan.key, text, Readings(runner, asked))
        return self._made


@dataclass(frozen=True)
class _Made:
    """A text, and its readings."""

    key: str
    text: EvalText
    readings: Readings


@dataclass(frozen=True)
class Answers:
    """The records of a method at a budget, and those that the model could answer at all.

    `answerable` is None when the oracle was not asked about all of them.
    """

    cell: Cell
    records: tuple[Record, ...]
    answerable: tuple[Record, ...] | None

    def of_length(self, length: int) -> Answers:
        """Only those about texts of a length."""
        return self.where(lambda one: one["length"] == length)

    def where(self, wanted: Callable[[Record], bool]) -> Answers:
        """Only some of them."""
        left = self.answerable
        return Answers(
            self.cell,
            tuple(filter(wanted, self.records)),
            None if left is None else tuple(filter(wanted, left)),
        )

    def mean(self, score: str, *, oracle: bool = False) -> float | None:
        """The mean of a score; `oracle`: over those that the model could answer at all."""
        records = self.answerable if oracle else self.records
        return mean([one["scores"][score] for one in records or ()])

    def retention(self) -> float | None:
        """The mean retention, of the questions whose gold is known."""
        return mean([one["retention"] for one in self.records if one["retention"] is not None])

    def seconds(self) -> float | None:
        """What an answer took, its share of the reading included."""
        return mean([one["read_seconds"] + one["answer_seconds"] for one in self.records])


def by_cell(task: AskedTask, records: Sequence[Record]) -> list[Answers]:
    """Records by method and budget, in the scope's order; what there are none of is left out."""
    oracle = {
        (one["text"], one["part"]): one["answerable"] for one in records if one["method"] == ORACLE
    }
    found = []
    for cell in task.scope.cells:
        own = tuple(
            one for one in records if (one["method"], one["budget"]) == (cell.method, cell.budget)
        )
        if own:
            found.append(Answers(cell, own, answered_by_oracle(own, oracle)))
    return found


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return sum(values) / len(values) if values else None
