"""`citrus ask`: documents and questions in, answers out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from citrus_cli.answer import Answer
from citrus_cli.cli.ask.pictures import plan_pictures, together
from citrus_cli.cli.ask.run import Manner, Run
from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import grouped
from citrus_cli.cli.options.documents import DocumentOptions, StrictOptions, opening_for
from citrus_cli.cli.options.engine import (
    MethodOptions,
    ModelOptions,
    StoreOptions,
    SupportOptions,
    engine_of,
    load_document_qa,
)
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.output import OutputOptions, PictureOptions
from citrus_cli.cli.options.precedence import color_of, debug_of, either
from citrus_cli.cli.options.request import (
    STDIN_NAME,
    Arguments,
    Questions,
    QuestionsFile,
    Request,
    request_of,
)
from citrus_cli.cli.output.answers import Form, answer_view
from citrus_cli.cli.output.files import ResultFile
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import (
    is_terminal,
    use_color,
    write_out,
)
from citrus_cli.cli.output.strictness import end_if_lost
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.program.libraries import quiet_libraries
from citrus_cli.errors import UsageError
from citrus_cli.events import Loading

if TYPE_CHECKING:
    pass


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("ask", cls=Command)(ask)


@grouped
def ask(
    *,
    context: typer.Context,
    arguments: Arguments = None,
    question: Questions = None,
    file: QuestionsFile = None,
    documents: DocumentOptions,
    model: ModelOptions,
    method: MethodOptions,
    store: StoreOptions,
    support: SupportOptions,
    output: OutputOptions,
    pictures: PictureOptions,
    strict: StrictOptions,
    general: GeneralOptions,
) -> None:
    """Ask documents a question.

    The answer goes to standard output, everything else to standard error. What is a document, and
    what is the question:

    \b
    citrus ask SOURCE... QUESTION    the last argument is the question
    citrus ask SOURCE... -q Q -q Q   with -q or -f, all arguments are documents
    cat a.txt | citrus ask QUESTION  one argument and a pipe: the pipe is the document
    cat a.txt | citrus ask - -q Q    - is standard input; beside -q it may be left out

    Where this leaves a doubt (a question that is also the name of a file), nothing is guessed:
    the message says how to spell either meaning.
    """
    request = request_of(arguments or [], question, file)
    opening = opening_for(documents, request)
    draw = plan_pictures(
        pictures, request, overwrite=output.overwrite, password=opening["password"]
    )
    run = _prepare(context, output, request)
    engine = engine_of(model, method, store, support)
    if output.no_sources:
        _check_no_sources(output, support)
        engine["evidence"] = False
    if output.explain:
        engine["explain"] = True
    listeners = [one for one in (draw, run.picture if run.wants_pictures else None) if one]
    if listeners:
        engine["on_picture"] = together(listeners)
    run.show(_answers(run, request, opening, engine, debug=debug_of(context)))
    if strict.strict:
        end_if_lost(run.warnings, color_of(context))
    if support.fail_if_unsupported and not run.supported:
        raise typer.Exit(ExitCode.UNSUPPORTED)


def _check_no_sources(output: OutputOptions, support: SupportOptions) -> None:
    for name in ("explain", "fail_if_unsupported"):
        if vars(output).get(name) or vars(support).get(name):
            raise UsageError(
                f"--{name.replace('_', '-')} needs the sources: leave --no-sources out"
            )


def _prepare(context: typer.Context, output: OutputOptions, request: Request) -> Run:
    """Decide who reads the answers and what standard error says, before anything slow begins."""
    as_json, as_lines = either(context, "json", "jsonl")
    verbose, quiet = either(context, "verbose", "quiet")
    color = color_of(context)
    file = None
    if output.output not in (None, STDIN_NAME):
        file = ResultFile(output.output, overwrite=output.overwrite)
    form = Form.JSON if as_json else Form.JSON_LINES if as_lines else Form.TEXT
    read_here = file is None and form is Form.TEXT and is_terminal(sys.stdout)
    view = answer_view(
        form,
        write_out if file is None else file.write,
        request.questions,
        terminal=read_here,
        stream=not output.no_stream,
        color=use_color(sys.stdout, color),
    )
    manner = Manner(
        color=color, quiet=quiet, verbose=verbose, receipt=verbose or (read_here and not quiet)
    )
    progress = progress_display(quiet=quiet, color=color)
    return Run(view, progress, file, manner, len(request.questions))


def _answers(
    run: Run, request: Request, opening: dict[str, Any], engine: dict[str, Any], *, debug: bool
) -> Iterator[Answer]:
    """Everything slow, and so everything that can be interrupted: it happens inside `run`."""
    run.listen(Loading(engine.get("model", "citrus"), "starting"))
    if not debug:
        quiet_libraries()
    qa = load_document_qa()(**engine, on_event=run.listen)
    yield from qa.ask_all(request.sources, request.questions, **opening)
