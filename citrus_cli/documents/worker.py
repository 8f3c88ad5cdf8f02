"""The process that extracts PDFs: pypdf meets hostile files here, where it can be stopped.

It keeps to itself: it ignores Ctrl-C (that is its parent's to handle), limits its own memory, never
writes anything but messages, and ends as soon as its standard input closes.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import queue
import re
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

import psutil
from pypdf import PdfReader
from pypdf.errors import DependencyError

from citrus_cli.documents.blocks import cut
from citrus_cli.documents.clean import PAGE_END
from citrus_cli.documents.content import read_page
from citrus_cli.documents.lines import clean_page
from citrus_cli.documents.protocol import (
    SHORT_TEXT,
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

_UNREADABLE = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")
_LATIN = re.compile("[A-Za-z]")
_VOWEL = re.compile("[AEIOUYaeiouy]")
_DIGITS = re.compile(r"\d{1,5}")


def main() -> None:
    """Serves jobs until the parent goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
    """Collects what pypdf complains about."""

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
        logger = logging.getLogger("pypdf")
        logger.addHandler(self._log)
        logger.propagate = False
        self._send(Ready())

    def run(self, job: Job) -> bool:
        """Does one job; False when this process should do no more."""
        _limit_memory(job.memory_bytes)
        try:
            reader, total = _open(job)
        except MemoryError:
            self._send(Refused("memory", ""))
            return False
        except BaseException as error:  # cryptography's Rust panics are no Exceptions
            self._send(_refusal(error))
            return True
        self._send(Opened(total) if total else Refused("no pages", ""))
        if total and not job.check:
            for message in _extract(reader, total, job):
                self._send(message)
                if isinstance(message, Recycle) or (isinstance(message, Failed) and message.memory):
                    return False
            self._send(Done())
        return True

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


class _PasswordError(Exception):
    pass


def _open(job: Job) -> tuple[PdfReader, int]:
    """The reader of a document, decrypted, and the number of its pages."""
    stream = Path(job.path).open("rb")  # noqa: SIM115 (pages are read from it later)
    try:
        return _open_stream(stream, job.password)
    except (MemoryError, _PasswordError, DependencyError):
        raise
    except BaseException:
        # pypdf does not look at a file without an end; given one, it finds the objects there are
        stream.seek(0)
        mended = io.BytesIO(stream.read() + b"\nstartxref\n0\n%%EOF\n")
        with contextlib.suppress(Exception):
            reader, total = _open_stream(mended, job.password)
            if total:
                return reader, total
        raise


def _open_stream(stream: IO[bytes], password: str | None) -> tuple[PdfReader, int]:
    reader = PdfReader(stream, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        if password is None:
            raise _PasswordError("password missing")
        if not reader.decrypt(password):
            raise _PasswordError("password wrong")
    return reader, len(reader.pages)


def _refusal(error: BaseException) -> Refused:
    if isinstance(error, _PasswordError):
        return Refused(str(error), "")
    if isinstance(error, DependencyError):
        return Refused("no cipher", _describe(error))
    if isinstance(error, OSError):
        return Refused("file", error.strerror or _describe(error))
    return Refused("damaged", _describe(error))


def _describe(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _extract(reader: PdfReader, total: int, job: Job) -> Iterator[Message]:
    labels = _labels(reader, total)
    process = psutil.Process()
    for number in PageSelection(job.ranges).within(total):
        if number <= job.after:
            continue
        try:
            content = read_page(reader.pages[number - 1])
            text = clean_page(content.text)
            blocks = list(cut(text + PAGE_END)) if text else []
            measure = _measure(content.text, text)
        except MemoryError:
            yield Failed(number, "out of memory", memory=True)
            return
        except BaseException as error:
            yield Failed(number, _describe(error))
            continue
        hidden = bool(content.visible and content.invisible)
        yield Page(number, labels.get(number), len(blocks), content.drawn, hidden, measure)
        for start, piece in blocks:
            yield Text(start, piece)
        if process.memory_info().rss > job.memory_bytes // 2:
            yield Recycle()
            return


def _labels(reader: PdfReader, total: int) -> dict[int, str]:
    """The page labels that say something else than the page's number; damaged ones say nothing."""
    try:
        labels = [str(label).strip() for label in reader.page_labels]
    except BaseException:
        return {}
    if len(labels) != total:
        return {}
    return {
        number: label
        for number, label in enumerate(labels, start=1)
        if label and label != str(number)
    }


def _measure(raw: str, text: str) -> Measure:
    solid = "".join(text.split())
    return Measure(
        characters=len(solid),
        unreadable=len(_UNREADABLE.findall(raw)),
        readable=sum(map(str.isalnum, solid)),
        latin=len(_LATIN.findall(solid)),
        vowels=len(_VOWEL.findall(solid)),
        short=_DIGITS.sub("#", solid) if len(solid) < SHORT_TEXT else None,
    )
