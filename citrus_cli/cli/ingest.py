"""`citrus ingest`: documents are read once, and answered from the store ever after."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import OUTPUT, STORE, choices, grouped, option
from citrus_cli.cli.options.documents import DocumentOptions, StrictOptions, opening_of
from citrus_cli.cli.options.engine import (
    MaxStore,
    MethodOptions,
    ModelOptions,
    engine_of,
    load_document_qa,
)
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.options.request import STDIN_NAME
from citrus_cli.cli.options.sizes import parse_size
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import notice, warn, write_out
from citrus_cli.cli.output.strictness import end_if_lost
from citrus_cli.cli.output.text import document_name
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.program.libraries import quiet_libraries
from citrus_cli.errors import CitrusError, ModelError, UsageError
from citrus_cli.events import Event, Note
from citrus_cli.wording import human_bytes, many, short_key

if TYPE_CHECKING:
    from citrus_cli.documents.discover import Found
    from citrus_cli.store.entry import Entry

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...", help="PDF or text files, folders or patterns.", show_default=False
    ),
]
Together = Annotated[
    bool,
    option(
        "--together",
        help="Read all sources as one, for citrus ask with the same list; else each document is "
        "stored on its own.",
        panel=STORE,
        env=False,
    ),
]
Dtype = Annotated[
    str | None,
    option(
        "--store-dtype",
        help="How states are stored: auto is as the model computes them; int8 takes half the room "
        "of bf16.",
        panel=STORE,
        **choices("auto", "bf16", "int8"),
    ),
]
Again = Annotated[
    bool, option("--again", help="Read a document even if it is stored.", panel=STORE, env=False)
]
Json = Annotated[bool, option("--json", help="A line of JSON for each document.", panel=OUTPUT)]
Quiet = Annotated[bool, option("--quiet", help="No progress, no notes.", panel=OUTPUT)]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("ingest", cls=Command)(ingest)


@grouped
def ingest(
    *,
    context: typer.Context,
    sources: Sources,
    together: Together = False,
    store_dtype: Dtype = None,
    max_store: MaxStore = None,
    again: Again = False,
    json: Json = False,
    quiet: Quiet = False,
    documents: DocumentOptions,
    model: ModelOptions,
    method: MethodOptions,
    strict: StrictOptions,
    general: GeneralOptions,
) -> None:
    """Read documents once, and store what was read.

    Questions about them (citrus ask, batch and chat) are then answered from the store, with the
    same model and settings: in a fraction of the time, and with the same answers. How much room
    the states take is said before they are written.
    """
    if STDIN_NAME in sources:
        raise UsageError("standard input cannot be stored; save it to a file first")
    color = color_of(context)
    if not debug_of(context):
        quiet_libraries()
    bound = None if max_store is None else parse_size(max_store, "--max-store")
    progress = progress_display(quiet=quiet, color=color)

    def listen(event: Event) -> None:
        if not isinstance(event, Note):
            progress.show(event)
        elif not quiet:
            progress.hide()
            notice("citrus:", event.text, color, "2")

    qa = load_document_qa()(**engine_of(model, method), on_event=listen)
    how = {**opening_of(documents), "max_bytes": bound, "again": again}
    if store_dtype is not None:
        how["dtype"] = store_dtype
    failed = 0
    warnings: list[str] = []
    groups = [list(sources)]
    if not together:
        groups = []
        for found in _files(sources):
            groups.append([found.path])
            warnings += found.notes
        for text in () if quiet else warnings:
            warn(text, color)
    try:
        for group in groups:
            started = time.time()
            try:
                entry = qa.ingest(group, **how)
            except (ModelError, UsageError):
                raise  # the next document would fail as well
            except CitrusError as error:
                if len(groups) == 1:
                    raise
                failed += 1
                progress.hide()
                notice("citrus: error:", str(error), color, "1;31")
                continue
            progress.hide()
            warnings += entry.warnings
            for text in () if quiet else entry.warnings:
                warn(text, color)
            write_out(_line(entry, new=entry.created >= started, as_json=json))
    finally:
        progress.hide()
    if failed:
        raise typer.Exit(ExitCode.ROWS_FAILED)
    if strict.strict:
        end_if_lost(warnings, color)


def _files(sources: list[str]) -> list[Found]:
    """Every file that the sources stand for, each to be read on its own."""
    from citrus_cli.documents.discover import find

    return find(sources)


def _line(entry: Entry, *, new: bool, as_json: bool) -> str:
    if as_json:
        return (
            dump(
                {
                    "name": short_key(entry.key),
                    "new": new,
                    "documents": [asdict(document) for document in entry.documents],
                    "tokens": entry.tokens,
                    "bytes": entry.bytes,
                    "dtype": entry.dtype,
                    "model": entry.model,
                }
            )
            + "\n"
        )
    names = ", ".join(document_name(document.path) for document in entry.documents)
    said = "stored" if new else "was stored already"
    size = f"{many(entry.tokens, 'token')}, {human_bytes(entry.bytes)}"
    return f"{names}: {size}, {said} as {short_key(entry.key)}\n"
