"""`citrus batch`: a file of questions, many documents, a table of answers."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import DOCUMENTS, OUTPUT, choices, grouped, option
from citrus_cli.cli.options.documents import DocumentOptions, StrictOptions, opening_of
from citrus_cli.cli.options.engine import (
    MethodOptions,
    ModelOptions,
    StoreOptions,
    SupportOptions,
    engine_of,
    load_document_qa,
)
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.output.strictness import end_if_lost
from citrus_cli.cli.program import interrupts
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.program.libraries import quiet_libraries
from citrus_cli.errors import UsageError
from citrus_cli.wording import many

if TYPE_CHECKING:
    from citrus_cli.batch.questions import Question
    from citrus_cli.batch.resuming import Match
    from citrus_cli.batch.work import WorkList
    from citrus_cli.cli.batch.output import Output
    from citrus_cli.cli.batch.run import BatchManner, BatchRun
    from citrus_cli.settings import Settings

STREAM = "-"

QuestionsFile = Annotated[
    str,
    typer.Argument(
        metavar="QUESTIONS",
        help="File of questions: .txt (one on each line), .csv, .tsv, .xlsx, .json, .jsonl or "
        ".yaml; - for standard input.",
        show_default=False,
    ),
]
Documents = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DOCUMENT",
        help="PDF or text files, folders or patterns; each file is a document of its own. Rows of "
        "the questions file may name theirs instead.",
        show_default=False,
    ),
]
QuestionsFormat = Annotated[
    str | None,
    option(
        "--questions-format",
        help="Format of the questions file; by default what its name says.",
        panel=DOCUMENTS,
        **choices("txt", "csv", "tsv", "json", "jsonl", "yaml", "xlsx"),
    ),
]
OutputFile = Annotated[
    str | None,
    option(
        "--output",
        help="File for the rows: .jsonl, .json, .csv, .md or .html; by default JSON lines on "
        "standard output.",
        panel=OUTPUT,
        metavar="FILE",
    ),
]
Resume = Annotated[
    bool,
    option(
        "--resume",
        help="Go on with the run that --output is of: rows that are done stay, failed ones are "
        "tried again.",
        panel=OUTPUT,
    ),
]
Overwrite = Annotated[
    bool,
    option(
        "--overwrite",
        help="Let --output replace a file; with --resume, drop its rows of another run.",
        panel=OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    option("--quiet", help="Only rows and errors: no progress, warnings or summary.", panel=OUTPUT),
]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("batch", cls=Command)(batch)


@grouped
def batch(
    *,
    context: typer.Context,
    questions: QuestionsFile,
    sources: Documents = None,
    questions_format: QuestionsFormat = None,
    documents: DocumentOptions,
    model: ModelOptions,
    method: MethodOptions,
    store: StoreOptions,
    support: SupportOptions,
    strict: StrictOptions,
    output: OutputFile = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    general: GeneralOptions,
) -> None:
    """Ask a file of questions about many documents.

    Every question is asked about every document, or about the one that its row names. A document
    that fails does not end the run: its rows say why, and the exit code is 6.

    \b
    citrus batch questions.txt reports/ --output answers.csv
    citrus batch questions.csv --output answers.html
    citrus batch questions.yaml "2024/*.pdf" | jq -r .answer
    citrus batch questions.txt reports/ --output answers.csv --resume

    Columns of a questions file: question, and if you like id, document and answers (accepted ones,
    in CSV separated by |, which are then scored); other columns are carried through.

    Every row is on the disk as soon as it is finished. What was interrupted goes on with --resume.
    In CSV, a text that a spreadsheet would take for a formula (=, +, -, @) gets a ' before it.
    """
    from citrus_cli.batch.answering import Answering
    from citrus_cli.cli.batch.run import BatchManner
    from citrus_cli.cli.options.questions import load_questions

    manner = BatchManner(color_of(context), quiet, debug_of(context))
    with closing(_output(output, resume=resume, overwrite=overwrite)) as target:
        asked = load_questions(questions, questions_format)
        how = opening_of(documents)
        _check_opening(documents)
        if not manner.debug:
            quiet_libraries()
        qa = load_document_qa()(**engine_of(model, method, store, support))
        work = _plan(asked, sources or [], qa.settings, documents, questions, target)
        match = _match(work, target, qa.settings, overwrite=overwrite)
        run = _run(work, match, asked, target, manner)
        qa.on_event = run.listen
        code = run.run(Answering(qa, how, interrupts.pressed, run.unexpected))
    if code:
        raise typer.Exit(code)
    if strict.strict:
        end_if_lost(run.warnings, manner.color)
    if support.fail_if_unsupported and not run.supported:
        raise typer.Exit(ExitCode.UNSUPPORTED)


def _output(given: str | None, *, resume: bool, overwrite: bool) -> Output:
    from citrus_cli.cli.batch.output import FileOutput, PipeOutput

    if given not in (None, STREAM):
        return FileOutput(given, resume=resume, overwrite=overwrite)
    if resume:
        raise UsageError("--resume goes on with a file: name it with --output FILE")
    return PipeOutput()


def _check_opening(documents: DocumentOptions) -> None:
    """What would be wrong with every document is wrong with the command."""
    from citrus_cli.documents.encodings import is_text_encoding
    from citrus_cli.documents.selection import parse_pages

    parse_pages(documents.pages)
    if documents.encoding is not None and not is_text_encoding(documents.encoding):
        raise UsageError(f"encoding {documents.encoding!r} is not known")


def _plan(
    asked: list[Question],
    sources: list[str],
    settings: Settings,
    documents: DocumentOptions,
    questions: str,
    output: Output,
) -> WorkList:
    from citrus_cli.batch.work import plan, settings_digest

    own = [] if questions == STREAM else [Path(questions)]
    return plan(
        asked,
        sources,
        settings_digest(asdict(settings), documents.pages, documents.encoding),
        name=questions,
        folder=own[0].parent if own else None,
        without=(*own, *output.files),
    )


def _match(work: WorkList, output: Output, settings: Settings, *, overwrite: bool) -> Match:
    """What counts of the earlier run; rows of another one are refused, unless they may go."""
    from citrus_cli.batch.resuming import difference, match

    found = match(work, output.earlier())
    if found.foreign and not overwrite:
        why = difference(work, found.foreign[0], policy=settings.policy, budget=settings.budget)
        raise UsageError(
            f"--resume: {many(len(found.foreign), 'row')} of the output are of another run: {why}; "
            "give the same arguments, another --output, or --overwrite to drop them"
        )
    return found


def _run(
    work: WorkList, match: Match, asked: list[Question], output: Output, manner: BatchManner
) -> BatchRun:
    """The run, and the progress that is drawn of it."""
    from citrus_cli.batch.rows import RowMaker
    from citrus_cli.cli.batch.progress import Tally, batch_display
    from citrus_cli.cli.batch.run import BatchRun

    every, left = work.groups(), work.groups(match.done)
    tally = Tally(
        rows=len(work.items),
        documents=len(every),
        earlier=len(match.done),
        documents_done=len(every) - len(left),
    )
    display = batch_display(tally, quiet=manner.quiet, color=manner.color)
    return BatchRun(work, match, RowMaker(asked), output, display, tally, manner)
