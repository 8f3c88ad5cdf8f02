"""`citrus eval table`: everything that the README states of policies, in one go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from citrus_cli.cli.declaring import grouped, option
from citrus_cli.cli.eval_options import EvalOptions
from citrus_cli.cli.eval_run import Evaluation
from citrus_cli.cli.eval_task_options import Limit
from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options import OUTPUT, GeneralOptions, ModelOptions
from citrus_cli.cli.streams import write_out
from citrus_cli.errors import UsageError

if TYPE_CHECKING:
    from citrus_cli.evals.question_sets import QuestionSet

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
    run: Folder = "citrus-table",
    quiet: Quiet = False,
    model: ModelOptions,
    general: GeneralOptions,
) -> None:
    """Compare all policies on all of these."""
    folder = Path(run)
    options = EvalOptions(quiet=quiet, overwrite=True)
    first = Evaluation(context, options, model)
    first.begin()
    from citrus_cli.evals.table_plan import parts

    failed = False
    sets = _sets(first, [Path(file) for file in files or ()], limit)
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts(sets):
        evaluation = replace(
            first,
            options=replace(
                options,
                policies=list(part.policies),
                budgets=[str(budget) for budget in part.budgets],
                run=str(folder / part.name),
                output=str(folder / f"{part.name}.md"),
            ),
        )
        write_out(f"{part.name}\n")
        task = part.make(evaluation.scope())
        if task.answer_tokens is not None:
            task.answer_tokens = evaluation.answer_tokens(task.answer_tokens)
        try:
            evaluation.run(task)
        except typer.Exit:  # it has said what could not be measured; the other parts go on
            failed = True
        write_out("\n")
    if failed:
        raise typer.Exit(ExitCode.ROWS_FAILED)


def _sets(
    evaluation: Evaluation, files: list[Path], limit: int | None
) -> list[tuple[Path, QuestionSet]]:
    """The question sets; all are looked at before anything is measured.

    Raises:
        UsageError: one cannot be used, or is called as another one or a part of the table is.
    """
    from citrus_cli.evals.question_sets import read_question_set
    from citrus_cli.evals.table_plan import parts

    taken = {part.name for part in parts([])}
    for file in files:
        if file.stem in taken:
            raise UsageError(f"{file}: the table has a part {file.stem} already; rename the file")
        taken.add(file.stem)
    found = []
    for file in files:
        questions = read_question_set(file, limit)
        evaluation.warn_of(questions)
        found.append((file, questions))
    return found
