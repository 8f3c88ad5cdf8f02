"""Writing an index: pages and columns go into a folder of their own, which is then the entry's."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citrus_cli.library.catalogue import Catalogue
from citrus_cli.library.columns import Array, ColumnWriter, packed, stored_dtype, unpacked
from citrus_cli.library.entry import Entry, Receipt
from citrus_cli.library.errors import ChangedFileError, DamagedEntryError, explained
from citrus_cli.library.identity import Identity, content_of
from citrus_cli.library.pages import PageRecord, read_pages, write_page
from citrus_cli.library.private import make_file, make_folder
from citrus_cli.models.cache import publish, sync

_PAGES = "pages.jsonl"
_COMMITTED = "committed.json"


@dataclass(frozen=True)
class Resume:
    """How far an interrupted reading had come: rows by column, pages, and what was committed."""

    rows: Mapping[str, int]
    pages: int
    state: Mapping[str, Any] = field(default_factory=dict)


class Writer:
    """Takes what is read of a document as it comes; `finish` makes it an entry.

    Attributes:
        entry: the entry, once it is finished; from the beginning where another process finished
            it while this one waited for it. Then nothing is to be written.
        resume: where to go on, if that was asked for and an interrupted reading of the same
            identity had committed something; else None, and the writer is empty.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        folder: Path,
        identity: Identity,
        source: Path | None,
        *,
        resume: bool,
    ) -> None:
        """Everything goes into `folder`, which only this process may be writing."""
        self.entry: Entry | None = None
        self.resume: Resume | None = None
        self._catalogue, self._folder, self._identity = catalogue, folder, identity
        self._source = source
        self._columns: dict[str, ColumnWriter] = {}
        self._count = 0
        if not (resume and self._go_on()):
            shutil.rmtree(folder, ignore_errors=True)
            make_folder(folder)
        self._pages = os.fdopen(make_file(folder / _PAGES), "ab")

    def add_page(self, page: PageRecord) -> None:
        """Keep the next page.

        Raises:
            CitrusError: the disk is full, or fails.
        """
        with explained(self._catalogue.folder):
            write_page(self._pages, page)
        self._count += 1

    def append(self, column: str, rows: Array) -> None:
        """Write rows to the end of a column; its first rows fix their type and their shape.

        Raises:
            ValueError: they are of another shape or type than those before.
            CitrusError: the disk is full, or fails.
        """
        with explained(self._catalogue.folder):
            if column not in self._columns:
                if not column.isidentifier():
                    raise ValueError(f"{column!r} cannot name a column")
                self._columns[column] = ColumnWriter(
                    self._folder, column, stored_dtype(rows), rows.shape[1:]
                )
            self._columns[column].append(rows)

    def rows(self, column: str) -> int:
        """How many rows a column has."""
        found = self._columns.get(column)
        return 0 if found is None else found.column().rows

    @property
    def bytes(self) -> int:
        """What was written so far."""
        return self._pages.tell() + sum(one.column().bytes for one in self._columns.values())

    def commit(self, **state: Any) -> None:
        """Have what was written on the disk, so that a reading that is killed can go on from here.

        `state` (plain JSON values) is handed back in `resume`.

        Raises:
            CitrusError: the disk is full, or fails.
        """
        with explained(self._catalogue.folder):
            self._pages.flush()
            os.fsync(self._pages.fileno())
            for column in self._columns.values():
                column.sync()
            fields = {
                "columns": packed([column.column() for column in self._columns.values()]),
                "pages": [self._count, self._pages.tell()],
                "state": state,
            }
            temporary = self._folder / f"{_COMMITTED}.new"
            with os.fdopen(make_file(temporary), "w") as file:
                json.dump(fields, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / _COMMITTED)

    @property
    def committed(self) -> bool:
        """Whether there is something that a later reading can go on from."""
        return (self._folder / _COMMITTED).is_file()

    def finish(self, receipt: Receipt) -> Entry:
        """All is there: the entry, in its place and in the catalogue.

        Raises:
            ChangedFileError: the source is another than when the reading began; nothing is kept.
            CitrusError: the disk is full, or fails.
        """
        with explained(self._catalogue.folder):
            columns = packed([column.column() for column in self._columns.values()])
            self.close()
            pages = self._set_aside_pages()
            try:
                (self._folder / _COMMITTED).unlink(missing_ok=True)
                sync(self._folder)
                with self._catalogue.open(write=True) as db:
                    entry = self._catalogue.add(
                        db, self._identity, receipt, read_pages(pages), columns
                    )
                    self._check_source()
                    # before the commit: a folder that no row names is swept up, a row without
                    # its folder would be a damaged entry
                    publish(self._folder, entry.folder, replace=True)
            finally:
                pages.unlink(missing_ok=True)
        self.entry = entry
        return entry

    def close(self) -> None:
        """Let go of the files."""
        self._pages.close()
        for column in self._columns.values():
            column.close()

    def discard(self) -> None:
        """Leave nothing behind."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _set_aside_pages(self) -> Path:
        """The spooled pages, out of the folder that is to be the entry's."""
        aside = self._folder.with_name(f"{self._folder.name}.pages")
        (self._folder / _PAGES).replace(aside)
        return aside

    def _check_source(self) -> None:
        if self._source is None:
            return
        try:
            same = content_of(self._source) == self._identity.content
        except OSError:
            same = False
        if not same:
            raise ChangedFileError(
                f"{self._source} changed while it was read, so nothing of it was kept; try again "
                "when it is at rest"
            )

    def _go_on(self) -> bool:
        """Take up what an interrupted reading committed, if there is that and it is sound."""
        try:
            fields = json.loads((self._folder / _COMMITTED).read_text("utf-8"))
            columns = unpacked(fields["columns"])
            self._count, size = map(int, fields["pages"])
            if (self._folder / _PAGES).stat().st_size < size:
                return False
            for name, column in columns.items():
                self._columns[name] = ColumnWriter.resumed(self._folder, column)
            os.truncate(self._folder / _PAGES, size)
            rows = {name: column.rows for name, column in columns.items()}
            self.resume = Resume(rows, self._count, dict(fields["state"]))
        except (OSError, ValueError, KeyError, TypeError, DamagedEntryError):
            for writer in self._columns.values():
                writer.close()
            self._columns, self._count = {}, 0
            return False
        return True
