"""`citrus find`: the passages that answer a question, and nothing else; a grep by meaning."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from citrus_cli.cli.options.declaration import DOCUMENTS, METHOD, OUTPUT, grouped, option
from citrus_cli.cli.options.documents import DocumentOptions, opening_for
from citrus_cli.cli.options.engine import (
    Embedder,
    MethodOptions,
    ModelOptions,
    StoreOptions,
    engine_of,
    load_document_qa,
)
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.options.request import request_of
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import is_terminal, notice, use_color, warn, write_out
from citrus_cli.cli.output.text import clean_for_terminal, document_name, one_line
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.program.libraries import quiet_libraries
from citrus_cli.errors import UsageError
from citrus_cli.events import Event, Note
from citrus_cli.settings import QUICK
from citrus_cli.wording import many

if TYPE_CHECKING:
    from citrus_cli.pipeline.finding import Found, Passage

Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE... QUESTION",
        help="Documents, folders, patterns or - for standard input; then what to look for.",
        show_default=False,
    ),
]
Question = Annotated[
    str | None,
    option(
        "--question",
        "-q",
        help="The question. All arguments are then documents.",
        panel=DOCUMENTS,
        metavar="TEXT",
        env=False,
    ),
]
Number = Annotated[
    int, option("-n", "--number", help="How many passages.", panel=OUTPUT, metavar="N")
]
Finders = Annotated[
    str,
    option(
        "--find",
        help="Which finders look: heads (of the language model), meaning (a sentence embedder), "
        "words (BM25); several by commas. Without heads no language model is loaded.",
        panel=METHOD,
        metavar="NAME,…",
    ),
]
Json = Annotated[
    bool, option("--json", help="A list of objects: document, page, quote, score.", panel=OUTPUT)
]
Quiet = Annotated[bool, option("--quiet", help="No progress, no warnings.", panel=OUTPUT)]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("find", cls=Command)(find)


@grouped
def find(
    *,
    context: typer.Context,
    arguments: Arguments = None,
    question: Question = None,
    number: Number = 5,
    finders: Finders = ",".join(QUICK),
    embedder: Embedder = None,
    json: Json = False,
    quiet: Quiet = False,
    documents: DocumentOptions,
    model: ModelOptions,
    store: StoreOptions,
    general: GeneralOptions,
) -> None:
    """Show the passages that answer a question.

    Best first, without an answer. A document is read once, and kept; from then on finding takes a
    moment. Of each page one passage is shown before a second of any.

    \b
    citrus find report.pdf "What were Q3 risks?"
    citrus find filings/ "auditor" -n 20 --json | jq -r '.[] | "\\(.document):\\(.page)"'
    """
    request = request_of(
        arguments or [], None if question is None else [question], None, command="find"
    )
    if len(request.questions) != 1:
        raise UsageError("citrus find takes one question")
    color = color_of(context)
    if not debug_of(context):
        quiet_libraries()
    progress = progress_display(quiet=quiet, color=color)

    def listen(event: Event) -> None:
        if not isinstance(event, Note):
            progress.show(event)

    method = MethodOptions(find=finders, embedder=embedder)
    qa = load_document_qa()(**engine_of(model, method, store), on_event=listen)
    try:
        found = qa.find(
            request.sources,
            request.questions[0],
            most=number,
            **opening_for(documents, request),
        )
    finally:
        progress.hide()
    if not quiet:
        for text in found.warnings:
            warn(text, color)
    if json:
        write_out(dump([asdict(one) for one in found.passages]) + "\n")
        return
    terminal = is_terminal(sys.stdout)
    if not found.passages and not quiet:
        notice("citrus:", "nothing was found", color, "2")
    write_out(_shown(found, colored=use_color(sys.stdout, color), spaced=terminal))


def _shown(found: Found, *, colored: bool, spaced: bool) -> str:
    """For a person, a passage below its place; in a pipe, one to a line."""
    if not spaced:
        return "".join(f"{_place(one)}: {one_line(one.quote)}\n" for one in found.passages)
    parts = []
    for one in found.passages:
        head = f"{_place(one)}  ({one.score:.1f})"
        head = f"\x1b[1;36m{head}\x1b[0m" if colored else head
        body = clean_for_terminal(one.quote).strip().replace("\n", "\n  ")
        parts.append(f"{head}\n  {body}\n")
    made = "" if found.made == 0 else f", {many(found.made, 'document')} read"
    foot = f"{many(found.tokens, 'token')}{made}, found in {found.seconds:.2f} s"
    parts.append(f"\x1b[2m{foot}\x1b[0m\n" if colored else f"{foot}\n")
    return "\n".join(parts)


def _place(one: Passage) -> str:
    name = document_name(one.document)
    if one.line is not None:
        return f"{name}:{one.line}"
    label = f" (printed {one_line(one.label)})" if one.label else ""
    return f"{name}, page {one.page}{label}"
