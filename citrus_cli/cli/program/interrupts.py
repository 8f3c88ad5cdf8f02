"""Ctrl-C: the first one stops the work and keeps what is done, a second one ends at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from citrus_cli.cli.exit_codes import ExitCode

_SHOW_CURSOR = "\x1b[?25h"
_pressed = False
_held = False


def pressed() -> bool:
    """Whether Ctrl-C was pressed in this process."""
    return _pressed


def settle() -> None:
    """The work that Ctrl-C was meant for has stopped, and the program goes on: a chat does."""
    global _pressed
    _pressed = False


@contextmanager
def held() -> Iterator[None]:
    """Inside, the first Ctrl-C does not cut in: what is being written down is written down.

    It is raised at the end of the block.
    """
    global _held
    before = _pressed
    _held = True
    try:
        yield
    finally:
        _held = False
    if _pressed and not before:
        raise KeyboardInterrupt


def install() -> None:
    """Take over SIGINT, unless the caller's shell said to ignore it (a background job)."""
    ours = threading.current_thread() is threading.main_thread()
    if ours and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _on_sigint)


def _on_sigint(number: int, frame: FrameType | None) -> None:
    global _pressed
    if _pressed:
        _end_at_once()
    _pressed = True
    if not _held:
        raise KeyboardInterrupt


def _end_at_once() -> NoReturn:
    """Leave without unwinding: whatever is being unwound may be what hangs."""
    if sys.stderr is not None and sys.stderr.isatty():
        # straight to the descriptor: the stream's buffer may be locked by the interrupted code
        os.write(sys.stderr.fileno(), f"{_SHOW_CURSOR}\n".encode())
    os._exit(ExitCode.INTERRUPTED)
