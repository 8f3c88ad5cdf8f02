"""`citrus store`: what has been ingested, and letting go of it."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from citrus_cli.cli.options.declaration import OUTPUT, STORE, grouped, option
from citrus_cli.cli.options.engine import MaxStore
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, strongest
from citrus_cli.cli.options.sizes import parse_size
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.streams import ColorMode, notice, warn, write_out
from citrus_cli.cli.output.text import document_name, one_line
from citrus_cli.cli.program.group import Command, Subcommands
from citrus_cli.errors import UsageError
from citrus_cli.wording import count, human_bytes, many, short_key

if TYPE_CHECKING:
    from citrus_cli.store.entry import Entry
    from citrus_cli.store.store import Store

Json = Annotated[bool, option("--json", help="JSON objects.", panel=OUTPUT)]
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="An entry's name, or the path of its document.", show_default=False
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME...", help="Entries' names, or paths of their documents.", show_default=False
    ),
]
All = Annotated[bool, option("--all", help="Every entry.", panel=STORE, env=False)]
Days = Annotated[
    float | None,
    option(
        "--unused-for",
        help="Remove what was not used for so many days.",
        panel=STORE,
        metavar="DAYS",
        env=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command and its subcommands to the program."""
    group = typer.Typer(name="store", cls=Subcommands, rich_markup_mode="rich")
    group.callback(invoke_without_command=True)(store)
    group.command("list", cls=Command)(list_entries)
    group.command("show", cls=Command)(show)
    group.command("remove", cls=Command)(remove)
    group.command("prune", cls=Command)(prune)
    app.add_typer(group)


@grouped
def store(*, context: typer.Context, json: Json = False, general: GeneralOptions) -> None:
    """Show the documents that citrus ingest has stored, or remove some."""
    if context.invoked_subcommand is None:
        _list(as_json=json, color=color_of(context))


@grouped
def list_entries(*, context: typer.Context, json: Json = False, general: GeneralOptions) -> None:
    """Show what is stored, the most recently used first."""
    _list(as_json=bool(strongest(context, "json")), color=color_of(context))


@grouped
def show(
    *, context: typer.Context, name: Name, json: Json = False, general: GeneralOptions
) -> None:
    """Show one entry."""
    from citrus_cli.store.entry import load_entry

    fields = described(load_entry(_one(_open(), name)))
    if strongest(context, "json"):
        write_out(dump(fields, indent=2) + "\n")
        return
    for key, value in fields.items():
        if key != "documents":
            write_out(f"{key}: {one_line(str(value))}\n")
    for document in fields["documents"]:
        pages, tokens = many(document["pages"], "page"), many(document["tokens"], "token")
        write_out(f"document: {one_line(document['path'])}, {pages}, {tokens}\n")


@grouped
def remove(
    *, context: typer.Context, names: Names = None, all: All = False, general: GeneralOptions
) -> None:
    """Remove entries, and say how much room that made."""
    opened = _open()
    if all and names:
        raise UsageError("--all removes everything: give no names with it")
    if not all and not names:
        raise UsageError("name what to remove (citrus store list shows the names), or give --all")
    if all:
        folders = [entry.folder for entry in opened.entries()]
        folders += [one.folder for one in opened.unusable()]
    else:
        folders = list(dict.fromkeys(_one(opened, name) for name in names or ()))
    freed = sum(opened.remove(folder) for folder in folders)
    write_out(f"removed {_entries(len(folders))}, {human_bytes(freed)}\n")


@grouped
def prune(
    *,
    context: typer.Context,
    max_store: MaxStore = None,
    unused_for: Days = None,
    general: GeneralOptions,
) -> None:
    """Remove what is damaged, what was not used for long, and what is over the bound."""
    from citrus_cli.store.store import DEFAULT_MAX_BYTES

    opened = _open()
    bound = DEFAULT_MAX_BYTES if max_store is None else parse_size(max_store, "--max-store")
    if unused_for is not None and unused_for < 0:
        raise UsageError("--unused-for: days cannot be negative")
    folders = [one.folder for one in opened.unusable()]
    if unused_for is not None:
        limit = time.time() - unused_for * 86_400
        folders += [entry.folder for entry in opened.entries() if entry.used < limit]
    freed = sum(opened.remove(folder) for folder in folders)
    pruned = opened.prune(bound)
    freed += sum(entry.bytes for entry in pruned)
    write_out(f"removed {_entries(len(folders) + len(pruned))}, {human_bytes(freed)}\n")


def described(entry: Entry) -> dict[str, Any]:
    """An entry as plain values."""
    return {
        "name": short_key(entry.key),
        "tokens": entry.tokens,
        "bytes": entry.bytes,
        "dtype": entry.dtype,
        "model": entry.model,
        "chunk_size": entry.chunk_size,
        "created": _when(entry.created),
        "used": _when(entry.used),
        "folder": str(entry.folder),
        "documents": [asdict(document) for document in entry.documents],
    }


def _list(*, as_json: bool, color: ColorMode) -> None:
    opened = _open()
    entries, unusable = opened.entries(), opened.unusable()
    if as_json:
        write_out(dump([described(entry) for entry in entries], indent=2) + "\n")
    elif entries:
        from citrus_cli.cli.output.tables import print_table

        rows = [
            (
                short_key(entry.key),
                ", ".join(document_name(document.path) for document in entry.documents),
                count(entry.tokens),
                human_bytes(entry.bytes),
                entry.dtype,
                entry.model,
                _when(entry.used),
            )
            for entry in entries
        ]
        header = ("name", "documents", "tokens", "size", "dtype", "model", "last used")
        print_table(header, rows, color=color, numbers=frozenset({"tokens", "size"}))
        total = sum(entry.bytes for entry in entries)
        notice(
            "citrus:",
            f"{_entries(len(entries))}, {human_bytes(total)}, in {opened.folder}",
            color,
            "2",
        )
    else:
        notice("citrus:", f"the store in {opened.folder} is empty", color, "2")
    for one in unusable:
        warn(one.reason, color)


def _open() -> Store:
    from citrus_cli.store.store import Store

    return Store()


def _one(opened: Store, name: str) -> Path:
    """The one entry that a name, its beginning, or a document's path stands for."""
    found = opened.match(name)
    if not found:
        raise UsageError(f"{name} is not in the store; citrus store list shows what is")
    if len(found) > 1:
        names = ", ".join(short_key(folder.name) for folder in found)
        raise UsageError(f"{name} stands for {len(found)} entries: {names}; name one of them")
    return found[0]


def _entries(number: int) -> str:
    return f"{count(number)} {'entry' if number == 1 else 'entries'}"


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
