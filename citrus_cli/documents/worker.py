"""The process that reads documents: libraries meet hostile files here, where it can be stopped.

It keeps to itself: it ignores Ctrl-C (that is its parent's to handle), limits its own memory, never
writes anything but messages, and ends as soon as its standard input closes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import sys
import threading
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import psutil

from citrus_cli.documents.blocks import cut
from citrus_cli.documents.clean import PAGE_END
from citrus_cli.documents.formats import Format, PageText, Reader, Refusal, by_name
from citrus_cli.documents.protocol import (
    Damage,
    Done,
    Failed,
    Job,
    Measure,
    Message,
    Opened,
    Page,
    Ready,
    Recycle,
    Refused,
    Text,
    decode_job,
    encode,
)
from citrus_cli.documents.selection import PageSelection

PAGE_LIMIT = 50_000_000
"""Most characters that a page may hold."""


def main() -> None:
    """Serves jobs until the parent goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # numpy's library of linear algebra would set memory aside for each of many threads
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # nothing that a library prints may end up between the messages
    out = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        worker = _Worker(out)
        while worker.run(decode_job(jobs.get())):
            pass
        out.close()
    os._exit(0)  # the listening thread may hold standard input; there is nothing to clean up


def _listen(stdin: BinaryIO, jobs: queue.SimpleQueue[bytes]) -> None:
    """Passes jobs on, and ends the process when there can be no more, whatever it is doing."""
    for line in iter(stdin.readline, b""):
        jobs.put(line)
    os._exit(0)


class _Log(logging.Handler):
    """Collects what a format's library complains about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1
        if self.count == 1:
            with contextlib.suppress(Exception):
                self.first = " ".join(record.getMessage().split())[:200]

    def take(self) -> Damage | None:
        """What has come since the last call."""
        if not self.count:
            return None
        damage = Damage(self.count, self.first)
        self.count, self.first = 0, ""
        return damage


class _Worker:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._log = _Log()
        self._ready = False

    def run(self, job: Job) -> bool:
        """Does one job; False when this process should do no more."""
        _limit_memory(job.memory_bytes)
        try:
            form = by_name(job.format)
            if not self._ready:
                # its libraries load before, for a busy machine takes longer than a page may
                form.load()
                self._send(Ready())
                self._ready = True
            self._listen_to(form)
            reader = form.open(job)
            opened = Opened(reader.pages, tuple(reader.notices))
        except MemoryError:
            self._send(Refused("memory", ""))
            return False
        except BaseException as error:  # Rust panics, in what some libraries use, are no Exceptions
            self._send(_refusal(error))
            return True
        self._send(opened if opened.pages else Refused("no pages", ""))
        if opened.pages and not job.check:
            for message in _read(reader, job):
                self._send(message)
                if isinstance(message, Recycle) or (isinstance(message, Failed) and message.memory):
                    return False
            self._send(Done())
        return True

    def _listen_to(self, form: Format) -> None:
        if form.logger is not None:
            logger = logging.getLogger(form.logger)
            logger.propagate = False
            if self._log not in logger.handlers:
                logger.addHandler(self._log)

    def _send(self, message: Message) -> None:
        if damage := self._log.take():
            self._out.write(encode(damage))
        self._out.write(encode(message))
        self._out.flush()  # the next page may never end; what has been read must be out


def _limit_memory(limit: int) -> None:
    """Limits this process's memory where the platform can; a crash leaves no core file."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, value in ((resource.RLIMIT_AS, limit), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS refuses some values
            resource.setrlimit(kind, (value, hard))


def _refusal(error: BaseException) -> Refused:
    if isinstance(error, Refusal):
        return Refused(error.code, str(error))
    if isinstance(error, OSError) and error.strerror:
        return Refused("file", error.strerror)
    return Refused("damaged", describe(error))


def describe(error: BaseException) -> str:
    """The error in one line."""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _read(reader: Reader, job: Job) -> Iterator[Message]:
    process = psutil.Process()
    for number in PageSelection(job.ranges).within(reader.pages):
        if number <= job.after:
            continue
        try:
            page = reader.page(number)
            if len(page.text) > PAGE_LIMIT:
                raise Refusal(f"its text is longer than {PAGE_LIMIT:,} characters")
            texts = _texts(page)
        except MemoryError:
            yield Failed(number, "out of memory", memory=True)
            return
        except BaseException as error:  # Rust panics, in what some libraries use, are no Exceptions
            yield Failed(number, str(error) if isinstance(error, Refusal) else describe(error))
            continue
        measure = page.measure or Measure(len("".join(page.text.split())))
        yield Page(number, page.label, len(texts), page.drawn, measure, tuple(page.notices))
        yield from texts
        del page, texts
        if process.memory_info().rss > job.memory_bytes // 2:
            yield Recycle()
            return


def _texts(page: PageText) -> list[Text]:
    """The page's text in blocks, each with the parts that start in it."""
    if not page.text:
        return []
    starts = [part.start for part in page.parts]
    texts = []
    for start, piece in cut(page.text + PAGE_END):
        first, after = bisect_left(starts, start), bisect_left(starts, start + len(piece))
        texts.append(Text(start, piece, tuple(page.parts[first:after])))
    return texts
