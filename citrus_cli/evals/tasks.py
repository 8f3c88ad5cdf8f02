"""What `citrus eval` can measure: a task is units of work, tables of their records, and a plot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import UsageError
from citrus_cli.evals.journal import Record
from citrus_cli.evals.methods import METHODS
from citrus_cli.evals.tables import Table
from citrus_cli.run import Runner

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEFAULT_METHODS = ("citrus-heads-individual", "citrus", "standard", "streaming", "full")
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


def cells(methods: Sequence[str], budgets: Sequence[int]) -> tuple[Cell, ...]:
    """Each method at each budget; one without a budget once.

    Raises:
        UsageError: a method is not known.
    """
    unknown = [name for name in methods if name not in METHODS]
    if unknown:
        raise UsageError(
            f"unknown policy {', '.join(map(repr, unknown))}; choose of {', '.join(METHODS)}"
        )
    made = []
    for name in dict.fromkeys(methods):
        # a method that has no use for a budget says so itself
        if getattr(METHODS[name], "budgeted", True):
            made += [Cell(name, budget) for budget in dict.fromkeys(budgets)]
        else:
            made.append(Cell(name, None))
    return tuple(made)


def default_methods() -> tuple[str, ...]:
    """Those of `DEFAULT_METHODS` that there are."""
    return tuple(name for name in DEFAULT_METHODS if name in METHODS)


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


@dataclass(frozen=True)
class Unit:
    """Work that is done in one go, and may be done in part.

    `key` and a part's name together are the same in every run with the same settings. `measure`
    is given the parts that are wanted, in order, and yields each of these with its record.
    """

    key: str
    label: str
    parts: tuple[str, ...]
    measure: Callable[[Runner, tuple[str, ...]], Iterator[tuple[str, Record]]]


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


class WholeTask(Task):
    """A task whose units are not to be done in part: each has one record."""

    @staticmethod
    def unit(key: str, label: str, measure: Callable[[Runner], Record]) -> Unit:
        """A unit of a single record."""

        def run(runner: Runner, parts: tuple[str, ...]) -> Iterator[tuple[str, Record]]:
            yield parts[0], measure(runner)

        return Unit(key, label, ("all",), run)
