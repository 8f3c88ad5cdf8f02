"""Opens documents: whatever can be known to be wrong with one is said here, before any is read."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from citrus_cli.documents import discover
from citrus_cli.documents.document import Document, close_all, not_read
from citrus_cli.documents.encodings import is_text_encoding
from citrus_cli.documents.formats import Format, Head, StreamedFormat, by_content, by_suffix
from citrus_cli.documents.formats.base import ZIP
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.pages import check
from citrus_cli.documents.parsed import ParsedDocument
from citrus_cli.documents.protocol import Opened, Refused
from citrus_cli.documents.selection import PageSelection, parse_pages
from citrus_cli.documents.sniff import HEAD, why_no_text
from citrus_cli.documents.source import FileSource, Source, StreamSource, unreadable
from citrus_cli.documents.text import TextDocument
from citrus_cli.errors import CitrusError, DocumentError, UsageError
from citrus_cli.wording import many

_DECODED_AT_ONCE = 64 * 2**20
"""Text files up to this size are decoded once before they are read, to find a wrong encoding."""

_STREAM_HEAD = 1024
"""So many bytes of a stream are waited for to tell what it is."""


def open_documents(
    sources: Sequence[str | os.PathLike[str]],
    *,
    pages: str | None = None,
    password: str | None = None,
    encoding: str | None = None,
    stdin: BinaryIO | None = None,
    page_seconds: float = 20,
    page_memory_bytes: int = 2 * 2**30,
) -> list[Document]:
    """Opens files, folders (every document in them), patterns, and "-" for standard input.

    Args:
        sources: what to read, in this order; folders and patterns in natural order.
        pages: which pages of each document, like "5-10,14", "7-" or "-3"; None reads all.
        password: for encrypted documents; the empty password is tried first.
        encoding: of text and web pages; by default their byte order mark, what a web page says
            of itself, or UTF-8.
        stdin: the stream that "-" stands for; by default standard input.
        page_seconds: how long opening a document, or reading one of its pages, may take; text,
            which is read as it comes, may take as long as it likes.
        page_memory_bytes: how much memory the process that reads documents may take.

    Returns:
        At least one document; the caller closes them. The first that needs a process of its own is
        being read already.

    Raises:
        DocumentError: a source is missing, empty, damaged, encrypted or of no supported kind. What
            is so in a folder or pattern with others is left out, with a warning.
        UsageError: the pages or the encoding make no sense.
    """
    if not sources:
        raise UsageError('no document was given; name a file or a folder, or "-" for stdin')
    if page_seconds <= 0 or page_memory_bytes <= 0:
        raise UsageError("the time and memory allowed for a page must be more than nothing")
    opener = _Opener(
        parse_pages(pages), password, known_encoding(encoding), page_seconds, page_memory_bytes
    )
    found = discover.find(sources)
    documents: list[Document] = []
    refused: list[CitrusError] = []
    notes: list[Notice] = []
    try:
        for one, name in zip(found, discover.names(found), strict=True):
            notes += one.notes
            try:
                documents.append(opener.open(one, name, stdin))
            except CitrusError as error:
                if one.named:
                    raise
                refused.append(error)
                continue
            documents[-1].optional = not one.named
            documents[-1].notes += notes
            notes = []
        parsed = [one for one in documents if isinstance(one, ParsedDocument)]
        closed = _check(parsed, page_seconds, refused)
        documents = [one for one in documents if one not in closed]
        if not documents:
            raise _none_of(refused)
    except BaseException:
        close_all(documents)
        raise
    documents[0].notes += [*notes, *map(not_read, refused)]
    for document in documents:
        document.warnings = list(document.notes)
    return documents


def _none_of(refused: Sequence[CitrusError]) -> CitrusError:
    """The error when no file of a folder can be read: that of the first."""
    first, *others = refused
    if not others:
        return first
    return DocumentError(f"{first} ({many(len(others), 'more file')} cannot be read either)")


def known_encoding(encoding: str | None) -> str | None:
    if encoding is not None and not is_text_encoding(encoding):
        raise UsageError(
            f"encoding {encoding!r} is not known; use a name such as utf-8, utf-16, cp1252, "
            "latin-1, shift_jis or gb18030"
        )
    return encoding


def _check(
    documents: list[ParsedDocument], seconds: float, refused: list[CitrusError]
) -> list[ParsedDocument]:
    """Opens them all. The first one's process goes on to read it; one process does the rest.

    Returns those that do not open and may be left out; why goes to `refused`.
    """
    if not documents:
        return []
    first, *others = documents
    closed = [] if _opens(first, first.open(), refused) else [first]
    answers = check([document.job for document in others], seconds=seconds)
    for document, answer in zip(others, answers, strict=True):
        if not _opens(document, answer, refused):
            closed.append(document)
    kept = [document for document in documents if document not in closed]
    for document, following in pairwise(kept):
        document.following = weakref.ref(following)
    return closed


def _opens(document: ParsedDocument, answer: Opened | Refused, refused: list[CitrusError]) -> bool:
    try:
        document.accept(answer)
    except CitrusError as error:
        if not document.optional:
            raise
        refused.append(error)
        return False
    return True


@dataclass(frozen=True)
class _Opener:
    """Opens one source at a time, with the settings that all of them share."""

    selection: PageSelection | None
    password: str | None
    encoding: str | None
    page_seconds: float
    page_memory_bytes: int

    def open(self, found: discover.Found, name: str, stdin: BinaryIO | None) -> Document:
        if found.file is None:
            stream = stdin or getattr(sys.stdin, "buffer", None)
            if stream is None:
                raise DocumentError("stdin: there is no standard input; name a file instead")
            return self._open_stream(StreamSource(stream, name), name, found.path)
        if not found.file.is_file():  # a pipe or a device, such as <(command) in a shell
            try:
                stream = found.file.open("rb")
            except OSError as error:
                raise unreadable(name, error) from error
            return self._open_stream(StreamSource(stream, name, owned=True), name, found.path)
        document = self._open_file(found.file, name, found.path)
        document.file = found.file if found.lasting else None
        return document

    def _open_file(self, file: Path, name: str, path: str) -> Document:
        try:
            source = FileSource(file, name)
            with file.open("rb") as opened:
                head = opened.read(HEAD)
        except OSError as error:
            raise unreadable(name, error) from error
        if not head.strip() and (source.size or 0) <= len(head):
            size = "is empty (0 bytes)" if not head else "holds nothing but white space"
            raise DocumentError(f"{name}: it {size}; give a document with text in it")
        form = _format_of(Head(head, file.name, file, self.encoding), name)
        if isinstance(form, StreamedFormat):
            return self._streamed(form, source, name, path)
        return self._parsed(form, file, name, path)

    def _open_stream(self, source: StreamSource, name: str, path: str) -> Document:
        head = source.head(_STREAM_HEAD)
        if not head.strip() and len(head) < _STREAM_HEAD:
            raise DocumentError(
                f"{'standard input' if path == discover.STDIN else name} is empty; "
                "pipe a document into it, or name a file"
            )
        known = Head(head, encoding=self.encoding)
        if head.startswith(ZIP):  # what an archive is stands at its end
            known = Head(head, file=source.save(".zip"), encoding=self.encoding)
        form = _format_of(known, name)
        if isinstance(form, StreamedFormat):
            return self._streamed(form, source, name, path)
        suffix = min(form.suffixes, default="")
        document = self._parsed(form, known.file or source.save(suffix), name, path)
        document.kept = source
        return document

    def _streamed(self, form: StreamedFormat, source: Source, name: str, path: str) -> Document:
        document = TextDocument(
            form, source, name, path, encoding=self.encoding, selection=self.selection
        )
        if isinstance(source, FileSource):
            document.check(_DECODED_AT_ONCE)
        return document

    def _parsed(self, form: Format, file: Path, name: str, path: str) -> ParsedDocument:
        return ParsedDocument(
            form,
            file,
            name,
            path,
            selection=self.selection,
            password=self.password,
            encoding=self.encoding,
            page_seconds=self.page_seconds,
            page_memory_bytes=self.page_memory_bytes,
        )


def _format_of(head: Head, name: str) -> Format:
    """The format of a document called `name`. Raises DocumentError where it has none."""
    form = by_content(head)
    if form is None:
        why = why_no_text(head)
        if why is not None:
            raise DocumentError(f"{name}: {why}")
        form = by_suffix(head)
    if form is None:
        raise DocumentError(f"{name}: it is of no format that can be read")
    return form
