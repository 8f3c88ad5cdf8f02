"""From documents to their indexes: those that the library has, and those that are made now."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from citrus_cli._version import __version__
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import CitrusError, DocumentError, MemoryLimitError, ModelError
from citrus_cli.events import Listener, Note, Reading, ignore
from citrus_cli.index.corpus import DocumentIndex
from citrus_cli.library.entry import Entry, Receipt
from citrus_cli.library.errors import DamagedEntryError, NewerEntryError
from citrus_cli.library.identity import Identity, content_of, digest
from citrus_cli.library.library import DEFAULT_MAX_BYTES, Library
from citrus_cli.library.pages import PageRecord
from citrus_cli.pipeline.tools import Tools

if TYPE_CHECKING:
    from citrus_cli.documents import Document

ROOM_STEP = 64 << 20
"""For so many bytes more than were written there is room in the library while one is read."""

LONGEST_SHEET = 1 << 18
"""Characters of a page that are looked at together: plain text may be one page of a gigabyte."""


@dataclass(frozen=True)
class Indexed:
    """Entries of the library, of which so many were `made` now, and what is to be known of them."""

    entries: tuple[Entry, ...]
    made: int
    warnings: tuple[str, ...]


@dataclass
class Indexes:
    """Gives the index of each document; a context manager, for what is not to be kept.

    Attributes:
        opened: what decides, beside the file, which text is read: the pages, the encoding.
        library: where indexes are kept; None: nothing is left behind.
        max_bytes: the least recently used ones go when it would become larger than this.
        warnings: what the user should know of the library.
        made: how many indexes were made, and not found.
    """

    tools: Tools
    opened: Sequence[str | None]
    library: Library | None
    on_event: Listener = ignore
    max_bytes: int = DEFAULT_MAX_BYTES
    warnings: list[str] = field(default_factory=list)
    made: int = 0
    _context: ExitStack = field(default_factory=ExitStack)
    _temporary: Library | None = None
    _said: list[str] = field(default_factory=list)
    _in_use: set[str] = field(default_factory=set)

    def of(self, documents: Sequence[Document]) -> list[DocumentIndex]:
        """The indexes of some documents, in their order.

        Raises:
            DocumentError: one cannot be read, or there is no text in any.
        """
        started = time.perf_counter()
        found = []
        for at, document in enumerate(documents):
            share = (at / len(documents), 1 / len(documents))
            entry = self._entry(document, started, share)
            self._said += entry.receipt.warnings
            found.append(DocumentIndex(entry, document.path))
        if not any(index.tokens for index in found):
            names = ", ".join(document.path for document in documents)
            raise DocumentError(f"{names}: there is no text to answer from")
        return found

    def kept(self, documents: Sequence[Document], *, again: bool = False) -> tuple[Entry, ...]:
        """The library's entries of some files; those that are there are made `again` if asked for.

        Raises:
            DocumentError: one cannot be read, or there is no text in it.
            UsageError: its index is larger than the library may become.
            CitrusError: the library cannot take it.
        """
        assert self.library is not None
        started, entries = time.perf_counter(), []
        for at, document in enumerate(documents):
            share = (at / len(documents), 1 / len(documents))
            identity = self._identity(document)
            if again:
                self.library.remove(identity.key)
            entry = self._found(self.library, identity, document)
            if entry is None:
                entry = self._write(self.library, identity, document, started, share)
            self._said += entry.receipt.warnings
            if not entry.tokens:
                self.library.remove(entry.key)
                raise DocumentError(f"{document.path}: there is no text in it")
            entries.append(entry)
        return tuple(entries)

    def said(self) -> tuple[str, ...]:
        """All warnings: of the library, and of the documents that were read, now or before."""
        return (*self.warnings, *self._said)

    def __enter__(self) -> Indexes:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def _entry(self, document: Document, started: float, share: tuple[float, float]) -> Entry:
        if self.library is None or document.file is None:
            return self._write(self._nowhere(), _unique(), document, started, share)
        identity = self._identity(document)
        try:
            entry = self._found(self.library, identity, document)
        except CitrusError as error:
            return self._unkept(error, document, started, share)
        if entry is not None:
            self.on_event(Note(f"{document.name}: read before, found in the library"))
            return entry
        try:
            return self._write(self.library, identity, document, started, share)
        except (DocumentError, ModelError, MemoryLimitError):
            raise  # nothing that another place would help
        except CitrusError as error:
            return self._unkept(error, document, started, share)

    def _unkept(
        self, error: CitrusError, document: Document, started: float, share: tuple[float, float]
    ) -> Entry:
        """The index, for this run alone, since the library cannot take it."""
        self.warnings.append(Notice(f"not kept for later questions: {error}", "not-kept"))
        return self._write(self._nowhere(), _unique(), document, started, share)

    def _found(self, library: Library, identity: Identity, document: Document) -> Entry | None:
        """The library's entry of a document, whole; None where there is none to be served."""
        try:
            entry = library.find(identity, document.path)
            if entry is not None:
                entry.check(thorough=True)  # now, while it can still be read again
                self._in_use.add(entry.key)
        except (DamagedEntryError, NewerEntryError) as error:
            said = f"{error}; {document.name} was read again"
            self.warnings.append(Notice(said, "library-damaged"))
            return None
        return entry

    def _identity(self, document: Document) -> Identity:
        assert document.file is not None
        try:
            content = content_of(document.file)
        except OSError as error:
            raise DocumentError(
                f"{document.name}: cannot be read ({error.strerror or error}); check the file"
            ) from error
        opened = digest(document.kind, *self.opened, __version__)
        return Identity(content, opened, self.tools.reader_identity, self.tools.embedder_identity)

    def _nowhere(self) -> Library:
        """A library that ends with this."""
        if self._temporary is None:
            self._temporary = self._context.enter_context(Library.temporary())
        return self._temporary

    def _write(
        self,
        library: Library,
        identity: Identity,
        document: Document,
        started: float,
        share: tuple[float, float],
    ) -> Entry:
        kept = library is self.library

        def waiting() -> None:
            self.on_event(Note(f"{document.name}: another process is reading it; waiting"))

        source = document.file if kept else None
        with library.writing(identity, source=source, on_wait=waiting) as writer:
            if writer.entry is not None:
                return writer.entry
            maker = self.tools.maker(writer)

            def report(page: int, fraction: float | None) -> None:
                begun, part = share
                overall = None if fraction is None else begun + part * fraction
                seconds = time.perf_counter() - started
                self.on_event(Reading(document.name, page, maker.counts.tokens, seconds, overall))

            room = 0
            for sheet in sheets(document, report):
                if kept and writer.bytes >= room:
                    room = self._make_room(library, writer.bytes)
                maker.add(sheet)
            counts = maker.finish()
            if kept and writer.bytes > room:
                self._make_room(library, writer.bytes)
            self.made += 1
            entry = writer.finish(_receipt(document, counts.tokens, self.tools))
        self._in_use.add(entry.key)
        return entry

    def _make_room(self, library: Library, written: int) -> int:
        """Have room for an index of which so many bytes are written; up to how many there is."""
        needed = max(written, min(written + ROOM_STEP, self.max_bytes))
        gone = library.make_room(needed, self.max_bytes, written=written, spare=self._in_use)
        for one in gone:
            self.on_event(Note(f"removed from the library, as least recently used: {one.path}"))
        return needed


