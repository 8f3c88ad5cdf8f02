"""`citrus eval table`: everything that the README states of policies, in one go."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from citrus_cli.cli.evaluate.jobs import helpers
from citrus_cli.cli.evaluate.options import TASK, EvalOptions, names
from citrus_cli.cli.evaluate.run import Evaluation
from citrus_cli.cli.evaluate.tasks import Limit
from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import METHOD, OUTPUT, grouped, option
from citrus_cli.cli.options.engine import ModelOptions
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import warn, write_out
from citrus_cli.errors import UsageError

if TYPE_CHECKING:
    from citrus_cli.evals.table_plan import Part
    from citrus_cli.evals.tasks import Task

SetFiles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE.jsonl…]",
        help="Question sets to be asked too, as for citrus eval qa.",
        show_default=False,
    ),
]
Folder = Annotated[
    str,
    option(
        "--run",
        help="Folder for a run and a table of each part; by default citrus-table. What is finished "
        "there is not done again.",
        panel=OUTPUT,
        metavar="FOLDER",
        env=False,
    ),
]
Only = Annotated[
    list[str] | None,
    option(
        "--parts",
        help="Only these parts, with commas between them or repeated; an unknown name lists all.",
        panel=TASK,
        metavar="NAME,…",
        env=False,
    ),
]
Jobs = Annotated[
    int,
    option(
        "--jobs",
        "-j",
        help="So many processes measure parts at the same time, each with the model in its memory "
        "and on its share of the cores; by default 1. On a CPU, one for each core is quickest.",
        panel=METHOD,
        metavar="PROCESSES",
        min=1,
    ),
]
Quiet = Annotated[
    bool,
    option("--quiet", help="Only tables and errors: no progress or warnings.", panel=OUTPUT),
]


@grouped
def table(
    *,
    context: typer.Context,
    files: SetFiles = None,
    limit: Limit = None,
    only: Only = None,
    jobs: Jobs = 1,
    run: Folder = "citrus-table",
    quiet: Quiet = False,
    model: ModelOptions,
    general: GeneralOptions,
) -> None:
    """Compare all policies on all of these."""
    options = EvalOptions(quiet=quiet, overwrite=True)
    first = Evaluation(context, options, model)
    first.begin()
    from citrus_cli.evals.journal import JournalBusyError

    chosen = _parts(first, [Path(file) for file in files or ()], limit, names(only))
    folder = Path(run)
    folder.mkdir(parents=True, exist_ok=True)
    if jobs > 1:
        with helpers(jobs - 1, progress_display(quiet=quiet, color=first.color)):
            for part in chosen:
                evaluation = _evaluation(first, part, folder)
                with suppress(JournalBusyError):  # a helper is at it
                    evaluation.measured(_task(evaluation, part))
    failed = False
    for part in chosen:
        write_out(f"{part.name}\n")
        evaluation = _evaluation(first, part, folder)
        try:
            evaluation.run(_task(evaluation, part))
        except typer.Exit:  # it has said what could not be measured; the other parts go on
            failed = True
        except JournalBusyError as error:
            warn(str(error), first.color)
            failed = True
        write_out("\n")
    if failed:
        raise typer.Exit(ExitCode.ROWS_FAILED)


def _evaluation(first: Evaluation, part: Part, folder: Path) -> Evaluation:
    """What is asked for of a part."""
    options = replace(
        first.options,
        policies=list(part.policies),
        budgets=[str(budget) for budget in part.budgets],
        run=str(folder / part.name),
        output=str(folder / f"{part.name}.md"),
    )
    return replace(first, options=options)


def _task(evaluation: Evaluation, part: Part) -> Task:
    task = part.make(evaluation.scope())
    if task.answer_tokens is not None:
        task.answer_tokens = evaluation.answer_tokens(task.answer_tokens)
    return task


def _parts(
    evaluation: Evaluation, files: list[Path], limit: int | None, only: list[str]
) -> list[Part]:
    """The parts that are wanted; the question sets are looked at before anything is measured.

    Raises:
        UsageError: a set cannot be used, or is called as another one or a part of the table is; or
            no part has a name that is wanted.
    """
    from citrus_cli.evals import table_plan
    from citrus_cli.evals.question_sets import read_question_set

    taken = [part.name for part in table_plan.parts([])]
    for file in files:
        if file.stem in taken:
            raise UsageError(f"{file}: the table has a part {file.stem} already; rename the file")
        taken.append(file.stem)
    unknown = [name for name in only if name not in taken]
    if unknown:
        raise UsageError(f"the table has no part {unknown[0]!r}; choose from {', '.join(taken)}")
    sets = []
    for file in files:
        questions = read_question_set(file, limit)
        evaluation.warn_of(questions)
        sets.append((file, questions))
    return [part for part in table_plan.parts(sets) if not only or part.name in only]
