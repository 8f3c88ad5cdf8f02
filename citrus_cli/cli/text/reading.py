"""Reads documents one after the other, so that one that cannot be read takes no other with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citrus_cli.cli.text.pages import DocumentRecord, PageView
from citrus_cli.documents.discover import Found, find
from citrus_cli.documents.document import Document
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.opening import open_documents
from citrus_cli.documents.selection import EVERY_PAGE, PageSelection
from citrus_cli.errors import CitrusError


@dataclass
class Extraction:
    """Every document that some sources stand for, given to a view.

    `records` grows as documents are read. One that was named and cannot be read is a failure; one
    that a folder or pattern holds is warned about.
    """

    opening: dict[str, Any]
    """How documents are opened: the keyword arguments of `open_documents`."""
    selection: PageSelection | None
    view: PageView
    records: list[DocumentRecord] = field(default_factory=list)

    def read(self, sources: Sequence[str]) -> Iterator[DocumentRecord]:
        """Reads everything; each record when it is complete."""
        seen: set[Path] = set()
        for source in sources:
            try:
                found = find([source])
            except CitrusError as error:
                yield self._failed(source, error)
                continue
            for one in found:
                key = Path(os.path.realpath(one.path))
                if one.file is not None and key in seen:
                    continue
                seen.add(key)
                yield self._read(one)
        self.view.done(self.records)

    @property
    def failures(self) -> list[CitrusError]:
        """Why documents that were named have no text."""
        return [one.failure for one in self.records if one.failure is not None]

    @property
    def none_read(self) -> bool:
        """Whether no document that was tried could be read."""
        return bool(self.records) and all(one.error is not None for one in self.records)

    def _failed(self, path: str, error: CitrusError) -> DocumentRecord:
        self.records.append(DocumentRecord(path, error=str(error), failure=error))
        return self.records[-1]

    def _read(self, found: Found) -> DocumentRecord:
        record = DocumentRecord(found.path)
        document: Document | None = None
        try:
            [document] = open_documents([found.path], **self.opening)
            self._show(document)
        except CitrusError as error:
            record.error = str(error)
            if found.named:
                record.failure = error
            else:
                record.warnings.append(Notice(str(error), "file-not-read"))
        finally:
            if document is not None:
                record.take(document)
                document.close()
        record.warnings[:0] = found.notes
        self.records.append(record)
        return record

    def _show(self, document: Document) -> None:
        """Every page that was asked for, those without text too: pages can be counted."""
        selection = self.selection or EVERY_PAGE
        last = 0
        for block in document.blocks():
            for page in range(last + 1, block.page):
                if page in selection:
                    self.view.empty_page(document.path, page)
            last = block.page
            self.view.block(document.path, block)
        for page in sorted({*document.pages_without_text, *document.pages_failed}):
            if page > last:
                self.view.empty_page(document.path, page)
