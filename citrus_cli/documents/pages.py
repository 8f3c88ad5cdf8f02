"""The pages of a document as a stream of messages that survives a page that hangs or crashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from citrus_cli.documents.process import START_SECONDS, Ended, Extractor, Stuck
from citrus_cli.documents.protocol import (
    Damage,
    Failed,
    Job,
    Message,
    Opened,
    Page,
    Ready,
    Recycle,
    Refused,
    Text,
)
from citrus_cli.documents.selection import PageSelection

PATIENCE = 20
"""So many pages of one document may hang or crash before the rest is given up."""


class GaveUp(Exception):  # noqa: N818 (how a reading ends)
    """Too many pages hung or crashed the extracting process; `page` was the last."""

    def __init__(self, page: int) -> None:
        super().__init__(f"gave up at page {page}")
        self.page = page


class _OutOfMemory(Exception):  # noqa: N818
    pass


class _Recycled(Exception):  # noqa: N818
    pass


class PageStream:
    """One reading of one document, in a process of its own that is replaced when it has to be.

    The process starts at once and runs ahead of the consumer, within the bounds of its pipe.
    `damage` collects what the format's library complained about so far.
    """

    def __init__(self, job: Job, *, page_seconds: float) -> None:
        self.damage: list[Damage] = []
        self._job = job
        self._seconds = page_seconds
        self._opening: Opened | Refused | None = None
        self._closed = False
        self._killed = 0
        self._settled_here = 0  # pages had from the present process
        self._blocks_had = -1  # of the page that is under way; -1: not even its head
        self._extractor: Extractor | None = Extractor()
        self._extractor.give(job)

    def open(self) -> Opened | Refused:
        """Waits until the document is open, or is known not to open."""
        if self._opening is None:
            answer = self._await_opening()
            if isinstance(answer, Refused) and answer.code == "crashed":
                self._drop()
                answer = self._await_opening()
            self._opening = answer
        return self._opening

    def read(self) -> Iterator[Page | Text | Failed]:
        """The selected pages in order, each with its texts, or as failed. Raises GaveUp.

        The document must have opened.
        """
        opened = self.open()
        if isinstance(opened, Refused):
            raise ValueError(f"the document was refused: {opened.code}")
        for page in PageSelection(self._job.ranges).within(opened.pages):
            yield from self._one_page(page)

    def close(self) -> None:
        """Ends the process, at any time; reading on is an error."""
        self._closed = True
        self._drop()

    def _one_page(self, page: int) -> Iterator[Page | Text | Failed]:
        """The messages of one page, from as many processes as it takes."""
        self._blocks_had = -1
        crashes = 0
        while True:
            fresh = self._settled_here == 0  # then the page itself is to blame
            try:
                yield from self._try_page(page)
                self._settled_here += 1
                return
            except _Recycled:
                blame = ""
            except Stuck:
                blame = f"it took longer than {self._seconds:g} seconds"
            except Ended as end:
                crashes += 1
                blame = f"extracting it crashed twice ({end})" if crashes == 2 else ""
            except _OutOfMemory:
                limit = f"{self._job.memory_bytes / 2**30:.2g} GiB"
                blame = f"it needs more than {limit} of memory" if fresh else ""
            self._drop()
            if blame:
                yield Failed(page, blame)
                self._killed += 1
                if self._killed >= PATIENCE:
                    raise GaveUp(page)
                return

    def _try_page(self, page: int) -> Iterator[Page | Text | Failed]:
        """Those messages of `page` that have not been had from an earlier process."""
        if self._closed:
            raise ValueError("this reading has ended: the document was closed or is read anew")
        if self._extractor is None:
            self._job = replace(self._job, after=page - 1)
            if isinstance(self._await_opening(), Refused):
                raise GaveUp(page)  # it opened before: the file has changed or gone
        head = self._next()
        if isinstance(head, Failed) and head.page == page:
            if head.memory:
                raise _OutOfMemory
            yield head
            return
        if not isinstance(head, Page) or head.page != page:
            raise Ended(0)  # it does not keep to the protocol: as good as crashed
        if self._blocks_had < 0:
            yield head
            self._blocks_had = 0
        for index in range(head.blocks):
            text = self._next()
            if not isinstance(text, Text):
                raise Ended(0)
            if index >= self._blocks_had:
                yield text
                self._blocks_had += 1

    def _next(self) -> Message:
        assert self._extractor is not None
        while True:
            message = self._extractor.next(self._seconds)
            if isinstance(message, Recycle):
                raise _Recycled
            if not isinstance(message, Damage):
                return message
            self.damage.append(message)

    def _await_opening(self) -> Opened | Refused:
        if self._extractor is None:
            self._extractor = Extractor()
            self._extractor.give(self._job)
        answer, damage = _hear_opening(self._extractor, self._seconds)
        self.damage += damage
        return answer

    def _drop(self) -> None:
        if self._extractor is not None:
            self._extractor.stop()
        self._extractor = None
        self._settled_here = 0


def check(jobs: Iterable[Job], *, seconds: float) -> Iterator[Opened | Refused]:
    """Whether each document opens: one process looks at them in turn, replaced if it has to be."""
    extractor: Extractor | None = None
    try:
        for job in jobs:
            for _attempt in range(2):
                if extractor is None:
                    extractor = Extractor()
                extractor.give(replace(job, check=True))
                answer, _ = _hear_opening(extractor, seconds)
                if not isinstance(answer, Refused) or answer.code not in ("slow", "crashed"):
                    break
                extractor.stop()
                extractor = None
                if answer.code == "slow":
                    break
            yield answer
    finally:
        if extractor is not None:
            extractor.stop()


def _hear_opening(extractor: Extractor, seconds: float) -> tuple[Opened | Refused, list[Damage]]:
    """How the opening of a document went, and what was said about it meanwhile."""
    damage: list[Damage] = []
    limit = seconds if extractor.ready else START_SECONDS
    while True:
        try:
            message = extractor.next(limit)
        except Stuck:
            return Refused("slow", f"{seconds:g}"), damage
        except Ended as end:
            return Refused("crashed", str(end)), damage
        if isinstance(message, Damage):
            damage.append(message)
        elif isinstance(message, Ready):
            limit = seconds
        elif isinstance(message, (Opened, Refused)):
            return message, damage
        else:
            return Refused("crashed", "out of step"), damage
