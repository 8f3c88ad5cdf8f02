"""An index as it is made: pages go in as they are read, rows of columns come out.

The columns, by name; a token, a unit (sentence, table row, list item, heading) or a passage is
known by its row:

| column | row | what |
| --- | --- | --- |
| sheets | sheet | its first token |
| ids, starts | token | its id; where it starts in its sheet, in characters |
| keys, key_scales | token | its keys in the heads that retrieve, int8 by head; what 1 of them is |
| units | unit | `UNIT_FIELDS` |
| unit_vectors, unit_vector_scales | unit | its embedding, int8; what 1 is |
| passages | passage | page, first unit, unit after the last one |
| passage_vectors, passage_vector_scales | passage | likewise |
| words, word_units | word | a hash of it; the unit that it stands in |

A *sheet* is a page, or a part of a page that is very long.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from citrus_cli.evidence.sentences import Unit, units
from citrus_cli.index.question import words
from citrus_cli.index.segments import KeyReader
from citrus_cli.library.pages import PageRecord
from citrus_cli.models.embedder import Embedder
from citrus_cli.models.plain import PlainEncoder

UNIT_FIELDS = ("page", "sheet", "start", "end", "first", "last", "kind", "digits", "solid")
"""Of a unit: its page (from 0) and sheet; its characters there, [start, end); its tokens,
[first, last); its kind, as an index into `KINDS`; how many of its characters are digits, and how
many are no white space."""

KINDS = ("sentence", "item", "heading", "row")

PASSAGE_TOKENS = 200
"""A passage is as many units as have so many tokens; the next one begins halfway."""

_EMBEDDED_AT_ONCE = 512


class Sink(Protocol):
    """Where rows go: a writer of the library."""

    def add_page(self, page: PageRecord) -> None:
        """Keep a sheet."""

    def append(self, column: str, rows: NDArray[np.generic]) -> None:
        """Add rows to a column."""


@dataclass
class Counts:
    """What an index has so far."""

    tokens: int = 0
    units: int = 0
    sheets: int = 0
    pages: int = 0


class IndexMaker:
    """Makes the index of one document. Without a key reader, or an embedder, these columns lack."""

    def __init__(
        self,
        sink: Sink,
        encoder: PlainEncoder,
        keys: KeyReader | None,
        embedder: Embedder | None,
        *,
        quantized: bool = True,
    ) -> None:
        """`quantized`: keys are kept as int8 rather than as float16."""
        self.counts = Counts()
        self._sink, self._encoder, self._keys, self._embedder = sink, encoder, keys, embedder
        self._quantized = quantized
        self._last_page: int | None = None
        self._texts: dict[str, list[str]] = {"unit": [], "passage": []}

    def add(self, sheet: PageRecord) -> None:
        """Take the next sheet; one of the same number as the last goes on with its page."""
        if sheet.number != self._last_page:
            self.counts.pages += 1
            self._last_page = sheet.number
        self._sink.add_page(sheet)
        ids, spans = self._encoder.tokens(sheet.text)
        starts = np.fromiter((start for start, _ in spans), np.uint32, len(spans))
        self._append("sheets", np.asarray([self.counts.tokens], np.int64))
        self._append("ids", np.asarray(ids, np.uint32))
        self._append("starts", starts)
        self._add_units(sheet.text, list(units(sheet.text)), starts)
        self._read(ids, last=False)
        self.counts.sheets += 1
        self.counts.tokens += len(ids)

    def finish(self) -> Counts:
        """All sheets are there."""
        self._read([], last=True)
        for of in self._texts:
            self._embed(of)
        return self.counts

    def _read(self, ids: Sequence[int], *, last: bool) -> None:
        if self._keys is None:
            return
        for keys in self._keys.read(ids, last=last):
            values = keys.numpy()
            if self._quantized:
                values, scales = quantized(values)
                self._append("key_scales", scales)
            self._append("keys", values)

    def _add_units(self, text: str, found: Sequence[Unit], starts: NDArray[np.uint32]) -> None:
        if not found:
            return
        at = np.searchsorted(starts, [unit.start for unit in found], "right") - 1
        # a character may be several tokens: from the first one on
        firsts = np.searchsorted(starts, starts[np.maximum(at, 0)], "left")
        lasts = np.searchsorted(starts, [unit.end for unit in found], "left")
        rows = np.zeros((len(found), len(UNIT_FIELDS)), np.int32)
        said = [text[unit.start : unit.end] for unit in found]
        rows[:, 0], rows[:, 1] = self.counts.pages - 1, self.counts.sheets
        rows[:, 2], rows[:, 3] = [u.start for u in found], [u.end for u in found]
        rows[:, 4] = firsts + self.counts.tokens
        rows[:, 5] = np.maximum(lasts, firsts + 1) + self.counts.tokens
        rows[:, 6] = [KINDS.index(unit.kind) for unit in found]
        rows[:, 7] = [sum(map(str.isdigit, one)) for one in said]
        rows[:, 8] = [sum(not c.isspace() for c in one) for one in said]
        self._append("units", rows)
        self._add_words(said)
        self._add_passages(text, found, rows)
        self._texts["unit"] += said
        self.counts.units += len(found)
        self._embed("unit", _EMBEDDED_AT_ONCE)
        self._embed("passage", _EMBEDDED_AT_ONCE)

    def _add_words(self, said: Sequence[str]) -> None:
        hashes, owners = [], []
        for at, one in enumerate(said):
            found = [word_hash(word) for word in words(one)]
            hashes += found
            owners += [self.counts.units + at] * len(found)
        self._append("words", np.asarray(hashes, np.uint32))
        self._append("word_units", np.asarray(owners, np.uint32))

    def _add_passages(self, text: str, found: Sequence[Unit], rows: NDArray[np.int32]) -> None:
        made = list(passages(rows[:, 5] - rows[:, 4]))
        page = self.counts.pages - 1
        whole = [(page, a + self.counts.units, b + self.counts.units) for a, b in made]
        self._append("passages", np.asarray(whole, np.int32))
        self._texts["passage"] += [text[found[a].start : found[b - 1].end] for a, b in made]

    def _embed(self, of: str, least: int = 1) -> None:
        texts = self._texts[of]
        if self._embedder is None or len(texts) < least:
            return
        values, scales = quantized(self._embedder.embed(texts))
        self._append(f"{of}_vectors", values)
        self._append(f"{of}_vector_scales", scales)
        texts.clear()

    def _append(self, column: str, rows: NDArray[np.generic]) -> None:
        if len(rows):
            self._sink.append(column, rows)


def passages(lengths: Sequence[int] | NDArray[np.int32]) -> Iterator[tuple[int, int]]:
    """Runs [first, last) of units of so many tokens, each about `PASSAGE_TOKENS` long, the next
    one beginning halfway through the one before."""
    first, count = 0, len(lengths)
    while first < count:
        last, size, half = first, 0, first + 1
        while last < count and (last == first or size + lengths[last] <= PASSAGE_TOKENS):
            size += int(lengths[last])
            last += 1
            if 2 * size <= PASSAGE_TOKENS:
                half = last
        yield first, last
        if last == count:
            return
        first = max(half, first + 1)


def quantized(values: NDArray[np.generic]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Numbers as int8 along their last dimension, and what 1 of each row's is, float16.

    (rows, …, dim) → (rows, …, dim), (rows, …).
    """
    wide = np.asarray(values, np.float32)
    scales = np.maximum(np.abs(wide).max(axis=-1) / 127, 1e-7).astype(np.float16)
    steps = wide / scales.astype(np.float32)[..., None]
    return np.clip(np.rint(steps), -127, 127).astype(np.int8), scales


def word_hash(word: str) -> int:
    """A word as a number of 32 bits; two words of a document hardly ever have the same."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))
