"""The options that all tasks of `citrus eval` share."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from citrus_cli.cli.options.declaration import METHOD, OUTPUT, option
from citrus_cli.cli.options.engine import complete_policies
from citrus_cli.cli.output.files import Spelling, check_target
from citrus_cli.errors import UsageError
from citrus_cli.settings import DEFAULT_BUDGET, DEFAULT_CHUNK_SIZE

TASK = "Task"
OUTPUT_SUFFIXES = (".json", ".csv", ".md")


@dataclass(frozen=True)
class EvalOptions:
    """What is compared, and where the results go."""

    policies: Annotated[
        list[str] | None,
        option(
            "--policies",
            "-p",
            help="What to compare, with commas between them or repeated; an unknown name lists "
            "all. By default a few.",
            panel=METHOD,
            metavar="NAME,…",
            autocompletion=complete_policies,
        ),
    ] = None
    budgets: Annotated[
        list[str] | None,
        option(
            "--budgets",
            help="States of the text kept per layer, with commas or repeated; by default "
            f"{DEFAULT_BUDGET}.",
            panel=METHOD,
            metavar="STATES,…",
        ),
    ] = None
    chunk_size: Annotated[
        int,
        option(
            "--chunk-size",
            help=f"How many tokens one forward pass reads; by default {DEFAULT_CHUNK_SIZE}.",
            panel=METHOD,
            metavar="TOKENS",
        ),
    ] = DEFAULT_CHUNK_SIZE
    seed: Annotated[
        int,
        option(
            "--seed",
            help="What is drawn is drawn by this; by default 0.",
            panel=METHOD,
            metavar="NUMBER",
        ),
    ] = 0
    run: Annotated[
        str | None,
        option(
            "--run",
            help="Folder of the run's record; by default one in the cache folder, named by what "
            "is measured. What is finished there is not done again.",
            panel=OUTPUT,
            metavar="FOLDER",
            env=False,
        ),
    ] = None
    output: Annotated[
        str | None,
        option(
            "--output",
            help="Write tables (and, as JSON, every record) to a file.",
            panel=OUTPUT,
            metavar="FILE.json|csv|md",
            env=False,
        ),
    ] = None
    plot: Annotated[
        str | None,
        option(
            "--plot",
            help="Draw the results.",
            panel=OUTPUT,
            metavar="FILE.png|svg",
            env=False,
        ),
    ] = None
    overwrite: Annotated[
        bool,
        option("--overwrite", help="Let --output and --plot replace files.", panel=OUTPUT),
    ] = False
    quiet: Annotated[
        bool,
        option("--quiet", help="Only tables and errors: no progress or warnings.", panel=OUTPUT),
    ] = False

    def check_files(self) -> None:
        """Refuse files that cannot be written, before anything is measured.

        Raises:
            UsageError: names the option and what is wrong.
        """
        named = (
            ("--output", self.output, OUTPUT_SUFFIXES),
            ("--plot", self.plot, (".png", ".svg")),
        )
        for name, given, suffixes in named:
            if given is None:
                continue
            if Path(given).suffix.lower() not in suffixes:
                raise UsageError(f"{name} {given}: its name must end with {' or '.join(suffixes)}")
            spelling = Spelling(name, "--overwrite")
            check_target(Path(os.path.realpath(given)), given, self.overwrite, spelling)


def names(given: list[str] | None) -> list[str]:
    """Names with commas between them, in any number of options."""
    return [name for text in given or () for name in re.split(r"[,\s]+", text) if name]


def numbers(given: list[str] | None, what: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """Whole numbers from 1, written like names; `16k` is 16,000.

    Raises:
        UsageError: one is not; the message begins with `what`.
    """
    found = []
    for text in names(given):
        match = re.fullmatch(r"(\d+)(k?)", text.lower())
        value = int(match[1]) * (1000 if match[2] else 1) if match else 0
        if value < 1:
            raise UsageError(f"{what} {text!r}: not a whole number from 1; write 512, or 16k")
        found.append(value)
    return tuple(found) or default


Lengths = Annotated[
    list[str] | None,
    option(
        "--lengths",
        help="Tokens of the texts, with commas or repeated; by default 2k,8k.",
        panel=TASK,
        metavar="TOKENS,…",
        env=False,
    ),
]
NoOracle = Annotated[
    bool,
    option(
        "--no-oracle",
        help="Do not ask first, with only the gold passage in view, what the model can answer at "
        "all.",
        panel=TASK,
        env=False,
    ),
]
