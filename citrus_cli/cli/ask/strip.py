"""`-v`: which pages were kept for an answer, drawn under it in a few lines."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from citrus_cli.cli.output.streams import ColorMode, console

if TYPE_CHECKING:
    from citrus_cli.pictures import Picture

_NAMES = 7
"""Characters at the start of each line that say what it is of."""


def print_strip(picture: Picture, color: ColorMode) -> None:
    """Draw the strip on standard error; nothing where there is only one page, or no room."""
    from rich.text import Text

    from citrus_cli.pictures import terminal_strip

    if len(picture.pages) < 2:
        return
    screen = console(sys.stderr, color)
    strip = terminal_strip(picture, screen.width, ascii=_is_plain())
    if not strip:
        return
    screen.print()
    for line in strip.splitlines():
        shown = Text(line)
        if line[:1] in "▲^":
            shown.stylize("yellow", 0, 1)
        else:
            shown.stylize("dim", 0, _NAMES)
        if line.startswith("source"):
            shown.stylize("yellow", _NAMES)
        screen.print(shown, crop=False, soft_wrap=True)


def _is_plain() -> bool:
    """Whether the terminal may lack the characters of blocks."""
    encoding = (getattr(sys.stderr, "encoding", None) or "ascii").lower().replace("-", "")
    return os.environ.get("TERM") == "dumb" or not encoding.startswith("utf")
