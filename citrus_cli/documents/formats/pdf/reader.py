"""A PDF's pages, by pypdf, in the child process."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import IO

from pypdf import PdfReader
from pypdf.errors import DependencyError

from citrus_cli.documents.content import read_page
from citrus_cli.documents.formats.base import PageText, Refusal
from citrus_cli.documents.lines import clean_page
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import SHORT_TEXT, Job, Measure

_UNREADABLE = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")
_LATIN = re.compile("[A-Za-z]")
_VOWEL = re.compile("[AEIOUYaeiouy]")
_DIGITS = re.compile(r"\d{1,5}")
_HIDDEN = Notice("text that is invisible on paper was read as well", "invisible-text")


class PdfPages:
    """The reader of a PDF that has been opened."""

    def __init__(self, reader: PdfReader, total: int) -> None:
        self.pages = total
        self.notices = ()
        self._reader = reader
        self._labels = _labels(reader, total)

    def page(self, number: int) -> PageText:
        content = read_page(self._reader.pages[number - 1])
        text = clean_page(content.text)
        return PageText(
            text,
            self._labels.get(number),
            notices=(_HIDDEN,) if content.visible and content.invisible else (),
            drawn=content.drawn,
            measure=_measure(content.text, text),
        )


def open_pdf(job: Job) -> PdfPages:
    """The reader of a document, decrypted."""
    stream = Path(job.path).open("rb")  # noqa: SIM115 (pages are read from it later)
    try:
        return PdfPages(*_open_stream(stream, job.password))
    except (MemoryError, Refusal):
        raise
    except BaseException:
        # pypdf does not look at a file without an end; given one, it finds the objects there are
        stream.seek(0)
        mended = io.BytesIO(stream.read() + b"\nstartxref\n0\n%%EOF\n")
        with contextlib.suppress(Exception):
            reader, total = _open_stream(mended, job.password)
            if total:
                return PdfPages(reader, total)
        raise


def _open_stream(stream: IO[bytes], password: str | None) -> tuple[PdfReader, int]:
    try:
        reader = PdfReader(stream, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            if password is None:
                raise Refusal("", "password missing")
            if not reader.decrypt(password):
                raise Refusal("", "password wrong")
        return reader, len(reader.pages)
    except DependencyError as error:
        raise Refusal(str(error), "no cipher") from error


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
