"""Finder: words. BM25 over passages and pages, and the rows and headings that bear given names.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with the idf that
cannot be negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from citrus_cli.index.corpus import Corpus, Floats, Ints
from citrus_cli.index.making import word_hash
from citrus_cli.index.question import STOP_WORDS, words

K1, B = 1.5, 0.75

HEADED_WITHIN = 400
"""What stands so many characters into a page is its heading, for tables that fill pages."""

_LEAST_DIGITS = 2
"""A row with fewer digits holds no amount."""


class Words:
    """Where the words of a corpus stand."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    @cached_property
    def _hashes(self) -> NDArray[np.uint32]:
        nothing = np.zeros(0, np.uint32)  # there may be no word in a document
        parts = [np.asarray(i.column("words", nothing)) for i in self._corpus.indexes]
        return np.concatenate([nothing, *parts])

    @cached_property
    def _units(self) -> Ints:
        """(words,) the unit that each word stands in."""
        parts = []
        for at, index in enumerate(self._corpus.indexes):
            owners = index.column("word_units", np.zeros(0, np.uint32))
            parts.append(np.asarray(owners, np.int64) + self._corpus.unit_starts[at])
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def holding(self, word: str) -> Ints:
        """The units of a word's occurrences, one for each."""
        return self._units[self._hashes == np.uint32(word_hash(word))]

    def of_passages(self, wanted: Sequence[str]) -> Floats:
        """BM25 of each passage, (passages,)."""
        spans = self._corpus.passages[:, 1:]
        sizes = self._sizes_of_units
        ends = np.concatenate(([0.0], np.cumsum(sizes)))
        lengths = ends[spans[:, 1]] - ends[spans[:, 0]]

        def counts(word: str) -> Floats:
            at = np.sort(self.holding(word))
            low, high = np.searchsorted(at, spans[:, 0]), np.searchsorted(at, spans[:, 1])
            return (high - low).astype(np.float64)

        return bm25((counts(word) for word in wanted), lengths)

    def of_pages(self, wanted: Sequence[str]) -> Floats:
        """BM25 of each page, (pages,)."""
        pages, count = self._corpus.page_of_unit, self._corpus.pages
        sizes = np.bincount(pages, self._sizes_of_units, count)

        def counts(word: str) -> Floats:
            return np.bincount(pages[self.holding(word)], minlength=count).astype(np.float64)

        return bm25((counts(word) for word in wanted), sizes.astype(np.float64))

    def rows_named(self, names: Sequence[str]) -> Floats:
        """For each page the share of some names that a row with an amount there bears, (pages,)."""
        pages = np.zeros(self._corpus.pages)
        amounts = self._corpus.field[:, 7] >= _LEAST_DIGITS
        for name in names:
            units = self._bearing(name)
            hit = np.unique(self._corpus.page_of_unit[units[amounts[units]]])
            pages[hit] += 1
        return pages / max(1, len(names))

    def pages_headed(self, names: Sequence[str]) -> Floats:
        """1 for each page that any of some names stands at the head of, (pages,)."""
        pages = np.zeros(self._corpus.pages)
        high = self._corpus.field[:, 2] < HEADED_WITHIN
        for name in names:
            units = self._bearing(name)
            pages[self._corpus.page_of_unit[units[high[units]]]] = 1
        return pages

    def _bearing(self, name: str) -> Ints:
        """The units that hold all telling words of a name."""
        found: Ints | None = None
        for word in dict.fromkeys(words(name)):
            if word not in STOP_WORDS and word not in _ANY_STATEMENT:
                here = np.unique(self.holding(word))
                found = here if found is None else np.intersect1d(found, here)
        return np.zeros(0, np.int64) if found is None else found

    @cached_property
    def _sizes_of_units(self) -> Floats:
        return np.bincount(self._units, minlength=self._corpus.units).astype(np.float64)


_ANY_STATEMENT = frozenset(("consolidated",))


def bm25(counts: Iterable[Floats], lengths: Floats) -> Floats:
    """BM25 of texts of so many words, by how often each of the wanted words stands in them."""
    scores = np.zeros(len(lengths))
    average = lengths.mean() if len(lengths) and lengths.any() else 1.0
    norm = K1 * (1 - B + B * lengths / average)
    for count in counts:
        holding = np.count_nonzero(count)
        if holding:
            idf = np.log(1 + (len(lengths) - holding + 0.5) / (holding + 0.5))
            scores += idf * count * (K1 + 1) / (count + norm)
    return scores
