"""Long text for a person: page by page through a pager, where there is one."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from citrus_cli.cli.output.streams import can_animate, write_out
from citrus_cli.cli.output.text import TerminalCleaner

_LESS = "FRX"
"""How less behaves unless LESS says otherwise: ends by itself where all fits on the screen."""

Write = Callable[[str], None]


@contextmanager
def paged() -> Iterator[Write]:
    """What writes text to standard output, a terminal, with nothing in it that a terminal acts on.

    Through $CITRUS_PAGER, $PAGER or less. Whoever leaves the pager early has seen enough: what is
    written after that goes nowhere.
    """
    command = _command()
    if command is None:
        cleaner = TerminalCleaner()
        yield lambda text: write_out(cleaner.feed(text))
        write_out(cleaner.flush())
        return
    pager = _Pager(command)
    try:
        yield pager.write
    finally:
        pager.close()


def _command() -> list[str] | None:
    given = os.environ.get("CITRUS_PAGER", os.environ.get("PAGER", "less"))
    try:
        command = shlex.split(given)
    except ValueError:  # a quotation mark that is not closed
        return None
    if not command or command == ["cat"] or not can_animate(sys.stdout):
        return None
    return command if shutil.which(command[0]) else None


class ReaderLeftError(Exception):
    """The pager was left: there is nobody to read on for."""


class _Pager:
    def __init__(self, command: list[str]) -> None:
        self._cleaner = TerminalCleaner()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            env={"LESS": _LESS, "LESSCHARSET": "utf-8", **os.environ},
        )

    def write(self, text: str) -> None:
        """Raises ReaderLeftError when nobody reads on."""
        self._put(self._cleaner.feed(text))

    def close(self) -> None:
        """Waits until the reader has read enough. Ctrl-C is the pager's own until then."""
        assert self._process.stdin is not None
        try:
            self._put(self._cleaner.flush())
            self._process.stdin.close()
        except (ReaderLeftError, OSError):
            pass
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._process.wait()
        finally:
            signal.signal(signal.SIGINT, before)

    def _put(self, text: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text.encode("utf-8", "replace"))
            self._process.stdin.flush()
        except OSError:
            raise ReaderLeftError from None
