"""The parent's end of an extracting process: start it, hear from it in time, end it."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import psutil

from citrus_cli.documents.protocol import Job, Message, Ready, decode, encode
from citrus_cli.errors import DocumentError

START_SECONDS = 120.0
IDLE = 6
_TICK = 0.5
_AHEAD = 64
"""Messages that wait for the consumer: with the pipe between, this bounds how far the child runs
ahead."""

# The child gets this process's import path rather than `-m`, which would put the current folder,
# full of files that may be called anything, before the standard library.
_START = (
    "import sys; sys.path[:] = sys.argv[1:]; from citrus_cli.documents.worker import main; main()"
)


class Stuck(Exception):  # noqa: N818 (a state of the child, not an error of the program)
    """Nothing came from the child within the time limit."""


class Ended(Exception):  # noqa: N818
    """The child has ended before its job was done; `code` is its exit status."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit status {code}")
        self.code = code


class Extractor:
    """A running child process. Whoever starts one must `stop` it; being forgotten stops it too."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *(path for path in sys.path if path and path != root)]
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", _START, *paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal reaches the parent alone
            )
        except OSError as error:
            raise DocumentError(
                f"the process that reads documents cannot be started ({error.strerror}); "
                "end other programs and try again"
            ) from error
        self.ready = False
        """Whether the child has loaded what it needs; starting takes longer than a page may."""
        self._process = process
        self._watched = psutil.Process(process.pid)
        self._lines: queue.Queue[bytes] = queue.Queue(_AHEAD)
        self._stopped = threading.Event()
        threading.Thread(
            target=_pump, args=(process, self._lines, self._stopped), daemon=True
        ).start()
        self.stop = weakref.finalize(self, _end, process, self._stopped)

    def give(self, job: Job) -> None:
        """Hands the child a job; it starts at once."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended, as `next` will tell
            self._process.stdin.write(encode(job))
            self._process.stdin.flush()

    def next(self, seconds: float) -> Message:
        """The next message; raises Stuck when the child has worked for `seconds` without one.

        What counts is the processor's time that the child takes, so that a page does not look slow
        where other programs keep the computer busy; a child that does nothing is waited for
        IDLE times as long, in small steps, so that a suspended computer does not count. Raises
        Ended when no message can come.
        """
        waited, worked = 0.0, self._worked()
        while True:
            step = min(_TICK, seconds)
            try:
                line = self._lines.get(timeout=step)
            except queue.Empty:
                waited += step
                if waited >= IDLE * seconds or self._worked() - worked >= seconds:
                    raise Stuck from None
                continue
            if not line:
                raise Ended(self._process.wait())
            message = decode(line)
            self.ready = self.ready or isinstance(message, Ready)
            return message

    def _worked(self) -> float:
        """The seconds of processor time that the child has taken."""
        try:
            times = self._watched.cpu_times()
        except psutil.Error:  # it has ended, as the pipe will tell
            return 0.0
        return float(times.user + times.system)


def _pump(
    process: subprocess.Popen[bytes], lines: queue.Queue[bytes], stopped: threading.Event
) -> None:
    """Moves the child's lines to the queue; an empty line stands for its end."""
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if not line.endswith(b"\n"):
                break  # the child died while it wrote
            if not _put(lines, line, stopped):
                return
    _put(lines, b"", stopped)


def _put(lines: queue.Queue[bytes], line: bytes, stopped: threading.Event) -> bool:
    while not stopped.is_set():
        with contextlib.suppress(queue.Full):
            lines.put(line, timeout=_TICK)
            return True
    return False


def _end(process: subprocess.Popen[bytes], stopped: threading.Event) -> None:
    """Ends the child and reaps it, whatever it is doing."""
    stopped.set()
    process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
