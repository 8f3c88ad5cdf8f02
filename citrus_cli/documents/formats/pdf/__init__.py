"""PDF."""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Iterator
from pathlib import Path

from citrus_cli.documents.formats.base import Format, Head, PageMessage, Reader
from citrus_cli.documents.formats.pdf.repeats import settle
from citrus_cli.documents.protocol import Job
from citrus_cli.documents.quality import PdfVerdict

_TAIL_BYTES = 2048


class Pdf(Format):
    """A PDF file; a page's label is the one that it declares."""

    name = "pdf"
    title = "a PDF"
    suffixes = frozenset((".pdf",))
    priority = 100
    logger = "pypdf"
    memory_bytes = None

    def accepts(self, head: Head) -> bool:
        at = head.data[:1024].find(b"%PDF-")
        if at < 0:
            return False
        # readers accept junk before the header; a text may speak of it
        before = head.data[:at].removeprefix(codecs.BOM_UTF8).strip()
        return not before or head.suffix == ".pdf" or b"\0" in head.data

    def load(self) -> None:
        import citrus_cli.documents.formats.pdf.reader  # noqa: F401

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.pdf.reader import open_pdf

        return open_pdf(job)

    def verdict(self) -> PdfVerdict:
        return PdfVerdict()

    def settle(self, messages: Iterator[PageMessage]) -> Iterator[PageMessage]:
        return settle(messages)

    def is_cut_off(self, file: Path) -> bool:
        """Whether the mark that ends every PDF is missing."""
        try:
            with file.open("rb") as opened:
                opened.seek(-min(file.stat().st_size, _TAIL_BYTES), 2)
                return b"%%EOF" not in opened.read()
        except OSError:
            return False

    def repair(self, file: Path) -> str:
        fixed = file.with_name(f"{file.stem}-fixed.pdf")
        return f"try to repair it: qpdf {shlex.quote(str(file))} {shlex.quote(str(fixed))}"
