"""What a format is: how a document of it is told, and how it is read in the child process."""

from __future__ import annotations

import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from citrus_cli.documents.blocks import Part
from citrus_cli.documents.filters import Filter
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import Failed, Job, Measure, Page, Text

if TYPE_CHECKING:
    from citrus_cli.documents.verdict import Verdict

_ENTRIES = 10_000
PageMessage = Page | Text | Failed
ZIP = b"PK\3\4"


class Refusal(Exception):  # noqa: N818 (a verdict; whoever knows the document's name raises)
    """A document cannot be read. The message is the rest of the line that starts with its name.

    `code` says of what kind the refusal is, where the parent has more to say about that kind: see
    `protocol.Refused`.
    """

    def __init__(self, text: str, code: str = "said") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Head:
    """What is known of a document before it is read.

    Attributes:
        data: its first bytes, up to `sniff.HEAD`.
        name: its file's name, for the suffix; "" for a stream.
        file: where it lies; None for a stream that has not been saved.
        encoding: of its text, where the user says so.
    """

    data: bytes
    name: str = ""
    file: Path | None = None
    encoding: str | None = None

    @cached_property
    def suffix(self) -> str:
        """The name's ending in lower case, with its dot."""
        return Path(self.name).suffix.lower()

    @cached_property
    def entries(self) -> frozenset[str]:
        """The names in a zip archive, as far as they can be had; empty for anything else."""
        if not self.data.startswith(ZIP):
            return frozenset()
        if self.file is not None:
            try:
                with zipfile.ZipFile(self.file) as archive:
                    return frozenset(archive.namelist()[:_ENTRIES])
            except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
                pass
        return frozenset(_local_names(self.data))


def _local_names(data: bytes) -> list[str]:
    """The names in those headers of a zip archive's entries that stand in its first bytes."""
    names, at = [], data.find(ZIP)
    while at >= 0:
        length = int.from_bytes(data[at + 26 : at + 28], "little")
        names.append(data[at + 30 : at + 30 + length].decode("utf-8", "replace"))
        at = data.find(ZIP, at + 4)
    return names


@dataclass(frozen=True)
class PageText:
    """A page as its reader hands it on.

    Attributes:
        text: cleaned (see `clean`), without white space at its ends; "" for a page without text.
        label: what the page is called, where that is not its number: "iv", a sheet's name.
        parts: the page's structure, in the order of the text.
        notices: what the user should know about the page.
        drawn: it has little text, and shows a picture or drawing, which may hold the rest.
        measure: counts over the text, where the format's verdict needs more than its length.
    """

    text: str
    label: str | None = None
    parts: Sequence[Part] = ()
    notices: Sequence[Notice] = ()
    drawn: bool = False
    measure: Measure | None = None


class Reader(Protocol):
    """A document that has been opened, in the child process.

    Whatever a reader raises while it reads a page fails that page alone; a Refusal's message is
    told as it is.
    """

    @property
    def pages(self) -> int:
        """How many pages the document has; 0 refuses it."""

    @property
    def notices(self) -> Sequence[Notice]:
        """What the user should know about the document as a whole."""

    def page(self, number: int) -> PageText:
        """The page with that number, from 1; they are asked for in order, some left out."""


@dataclass(frozen=True)
class ReadPages:
    """A reader whose pages are all there already."""

    texts: Sequence[PageText]
    notices: Sequence[Notice] = field(default=())

    @property
    def pages(self) -> int:
        return len(self.texts)

    def page(self, number: int) -> PageText:
        return self.texts[number - 1]


class OnePage:
    """A reader of a document that is one page, read when it is asked for."""

    pages = 1
    notices: Sequence[Notice] = ()

    def __init__(self, read: Callable[[], PageText]) -> None:
        self._read = read

    def page(self, number: int) -> PageText:
        return self._read()


class Format(ABC):
    """A kind of document. One instance serves all documents, in the parent and in the child.

    Its module is imported for every run: libraries are imported late, in `open`.

    Attributes:
        name: `Document.kind`, in lower case.
        title: what messages call such a document: "a Word document".
        suffixes: endings of names that such documents have, with their dots.
        priority: formats with a higher one are asked first whether a document is theirs.
        logger: the name of the logger to which its library complains about damage, if any.
        in_folders: whether such documents are looked for in folders, or only read by name.
        patience: so many times longer than others may a page of it take.
        memory_bytes: the most memory that its child process needs; None: what the caller allows.
        nothing: what is said when a document of it holds no text; the rest of a line.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[frozenset[str]] = frozenset()
    priority: ClassVar[int] = 0
    logger: ClassVar[str | None] = None
    in_folders: ClassVar[bool] = True
    patience: ClassVar[float] = 1.0
    memory_bytes: ClassVar[int | None] = 512 * 2**20
    nothing: ClassVar[str] = "it holds no text; nothing can be asked of it"

    @abstractmethod
    def accepts(self, head: Head) -> bool:
        """Whether a document is of this format, by its content; asked in the parent."""

    def claims(self, head: Head) -> bool:
        """Whether a document that no format accepts by its content is of this one by its name."""
        return False

    def load(self) -> None:  # noqa: B027 (most need nothing)
        """Imports what `open` and its reader need, in the child process; takes its time once."""

    @abstractmethod
    def open(self, job: Job) -> Reader:
        """Opens a document, in the child process; should be quick, pages are read later.

        Raises Refusal where the document cannot be read; whatever else it raises makes the
        document a damaged one.
        """

    def verdict(self) -> Verdict:
        """What judges whether the pages that were read are the document's text."""
        from citrus_cli.documents.verdict import Verdict

        return Verdict(self.nothing)

    def settle(self, messages: Iterator[PageMessage]) -> Iterator[PageMessage]:
        """What becomes of pages when those beside them are known; in the parent."""
        return messages

    def is_cut_off(self, file: Path) -> bool:
        """Whether the end of a document is missing; asked where it seems damaged, or opens."""
        return False

    def repair(self, file: Path) -> str:
        """What to do with a damaged document."""
        return "fetch it again, or save it anew in the program it comes from"


class StreamedFormat(Format):
    """A kind of text that is decoded piece by piece, in the parent, whatever its size.

    `declares_encoding`: a document may name its encoding itself, as XML does.
    """

    declares_encoding: ClassVar[bool] = False

    def filters(self) -> list[Filter]:
        """What the text goes through, in this order, for one reading."""
        return []

    def open(self, job: Job) -> Reader:
        raise NotImplementedError("text is not read in a child process")
