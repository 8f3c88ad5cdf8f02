"""The program: its own options, and the list of its commands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from citrus_cli.cli import bench, ingest, models, store
from citrus_cli.cli.ask import command as ask
from citrus_cli.cli.batch import command as batch
from citrus_cli.cli.chat import command as chat
from citrus_cli.cli.compare import command as compare
from citrus_cli.cli.doctor import command as doctor
from citrus_cli.cli.evaluate import command as evaluate
from citrus_cli.cli.exit_codes import epilog
from citrus_cli.cli.help import command as help
from citrus_cli.cli.options.config import defaults
from citrus_cli.cli.options.declaration import GENERAL, grouped
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.output.streams import write_out
from citrus_cli.cli.program.group import Program
from citrus_cli.cli.text import command as text

# A command is one module with a function `register(app)`; importing it must cost nothing, so
# whatever is heavy is imported when the command runs.
COMMANDS = (
    ask,
    batch,
    chat,
    compare,
    text,
    ingest,
    store,
    doctor,
    models,
    evaluate,
    bench,
    help,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from citrus_cli._version import __version__

        write_out(f"citrus {__version__}\n")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version",
        help="Show the version.",
        rich_help_panel=GENERAL,
        callback=_show_version,
        is_eager=True,
    ),
]


@grouped
def _citrus(context: typer.Context, general: GeneralOptions, version: Version = False) -> None:
    """Ask long documents anything, on your own machine, in memory that does not grow.

    citrus ask report.pdf "What were the risks in Q3?"

    Every option is also an environment variable, and most can stand in the config file (citrus
    doctor says where it is, CITRUS_CONFIG names another); a flag wins over the environment, and
    that over the file.
    """
    context.default_map = defaults(context)


def build() -> typer.Typer:
    """The Typer application with all commands."""
    app = typer.Typer(
        name="citrus",
        cls=Program,
        epilog=epilog(),
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(_citrus)
    for command in COMMANDS:
        command.register(app)
    return app


def program() -> Any:
    """The application as the object that runs, completes and documents it."""
    return typer.main.get_command(build())
