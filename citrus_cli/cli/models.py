"""`citrus models`: the models that citrus knows by name, and fetching one ahead of time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from citrus_cli.cli.options.declaration import MODEL, OUTPUT, grouped, option
from citrus_cli.cli.options.engine import complete_model
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of, strongest
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import ColorMode, write_out
from citrus_cli.cli.program.group import Command, Subcommands
from citrus_cli.cli.program.libraries import quiet_libraries

Json = Annotated[bool, option("--json", help="A list of JSON objects.", panel=OUTPUT)]
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="A built-in name, or a Hugging Face id.",
        autocompletion=complete_model,
        show_default=False,
    ),
]
AnyName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A built-in name, a model folder, a GGUF file or a Hugging Face id.",
        autocompletion=complete_model,
        show_default=False,
    ),
]
Force = Annotated[
    bool,
    option(
        "--force",
        help="Fetch and convert it again, replacing what is here.",
        panel=MODEL,
        env=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command and its subcommands to the program."""
    group = typer.Typer(name="models", cls=Subcommands, rich_markup_mode="rich")
    group.callback(invoke_without_command=True)(models)
    group.command("list", cls=Command)(list_models)
    group.command("pull", cls=Command)(pull)
    group.command("calibrate", cls=Command)(calibrate)
    app.add_typer(group)


@dataclass(frozen=True)
class KnownModel:
    """A row of the list. `size_bytes` is what is downloaded; memory is for any document length.

    `kind` is "model" (it answers) or "embedder" (it finds sentences by their meaning).
    """

    name: str
    kind: str
    parameters: int
    licence: str
    size_bytes: int
    memory_bytes: int
    memory_4bit_bytes: int
    context: int
    here: bool
    note: str


@grouped
def models(*, context: typer.Context, json: Json = False, general: GeneralOptions) -> None:
    """Show the models citrus knows by name, or fetch one.

    Any Hugging Face id, model folder or GGUF file works as well; these are the ones with a short
    name.
    """
    if context.invoked_subcommand is None:
        _show(as_json=json, color=color_of(context))


@grouped
def list_models(*, context: typer.Context, json: Json = False, general: GeneralOptions) -> None:
    """Show the models citrus knows by name: size, memory needed, and whether they are here."""
    _show(as_json=bool(strongest(context, "json")), color=color_of(context))


@grouped
def pull(
    *, context: typer.Context, name: Name = None, force: Force = False, general: GeneralOptions
) -> None:
    """Fetch a model now, and print the folder it is in.

    Without a name: what the first question needs, the default model and the embedder.
    """
    color = color_of(context)
    if not debug_of(context):
        quiet_libraries()
    from citrus_cli.models import embedders, sources
    from citrus_cli.models.catalogue import DEFAULT_EMBEDDER, DEFAULT_MODEL

    progress = progress_display(quiet=False, color=color)
    for wanted in (name,) if name is not None else (DEFAULT_MODEL, DEFAULT_EMBEDDER):
        try:
            if embedders.find(wanted):
                folder = embedders.fetched(wanted, force=force, on_event=progress.show).path
            else:
                folder = sources.pull(wanted, force=force, on_event=progress.show)
        finally:
            progress.hide()
        write_out(f"{folder}\n")


@grouped
def calibrate(*, context: typer.Context, name: AnyName, general: GeneralOptions) -> None:
    """Find the heads of a model that retrieve, and remember them.

    The index needs them, and so do sources.
    Prints the heads (layer.head), and from which share of their attention on a question is held to
    be answered. A model that was never calibrated is calibrated at its first question; this does
    it ahead of time, or once more.
    """
    color = color_of(context)
    if not debug_of(context):
        quiet_libraries()
    from citrus_cli.qa import DocumentQA

    progress = progress_display(quiet=False, color=color)
    try:
        found = DocumentQA(name, on_event=progress.show).runner().calibrate()
    finally:
        progress.hide()
    heads = " ".join(f"{head.layer}.{head.head}" for head in found.heads)
    write_out(f"{heads}\nfound from {found.found:.3f}\n")


def known_models() -> list[KnownModel]:
    """The catalogue, with what each model takes at the default budget and chunk size."""
    from citrus_cli.models import embedders, sources
    from citrus_cli.models.catalogue import CATALOGUE, CatalogueModel
    from citrus_cli.models.memory import memory_needed
    from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE

    def row(model: CatalogueModel) -> KnownModel:
        def memory(quantization: str) -> int:
            need = memory_needed(model.shape, quantization, DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE)
            return need.total

        return KnownModel(
            name=model.name,
            kind="model",
            parameters=model.shape.parameters,
            licence=model.licence,
            size_bytes=model.wheel.wheel_bytes if model.wheel else 2 * model.shape.parameters,
            memory_bytes=memory("none"),
            memory_4bit_bytes=memory("4bit"),
            context=model.shape.context,
            here=sources.is_here(model.name),
            note=model.note,
        )

    def embedder_row(embedder: embedders.CatalogueEmbedder) -> KnownModel:
        memory = 4 * embedder.parameters  # float32, where there is nothing better
        return KnownModel(
            name=embedder.name,
            kind="embedder",
            parameters=embedder.parameters,
            licence=embedder.licence,
            size_bytes=embedder.wheel.wheel_bytes,
            memory_bytes=memory,
            memory_4bit_bytes=memory,
            context=embedder.window,
            here=embedder.here,
            note="finds sentences by meaning; fetched from the Python package index on first use",
        )

    return [*map(row, CATALOGUE), *map(embedder_row, embedders.EMBEDDERS)]


def _show(*, as_json: bool, color: ColorMode) -> None:
    known = known_models()
    if as_json:
        write_out(dump([asdict(model) for model in known], indent=2) + "\n")
        return
    from citrus_cli.cli.output.tables import print_table
    from citrus_cli.wording import human_bytes

    header = ("name", "parameters", "licence", "download", "memory", "in 4 bit", "here")
    rows = [
        (
            model.name,
            _millions(model.parameters),
            model.licence,
            human_bytes(model.size_bytes),
            human_bytes(model.memory_bytes),
            human_bytes(model.memory_4bit_bytes),
            "yes" if model.here else "no",
        )
        for model in known
    ]
    numbers = frozenset({"parameters", "download", "memory", "in 4 bit"})
    print_table(header, rows, color=color, numbers=numbers)


def _millions(number: int) -> str:
    return f"{number / 1e6:.0f} M" if number < 1e9 else f"{number / 1e9:.1f} B"
