"""A PDF's pages, in the child process: pdfium tells what is drawn, pypdf how the file is built."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import DependencyError

from citrus_cli.documents.formats.base import PageText, Refusal
from citrus_cli.documents.formats.pdf.annotations import read_annotations
from citrus_cli.documents.formats.pdf.fonts import FontBook
from citrus_cli.documents.formats.pdf.layers import Layers
from citrus_cli.documents.formats.pdf.notices import attached, page_notices, root_notices
from citrus_cli.documents.formats.pdf.page import PageContent, read_page
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import SHORT_TEXT, Job, Measure

_UNREADABLE = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")
_LATIN = re.compile("[A-Za-z]")
_VOWEL = re.compile("[AEIOUYaeiouy]")
_DIGITS = re.compile(r"\d{1,5}")
_DRAWING = 100
"""So many painted paths may be letters drawn as outlines; rules and boxes of a page are fewer."""


class PdfPages:
    """The reader of a PDF that has been opened."""

    def __init__(self, reader: PdfReader, total: int, file: Path, password: str | None) -> None:
        self.pages = total
        self.notices: list[Notice] = [*root_notices(reader)]
        self._reader = reader
        self._labels = _labels(reader, total)
        self._layers = Layers(reader)
        self._fonts = FontBook()
        self._document = _opened(file, password)
        self._pictures: set[tuple[float, ...]] = set()

    def page(self, number: int) -> PageText:
        page = self._reader.pages[number - 1]
        annotations = read_annotations(page)
        with self._loaded(page, number) as (loaded, text_page):
            content = read_page(loaded, text_page, self._fonts.of_page(page), annotations)
        return PageText(
            content.text,
            self._labels.get(number),
            content.parts,
            [*page_notices(content, self._pictures), *attached(annotations)],
            _is_drawn(content),
            _measure(content),
        )

    @contextlib.contextmanager
    def _loaded(self, page: PageObject, number: int) -> Iterator[tuple[Any, Any]]:
        """A page as pdfium loads it, and its characters."""
        alone = self._layers.without_hidden(page)
        document, index = self._document, number - 1
        if alone is None and (document is None or len(document) != self.pages):
            alone = _alone(page)
        if alone is not None:
            document, index = pdfium.PdfDocument(alone), 0
        assert document is not None
        loaded = raw.FPDF_LoadPage(document.raw, index)
        if not loaded and alone is None:
            document, index = pdfium.PdfDocument(_alone(page)), 0
            loaded = raw.FPDF_LoadPage(document.raw, index)
        if not loaded:
            raise ValueError("pdfium cannot load the page")
        text_page = raw.FPDFText_LoadPage(loaded)
        try:
            yield loaded, text_page
        finally:
            raw.FPDFText_ClosePage(text_page)
            raw.FPDF_ClosePage(loaded)
            if document is not self._document:
                document.close()


def _opened(file: Path, password: str | None) -> pdfium.PdfDocument | None:
    """The document as pdfium opens it; None if it does not."""
    for one in dict.fromkeys((None, password)):
        with contextlib.suppress(pdfium.PdfiumError):
            return pdfium.PdfDocument(file, password=one)
    return None


def _alone(page: PageObject) -> bytes:
    """A PDF of that page alone, written anew."""
    writer = PdfWriter()
    writer.add_page(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def open_pdf(job: Job) -> PdfPages:
    """The reader of a document, decrypted."""
    file = Path(job.path)
    stream = file.open("rb")
    try:
        return PdfPages(*_open_stream(stream, job.password), file, job.password)
    except (MemoryError, Refusal):
        raise
    except BaseException:
        # pypdf does not look at a file without an end; given one, it finds the objects there are
        stream.seek(0)
        mended = io.BytesIO(stream.read() + b"\nstartxref\n0\n%%EOF\n")
        with contextlib.suppress(Exception):
            reader, total = _open_stream(mended, job.password)
            if total:
                return PdfPages(reader, total, file, job.password)
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


def _is_drawn(content: PageContent) -> bool:
    """Whether a page with little text shows what may hold the rest."""
    if len("".join(content.text.split())) >= SHORT_TEXT:
        return False
    return bool(content.paint.pictures) or content.paint.paths > _DRAWING


def _measure(content: PageContent) -> Measure:
    text = content.text
    solid = "".join(text.split())
    return Measure(
        characters=len(solid),
        unreadable=content.unreadable,
        readable=sum(map(str.isalnum, solid)),
        latin=len(_LATIN.findall(solid)),
        vowels=len(_VOWEL.findall(solid)),
        short=_DIGITS.sub("#", solid) if len(solid) < SHORT_TEXT else None,
    )
