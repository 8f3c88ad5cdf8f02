"""From documents to token ids: lazily, counted, each document named when there are several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from citrus_cli.models.plain import PlainEncoder
from citrus_cli.pages import PageMap, Place
from citrus_cli.text_log import TextLog

if TYPE_CHECKING:
    from citrus_cli.documents import Document
    from citrus_cli.documents.blocks import Block


class DocumentTokens:
    """The ids of some documents, in order; iterate once.

    While iterating, `counts` holds the tokens of each document so far, `pages` says which page they
    are from, `log` holds their text, and `document`, `page` and `fraction` say where the reading
    is.
    """

    def __init__(self, documents: Sequence[Document], encoder: PlainEncoder) -> None:
        self._documents = documents
        self._encoder = encoder
        sizes = [document.size_bytes for document in documents]
        known = [size for size in sizes if size is not None]
        self._sizes = known if len(known) == len(sizes) else None
        self.counts = [0] * len(documents)
        self.pages = PageMap()
        self.log = TextLog()
        self.document = documents[0].name
        self.page = 1
        self.fraction: float | None = 0.0 if self._sizes else None

    def __iter__(self) -> Iterator[list[int]]:
        for index, document in enumerate(self._documents):
            self.document, self.page = document.name, 1
            if len(self._documents) > 1:
                # the title is part of what is read, so it counts
                yield self._encode(Place(index, 1, None), f"[{document.name}]\n\n")
            for block in document.blocks():
                self.page = block.page
                self.fraction = self._overall(index, block.fraction)
                place = Place(index, block.page, block.label)
                lines = _lines(block) if document.lined else ()
                self.log.add(sum(self.counts), place, block.start, block.text, lines)
                yield self._encode(place, block.text)

    def _encode(self, place: Place, text: str) -> list[int]:
        ids = self._encoder.encode(text)
        self.pages.add(sum(self.counts), place)
        self.counts[place.document] += len(ids)
        return ids

    def _overall(self, index: int, fraction: float | None) -> float | None:
        if self._sizes is None or fraction is None:
            return None
        total = sum(self._sizes) or 1
        return min(1.0, (sum(self._sizes[:index]) + fraction * self._sizes[index]) / total)


def _lines(block: Block) -> list[tuple[int, int]]:
    """Where in its page, and on which line of its source, the lines of a block are counted from."""
    found = [(0, block.line), *block.jumps]
    return [(block.start + offset, line) for offset, line in found]
