"""`citrus ingest`: documents are read once, ahead of any question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import METHOD, OUTPUT, STORE, grouped, option
from citrus_cli.cli.options.documents import DocumentOptions, StrictOptions, opening_of
from citrus_cli.cli.options.engine import (
    IndexOptions,
    MaxStore,
    ModelOptions,
    StoreOptions,
    engine_of,
    load_document_qa,
)
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.options.request import STDIN_NAME
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import notice, warn, write_out
from citrus_cli.cli.output.strictness import end_if_lost
from citrus_cli.cli.output.text import document_name
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.program.libraries import quiet_libraries
from citrus_cli.errors import CitrusError, DocumentError, ModelError, UsageError
from citrus_cli.events import Event, Note
from citrus_cli.settings import INDEX
from citrus_cli.wording import human_bytes, many, short_key

if TYPE_CHECKING:
    from citrus_cli.library.entry import Entry
    from citrus_cli.qa import DocumentQA

Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", help="Files, folders or patterns.", show_default=False),
]
Again = Annotated[
    bool,
    option("--again", help="Read a document even if it was read before.", panel=STORE, env=False),
]
Json = Annotated[bool, option("--json", help="A line of JSON for each document.", panel=OUTPUT)]
Quiet = Annotated[bool, option("--quiet", help="No progress, no notes.", panel=OUTPUT)]
Together = Annotated[bool, option("--together", help="", panel=STORE, env=False, hidden=True)]
StoreDtype = Annotated[
    str | None, option("--store-dtype", help="", panel=STORE, env=False, hidden=True)
]
Policy = Annotated[str | None, option("--policy", help="", panel=METHOD, hidden=True)]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("ingest", cls=Command)(ingest)


@grouped
def ingest(
    *,
    context: typer.Context,
    sources: Sources,
    max_store: MaxStore = None,
    again: Again = False,
    json: Json = False,
    quiet: Quiet = False,
    together: Together = False,
    store_dtype: StoreDtype = None,
    policy: Policy = None,
    documents: DocumentOptions,
    model: ModelOptions,
    index: IndexOptions,
    strict: StrictOptions,
    general: GeneralOptions,
) -> None:
    """Read documents ahead of any question, and keep their indexes.

    citrus ask, find, batch and chat keep what they read by themselves; this reads a whole folder
    before the first question is there. One document that cannot be read does not stop the others.
    """
    if STDIN_NAME in sources:
        raise UsageError("standard input cannot be kept; save it to a file first")
    _refuse_old(together=together, store_dtype=store_dtype, policy=policy)
    color = color_of(context)
    if not debug_of(context):
        quiet_libraries()
    progress = progress_display(quiet=quiet, color=color)

    def listen(event: Event) -> None:
        if not isinstance(event, Note):
            progress.show(event)
        elif not quiet:
            progress.hide()
            notice("citrus:", event.text, color, "2")

    store = StoreOptions(max_store=max_store)
    qa = load_document_qa()(**engine_of(model, index, store), on_event=listen)
    how = {**opening_of(documents), "again": again}
    failed, said = 0, set[str]()
    try:
        for done in _ingested(qa, sources, how):
            progress.hide()
            if isinstance(done, CitrusError):
                failed += 1
                notice("citrus: error:", str(done), color, "1;31")
                continue
            entry, new, warnings = done
            for text in () if quiet else dict.fromkeys(warnings):
                if text not in said:
                    warn(text, color)
            said.update(warnings)
            write_out(_line(entry, new=new, as_json=json))
    finally:
        progress.hide()
    if failed:
        raise typer.Exit(ExitCode.ROWS_FAILED)
    if strict.strict:
        end_if_lost(sorted(said), color)


def _refuse_old(*, together: bool, store_dtype: str | None, policy: str | None) -> None:
    """Say what became of the options of the store of states."""
    if together:
        raise UsageError("--together is gone: every document has an index of its own")
    if store_dtype is not None:
        raise UsageError("--store-dtype is gone: an index takes little room, always")
    if policy not in (None, INDEX):
        raise UsageError(
            f"policy {policy} keeps states while it reads for a question, and has no use for an "
            f"index; only {INDEX} does (leave --policy out, or CITRUS_POLICY)"
        )


def _ingested(
    qa: DocumentQA, sources: list[str], how: dict[str, Any]
) -> Iterator[tuple[Entry, bool, tuple[str, ...]] | CitrusError]:
    """Each document's entry, whether it is new, and the warnings; or why there is none.

    Raises:
        CitrusError: the only document fails, or the next one would fail as well.
    """
    paths = list(_files(sources))
    for path in paths:
        try:
            if isinstance(path, CitrusError):
                raise path
            indexed = qa.index([path], **how)
        except CitrusError as error:
            # what makes no sense of the first makes none of the others
            if isinstance(error, ModelError) or len(paths) == 1:
                raise
            if isinstance(error, UsageError) and path == paths[0]:
                raise
            yield error
        else:
            yield indexed.entries[0], indexed.made > 0, indexed.warnings


def _files(sources: list[str]) -> Iterator[str | DocumentError]:
    """Every file that the sources stand for, once; or why a source stands for none."""
    from citrus_cli.documents.discover import find

    seen = set[str]()
    for source in sources:
        try:
            found = find([source])
        except DocumentError as error:
            yield error
            continue
        for one in found:
            if one.path not in seen:
                seen.add(one.path)
                yield one.path


def _line(entry: Entry, *, new: bool, as_json: bool) -> str:
    receipt = entry.receipt
    if as_json:
        document = {
            "path": entry.path,
            "pages": int(receipt.notes.get("pages", entry.page_count)),
            "tokens": entry.tokens,
            "pages_without_text": list(receipt.pages_without_text),
            "pages_failed": list(receipt.pages_failed),
        }
        fields = {
            "name": short_key(entry.key),
            "new": new,
            "documents": [document],
            "tokens": entry.tokens,
            "bytes": entry.bytes,
            "dtype": receipt.dtype,
            "model": receipt.model,
        }
        return dump(fields) + "\n"
    said = "stored" if new else "was stored already"
    size = f"{many(entry.tokens, 'token')}, {human_bytes(entry.bytes)}"
    return f"{document_name(entry.path)}: {size}, {said} as {short_key(entry.key)}\n"
