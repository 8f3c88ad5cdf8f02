"""Documents that a process of its own reads, page by page: every format but plain text."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path

from citrus_cli.documents.blocks import Block
from citrus_cli.documents.document import Document
from citrus_cli.documents.formats.base import Format
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.pages import GaveUp, PageStream
from citrus_cli.documents.protocol import Damage, Failed, Job, Opened, Page, Refused
from citrus_cli.documents.selection import EVERY_PAGE, PageSelection
from citrus_cli.documents.source import StreamSource
from citrus_cli.documents.verdict import Verdict, number_of_pages
from citrus_cli.errors import DocumentError, UsageError


class ParsedDocument(Document):
    """A file of any format that is read in a child process.

    `following` is the document to be read next, if it is such a one: its process starts when the
    reading of this one begins, so that its first pages wait when they are needed.
    """

    def __init__(
        self,
        form: Format,
        file: Path,
        name: str,
        path: str,
        *,
        selection: PageSelection | None = None,
        password: str | None = None,
        encoding: str | None = None,
        page_seconds: float,
        page_memory_bytes: int,
    ) -> None:
        super().__init__(name, path, file.stat().st_size)
        self.kind = form.name
        self.following: weakref.ref[ParsedDocument] | None = None
        self.kept: StreamSource | None = None
        """Where the file comes from, if it was piped in; lets go of it at the end."""
        self.job = Job(
            path=str(file.absolute()),
            format=form.name,
            ranges=(selection or EVERY_PAGE).ranges,
            memory_bytes=min(page_memory_bytes, form.memory_bytes or page_memory_bytes),
            name=name,
            password=password,
            encoding=encoding,
        )
        self._form = form
        self._file = file
        self._page_seconds = page_seconds * form.patience
        self._prefetched: PageStream | None = None
        self._reading: PageStream | None = None
        self._closed = False

    def open(self) -> Opened | Refused:
        """Opens it in the process that will go on to read it."""
        self.prefetch()
        assert self._prefetched is not None
        return self._prefetched.open()

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
            self.notes.append(
                Notice(
                    f"there is no page {beyond}, it has {answer.pages}; the rest is read",
                    "pages-beyond-end",
                )
            )
        if self._form.is_cut_off(self._file):
            self.notes.append(
                Notice(
                    f"its end is missing (an incomplete download?); {answer.pages} pages were "
                    "found",
                    "end-missing",
                )
            )
        self.notes += answer.notices

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
        verdict = self._form.verdict()
        failed: list[Failed] = []
        noticed: dict[Notice, list[int]] = {}
        try:
            yield from self._read_pages(stream, verdict, failed, noticed)
        except GaveUp as end:
            raise DocumentError(
                f"{self.name}: gave up at page {end.page}: too many of its pages take more time or "
                f"memory than allowed; leave them out with --pages"
            ) from end
        finally:
            stream.close()
            self.pages_without_text = verdict.without_text()
            self._warn(stream.damage, failed, noticed)
            self.warnings += verdict.notices()
        refusal = verdict.refusal(failed, damaged=bool(stream.damage), file=self._called())
        if refusal is not None:
            raise DocumentError(f"{self.name}: {refusal}")

    def _read_pages(
        self,
        stream: PageStream,
        verdict: Verdict,
        failed: list[Failed],
        noticed: dict[Notice, list[int]],
    ) -> Iterator[Block]:
        """The blocks of all selected pages; what is learned on the way goes to the last two."""
        opened = stream.open()
        if isinstance(opened, Refused):
            raise DocumentError(f"{self.name}: {self._why_refused(opened)}")
        selected = sum(1 for _ in PageSelection(self.job.ranges).within(opened.pages))
        page: Page | None = None
        done = 0
        for message in self._form.settle(stream.read()):
            if isinstance(message, Failed):
                if page is None or page.page != message.page:  # else some of it was had before
                    self.pages += 1
                self.pages_failed.append(message.page)
                failed.append(message)
            elif isinstance(message, Page):
                page, done = message, 0
                self.pages += 1
                verdict.add(message)
                for notice in message.notices:
                    noticed.setdefault(notice, []).append(message.page)
            else:
                assert page is not None
                done += 1
                fraction = (self.pages - 1 + done / page.blocks) / selected
                yield Block(
                    message.text,
                    page.page,
                    page.label,
                    1,
                    message.start,
                    fraction,
                    parts=message.parts,
                )

    def _warn(
        self, damage: list[Damage], failed: list[Failed], noticed: dict[Notice, list[int]]
    ) -> None:
        if failed:
            first = "" if len(failed) == 1 else f"page {failed[0].page}: "
            self.warnings.append(
                Notice(
                    f"{number_of_pages(self.pages_failed)} could not be read "
                    f"({first}{failed[0].reason})",
                    "pages-failed",
                )
            )
        if damage:
            more = sum(item.count for item in damage) - 1
            others = f"; {more} more" if more else ""
            self.warnings.append(
                Notice(
                    "the file is damaged, so text may be missing or wrong "
                    f"({damage[0].first}{others})",
                    "damaged",
                )
            )
        for notice, pages in noticed.items():
            where = "" if self.pages == 1 else f"{number_of_pages(pages)}: "
            self.warnings.append(Notice(f"{where}{notice}", notice.code))

    def _why_refused(self, answer: Refused) -> str:
        if answer.code == "said":
            return answer.detail
        limit = f"{self.job.memory_bytes / 2**30:.2g} GiB"
        repair = self._form.repair(self._called())
        if answer.code == "damaged" and self._form.is_cut_off(self._file):
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

    def _called(self) -> Path:
        """What commands in messages call the file."""
        return Path(self.path) if self.kept is None else Path(f"in{self._file.suffix}")
