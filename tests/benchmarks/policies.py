"""A part of the plan, measured as `citrus eval` measures: what is in its journal stays."""

from __future__ import annotations

from collections.abc import Iterator

from citrus_cli.bench.sections import Figure, Settings
from citrus_cli.evals.results.tables import Row, Table
from citrus_cli.evals.runs.folder import RunFolder, default_folder
from citrus_cli.evals.runs.run import TaskRun
from citrus_cli.evals.runs.task import Scope, Task, cells
from citrus_cli.events import Listener
from citrus_cli.qa import DocumentQA
from tests.benchmarks.plan import Part

LABELS = ("method", "budget", "length")
"""What a row of a task's table is about; the other columns are its figures."""


def measure(part: Part, settings: Settings, on_event: Listener) -> tuple[list[Figure], list[str]]:
    """The figures of a part, and why some could not be measured.

    Raises:
        JournalBusyError: another process is at it.
    """
    task = part.make(Scope(cells(part.policies, part.budgets), settings.chunk_size, seed=0))
    qa = DocumentQA(
        settings.model, quantize=settings.quantize, device=settings.device, on_event=on_event
    )
    folder = _folder(task, settings)
    try:
        run = TaskRun(task, folder, qa.runner, on_event)
        run.run()
    finally:
        folder.close()
    tables = task.tables(run.records)
    return [one for table in tables for one in _figures(part.name, table)], run.failures


def _folder(task: Task, settings: Settings) -> RunFolder:
    """The folder that `citrus eval` would have for the same, so that both go on in it."""
    identity = {
        "task": task.name,
        "model": settings.model,
        "quantize": settings.quantize,
        "device": settings.device,
        "system": None,
        "chunk_size": settings.chunk_size,
        "answer_tokens": task.answer_tokens,
        "seed": 0,
        **task.settings(),
    }
    return RunFolder(default_folder(task.name, identity), identity, task.about())


def _figures(section: str, table: Table) -> Iterator[Figure]:
    for row in table.rows:
        yield Figure(section, _label(table, row), _value(table, row))


def _label(table: Table, row: Row) -> str:
    units = {"budget": "states", "length": "tokens"}
    written = (
        f"{column.written(row)} {units.get(column.key, '')}".strip()
        for column in table.shown()
        if column.key in LABELS and row.get(column.key) is not None
    )
    return ", ".join(written)


def _value(table: Table, row: Row) -> str:
    return ", ".join(
        f"{column.title} {column.written(row)}"
        for column in table.shown()
        if column.key not in LABELS and row.get(column.key) is not None
    )
