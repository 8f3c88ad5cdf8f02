"""Runs the program as a user would: in a process of its own, on real terminals and pipes."""

from __future__ import annotations

import os
import pty
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PROGRAM = (sys.executable, str(Path(__file__).with_name("cli_fake_citrus.py")))
LIMIT = 30.0
PIPE, TERMINAL = "pipe", "terminal"


@dataclass(frozen=True)
class Ended:
    """What a process wrote, and how it ended; a signal's number is negative."""

    stdout: str
    stderr: str
    code: int


@dataclass(frozen=True)
class CtrlC:
    """SIGINT, as soon as some text has appeared on either stream."""

    after: str
    times: int = 1


def run(
    *arguments: str,
    stdin: bytes | str | IO[bytes] | None = None,
    stdout: str = PIPE,
    stderr: str = PIPE,
    env: dict[str, str] | None = None,
    ctrl_c: CtrlC | None = None,
    program: Sequence[str] = PROGRAM,
) -> Ended:
    """Run to the end. Each output is a pipe or a terminal of its own; so is standard input.

    Without `stdin` there is none (/dev/null); bytes are piped.
    """
    outputs = [_Output(kind) for kind in (stdout, stderr)]
    source, feed = _input(stdin)
    process = subprocess.Popen(
        [*program, *arguments],
        stdin=source,
        stdout=outputs[0].theirs,
        stderr=outputs[1].theirs,
        env={**os.environ, "COLUMNS": "80", **(env or {})},
        start_new_session=True,
    )
    if isinstance(source, int) and source >= 0:
        os.close(source)
    if feed is not None:
        os.write(feed, stdin if isinstance(stdin, bytes) else b"")
        if stdin != TERMINAL:
            os.close(feed)
    try:
        _collect(process, outputs, ctrl_c)
        return Ended(outputs[0].text, outputs[1].text, process.wait(LIMIT))
    finally:
        process.kill()
        process.wait()


class _Output:
    """Our end of a pipe or a terminal, and what came out of it."""

    def __init__(self, kind: str) -> None:
        self.ours, self.theirs = pty.openpty() if kind == TERMINAL else os.pipe()
        self._data = b""

    @property
    def text(self) -> str:
        return self._data.decode().replace("\r\n", "\n")

    def read(self) -> bool:
        try:
            piece = os.read(self.ours, 65536)
        except OSError:  # how a terminal says that the other end is closed
            piece = b""
        self._data += piece
        return bool(piece)


def _input(stdin: bytes | str | IO[bytes] | None) -> tuple[int | IO[bytes], int | None]:
    """What the process reads from, and the descriptor to write to."""
    if stdin is None:
        return subprocess.DEVNULL, None
    if isinstance(stdin, bytes):
        return os.pipe()
    if stdin == TERMINAL:
        ours, theirs = pty.openpty()
        return theirs, ours
    assert not isinstance(stdin, str)
    return stdin, None


def _collect(
    process: subprocess.Popen[bytes], outputs: Sequence[_Output], ctrl_c: CtrlC | None
) -> None:
    selector = selectors.DefaultSelector()
    for output in outputs:
        os.close(output.theirs)
        selector.register(output.ours, selectors.EVENT_READ, output)
    deadline = time.monotonic() + LIMIT
    while selector.get_map():
        assert time.monotonic() < deadline, "the program does not end"
        for key, _ in selector.select(timeout=1):
            if not key.data.read():
                selector.unregister(key.fileobj)
        if ctrl_c is not None and any(ctrl_c.after in output.text for output in outputs):
            for _ in range(ctrl_c.times):
                process.send_signal(signal.SIGINT)
                time.sleep(0.3)
            ctrl_c = None
