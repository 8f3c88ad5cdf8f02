"""`citrus help`: a topic's text, or the help of a command."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from citrus_cli.cli.help.pages import Topic, topics
from citrus_cli.cli.options.declaration import grouped
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of
from citrus_cli.cli.output.streams import ColorMode, console, is_terminal, write_out
from citrus_cli.cli.output.tables import aligned
from citrus_cli.cli.program.group import Command
from citrus_cli.errors import UsageError

FOOT = "citrus help TOPIC shows one; citrus COMMAND --help has the options of a command."
WIDTH = 100
"""Longer lines than this are hard to read, however wide the terminal."""


def _complete(incomplete: str) -> list[str]:
    return [name for name in topics() if name.startswith(incomplete)]


Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[TOPIC]",
        help="A topic or a command; without one, the list of topics.",
        show_default=False,
        autocompletion=_complete,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("help", cls=Command)(show)


@grouped
def show(*, context: typer.Context, name: Name = None, general: GeneralOptions) -> None:
    """Read about a topic, such as policies or exit codes."""
    known = topics()
    if name is None:
        write_out(_listed(known))
    elif name in known:
        _print(known[name], color_of(context))
    elif (command := _command(context, name)) is not None:
        write_out(command.get_help(typer.Context(command, info_name=name, parent=context.parent)))
        write_out("\n")
    else:
        near = get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"there is no topic {name!r}; {meant}citrus help lists them")


def _listed(known: dict[str, Topic]) -> str:
    rows = [[topic.name, topic.title] for topic in known.values()]
    return f"{aligned(rows, [False, False])}\n{FOOT}\n"


def _command(context: typer.Context, name: str) -> Any:
    parent: Any = context.find_root().command
    return parent.commands.get(name)


def _print(topic: Topic, color: ColorMode) -> None:
    """As a page on a terminal; in a pipe as it was written."""
    if not is_terminal(sys.stdout):
        write_out(topic.text)
        return
    from rich.markdown import Markdown

    screen = console(sys.stdout, color)
    with screen.capture() as drawn:
        screen.print(Markdown(topic.text), width=min(WIDTH, screen.width))
    write_out(drawn.get())
