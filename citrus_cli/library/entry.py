"""One entry of the library: an index of one document, as the catalogue describes it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.documents.notices import Notice
from citrus_cli.library.columns import Array, Column, unpacked
from citrus_cli.library.errors import DamagedEntryError
from citrus_cli.library.identity import Identity
from citrus_cli.library.pages import PageRecord

if TYPE_CHECKING:
    from citrus_cli.library.catalogue import Catalogue

_TIMES = ("created", "used")


@dataclass(frozen=True)
class Receipt:
    """How a document was read, and by whom; `notes` are the index's own plain JSON values.

    `warnings` keep their codes where they are `Notice`s. `modified` is in seconds since the epoch.
    """

    path: str
    name: str
    format: str
    tokens: int
    model: str
    dtype: str
    embedder: str = ""
    size: int | None = None
    modified: float | None = None
    pages_without_text: tuple[int, ...] = ()
    pages_failed: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    def packed(self) -> str:
        """As JSON."""
        warnings = [(str(one), getattr(one, "code", None)) for one in self.warnings]
        return json.dumps({**asdict(self), "warnings": warnings})


def unpacked_receipt(text: str) -> Receipt:
    """A receipt from what `packed` gave.

    Raises:
        ValueError, TypeError, KeyError: it gave something else.
    """
    fields = json.loads(text)
    for name in ("pages_without_text", "pages_failed"):
        fields[name] = tuple(fields[name])
    fields["warnings"] = tuple(
        one if code is None else Notice(one, code) for one, code in fields["warnings"]
    )
    return Receipt(**fields)


@dataclass(frozen=True)
class PageHit:
    """A page that was found by its words. `position` counts from 0; a higher `score` is better."""

    path: str
    name: str
    position: int
    page: PageRecord
    score: float


@dataclass(frozen=True)
class Entry:
    """An index of one document. Its text is in the catalogue, its numbers in `folder`.

    `bytes` counts its numbers and its text; `path` and `name` say where the document was last seen.
    """

    catalogue: Catalogue = field(repr=False, compare=False)
    document: int
    identity: Identity
    receipt: Receipt
    columns: Mapping[str, Column]
    page_count: int
    bytes: int
    created: float
    used: float
    path: str
    name: str
    _row: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def key(self) -> str:
        """The entry's name in the library."""
        return self.identity.key

    @property
    def folder(self) -> Path:
        """Where its numbers lie."""
        return self.catalogue.folder / self.key

    @property
    def tokens(self) -> int:
        """Tokens that were read."""
        return self.receipt.tokens

    def check(self, *, thorough: bool = False) -> None:
        """Look whether all its columns are there, and if `thorough` whether they are sound.

        Raises:
            DamagedEntryError: one is not.
        """
        for column in self.columns.values():
            column.check(self.folder, thorough=thorough)

    def column(self, name: str, *, verify: bool = True) -> Array:
        """A column, mapped and read-only; its checksums are compared if `verify`.

        Raises:
            KeyError: there is no such column.
            DamagedEntryError: it is missing, or not what was written.
        """
        return self.columns[name].array(self.folder, verify=verify)

    def pages(self) -> Iterator[PageRecord]:
        """The document's pages in order.

        Raises:
            DamagedEntryError: one is missing, or not what was written.
        """
        count = 0
        for page in self.catalogue.pages(self.document):
            yield page
            count += 1
        if count != self.page_count:
            raise self._damaged(f"{count} pages of {self.page_count} are there")

    def page(self, position: int) -> PageRecord:
        """The page at a position, from 0.

        Raises:
            IndexError: the document has no such page.
            DamagedEntryError: it is missing, or not what was written.
        """
        if not 0 <= position < self.page_count:
            raise IndexError(position)
        for page in self.catalogue.pages(self.document, position):
            return page
        raise self._damaged(f"page {position + 1} is missing")

    def page_text(self, position: int) -> str:
        """The text of the page at a position, from 0. Raises as `page`."""
        return self.page(position).text

    def fields(self) -> dict[str, Any]:
        """Its row in the catalogue."""
        return {**self._row, "created": self.created, "used": self.used}

    def _damaged(self, why: str) -> DamagedEntryError:
        return DamagedEntryError(f"{self.catalogue.path} is damaged: {why} of {self.name}")

    @classmethod
    def made(
        cls, catalogue: Catalogue, document: int, identity: Identity, receipt: Receipt,
        columns: str, pages: int, text_bytes: int, now: float,
    ) -> Entry:  # fmt: skip
        """The entry of a reading that has just ended."""
        found = unpacked(columns)
        size = sum(column.bytes for column in found.values()) + text_bytes
        row = {
            "key": identity.key,
            "document": document,
            "reader": identity.reader,
            "embedder": identity.embedder,
            "format": identity.format,
            "model": receipt.model,
            "embedder_name": receipt.embedder,
            "dtype": receipt.dtype,
            "tokens": receipt.tokens,
            "pages": pages,
            "bytes": size,
            "receipt": receipt.packed(),
            "columns": columns,
        }
        row["seal"] = _seal(row)
        return cls(
            catalogue, document, identity, receipt, found, pages, size, now, now, receipt.path,
            receipt.name, row,
        )  # fmt: skip


def entry_from(row: sqlite3.Row, catalogue: Catalogue) -> Entry:
    """An entry from its row, joined with its document's.

    Raises:
        DamagedEntryError: the row is not what was written.
    """
    own = {name: row[name] for name in row.keys() if name not in _OF_DOCUMENT + _TIMES}  # noqa: SIM118
    identity = Identity(
        row["content"], row["opened"], row["reader"], row["embedder"], row["format"]
    )
    if own["seal"] != _seal(own) or identity.key != own["key"]:
        raise DamagedEntryError(
            f"{catalogue.path} is damaged: the entry {own['key']} is not what was written"
        )
    try:
        receipt, columns = unpacked_receipt(row["receipt"]), unpacked(row["columns"])
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedEntryError(f"{catalogue.path}: the entry {own['key']} is damaged") from error
    return Entry(
        catalogue, row["document"], identity, receipt, columns, row["pages"], row["bytes"],
        row["created"], row["used"], row["path"], row["name"], own,
    )  # fmt: skip


_OF_DOCUMENT = ("content", "opened", "path", "name")


def _seal(row: Mapping[str, Any]) -> str:
    sealed = {name: value for name, value in row.items() if name != "seal"}
    return hashlib.sha256(json.dumps(sealed, sort_keys=True).encode()).hexdigest()