def sheets(
    document: Document, on_block: Callable[[int, float | None], None] = lambda page, share: None
) -> Iterator[PageRecord]:
    """A document's pages, whole; those longer than `LONGEST_SHEET` in parts, one after the other.

    Raises:
        DocumentError: it cannot be read.
    """
    waiting: list[str] = []
    lines: list[tuple[int, int]] = []
    number, label, size = 0, None, 0
    for block in document.blocks():
        if waiting and (block.page != number or size >= LONGEST_SHEET):
            yield PageRecord(number, label, "".join(waiting), tuple(lines))
            waiting, lines, size = [], [], 0
        number, label = block.page, block.label
        lines += [(size + at, line) for at, line in ((0, block.line), *block.jumps)]
        waiting.append(block.text)
        size += len(block.text)
        on_block(block.page, block.fraction)
    if waiting:
        yield PageRecord(number, label, "".join(waiting), tuple(lines))


def _receipt(document: Document, tokens: int, tools: Tools) -> Receipt:
    return Receipt(
        path=document.path,
        name=document.name,
        format=document.kind,
        tokens=tokens,
        model=tools.reader.name if tools.reader else "",
        dtype="int8",
        embedder=tools.embedder.name if tools.embedder else "",
        size=document.size_bytes,
        pages_without_text=tuple(document.pages_without_text),
        pages_failed=tuple(document.pages_failed),
        warnings=tuple(document.warnings),
        notes={"pages": document.pages},
    )


def _unique() -> Identity:
    """Of what is like nothing else."""
    return Identity(uuid.uuid4().hex, "", "")
