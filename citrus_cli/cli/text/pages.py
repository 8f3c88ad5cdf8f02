"""Pages of documents as they are put out: plain text, or one object of JSON."""

from __future__ import annotations

import textwrap
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.text import document_name, one_line
from citrus_cli.documents.blocks import Block, Part
from citrus_cli.documents.document import Document
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import CitrusError
from citrus_cli.wording import page_name

PAGE_BREAK = "\f"

Write = Callable[[str], None]


@dataclass
class DocumentRecord:
    """What became of a document.

    `warnings` say what is in it and not in its text, and the like; `error`, why it has no text;
    `failure` is that error where the user named the document.
    """

    path: str
    kind: str | None = None
    pages: int = 0
    pages_without_text: list[int] = field(default_factory=list)
    pages_failed: list[int] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    error: str | None = None
    failure: CitrusError | None = None

    def take(self, document: Document) -> None:
        """What is known once the document has been read."""
        self.kind = document.kind
        self.pages = document.pages
        self.pages_without_text = list(document.pages_without_text)
        self.pages_failed = list(document.pages_failed)
        self.warnings += [Notice.of(warning) for warning in document.warnings]

    def to_dict(self) -> dict[str, Any]:
        """As plain types; the warnings stand apart."""
        fields = {**vars(self)}
        del fields["warnings"], fields["failure"]
        return fields


class PageView(ABC):
    """Puts out the pages of documents, in their order."""

    @abstractmethod
    def block(self, path: str, block: Block) -> None:
        """The next piece of a document's text."""

    @abstractmethod
    def empty_page(self, path: str, page: int) -> None:
        """A page without text."""

    @abstractmethod
    def done(self, documents: Sequence[DocumentRecord]) -> None:
        """There is nothing more."""


class TextPages(PageView):
    """The text alone, letter by letter; form feeds between its pages, and, if asked for, names."""

    def __init__(self, write: Write, *, names: bool) -> None:
        self._write = write
        self._names = names
        self._place: tuple[str, int] | None = None

    def block(self, path: str, block: Block) -> None:
        self._turn_to(path, block.page, block.label)
        self._write(block.text)

    def empty_page(self, path: str, page: int) -> None:
        self._turn_to(path, page, None)

    def done(self, documents: Sequence[DocumentRecord]) -> None:
        pass

    def _turn_to(self, path: str, page: int, label: str | None) -> None:
        if self._place == (path, page):
            return
        before = "" if self._place is None else PAGE_BREAK
        self._place = path, page
        if self._names:
            called = page_name(page, None if label is None else one_line(label))
            before += f"==> {document_name(path)}, {called} <==\n"
        if before:
            self._write(before)


class JsonPages(PageView):
    """One object: `pages` as they come, then `documents` and `warnings`."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._page: _Page | None = None
        self._any = False

    def block(self, path: str, block: Block) -> None:
        if self._page is None or (self._page.document, self._page.page) != (path, block.page):
            self._end_page()
            self._page = _Page(path, block.page, block.label)
        self._page.add(block)

    def empty_page(self, path: str, page: int) -> None:
        self._end_page()
        self._page = _Page(path, page, None)

    def done(self, documents: Sequence[DocumentRecord]) -> None:
        self._end_page()
        rest = {
            "documents": [one.to_dict() for one in documents],
            "warnings": [
                {"code": warning.code, "text": str(warning), "document": one.path}
                for one in documents
                for warning in one.warnings
            ],
        }
        begun = "\n  ],\n" if self._any else '{\n  "pages": [],\n'
        self._write(begun + dump(rest, indent=2).removeprefix("{\n") + "\n")

    def _end_page(self) -> None:
        if self._page is None:
            return
        begun = ",\n" if self._any else '{\n  "pages": [\n'
        self._any = True
        self._write(begun + textwrap.indent(dump(self._page.to_dict(), indent=2), "    "))
        self._page = None


@dataclass
class _Page:
    document: str
    page: int
    label: str | None
    text: str = ""
    parts: list[Part] = field(default_factory=list)

    def add(self, block: Block) -> None:
        self.text += block.text
        self.parts += block.parts

    def to_dict(self) -> dict[str, Any]:
        return {
            "document": self.document,
            "page": self.page,
            "label": self.label,
            "text": self.text,
            "blocks": [
                {
                    "kind": part.kind,
                    "text": part.text
                    if part.text is not None
                    else self.text[part.start : part.end],
                    "level": part.level,
                    "box": None if part.box is None else [round(edge, 2) for edge in part.box],
                }
                for part in whole_structure(self.text, self.parts)
            ],
        }


def whole_structure(text: str, parts: Sequence[Part]) -> list[Part]:
    """The parts of a page's text, and for what lies in none, a paragraph for each that is there."""
    found: list[Part] = []
    at = 0
    for part in sorted(parts, key=lambda one: one.start):
        found += paragraphs(text, at, part.start)
        found.append(part)
        at = max(at, part.end)
    found += paragraphs(text, at, len(text))
    return found


def paragraphs(text: str, start: int, end: int) -> Iterator[Part]:
    """What blank lines separate between two places of a text."""
    while start < end:
        stop = text.find("\n\n", start, end)
        stop = end if stop < 0 else stop
        piece = text[start:stop]
        if piece.strip():
            first = start + len(piece) - len(piece.lstrip())
            yield Part("paragraph", first, start + len(piece.rstrip()))
        start = stop + 2
