"""What `citrus eval` can measure: a task is units of work, tables of their records, and a plot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import UsageError
from citrus_cli.evals.methods import METHODS
from citrus_cli.evals.results.tables import Table
from citrus_cli.evals.runs.journal import Record
from citrus_cli.run import Runner
from citrus_cli.settings import DEFAULT_POLICY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEFAULT_METHODS = (DEFAULT_POLICY, "citrus", "standard", "streaming", "full")
"""What is compared when nothing is named, as far as it is known."""


@dataclass(frozen=True)
class Cell:
    """A method at a budget; None where it has none, as full attention."""

    method: str
    budget: int | None

    @property
    def name(self) -> str:
        """What it is called in keys and plots."""
        return self.method if self.budget is None else f"{self.method} @ {self.budget:,}"


def known_methods() -> dict[str, bool]:
    """The name of every method, and whether it has a budget."""
    return {name: method.budgeted for name, method in METHODS.items()}


def cells(
    methods: Sequence[str], budgets: Sequence[int], known: Mapping[str, bool] | None = None
) -> tuple[Cell, ...]:
    """Each method at each budget; one without a budget once.

    `known` are the names that a task can measure, and whether they have a budget; None: all.

    Raises:
        UsageError: a method is not known.
    """
    known = known_methods() if known is None else known
    unknown = [name for name in methods if name not in known]
    if unknown:
        raise UsageError(
            f"unknown policy {', '.join(map(repr, unknown))}; choose of {', '.join(known)}"
        )
    made = []
    for name in dict.fromkeys(methods):
        if known[name]:
            made += [Cell(name, budget) for budget in dict.fromkeys(budgets)]
        else:
            made.append(Cell(name, None))
    return tuple(made)


def default_methods(known: Mapping[str, bool] | None = None) -> tuple[str, ...]:
    """Those of `DEFAULT_METHODS` that are known."""
    there = known_methods() if known is None else known
    return tuple(name for name in DEFAULT_METHODS if name in there)


@dataclass(frozen=True)
class Scope:
    """What is compared, and how it is read: what all tasks share.

    `chunk_size` tokens go through the model at a time; `seed` decides everything that is drawn.
    """

    cells: tuple[Cell, ...]
    chunk_size: int
    seed: int = 0

    def __post_init__(self) -> None:
        budgets = [cell.budget for cell in self.cells if cell.budget is not None]
        if not self.cells:
            raise UsageError("nothing is to be measured: name a policy, and a budget for it")
        for what, value in (("budget", min(budgets, default=1)), ("chunk size", self.chunk_size)):
            if value < 1:
                raise UsageError(f"the {what} must be at least 1, not {value}")
        if self.seed < 0:
            raise UsageError(f"the seed must be 0 or more, not {self.seed}")


Ready = Callable[[], Runner]
"""Gives the model, loaded at the first call."""


@dataclass(frozen=True)
class Unit:
    """Work that is done in one go, and may be done in part.

    `key` and a part's name together are the same in every run with the same settings. `measure`
    is given the parts that are wanted, in order, and yields each of these with its record; it asks
    for the model if it needs it in this process.
    """

    key: str
    label: str
    parts: tuple[str, ...]
    measure: Callable[[Ready, tuple[str, ...]], Iterator[tuple[str, Record]]]


class Task(ABC):
    """Something to measure."""

    name: str
    answer_tokens: int | None = None
    """Longest answer, in tokens; None where nothing is answered."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What decides the records beside the model: another value is another run."""

    def about(self) -> dict[str, Any]:
        """What else the run's facts should say."""
        return {}

    def check(self, runner: Runner) -> None:  # noqa: B027 (most have nothing to check)
        """Refuse, before anything is measured, what cannot be measured with this model."""

    @abstractmethod
    def units(self) -> Sequence[Unit]:
        """All work, in the order in which it is done."""

    @abstractmethod
    def tables(self, records: Sequence[Record]) -> list[Table]:
        """What the records say; those of an unfinished run say it of what there is."""

    @abstractmethod
    def plot(self, records: Sequence[Record]) -> Figure:
        """A picture of it, readable without colour."""
