"""`citrus doctor`: what this machine has, what it can run, and what cures the rest."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import OUTPUT, grouped, option
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import write_out
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.program.libraries import quiet_libraries
from citrus_cli.errors import CitrusError
from citrus_cli.events import Loading

if TYPE_CHECKING:
    from citrus_cli.models.doctor import Facts

Json = Annotated[bool, option("--json", help="Everything as one JSON object.", panel=OUTPUT)]
# without these, only a part of what citrus does is missing
_OPTIONAL = frozenset({"bitsandbytes"})


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("doctor", cls=Command)(doctor)


@grouped
def doctor(*, context: typer.Context, json: Json = False, general: GeneralOptions) -> None:
    """Show what this machine can run, and what is missing.

    Ends with 0 when the default model can answer here, with 1 when it cannot.
    """
    color = color_of(context)
    if not debug_of(context):
        quiet_libraries()
    progress = progress_display(quiet=False, color=color)
    progress.show(Loading("citrus", "examining this machine"))
    try:
        facts = collect_facts()
    finally:
        progress.hide()
    obstacles = what_is_in_the_way(facts)
    if json:
        write_out(dump(as_json(facts, obstacles), indent=2) + "\n")
    else:
        from citrus_cli.cli.doctor.report import print_report

        print_report(facts, obstacles, color)
    if obstacles:
        raise typer.Exit(ExitCode.FAILED)


def collect_facts() -> Facts:
    """Examine the machine, at the settings that `citrus ask` has by default."""
    try:
        from citrus_cli.models.doctor import collect
        from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE

        return collect(budget=DEFAULT_BUDGET, chunk_size=DEFAULT_CHUNK_SIZE)
    except ImportError as error:
        package = (error.name or "citrus-cli").partition(".")[0]
        raise CitrusError(
            f"{package} is missing or damaged ({error}); pip install --force-reinstall {package}"
        ) from error


def what_is_in_the_way(facts: Facts) -> list[str]:
    """Why the default model cannot answer here; nothing when it can."""
    from citrus_cli.models.catalogue import DEFAULT_MODEL
    from citrus_cli.wording import human_bytes

    missing = [
        name for name, there in facts.packages.items() if there is None and name not in _OPTIONAL
    ]
    obstacles = [f"{name} is not installed" for name in missing]
    mine = [fit for fit in facts.fits if fit.model == DEFAULT_MODEL]
    if not any(fit.fits for fit in mine):
        needed = human_bytes(min(fit.needed_bytes for fit in mine))
        obstacles.append(f"the default model needs {needed} of memory")
    if not (facts.cache_writable or any(fit.is_here for fit in mine)):
        obstacles.append("the default model cannot be put into the cache folder")
    damaged = [one.what for one in facts.problems if one.cure.endswith(f"--force {DEFAULT_MODEL}")]
    return obstacles + damaged


def as_json(facts: Facts, obstacles: list[str]) -> dict[str, Any]:
    """The facts as plain types, and what follows from them."""
    from citrus_cli._version import __version__

    return {
        "citrus": __version__,
        "can_answer": not obstacles,
        "in_the_way": obstacles,
        **asdict(facts),
    }
