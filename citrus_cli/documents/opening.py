"""Opens documents: whatever can be known to be wrong with one is said here, before any is read."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from citrus_cli.documents import discover
from citrus_cli.documents.document import Document, close_all
from citrus_cli.documents.html import HtmlDocument
from citrus_cli.documents.pages import check
from citrus_cli.documents.pdf import PdfDocument
from citrus_cli.documents.selection import PageSelection, parse_pages
from citrus_cli.documents.sniff import HEAD, Unsupported, classify, is_text_encoding
from citrus_cli.documents.source import FileSource, Source, StreamSource, unreadable
from citrus_cli.documents.text import TextDocument
from citrus_cli.errors import DocumentError, UsageError

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
    page_seconds: float = 60,
    page_memory_bytes: int = 2 * 2**30,
) -> list[Document]:
    """Opens files, folders (every document in them), patterns, and "-" for standard input.

    Args:
        sources: what to read, in this order; folders and patterns in natural order.
        pages: which pages of each document, like "5-10,14", "7-" or "-3"; None reads all.
        password: for encrypted PDFs; the empty password is tried first.
        encoding: of text and web pages; by default their byte order mark, what a web page says
            of itself, or UTF-8.
        stdin: the stream that "-" stands for; by default standard input.
        page_seconds: how long opening a PDF, or extracting one of its pages, may take.
        page_memory_bytes: how much memory the process that extracts PDFs may take.

    Returns:
        At least one document; the caller closes them. The first PDF is being extracted already.

    Raises:
        DocumentError: a source is missing, empty, damaged, encrypted or of no supported kind.
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
    try:
        for one, name in zip(found, discover.names(found), strict=True):
            documents.append(opener.open(one, name, stdin))
            documents[-1].notes += one.notes
        _check_pdfs([one for one in documents if isinstance(one, PdfDocument)], page_seconds)
    except BaseException:
        close_all(documents)
        raise
    for document in documents:
        document.warnings = list(document.notes)
    return documents


def known_encoding(encoding: str | None) -> str | None:
    if encoding is not None and not is_text_encoding(encoding):
        raise UsageError(
            f"encoding {encoding!r} is not known; use a name such as utf-8, utf-16, cp1252, "
            "latin-1, shift_jis or gb18030"
        )
    return encoding


def _check_pdfs(documents: list[PdfDocument], seconds: float) -> None:
    """Opens all PDFs. The first one's process goes on to extract it; one process does the rest."""
    if not documents:
        return
    first, *others = documents
    first.check()
    for document, answer in zip(
        others, check([document.job for document in others], seconds=seconds), strict=True
    ):
        document.accept(answer)
    for document, following in zip(documents, others, strict=False):
        document.following = weakref.ref(following)


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
        return self._open_file(found.file, name, found.path)

    def _open_file(self, file: Path, name: str, path: str) -> Document:
        try:
            source = FileSource(file, name)
            with file.open("rb") as opened:
                head = opened.read(HEAD)
        except OSError as error:
            raise unreadable(name, error) from error
        kind = self._classify(head, name, file.name)
        if kind == "empty" and source.size and source.size > len(head):
            kind = "text"  # much white space; what comes after it will tell
        if kind == "empty":
            size = "is empty (0 bytes)" if not head else "holds nothing but white space"
            raise DocumentError(f"{name}: it {size}; give a document with text in it")
        document = (
            self._pdf(file, name, path)
            if kind == "pdf"
            else self._textual(kind, source, name, path)
        )
        document.file = file
        return document

    def _open_stream(self, source: StreamSource, name: str, path: str) -> Document:
        head = source.head(_STREAM_HEAD)
        kind = self._classify(head, name, "")
        if kind == "empty" and len(head) >= _STREAM_HEAD:
            kind = "text"
        if kind == "empty":
            raise DocumentError(
                f"{'standard input' if path == discover.STDIN else name} is empty; "
                "pipe a document into it, or name a file"
            )
        if kind == "pdf":
            document = self._pdf(source.save(), name, path)
            document.kept = source
            return document
        return self._textual(kind, source, name, path)

    def _classify(self, head: bytes, name: str, file_name: str) -> str:
        try:
            return classify(head, file_name, encoding=self.encoding)
        except Unsupported as verdict:
            raise DocumentError(f"{name}: {verdict}") from verdict

    def _textual(self, kind: str, source: Source, name: str, path: str) -> Document:
        if kind == "html":
            if self.selection is not None:
                raise UsageError(
                    f"{name}: a web page has no pages to choose from; leave --pages out"
                )
            return HtmlDocument(source, name, path, encoding=self.encoding)
        document = TextDocument(
            source, name, path, encoding=self.encoding, selection=self.selection
        )
        if isinstance(source, FileSource):
            document.check(_DECODED_AT_ONCE)
        return document

    def _pdf(self, file: Path, name: str, path: str) -> PdfDocument:
        return PdfDocument(
            file,
            name,
            path,
            selection=self.selection,
            password=self.password,
            page_seconds=self.page_seconds,
            page_memory_bytes=self.page_memory_bytes,
        )
