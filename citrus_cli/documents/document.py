"""What every kind of document has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from citrus_cli.documents.blocks import Block
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import CitrusError, DocumentError


class Document(ABC):
    """A source of text that has been looked at and can be read.

    What describes the last reading is filled while its blocks are consumed, and starts anew with
    every call of `blocks`; one reading at a time.

    Attributes:
        name: how the user and the model see it: the file's name, or "stdin".
        path: as the user gave it.
        kind: the name of its format, such as "pdf".
        file: the file it is read from; None for a stream.
        size_bytes: its size; None for a stream that has not been read to its end.
        pages: how many of the pages asked for have been read.
        pages_without_text: those of them that hold no text: blank pages, scans.
        pages_failed: those that could not be extracted; their text is missing.
        warnings: what the user should know, one line each.
    """

    kind: str
    lined: ClassVar[bool] = False
    """Whether it is text whose lines a reader can find again: its blocks say where they start."""

    def __init__(self, name: str, path: str, size_bytes: int | None) -> None:
        self.name = name
        self.path = path
        self.size_bytes = size_bytes
        self.file: Path | None = None
        self.pages = 0
        self.pages_without_text: list[int] = []
        self.pages_failed: list[int] = []
        self.optional = False
        """Whether others are read all the same if this one cannot be: it is one of a folder."""
        self.notes: list[Notice] = []
        """Warnings from before any reading; every reading's warnings start with them."""
        self.warnings: list[Notice] = []

    def blocks(self) -> Iterator[Block]:
        """Reads the document from its start, lazily; raises DocumentError where it cannot be read.

        May be called again for another reading, which ends the one before.
        """
        self.pages = 0
        self.pages_without_text = []
        self.pages_failed = []
        self.warnings = list(self.notes)
        return self._read_what_can_be() if self.optional else self._read()

    def prefetch(self) -> None:  # noqa: B027 (most kinds have nothing to prepare)
        """Starts on what can be done before the first block is asked for."""

    def close(self) -> None:  # noqa: B027
        """Lets go of processes and temporary files; the document cannot be read any more."""

    def _read_what_can_be(self) -> Iterator[Block]:
        try:
            yield from self._read()
        except DocumentError as error:
            self.warnings.append(not_read(error))

    @abstractmethod
    def _read(self) -> Iterator[Block]: ...

    def __enter__(self) -> Document:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path!r}>"


def not_read(error: CitrusError) -> Notice:
    """The warning that a file of a folder is missing from what was read."""
    return Notice(str(error), "file-not-read")


def warnings_of(documents: Sequence[Document]) -> list[Notice]:
    """The warnings of some documents; where there are several, each names its own."""
    several = len(documents) > 1
    return [
        Notice.of(warning).naming(document.name) if several else Notice.of(warning)
        for document in documents
        for warning in document.warnings
    ]


def close_all(documents: Sequence[Document]) -> None:
    """Closes every document."""
    for document in documents:
        document.close()
