"""What every command has: colours and tracebacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from citrus_cli.cli.options.declaration import GENERAL, option
from citrus_cli.cli.output.streams import ColorMode


@dataclass(frozen=True)
class GeneralOptions:
    """What every command has, and `citrus` itself too."""

    color: Annotated[
        ColorMode,
        option(
            "--color",
            help="Colours: auto is yes on a terminal, unless NO_COLOR is set or TERM is dumb.",
            panel=GENERAL,
            metavar="auto|always|never",
        ),
    ] = ColorMode.AUTO
    debug: Annotated[
        bool, option("--debug", help="Show the traceback of an error.", panel=GENERAL)
    ] = False
