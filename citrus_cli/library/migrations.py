"""The catalogue's tables, as the steps by which they came to be. A released step never changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


def _tables(db: sqlite3.Connection) -> None:
    db.execute(
        """CREATE TABLE documents (
            id INTEGER PRIMARY KEY,
            content TEXT NOT NULL,      -- SHA-256 of the file
            opened TEXT NOT NULL,       -- digest of how it was opened
            path TEXT NOT NULL,         -- where it was last seen
            name TEXT NOT NULL,
            format TEXT NOT NULL,
            size INTEGER,
            modified REAL,              -- seconds since the epoch, as last seen
            added REAL NOT NULL,
            UNIQUE (content, opened)
        )"""
    )
    # AUTOINCREMENT: the number of a removed page is never given to another
    db.execute(
        """CREATE TABLE pages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,  -- from 0
            number INTEGER NOT NULL,    -- as the document counts them, from 1
            label TEXT,
            crc INTEGER NOT NULL,       -- CRC-32 of all the page's fields
            layout TEXT NOT NULL,       -- lines and parts, JSON
            text TEXT NOT NULL,
            UNIQUE (document, position)
        )"""
    )
    db.execute(
        """CREATE TABLE indexes (
            key TEXT PRIMARY KEY,       -- digest of the identity, name of the folder
            document INTEGER NOT NULL REFERENCES documents (id),
            reader TEXT NOT NULL,
            embedder TEXT NOT NULL,
            format INTEGER NOT NULL,
            model TEXT NOT NULL,
            embedder_name TEXT NOT NULL,
            dtype TEXT NOT NULL,
            tokens INTEGER NOT NULL,
            pages INTEGER NOT NULL,
            bytes INTEGER NOT NULL,     -- of its numbers and its text
            receipt TEXT NOT NULL,      -- JSON
            columns TEXT NOT NULL,      -- JSON: types, shapes, rows and checksums of its numbers
            seal TEXT NOT NULL,         -- digest of this row's fields, but for the times
            created REAL NOT NULL,
            used REAL NOT NULL
        )"""
    )
    db.execute("CREATE INDEX indexes_of_document ON indexes (document)")


def _full_text(db: sqlite3.Connection) -> None:
    db.execute(
        """CREATE VIRTUAL TABLE page_words USING fts5(
            text, content='pages', content_rowid='id',
            tokenize='porter unicode61 remove_diacritics 2'
        )"""
    )
    db.execute(
        """CREATE TRIGGER page_added AFTER INSERT ON pages BEGIN
            INSERT INTO page_words (rowid, text) VALUES (new.id, new.text);
        END"""
    )
    db.execute(
        """CREATE TRIGGER page_removed AFTER DELETE ON pages BEGIN
            INSERT INTO page_words (page_words, rowid, text) VALUES ('delete', old.id, old.text);
        END"""
    )
    db.execute("INSERT INTO page_words (page_words) VALUES ('rebuild')")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_tables, _full_text)
"""The version of a catalogue is how many of them it has seen (`PRAGMA user_version`)."""
