"""`citrus compare`: the same question answered by several policies, side by side."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from citrus_cli.cli.compare.run import CompareRun
from citrus_cli.cli.compare.views import comparison_view
from citrus_cli.cli.options.declaration import METHOD, OUTPUT, grouped, option
from citrus_cli.cli.options.documents import DocumentOptions, StrictOptions, opening_for
from citrus_cli.cli.options.engine import (
    Budget,
    ChunkSize,
    MethodOptions,
    ModelOptions,
    complete_policies,
    engine_of,
    load_document_qa,
)
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of, either
from citrus_cli.cli.options.request import (
    STDIN_NAME,
    Arguments,
    Questions,
    QuestionsFile,
    Request,
    request_of,
)
from citrus_cli.cli.output.answers import Form
from citrus_cli.cli.output.files import ResultFile
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import is_terminal, write_error, write_out
from citrus_cli.cli.output.strictness import end_if_lost
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.program.libraries import quiet_libraries
from citrus_cli.events import Loading
from citrus_cli.settings import DEFAULT_COMPARISON

if TYPE_CHECKING:
    from citrus_cli.evals.compared import Compared


@dataclass(frozen=True)
class CompareOptions:
    """What is compared, and how documents are read."""

    policies: Annotated[
        str,
        option(
            "--policies",
            help="What to compare, separated by commas; by default "
            f"{', '.join(DEFAULT_COMPARISON)}. Also: every other policy of citrus ask, gemfilter, "
            "xl3m.",
            panel=METHOD,
            metavar="NAME,NAME",
            autocompletion=complete_policies,
        ),
    ] = ",".join(DEFAULT_COMPARISON)
    budget: Budget = None
    chunk_size: ChunkSize = None


@dataclass(frozen=True)
class CompareOutput:
    """What is written, and where."""

    json: Annotated[
        bool,
        option(
            "--json",
            help="A list of JSON objects, one for each policy and question.",
            panel=OUTPUT,
        ),
    ] = False
    jsonl: Annotated[
        bool,
        option(
            "--jsonl",
            help="A line of JSON for each policy and question, when it is done.",
            panel=OUTPUT,
        ),
    ] = False
    output: Annotated[
        str | None,
        option(
            "--output",
            help="Write the result to a file, which is whole or not there.",
            panel=OUTPUT,
            metavar="FILE",
        ),
    ] = None
    overwrite: Annotated[
        bool, option("--overwrite", help="Let --output replace a file.", panel=OUTPUT)
    ] = False
    no_sources: Annotated[
        bool,
        option(
            "--no-sources",
            help="Do not look for the pages that an answer comes from.",
            panel=OUTPUT,
        ),
    ] = False
    quiet: Annotated[
        bool,
        option(
            "--quiet", help="Only the comparison and errors: no progress or warnings.", panel=OUTPUT
        ),
    ] = False


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("compare", cls=Command)(compare)


@grouped
def compare(
    *,
    context: typer.Context,
    arguments: Arguments = None,
    question: Questions = None,
    file: QuestionsFile = None,
    documents: DocumentOptions,
    model: ModelOptions,
    compared: CompareOptions,
    output: CompareOutput,
    strict: StrictOptions,
    general: GeneralOptions,
) -> None:
    """Answer by several policies, side by side.

    Each with its answer, the time to read and to answer, the states kept, the peak memory and the
    pages that the answer comes from. Documents and questions are given as for citrus ask.

    \b
    citrus compare report.pdf "What were Q3 risks?"
    citrus compare report.pdf "What were Q3 risks?" --policies citrus,bm25 --budget 256
    citrus compare report.pdf -q "Who is the auditor?" -q "What was sold?" --json

    The text is taken from the documents once, and the store is not used. bm25 is plain retrieval:
    the passages that share the question's words, read afresh. full is full attention to everything,
    which knows no budget; where the text is longer than the model knows, or than memory holds, a
    line says so.

    A policy that fails does not end the run: its row says why. The exit code is 0 if at least one
    policy answered, otherwise that of the first failure.
    """
    request = request_of(arguments or [], question, file, "compare")
    names = [name.strip() for name in compared.policies.split(",") if name.strip()]
    opening = opening_for(documents, request)
    run = _prepare(context, output, request)
    method = MethodOptions(budget=compared.budget, chunk_size=compared.chunk_size)
    # what each policy makes of the question is what is compared, found or not
    engine = engine_of(model, method) | {"always_answer": True}
    if output.no_sources:
        engine["evidence"] = False
    code = run.show(_rows(run, request, names, opening, engine, debug=debug_of(context)))
    if code:
        raise typer.Exit(code)
    if strict.strict:
        end_if_lost(run.warnings, color_of(context))


def _prepare(context: typer.Context, output: CompareOutput, request: Request) -> CompareRun:
    as_json, as_lines = either(context, "json", "jsonl")
    color = color_of(context)
    file = None
    if output.output not in (None, STDIN_NAME):
        file = ResultFile(output.output, overwrite=output.overwrite)
    form = Form.JSON if as_json else Form.JSON_LINES if as_lines else Form.TEXT
    view = comparison_view(
        form,
        write_out if file is None else file.write,
        request.questions,
        color=color if file is None and is_terminal(sys.stdout) else None,
    )
    progress = progress_display(quiet=output.quiet, color=color)
    return CompareRun(view, progress, file, color, quiet=output.quiet)


def _rows(
    run: CompareRun,
    request: Request,
    names: list[str],
    opening: dict[str, Any],
    engine: dict[str, Any],
    *,
    debug: bool,
) -> Iterator[Compared]:
    """Everything slow, and so everything that can be interrupted: it happens inside `run`."""
    run.listen(Loading(engine.get("model", "citrus"), "starting"))
    if not debug:
        quiet_libraries()
    comparing = load_comparing()
    policies = comparing.known(names)
    qa = load_document_qa()(**engine, on_event=run.listen)

    def unexpected(error: Exception) -> None:
        if debug:
            run.hide()
            write_error("".join(traceback.format_exception(error)))

    yield from comparing.compare(
        qa,
        request.sources,
        request.questions,
        policies,
        **opening,
        on_unexpected=unexpected,
    )


def load_comparing() -> ModuleType:
    """The work, imported only now: it brings the libraries that take seconds to import."""
    from citrus_cli.evals import comparison as comparing

    return comparing
