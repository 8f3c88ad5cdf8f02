"""One run of `citrus eval`: measured or taken from before, then shown, written and drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from citrus_cli.cli.evaluate.options import EvalOptions, names, numbers
from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.engine import ModelOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.output.files import ResultFile
from citrus_cli.cli.output.progress import ProgressDisplay, progress_display
from citrus_cli.cli.output.streams import ColorMode, notice, warn, write_out
from citrus_cli.cli.output.tables import print_table
from citrus_cli.cli.program import interrupts
from citrus_cli.errors import UsageError
from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_MODEL, Settings
from citrus_cli.wording import count, many

if TYPE_CHECKING:
    from citrus_cli.evals.question_sets import QuestionSet
    from citrus_cli.evals.run_folder import RunFolder
    from citrus_cli.evals.run_tasks import TaskRun
    from citrus_cli.evals.tables import Table
    from citrus_cli.evals.tasks import Scope, Task
    from citrus_cli.run import Runner


@dataclass(frozen=True)
class Evaluation:
    """What was asked for, whatever the task."""

    context: typer.Context
    options: EvalOptions
    model: ModelOptions

    @property
    def color(self) -> ColorMode:
        """Whether to use colour."""
        return color_of(self.context)

    def begin(self) -> None:
        """Before the libraries are imported: keep them quiet, and look at the files."""
        self.options.check_files()
        if not debug_of(self.context):
            from citrus_cli.cli.program.libraries import quiet_libraries

            quiet_libraries()

    def scope(self, known: Mapping[str, bool] | None = None) -> Scope:
        """The methods and budgets; `known` are the methods that a task can measure, None: all.

        Raises:
            UsageError: one makes no sense.
        """
        from citrus_cli.evals.tasks import Scope, cells, default_methods

        methods = names(self.options.policies) or default_methods(known)
        budgets = numbers(self.options.budgets, "--budgets", (DEFAULT_BUDGET,))
        return Scope(cells(methods, budgets, known), self.options.chunk_size, self.options.seed)

    def settings(self) -> Settings:
        """The model's settings, for what loads it in a process of its own."""
        return Settings(
            model=self.model.model or DEFAULT_MODEL,
            quantize=self.model.quantize or "auto",
            device=self.model.device or "auto",
            system=self.model.system,
        )

    def answer_tokens(self, default: int, least: int = 1) -> int:
        """How long an answer may be, in tokens.

        Raises:
            UsageError: it is to be shorter than `least`.
        """
        given = self.model.max_answer_tokens
        if given is not None and given < least:
            raise UsageError(f"--max-answer-tokens must be at least {least} here, not {given}")
        return default if given is None else given

    def warn(self, text: str) -> None:
        """A warning line, unless nobody wants any."""
        if not self.options.quiet:
            warn(text, self.color)

    def warn_of(self, questions: QuestionSet) -> None:
        """Say what is wrong with rows of a set that were skipped."""
        for problem in questions.problems:
            self.warn(problem)
        if questions.skipped:
            self.warn(f"skipped {many(questions.skipped, 'row')}")

    def run(self, task: Task) -> None:
        """Measure what is missing, and put everything out.

        Raises:
            typer.Exit: some units could not be measured.
            KeyboardInterrupt: says how to go on.
        """
        run = self.measured(task)
        self._put_out(run)
        if run.failures:
            for failure in run.failures:
                warn(failure, self.color)
            raise typer.Exit(ExitCode.ROWS_FAILED)

    def measured(self, task: Task) -> TaskRun:
        """Measure what is missing.

        Raises:
            JournalBusyError: another process measures it.
            KeyboardInterrupt: says how to go on.
        """
        from citrus_cli.evals.run_tasks import TaskRun

        folder = self._folder(task)
        progress = progress_display(quiet=self.options.quiet, color=self.color)
        try:
            for note in folder.notes:
                self.warn(note)
            run = TaskRun(
                task, folder, lambda: self._load(progress), progress.show, interrupts.held
            )
            self._measure(run, progress)
        finally:
            progress.hide()
            folder.close()
        return run

    def _measure(self, run: TaskRun, progress: ProgressDisplay) -> None:
        try:
            run.run()
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"{self._state(run)}; the same command goes on") from None
        except BaseException:
            progress.hide()
            if run.done:
                notice("citrus:", self._state(run), self.color, "33")
            raise

    def _state(self, run: TaskRun) -> str:
        return f"{count(run.done)} of {many(run.total, 'record')} are in {run.folder.path}"

    def _folder(self, task: Task) -> RunFolder:
        from citrus_cli.evals.run_folder import RunFolder, default_folder

        model = self.settings()
        identity: dict[str, Any] = {
            "task": task.name,
            **{name: getattr(model, name) for name in ("model", "quantize", "device", "system")},
            "chunk_size": self.options.chunk_size,
            "answer_tokens": task.answer_tokens,
            "seed": self.options.seed,
            **task.settings(),
        }
        given = self.options.run
        path = Path(given) if given else default_folder(task.name, identity)
        return RunFolder(path, identity, task.about())

    def _load(self, progress: ProgressDisplay) -> Runner:
        from citrus_cli.run import Runner

        return Runner.load(self.settings(), progress.show)

    def _put_out(self, run: TaskRun) -> None:
        tables = [table for table in run.task.tables(run.records) if table.rows]
        self._write(run, tables)
        for number, table in enumerate(tables):
            columns = table.shown()
            if len(tables) > 1:
                write_out(f"{'' if not number else chr(10)}{table.title}\n")
            print_table(
                [column.title for column in columns],
                [[column.written(row) for column in columns] for row in table.rows],
                color=self.color,
                numbers=frozenset(column.title for column in columns if column.is_number),
            )
        if not self.options.quiet:
            earlier = f", {count(run.earlier)} of them from before" if run.earlier else ""
            notice("citrus:", f"{self._state(run)}{earlier}", self.color, "32")

    def _write(self, run: TaskRun, tables: list[Table]) -> None:
        """The files first: they stay even if nobody reads the tables to their end."""
        if self.options.output is not None:
            file = ResultFile(self.options.output, overwrite=self.options.overwrite)
            try:
                file.write(_formatted(self.options.output, run, tables))
                file.commit()
            except BaseException:
                file.discard()
                raise
        if self.options.plot is not None:
            from citrus_cli.evals.plot_files import write_figure

            path = Path(self.options.plot)
            write_figure(path, lambda: run.task.plot(run.records), overwrite=self.options.overwrite)


def _formatted(name: str, run: TaskRun, tables: list[Table]) -> str:
    from citrus_cli.evals.tables import as_csv, as_json, as_markdown

    facts = json.loads(json.dumps(run.folder.facts))
    suffix = Path(name).suffix.lower()
    if suffix == ".csv":
        return as_csv(tables)
    return as_markdown(tables, facts) if suffix == ".md" else as_json(tables, facts, run.records)
