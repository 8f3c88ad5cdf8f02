"""The catalogue: a SQLite file that says what is in the library, and finds words in pages."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from citrus_cli.library.entry import Entry, PageHit, Receipt, entry_from
from citrus_cli.library.errors import DamagedEntryError, NewerEntryError, explained
from citrus_cli.library.identity import Identity
from citrus_cli.library.migrations import MIGRATIONS
from citrus_cli.library.pages import PageRecord, with_layout
from citrus_cli.library.private import make_file, make_folder

FILE = "catalogue.sqlite"
_PATIENCE_SECONDS = 60.0
_WORDS = re.compile(r"\w+")

_ENTRY = """SELECT indexes.*, documents.content, documents.opened, documents.path, documents.name
    FROM indexes JOIN documents ON documents.id = indexes.document"""


class Catalogue:
    """The catalogue in a folder. Each call opens it anew, so processes and threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Nothing is opened yet."""
        self.folder = folder
        self.path = folder / FILE

    @contextmanager
    def open(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection; `write`: in a transaction that ends with the block, or undoes all of it.

        Raises:
            NewerEntryError, DamagedEntryError, CitrusError: as `explained`, or of a newer version.
        """
        with explained(self.folder), closing(self._connect()) as db:
            if not write:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                with suppress(sqlite3.Error):  # after some errors SQLite has rolled back itself
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        make_folder(self.folder)
        with suppress(FileExistsError):
            # never opened besides by SQLite: closing a file lets go of all locks of the process
            os.close(make_file(self.path, new=True))
        db = sqlite3.connect(self.path, timeout=_PATIENCE_SECONDS, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")  # what is removed is gone, not just unlisted
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise NewerEntryError(
                    f"{self.path} was made by a newer citrus; update citrus, or remove it with "
                    "citrus store remove --all"
                )
            if version < len(MIGRATIONS):
                _migrate(db)
            db.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            db.close()
            raise
        return db

    def row(self, key: str) -> Entry | None:
        """The entry of this name.

        Raises:
            DamagedEntryError: its row is not what was written.
        """
        with self.open() as db:
            found = db.execute(f"{_ENTRY} WHERE key = ?", (key,)).fetchone()
            return None if found is None else entry_from(found, self)

    def rows(self) -> Iterator[tuple[str, Entry | DamagedEntryError]]:
        """All entries by name, the most recently used first; what is damaged as its error."""
        with self.open() as db:
            found = db.execute(f"{_ENTRY} ORDER BY used DESC, key").fetchall()
        for row in found:
            try:
                yield str(row["key"]), entry_from(row, self)
            except DamagedEntryError as error:
                yield str(row["key"]), error

    def touch(self, entry: Entry, path: str | None) -> None:
        """It is being used, and its document was seen at `path`."""
        with self.open(write=True) as db:
            db.execute("UPDATE indexes SET used = ? WHERE key = ?", (time.time(), entry.key))
            if path is not None:
                db.execute(
                    "UPDATE documents SET path = ?, name = ? WHERE id = ? AND path <> ?",
                    (path, Path(path).name, entry.document, path),
                )

    def pages(self, document: int, only: int | None = None) -> Iterator[PageRecord]:
        """A document's pages in order, or the one at a position; each checked.

        Raises:
            DamagedEntryError: one is not what was written.
        """
        where, values = "", [document]
        if only is not None:
            where, values = " AND position = ?", [document, only]
        query = f"SELECT * FROM pages WHERE document = ?{where} ORDER BY position"
        with self.open() as db:
            for row in db.execute(query, values):
                yield _page(row, self.path)

    def search(
        self, words: str, limit: int, documents: Sequence[int] | None = None
    ) -> list[PageHit]:
        """The pages that hold words like these, by BM25, best first."""
        wanted = " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORDS.findall(words.lower())))
        if not wanted or (documents is not None and not documents):
            return []
        inside = ""
        if documents is not None:
            inside = f"AND documents.id IN ({', '.join('?' * len(documents))})"
        query = f"""SELECT pages.*, documents.path, documents.name, bm25(page_words) AS score
            FROM page_words JOIN pages ON pages.id = page_words.rowid
            JOIN documents ON documents.id = pages.document
            WHERE page_words MATCH ? {inside} ORDER BY score, pages.id LIMIT ?"""
        with self.open() as db:
            rows = db.execute(query, (wanted, *(documents or ()), limit)).fetchall()
        return [
            PageHit(r["path"], r["name"], r["position"], _page(r, self.path), -r["score"])
            for r in rows
        ]

    def add(
        self, db: sqlite3.Connection, identity: Identity, receipt: Receipt,
        pages: Iterable[PageRecord], columns: str,
    ) -> Entry:  # fmt: skip
        """Put a document with its pages and its index in, in place of what was there of them."""
        now = time.time()
        document = db.execute(
            """INSERT INTO documents (content, opened, path, name, format, size, modified, added)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (content, opened) DO UPDATE SET
                path = excluded.path, name = excluded.name, size = excluded.size,
                modified = excluded.modified
            RETURNING id""",
            (identity.content, identity.opened, receipt.path, receipt.name, receipt.format,
             receipt.size, receipt.modified, now),
        ).fetchone()[0]  # fmt: skip
        db.execute("DELETE FROM pages WHERE document = ?", (document,))
        count = size = 0
        for count, page in enumerate(pages, start=1):
            text = page.text.encode()
            size += len(text)
            db.execute(
                """INSERT INTO pages (document, position, number, label, crc, layout, text)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (document, count - 1, page.number, page.label, page.crc(count - 1), page.layout(),
                 page.text),
            )  # fmt: skip
        entry = Entry.made(self, document, identity, receipt, columns, count, size, now)
        fields = entry.fields()
        names, marks = ", ".join(fields), ", ".join("?" * len(fields))
        db.execute(
            f"INSERT OR REPLACE INTO indexes ({names}) VALUES ({marks})", tuple(fields.values())
        )
        return entry

    def remove(self, keys: Sequence[str]) -> None:
        """Take indexes out, and the documents that have no index any more."""
        with self.open(write=True) as db:
            for key in keys:
                db.execute("DELETE FROM indexes WHERE key = ?", (key,))
            db.execute("DELETE FROM documents WHERE id NOT IN (SELECT document FROM indexes)")
            # else the words of removed pages would stay until SQLite gets round to it
            db.execute("INSERT INTO page_words (page_words) VALUES ('optimize')")
        with self.open() as db:
            db.execute("PRAGMA incremental_vacuum").fetchall()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _migrate(db: sqlite3.Connection) -> None:
    """Bring an older catalogue, or an empty file, to the present version; all or nothing."""
    if not db.execute("PRAGMA page_count").fetchone()[0]:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    with suppress(sqlite3.OperationalError):  # another process is just doing it
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN EXCLUSIVE")
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]  # another process may be first
        for migration in MIGRATIONS[version:]:
            migration(db)
        db.execute(f"PRAGMA user_version = {max(version, len(MIGRATIONS))}")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _page(row: sqlite3.Row, path: Path) -> PageRecord:
    try:
        page = with_layout(row["number"], row["label"], row["text"], row["layout"])
        sound = page.crc(row["position"]) == row["crc"]
    except (ValueError, TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise DamagedEntryError(f"{path} is damaged: a page's text is not what was written")
    return page
