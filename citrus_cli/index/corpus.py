"""The indexes that a question is asked of, as one: units, passages and pages counted through."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from citrus_cli.index.making import KINDS
from citrus_cli.library.entry import Entry
from citrus_cli.library.pages import PageRecord

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_EMPTY_UNITS = np.zeros((0, 9), np.int32)
_SHEETS_HELD = 64


class DocumentIndex:
    """The index of one document, as it is asked: its columns, mapped, and its text."""

    def __init__(self, entry: Entry, path: str | None = None) -> None:
        """Nothing but the units is looked at before it is needed.

        `path` is where the document lies now; by default where it was last seen.
        """
        self.entry = entry
        self.path = entry.path if path is None else path
        self.tokens = entry.tokens
        self.units: NDArray[np.int32] = np.asarray(self.column("units", _EMPTY_UNITS), np.int32)
        self._sheet = lru_cache(maxsize=_SHEETS_HELD)(entry.page)

    def has(self, column: str) -> bool:
        """Whether the index was made with it."""
        return column in self.entry.columns

    def column(self, name: str, default: NDArray[np.generic] | None = None) -> NDArray[np.generic]:
        """A column's rows, mapped; `default` where there is none.

        Checksums were compared when the entry was found (`Entry.check`); here only sizes are.

        Raises:
            KeyError: there is none, and no default.
            DamagedEntryError: it is not so long as what was written.
        """
        if not self.has(name):
            if default is None:
                raise KeyError(name)
            return default
        return self.entry.column(name, verify=False)

    def sheet(self, at: int) -> PageRecord:
        """A sheet: a page, or a part of a very long one."""
        return self._sheet(at)

    def characters_before(self, at: int) -> int:
        """Characters of the same page in earlier sheets than sheet `at`."""
        total, number = 0, self.sheet(at).number
        while at > 0 and self.sheet(at - 1).number == number:
            at -= 1
            total += len(self.sheet(at).text)
        return total

    def line(self, sheet: int, at: int) -> int | None:
        """The source's line, from 1, of a sheet's character; None where the document has pages."""
        if self.pages > 1 or self.entry.receipt.format != "text":
            return None
        record = self.sheet(sheet)
        offset, line = record.lines[max(0, bisect_right(record.lines, (at, 1 << 62)) - 1)]
        return line + record.text.count("\n", offset, at)

    @cached_property
    def page_of_unit(self) -> Ints:
        """(units,) which page each unit is on, from 0."""
        return self.units[:, 0].astype(np.int64)

    @cached_property
    def pages(self) -> int:
        """How many pages have any unit."""
        return int(self.page_of_unit[-1]) + 1 if len(self.units) else 0

    @cached_property
    def sheets_of_pages(self) -> dict[int, int]:
        """The first sheet of each page that has units."""
        first: dict[int, int] = {}
        for page, sheet in self.units[:, :2].tolist():
            first.setdefault(page, sheet)
        return first


class Corpus:
    """Some documents' indexes, in order."""

    def __init__(self, indexes: Sequence[DocumentIndex]) -> None:
        """The order decides how units and pages are counted."""
        self.indexes = tuple(indexes)
        self.unit_starts = _starts([len(one.units) for one in indexes])
        self.page_starts = _starts([one.pages for one in indexes])
        self.token_starts = _starts([one.tokens for one in indexes])

    @property
    def units(self) -> int:
        """How many units there are."""
        return int(self.unit_starts[-1])

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return int(self.page_starts[-1])

    @property
    def tokens(self) -> int:
        """How many tokens there are."""
        return int(self.token_starts[-1])

    def of_unit(self, unit: int) -> tuple[DocumentIndex, int]:
        """The index that a unit is in, and which it is there."""
        at = int(np.searchsorted(self.unit_starts, unit, "right")) - 1
        return self.indexes[at], unit - int(self.unit_starts[at])

    def document_of(self, unit: int) -> int:
        """Which document a unit is in, from 0."""
        return int(np.searchsorted(self.unit_starts, unit, "right")) - 1

    @cached_property
    def field(self) -> NDArray[np.int32]:
        """(units, fields) of all documents: pages counted through, the rest as in each."""
        rows = []
        for at, one in enumerate(self.indexes):
            mine = np.array(one.units)
            mine[:, 0] += self.page_starts[at]
            rows.append(mine)
        return np.concatenate(rows) if rows else _EMPTY_UNITS

    @cached_property
    def page_of_unit(self) -> Ints:
        """(units,) the page of each unit, counted through all documents."""
        return self.field[:, 0].astype(np.int64)

    @cached_property
    def passages(self) -> Ints:
        """(passages, 3): page, first unit, unit after the last; counted through."""
        rows = []
        for at, one in enumerate(self.indexes):
            mine = np.array(one.column("passages", np.zeros((0, 3), np.int32)), np.int64)
            page, unit = int(self.page_starts[at]), int(self.unit_starts[at])
            rows.append(mine + np.array([page, unit, unit]))
        return np.concatenate(rows) if rows else np.zeros((0, 3), np.int64)

    def by_unit(self, of_passages: Floats) -> Floats:
        """For each unit the best score of a passage that it is in."""
        best = np.full(self.units, -np.inf)
        for (_, first, last), score in zip(self.passages.tolist(), of_passages, strict=True):
            part = best[first:last]
            np.maximum(part, score, out=part)
        return np.where(np.isfinite(best), best, of_passages.min(initial=0.0))

    def by_page(self, values: Floats, pages: Ints) -> Floats:
        """For each page the best of some values that lie on pages."""
        best = np.full(self.pages, -np.inf)
        np.maximum.at(best, pages, values)
        return np.where(np.isfinite(best), best, values.min(initial=0.0))

    def kinds(self, kind: str) -> NDArray[np.bool_]:
        """(units,) which are of a kind."""
        return self.field[:, 6] == KINDS.index(kind)  # type: ignore[arg-type]

    def columns(self, name: str) -> Iterator[NDArray[np.generic]]:
        """A column of each document that has any text, in turn.

        Raises:
            KeyError: one lacks it.
        """
        return (one.column(name) for one in self.indexes if len(one.units))

    def have(self, column: str) -> bool:
        """Whether all documents with any text have a column."""
        return all(one.has(column) for one in self.indexes if len(one.units))


def _starts(counts: Sequence[int]) -> Ints:
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(np.asarray(counts, np.int64), out=starts[1:])
    return starts
