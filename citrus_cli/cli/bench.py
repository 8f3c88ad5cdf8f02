"""`citrus bench`: what reading costs on this machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from citrus_cli.cli.options.declaration import METHOD, OUTPUT, grouped, option
from citrus_cli.cli.options.engine import MethodOptions, ModelOptions
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import write_out
from citrus_cli.cli.program.group import Command
from citrus_cli.events import Loading

if TYPE_CHECKING:
    from citrus_cli.bench.sections import Settings

Sections = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SECTION]...",
        help="startup, reading, full, memory, questions, index; by default all of them.",
        show_default=False,
    ),
]
Json = Annotated[bool, option("--json", help="A list of JSON objects.", panel=OUTPUT)]
Rounds = Annotated[
    int,
    option("--rounds", help="Repetitions of a timed step.", panel=METHOD, env=False, min=1),
]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("bench", cls=Command)(bench)


@grouped
def bench(
    *,
    context: typer.Context,
    sections: Sections = None,
    rounds: Rounds = 15,
    json: Json = False,
    model: ModelOptions,
    method: MethodOptions,
    general: GeneralOptions,
) -> None:
    """Measure speed and memory on this machine.

    Each figure is printed as soon as it is measured. Speeds are ratios of things measured in turn
    in one run. All sections together take half an hour on two CPU cores.
    """
    if not debug_of(context):
        from citrus_cli.cli.program.libraries import quiet_libraries

        quiet_libraries()
    from citrus_cli.bench.sections import SECTIONS, Bench

    run = Bench(_settings(model, method, rounds))
    progress = progress_display(quiet=False, color=color_of(context))
    done = []
    try:
        for figure in run.run(tuple(sections or SECTIONS)):
            done.append(asdict(figure))
            progress.hide()
            if not json:
                goal = f"  (goal {figure.goal})" if figure.goal else ""
                write_out(f"{figure.section}: {figure.what}: {figure.value}{goal}\n")
            progress.show(Loading("bench", f"after {figure.what}"))
    finally:
        progress.hide()
    if json:
        write_out(dump(done, indent=2) + "\n")


def _settings(model: ModelOptions, method: MethodOptions, rounds: int) -> Settings:
    from citrus_cli.bench.sections import Settings
    from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE, DEFAULT_MODEL

    return Settings(
        model=model.model or DEFAULT_MODEL,
        quantize=model.quantize or "auto",
        device=model.device or "auto",
        budget=method.budget or DEFAULT_BUDGET,
        chunk_size=method.chunk_size or DEFAULT_CHUNK_SIZE,
        rounds=rounds,
        policy=method.policy,
    )
