"""What a picture is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from citrus_cli.answer import Answer
from citrus_cli.evidence.model import Claim, Evidence, PageText

SUPPORT = ("strong", "some", "weak")
SINK_LAYERS = 0.9
"""A document's first page that at least this share of the layers kept from holds the sinks."""


@dataclass(frozen=True)
class KeptPageText:
    """A page and what was kept of it.

    `kept` are character spans of kept tokens, each with the share of layers that kept it, 0 to 1.
    """

    page: PageText
    kept: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True)
class Picture:
    """An answer, what speaks for it, and what was kept of the document to give it.

    `support` is "strong", "some" or "weak", or None where it was not judged. `pages` are all pages
    of the documents, in order. `layers` has a row for each layer with a number for each of `pages`:
    the share of the layer's kept states that lie on the page, 0 to 1.
    """

    answer: Answer
    evidence: tuple[Evidence, ...]
    claims: tuple[Claim, ...]
    support: str | None
    pages: tuple[KeptPageText, ...]
    layers: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if self.support is not None and self.support not in SUPPORT:
            raise ValueError(f"support {self.support!r}: must be one of {', '.join(SUPPORT)}")
        for number, row in enumerate(self.layers):
            if len(row) != len(self.pages):
                raise ValueError(f"layer {number}: {len(row)} shares for {len(self.pages)} pages")
            if not all(0 <= share <= 1 for share in row):
                raise ValueError(f"layer {number}: shares must lie between 0 and 1")

    @property
    def documents(self) -> tuple[str, ...]:
        """The names of the documents, in order."""
        return tuple(dict.fromkeys(kept.page.document for kept in self.pages))

    def index(self) -> dict[tuple[str, int], int]:
        """Where in `pages` each page of each document is."""
        return {(kept.page.document, kept.page.page): at for at, kept in enumerate(self.pages)}

    def shares(self) -> list[float]:
        """The part of all kept states that lies on each page, over all layers."""
        if not self.layers:
            return [0.0] * len(self.pages)
        return [sum(column) / len(self.layers) for column in zip(*self.layers, strict=True)]

    def layers_kept(self) -> list[int]:
        """How many layers kept something of each page."""
        counts = [0] * len(self.pages)
        for row in self.layers:
            for at, share in enumerate(row):
                counts[at] += share > 0
        return counts

    def sinks(self) -> set[int]:
        """The first pages of documents, as far as nearly every layer kept something of them."""
        counts = self.layers_kept()
        return {
            at
            for at in self.first_pages()
            if counts[at] and counts[at] >= SINK_LAYERS * len(self.layers)
        }

    def first_pages(self) -> Iterator[int]:
        """Where each document begins in `pages`."""
        before = None
        for at, kept in enumerate(self.pages):
            if kept.page.document != before:
                yield at
            before = kept.page.document

    def sources(self) -> dict[int, list[int]]:
        """The numbers, from 1, of the evidence on each page that has any; keys are as in `index`.

        Evidence on a page that is not among `pages` is left out.
        """
        index = self.index()
        found: dict[int, list[int]] = {}
        for number, evidence in enumerate(self.evidence, start=1):
            at = index.get((evidence.document, evidence.page))
            if at is not None:
                found.setdefault(at, []).append(number)
        return found
