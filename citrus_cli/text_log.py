"""The text that was read, kept to find again what a token stood for."""

from __future__ import annotations

import sys
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import IO, NamedTuple

from citrus_cli.evidence.model import PageText
from citrus_cli.pages import Place

IN_MEMORY = 16 << 20
"""Bytes of text that are kept in memory; more goes to a temporary file."""

PART = 1 << 18
"""Characters of a page that are looked at together: plain text may be one page of a gigabyte."""


class Piece(NamedTuple):
    """A run of a page's text: the origin of its first token, and where it starts in the page."""

    origin: int
    place: Place
    start: int
    offset: int
    size: int


class Part(NamedTuple):
    """A page, or `start` characters into it a part of one, and the pieces that it is made of."""

    page: PageText
    start: int
    pieces: tuple[Piece, ...]


class TextLog:
    """All text of a reading, in the order of reading, on disk when it is long."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        # by document: where (in characters) and on which line of its source lines are counted from
        self._lines: dict[int, tuple[array[int], array[int]]] = {}
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._size = 0

    def add(
        self,
        origin: int,
        place: Place,
        start: int,
        text: str,
        lines: Iterable[tuple[int, int]] = (),
    ) -> None:
        """The text whose first token has this origin, `start` characters into its page.

        `lines` say from where on lines of the source are counted, as (characters into the page,
        line); the first is for the start of the text. None where lines mean nothing to a reader.
        """
        offsets, numbers = self._lines.setdefault(place.document, (array("q"), array("q")))
        for offset, number in lines:
            offsets.append(offset)
            numbers.append(number)
        data = text.encode("utf-8", "surrogatepass")
        self._file.seek(self._size)
        self._file.write(data)
        self._pieces.append(Piece(origin, place, start, self._size, len(data)))
        self._size += len(data)

    def piece(self, origin: int) -> Piece | None:
        """The piece that the token with this origin is from."""
        index = bisect_right(self._pieces, origin, key=lambda piece: piece.origin) - 1
        return self._pieces[index] if index >= 0 else None

    def text(self, piece: Piece) -> str:
        """The text of a piece."""
        self._file.seek(piece.offset)
        return self._file.read(piece.size).decode("utf-8", "surrogatepass")

    def parts(
        self,
        names: Sequence[str],
        *,
        longest: int = PART,
        having: Container[Piece] | None = None,
    ) -> Iterator[Part]:
        """Every page, in the order of reading, long ones in parts of about `longest` characters.

        `names` are what the documents are called. With `having` only parts with one of these
        pieces: the text of the others is not even read.
        """
        begin = 0
        for end in range(1, len(self._pieces) + 1):
            first = self._pieces[begin]
            if end < len(self._pieces):
                here = self._pieces[end]
                if here.place == first.place and here.start - first.start < longest:
                    continue
            pieces = self._pieces[begin:end]
            begin = end
            if having is not None and not any(piece in having for piece in pieces):
                continue
            text = "".join(map(self.text, pieces))
            place = first.place
            page = PageText(names[place.document], place.page, place.label, text)
            yield Part(page, first.start, tuple(pieces))

    def line(self, part: Part, at: int) -> int | None:
        """The line of its source, from 1, that a character of a part is on.

        `at` counts from the start of the page. None where the document has pages, or no lines.
        """
        document = part.pieces[0].place.document
        offsets, numbers = self._lines.get(document, ((), ()))
        index = bisect_right(offsets, at) - 1
        if index < 0 or self._has_pages(document):
            return None
        begin = max(0, offsets[index] - part.start)
        return numbers[index] + part.page.text.count("\n", begin, at - part.start)

    def _has_pages(self, document: int) -> bool:
        last = bisect_right(self._pieces, document, key=lambda piece: piece.place.document) - 1
        return self._pieces[last].place.page > 1

    def pages(self, names: Sequence[str]) -> Iterator[PageText]:
        """Every page, whole, in the order of reading."""
        return (part.page for part in self.parts(names, longest=sys.maxsize))
