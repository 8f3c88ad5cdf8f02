"""Standard input, output and error: what each is connected to, and writing without surprises."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from enum import Enum
from typing import TYPE_CHECKING, TextIO

from citrus_cli.cli.output.text import one_line
from citrus_cli.errors import CitrusError

if TYPE_CHECKING:
    from rich.console import Console


class ColorMode(str, Enum):
    """The values of `--color`."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Stdin(Enum):
    """What standard input is."""

    PIPED = "a pipe, a file or a socket"
    TERMINAL = "a terminal"
    ABSENT = "closed, or a device such as /dev/null"


class OutputClosedError(Exception):
    """Whoever read standard output is gone; there is nothing left to say to anyone."""


def stdin_kind() -> Stdin:
    """What standard input is connected to."""
    try:
        descriptor = sys.stdin.fileno()
        mode = os.fstat(descriptor).st_mode
    except (AttributeError, OSError, ValueError):
        return Stdin.ABSENT
    if os.isatty(descriptor):
        return Stdin.TERMINAL
    piped = stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)
    return Stdin.PIPED if piped else Stdin.ABSENT


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that a person looks at."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def can_animate(stream: TextIO | None) -> bool:
    """Whether the cursor of a stream can be moved: a terminal, and not a dumb one."""
    return is_terminal(stream) and os.environ.get("TERM", "") not in ("", "dumb")


def use_color(stream: TextIO | None, mode: ColorMode) -> bool:
    """Whether to style what goes to a stream."""
    if mode is not ColorMode.AUTO:
        return mode is ColorMode.ALWAYS
    return can_animate(stream) and not os.environ.get("NO_COLOR")


def console(stream: TextIO, mode: ColorMode) -> Console:
    """A Rich console on a stream. It never reads text as markup, so foreign text may go to it."""
    from rich.console import Console

    color = use_color(stream, mode)
    animated = can_animate(stream)
    return Console(
        file=stream,
        force_terminal=animated or color,
        force_interactive=animated,
        color_system=("auto" if animated else "standard") if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
    )


def write_out(text: str) -> None:
    """Write to standard output, at once.

    Only here does a broken pipe mean that the reader left; anywhere else it is an error.
    """
    if sys.stdout is None:
        raise CitrusError("standard output is closed: nothing can be answered to it")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        abandon_stdout()
        if error.errno in (errno.EPIPE, errno.EIO, errno.ESHUTDOWN):
            raise OutputClosedError from None
        raise CitrusError(f"cannot write to standard output: {error.strerror}") from None


def abandon_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
    except (AttributeError, OSError, ValueError):
        return  # not a real stream: nothing will be flushed to a descriptor


def write_error(text: str) -> None:
    """Write lines to standard error; when nobody can read them any more, that is no new error."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(text)
            sys.stderr.flush()
    except (OSError, ValueError):
        return


def notice(label: str, text: str, mode: ColorMode, style: str) -> None:
    """One line on standard error, the label (`warning:`) in an ANSI style where there is colour."""
    if use_color(sys.stderr, mode):
        label = f"\x1b[{style}m{label}\x1b[0m"
    write_error(f"{label} {one_line(text)}\n")


def warn(text: str, mode: ColorMode) -> None:
    """A warning line on standard error; one that has a code shows it."""
    notice("warning:", getattr(text, "shown", text), mode, "33")


def prepare() -> None:
    """Make the standard streams safe to use before anything else happens.

    A closed descriptor is filled, or the next file that is opened would become standard output;
    and a character that the terminal's encoding lacks is escaped instead of ending the run.
    """
    while True:
        descriptor = os.open(os.devnull, os.O_RDWR)
        if descriptor > 2:
            os.close(descriptor)
            break
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
