"""`citrus store`: the indexes of documents that were read once, and letting go of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
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
from citrus_cli.wording import count, human_bytes, short_key

if TYPE_CHECKING:
    from citrus_cli.library.entry import Entry
    from citrus_cli.library.library import Library
    from citrus_cli.library.old_store import OldStore

Json = Annotated[bool, option("--json", help="JSON.", panel=OUTPUT)]
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
All = Annotated[
    bool,
    option("--all", help="Every entry, what is damaged and any old store.", panel=STORE, env=False),
]
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


@dataclass(frozen=True)
class Removed:
    """What a command has removed."""

    names: tuple[str, ...]
    bytes: int

    def say(self, *, as_json: bool) -> None:
        """On standard output."""
        if as_json:
            names = [short_key(name) for name in self.names]
            write_out(dump({"removed": names, "bytes": self.bytes}, indent=2) + "\n")
        else:
            write_out(f"removed {_entries(len(self.names))}, {human_bytes(self.bytes)}\n")


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
    """Show the documents that are indexed, or remove some."""
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
    library = _open()
    key = _one(library, name)
    entry = next((one for one in library.entries() if one.key == key), None)
    if entry is None:
        reason = next(bad.reason for bad in library.unusable() if bad.key == key)
        raise UsageError(f"{reason}; remove it with citrus store remove {short_key(key)}")
    fields = described(entry)
    if strongest(context, "json"):
        write_out(dump(fields, indent=2) + "\n")
        return
    for field, value in fields.items():
        if field == "warnings":
            value = "; ".join(value)
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        write_out(f"{field}: {one_line(str(value))}\n")


@grouped
def remove(
    *,
    context: typer.Context,
    names: Names = None,
    all: All = False,
    json: Json = False,
    general: GeneralOptions,
) -> None:
    """Remove entries, and say how much room that made."""
    if all and names:
        raise UsageError("--all removes everything: give no names with it")
    if not all and not names:
        raise UsageError("name what to remove (citrus store list shows the names), or give --all")
    library = _open()
    if all:
        removed = _remove_all(library)
    else:
        keys = tuple(dict.fromkeys(_one(library, name) for name in names or ()))
        removed = Removed(keys, library.remove(*keys))
    removed.say(as_json=bool(strongest(context, "json")))


@grouped
def prune(
    *,
    context: typer.Context,
    max_store: MaxStore = None,
    unused_for: Days = None,
    json: Json = False,
    general: GeneralOptions,
) -> None:
    """Remove what is damaged, what was not used for long, and what is over the bound."""
    from citrus_cli.library.library import DEFAULT_MAX_BYTES

    library = _open()
    bound = DEFAULT_MAX_BYTES if max_store is None else parse_size(max_store, "--max-store")
    if unused_for is not None and unused_for < 0:
        raise UsageError("--unused-for: days cannot be negative")
    keys = [one.key for one in library.unusable()]
    if unused_for is not None:
        limit = time.time() - unused_for * 86_400
        keys += [entry.key for entry in library.entries() if entry.used < limit]
    freed = library.remove(*keys)
    pruned = library.prune(bound)
    freed += sum(entry.bytes for entry in pruned)
    keys += [entry.key for entry in pruned]
    Removed(tuple(keys), freed).say(as_json=bool(strongest(context, "json")))


def described(entry: Entry) -> dict[str, Any]:
    """An entry as plain values."""
    receipt = entry.receipt
    return {
        "name": short_key(entry.key),
        "document": entry.path,
        "format": receipt.format,
        "pages": entry.page_count,
        "tokens": entry.tokens,
        "bytes": entry.bytes,
        "dtype": receipt.dtype,
        "model": receipt.model,
        "embedder": receipt.embedder,
        "created": _when(entry.created),
        "used": _when(entry.used),
        "folder": str(entry.folder),
        "pages_without_text": list(receipt.pages_without_text),
        "pages_failed": list(receipt.pages_failed),
        "warnings": [str(warning) for warning in receipt.warnings],
    }


def _list(*, as_json: bool, color: ColorMode) -> None:
    library, old = _open(), _old()
    entries, unusable = library.entries(), library.unusable()
    if as_json:
        write_out(dump([described(entry) for entry in entries], indent=2) + "\n")
    elif entries:
        _print_entries(entries, color)
        total = human_bytes(sum(entry.bytes for entry in entries))
        said = f"{_entries(len(entries))}, {total}, in {library.folder}"
        notice("citrus:", said, color, "2")
    else:
        notice("citrus:", f"the store in {library.folder} is empty", color, "2")
    for one in unusable:
        warn(one.reason, color)
    if old is not None:
        warn(old.reason, color)


def _print_entries(entries: list[Entry], color: ColorMode) -> None:
    from citrus_cli.cli.output.tables import print_table

    rows = [
        (
            short_key(entry.key),
            document_name(entry.path),
            count(entry.page_count),
            count(entry.tokens),
            human_bytes(entry.bytes),
            entry.receipt.model,
            _when(entry.used),
        )
        for entry in entries
    ]
    header = ("name", "document", "pages", "tokens", "size", "model", "last used")
    print_table(header, rows, color=color, numbers=frozenset({"pages", "tokens", "size"}))


def _remove_all(library: Library) -> Removed:
    """Whatever state it is in: this is also the cure for a damaged catalogue."""
    from citrus_cli.errors import CitrusError

    try:
        keys = [entry.key for entry in library.entries()]
        keys += [one.key for one in library.unusable()]
    except CitrusError:
        keys = []
    old = _old()
    freed = library.clear() + (old.remove() if old is not None else 0)
    return Removed(tuple(keys), freed)


def _open() -> Library:
    from citrus_cli.library.library import Library

    return Library()


def _old() -> OldStore | None:
    from citrus_cli.library.old_store import find_old

    return find_old()


def _one(library: Library, name: str) -> str:
    """The one entry that a name, its beginning, or a document's path stands for."""
    found = library.match(name)
    if not found:
        raise UsageError(f"{name} is not in the store; citrus store list shows what is")
    if len(found) > 1:
        names = ", ".join(short_key(key) for key in found)
        raise UsageError(f"{name} stands for {_entries(len(found))}: {names}; name one of them")
    return found[0]


def _entries(number: int) -> str:
    return f"{count(number)} {'entry' if number == 1 else 'entries'}"


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
