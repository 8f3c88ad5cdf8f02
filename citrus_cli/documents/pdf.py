"""PDF documents: pages from a process of their own, and a verdict on whether they hold text."""

from __future__ import annotations

import shlex
import weakref
from collections.abc import Iterator
from pathlib import Path

from citrus_cli.documents.blocks import Block
from citrus_cli.documents.document import Document
from citrus_cli.documents.pages import GaveUp, PageStream
from citrus_cli.documents.protocol import Damage, Failed, Job, Opened, Page, Refused
from citrus_cli.documents.quality import Quality, number_of_pages
from citrus_cli.documents.selection import EVERY_PAGE, PageSelection
from citrus_cli.documents.source import StreamSource
from citrus_cli.errors import DocumentError, UsageError

_TAIL_BYTES = 2048


class PdfDocument(Document):
    """A PDF file.

    `following` is the PDF to be read next, if any: it starts to be extracted when the reading of
    this one begins, so that its first pages wait when they are needed.
    """

    kind = "pdf"

    def __init__(
        self,
        file: Path,
        name: str,
        path: str,
        *,
        selection: PageSelection | None = None,
        password: str | None = None,
        page_seconds: float = 60,
        page_memory_bytes: int = 2 * 2**30,
    ) -> None:
        super().__init__(name, path, file.stat().st_size)
        self.following: weakref.ref[PdfDocument] | None = None
        self.kept: StreamSource | None = None
        """Where the file comes from, if it was piped in; lets go of it at the end."""
        self.job = Job(
            path=str(file.absolute()),
            ranges=(selection or EVERY_PAGE).ranges,
            memory_bytes=page_memory_bytes,
            password=password,
        )
        self._file = file
        self._page_seconds = page_seconds
        self._prefetched: PageStream | None = None
        self._reading: PageStream | None = None
        self._closed = False

    def check(self) -> None:
        """Opens the PDF in the process that will go on to read it; raises if it does not open."""
        self.prefetch()
        assert self._prefetched is not None
        self.accept(self._prefetched.open())

    def accept(self, answer: Opened | Refused) -> None:
        """Takes note that the document opens, or raises why it does not."""
        if isinstance(answer, Refused):
            self.close()
            raise DocumentError(f"{self.name}: {self._why_refused(answer)}")
        selection = PageSelection(self.job.ranges)
        if next(selection.within(answer.pages), None) is None:
            self.close()
            has = "1 page" if answer.pages == 1 else f"{answer.pages} pages"
            raise UsageError(f"{self.name}: there is no page {selection}, it has {has}")
        if beyond := selection.beyond(answer.pages):
            self.notes.append(f"there is no page {beyond}, it has {answer.pages}; the rest is read")
        if self._is_cut_off():
            self.notes.append(
                f"its end is missing (an incomplete download?); {answer.pages} pages were found"
            )

    def prefetch(self) -> None:
        if self._prefetched is None and not self._closed:
            self._prefetched = PageStream(self.job, page_seconds=self._page_seconds)

    def close(self) -> None:
        self._closed = True
        for stream in (self._prefetched, self._reading):
            if stream is not None:
                stream.close()
        if self.kept is not None:
            self.kept.close()

    def blocks(self) -> Iterator[Block]:
        if self._closed:
            raise ValueError(f"{self.name} has been closed")
        if self._reading is not None:
            self._reading.close()
        self.prefetch()
        self._reading, self._prefetched = self._prefetched, None
        return super().blocks()

    def _read(self) -> Iterator[Block]:
        stream = self._reading
        assert stream is not None
        following = self.following() if self.following else None
        if following is not None:
            following.prefetch()
        quality = Quality()
        failed: list[Failed] = []
        try:
            yield from self._read_pages(stream, quality, failed)
        except GaveUp as end:
            raise DocumentError(
                f"{self.name}: gave up at page {end.page}: too many of its pages take more time or "
                f"memory than allowed; leave them out with --pages"
            ) from end
        finally:
            stream.close()
            self.pages_without_text = quality.without_text()
            self._warn(stream.damage, failed, quality)
        self._judge(failed, damaged=bool(stream.damage))

    def _read_pages(
        self, stream: PageStream, quality: Quality, failed: list[Failed]
    ) -> Iterator[Block]:
        """The blocks of all selected pages; what is learned on the way goes to the last two."""
        opened = stream.open()
        if isinstance(opened, Refused):
            raise DocumentError(f"{self.name}: {self._why_refused(opened)}")
        selected = sum(1 for _ in PageSelection(self.job.ranges).within(opened.pages))
        page: Page | None = None
        done = 0
        for message in stream.read():
            if isinstance(message, Failed):
                if page is None or page.page != message.page:  # else some of it was had before
                    self.pages += 1
                self.pages_failed.append(message.page)
                failed.append(message)
            elif isinstance(message, Page):
                page, done = message, 0
                self.pages += 1
                quality.add(message)
            else:
                assert page is not None
                done += 1
                fraction = (self.pages - 1 + done / page.blocks) / selected
                yield Block(message.text, page.page, page.label, 1, message.start, fraction)

    def _warn(self, damage: list[Damage], failed: list[Failed], quality: Quality) -> None:
        if failed:
            first = "" if len(failed) == 1 else f"page {failed[0].page}: "
            self.warnings.append(
                f"{number_of_pages(self.pages_failed)} could not be extracted "
                f"({first}{failed[0].reason})"
            )
        if damage:
            more = sum(item.count for item in damage) - 1
            others = f"; {more} more" if more else ""
            self.warnings.append(
                f"the file is damaged, so text may be missing or wrong ({damage[0].first}{others})"
            )
        self.warnings += quality.warnings()

    def _judge(self, failed: list[Failed], *, damaged: bool) -> None:
        """Raises when what has been read is not the document's text."""
        empty = len(self.pages_without_text)
        if empty <= self.pages / 2 and empty + len(failed) < self.pages:
            return
        if failed:
            problem = (
                f"{number_of_pages(self.pages_failed)} of {self.pages} could not be extracted "
                f"({failed[0].reason})" + (f", and {empty} hold no text" if empty else "")
            )
        elif self.pages == 1:
            problem = "its only page holds no text"
        else:
            problem = f"{empty} of its {self.pages} pages hold no text"
        if failed or damaged:
            cure = f"the file is damaged; fetch it again, or repair it: {self._command('qpdf')}"
        else:
            ocr = self._command("ocrmypdf")
            cure = f"it looks scanned; have its text recognized (OCR) first: {ocr}"
        raise DocumentError(f"{self.name}: {problem}; {cure}")

    def _why_refused(self, answer: Refused) -> str:
        limit = f"{self.job.memory_bytes / 2**30:.2g} GiB"
        repair = f"try to repair it: {self._command('qpdf')}"
        if answer.code == "damaged" and self._is_cut_off():
            return (
                "its end is missing, and the rest cannot be read; an incomplete download? "
                "fetch it again"
            )
        return {
            "password missing": "it is encrypted; give its password with --password",
            "password wrong": "the password does not open it",
            "no cipher": f"no library for its encryption ({answer.detail}); "
            "pip install cryptography",
            "no pages": f"it has no pages; {repair}",
            "memory": f"opening it takes more than {limit} of memory; {repair}",
            "slow": f"opening it takes longer than {answer.detail} seconds; {repair}",
            "crashed": f"reading it crashes the reader ({answer.detail}); {repair}",
            "file": f"it cannot be read ({answer.detail})",
        }.get(answer.code, f"it is damaged ({answer.detail}); {repair}")

    def _command(self, program: str) -> str:
        file = Path(self.path) if self.kept is None else Path("in.pdf")
        fixed = file.with_name(f"{file.stem}-fixed.pdf")
        return f"{program} {shlex.quote(str(file))} {shlex.quote(str(fixed))}"

    def _is_cut_off(self) -> bool:
        """Whether the mark that ends every PDF is missing."""
        try:
            with self._file.open("rb") as file:
                file.seek(-min(self._file.stat().st_size, _TAIL_BYTES), 2)
                return b"%%EOF" not in file.read()
        except OSError:
            return False
