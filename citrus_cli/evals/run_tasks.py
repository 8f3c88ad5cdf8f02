"""Doing a task's units: what is in the journal already is left as it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from citrus_cli.errors import CitrusError
from citrus_cli.evals.journal import JournalError, Record
from citrus_cli.evals.run_folder import RunFolder
from citrus_cli.evals.tasks import Task, Unit
from citrus_cli.events import Listener, Measuring, ignore
from citrus_cli.run import Runner


class TaskRun:
    """A task in a folder. The model is loaded when the first unit needs it.

    A unit that cannot be measured with these settings does not end the run; it is tried again next
    time. A record is written down inside of `undisturbed()`, which may hold an interruption back
    until the record is both in the journal and known here.
    """

    def __init__(
        self,
        task: Task,
        folder: RunFolder,
        load: Callable[[], Runner],
        on_event: Listener = ignore,
        undisturbed: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.task, self.folder = task, folder
        self._load, self._on_event, self._undisturbed = load, on_event, undisturbed
        self.units: Sequence[Unit] = task.units()
        self.total = sum(len(unit.parts) for unit in self.units)
        self._known = {(one["unit"], one["part"]): one for one in folder.journal.records}
        self.earlier = self.done
        self._failed: dict[str, list[str]] = {}
        self._fatal: CitrusError | None = None
        self._runner: Runner | None = None
        self._started = time.monotonic()

    @property
    def done(self) -> int:
        """How many records there are of the task's."""
        return sum((unit.key, part) in self._known for unit in self.units for part in unit.parts)

    @property
    def records(self) -> list[Record]:
        """The task's records so far, in the order of its units."""
        keys = [(unit.key, part) for unit in self.units for part in unit.parts]
        return [self._known[key] for key in keys if key in self._known]

    @property
    def failures(self) -> list[str]:
        """Why some units could not be measured; what failed for the same reason is told once."""
        told = []
        for why, labels in self._failed.items():
            more = f" (and {len(labels) - 1} more)" if len(labels) > 1 else ""
            told.append(f"{labels[0]}{more}: {why}")
        return told

    def run(self) -> None:
        """Measure what is missing.

        Raises:
            ModelError, MemoryLimitError: the model cannot be had, or loaded.
            UsageError: the task does not suit the model; nothing was measured.
            JournalError: records cannot be kept.
        """
        for unit in self.units:
            missing = tuple(part for part in unit.parts if (unit.key, part) not in self._known)
            if not missing:
                continue
            try:
                self._measure(unit, missing)
            except JournalError:
                raise
            except CitrusError as error:
                if error is self._fatal:
                    raise
                self._failed.setdefault(str(error), []).append(unit.label)

    def _measure(self, unit: Unit, missing: tuple[str, ...]) -> None:
        self._report(unit)
        for part, record in unit.measure(self._ready, missing):
            whole = {"unit": unit.key, "part": part, **record}
            with self._undisturbed():
                self.folder.journal.append(whole)
                self._known[unit.key, part] = whole
            self._report(unit)

    def _ready(self) -> Runner:
        if self._runner is None:
            try:
                runner = self._load()
                self.folder.loaded(runner)
                self.task.check(runner)
            except CitrusError as error:
                self._fatal = error  # not one unit's failure
                raise
            self._runner = runner
            self._started = time.monotonic()
        return self._runner

    def _report(self, unit: Unit) -> None:
        done = self.done
        seconds = time.monotonic() - self._started
        self._on_event(Measuring(unit.label, done, self.total, done - self.earlier, seconds))
