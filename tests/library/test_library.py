"""What is written is found again, the same; it can be looked through, and removed."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sqlite3
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from made_entries import PAGES, RECEIPT, Write, give_up, identity, keys

from citrus_cli.documents.blocks import Part
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.library.errors import ChangedFileError, NewerEntryError
from citrus_cli.library.identity import Identity, content_of
from citrus_cli.library.library import Library
from citrus_cli.library.migrations import MIGRATIONS
from citrus_cli.library.old_store import find_old
from citrus_cli.library.pages import PageRecord


def test_what_is_written_is_found(library: Library, write: Write) -> None:
    made = write()
    found = library.find(identity())
    assert found is not None
    for entry in (made, found):
        assert np.array_equal(entry.column("keys"), keys())
        assert entry.column("scales").dtype == np.float16
        assert tuple(entry.pages()) == PAGES
        assert entry.page_text(1) == PAGES[1].text
        assert (entry.receipt, entry.tokens, entry.page_count) == (RECEIPT, 300, 3)
        assert entry.bytes == 300 * (64 + 2) + sum(len(page.text.encode()) for page in PAGES)
    assert isinstance(found.column("keys"), np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found.column("keys")[0] = 1
    with pytest.raises(KeyError):
        found.column("values")
    with pytest.raises(IndexError):
        found.page_text(3)


def test_looking_leaves_nothing_behind(library: Library) -> None:
    assert library.find(identity()) is None
    assert library.entries() == library.unusable() == library.search("pump") == []
    assert library.prune(0) == []
    assert library.remove("x") == 0
    assert not library.folder.exists()


@pytest.mark.parametrize("field", ["content", "opened", "reader", "embedder"])
def test_another_identity_is_another_entry(library: Library, write: Write, field: str) -> None:
    write()
    assert library.find(dataclasses.replace(identity(), **{field: "other"})) is None


def test_rows_come_in_any_portions(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("citrus_cli.library.columns.BLOCK", 1000)
    with library.writing(identity()) as writer:
        for start in range(0, 300, 7):
            writer.append("keys", keys()[start : start + 7])
        writer.append("keys", keys()[:0])
        writer.append("empty", np.empty((0, 3), np.float32))
        assert (writer.rows("keys"), writer.rows("none")) == (300, 0)
        with pytest.raises(ValueError, match=r"holds .i1 rows of shape"):
            writer.append("keys", np.zeros((1, 65), np.int8))
        with pytest.raises(ValueError, match=r"holds .i1 rows of shape"):
            writer.append("keys", np.zeros((1, 64), np.int16))
        with pytest.raises(ValueError, match="cannot name a column"):
            writer.append("../keys", keys())
        with pytest.raises(ValueError, match="holds numbers"):
            writer.append("names", np.array(["a"]))
        writer.finish(RECEIPT)
    entry = library.find(identity())
    assert entry is not None
    assert len(entry.columns["keys"].crcs) == 20  # 19,200 bytes
    assert np.array_equal(entry.column("keys"), keys())
    assert entry.column("empty").shape == (0, 3)


def test_pages_keep_lines_parts_labels_and_warnings(library: Library) -> None:
    parts = (
        Part("heading", 0, 4, (1.0, 2.0, 3.0, 4.5), level=2),
        Part("header", 5, 5, text="Running head"),
    )
    pages = (PageRecord(4, "iv", 'A "quoted" line\u2028é🍋', ((0, 7), (9, 12)), parts),)
    receipt = dataclasses.replace(
        RECEIPT, warnings=(Notice("no text", "pages-without-text"), "plain"), notes={"heads": [1]}
    )
    with library.writing(identity()) as writer:
        writer.add_page(pages[0])
        writer.finish(receipt)
    entry = library.find(identity())
    assert entry is not None
    assert tuple(entry.pages()) == pages
    assert entry.receipt == receipt
    notice, plain = entry.receipt.warnings
    assert isinstance(notice, Notice)
    assert notice.code == "pages-without-text"
    assert not isinstance(plain, Notice)


def test_a_reading_that_is_not_finished_leaves_nothing(library: Library) -> None:
    with library.writing(identity()) as writer:
        writer.append("keys", keys())
    with pytest.raises(FileNotFoundError, match="the caller's own"):
        give_up(library, FileNotFoundError("the caller's own"), commit=True)
    assert library.find(identity()) is None
    assert [path.name for path in library.folder.iterdir()] == ["catalogue.sqlite"]


def test_words_are_found_and_ranked(library: Library, write: Write) -> None:
    first = write("a")
    second = write("b", [PageRecord(1, None, "Pumps, pumps and revenues of a pump.")])
    hits = library.search("oiling the pumps")
    assert [(hit.position, hit.page.text[:5]) for hit in hits] == [(0, "The p"), (0, "Pumps")]
    assert hits[0].score > hits[1].score
    assert [hit.page.number for hit in library.search("creme BRULEE")] == [2]
    assert [hit.page.text[:5] for hit in library.search("revenue", 1)] == ["Pumps"]
    assert len(library.search("revenue", within=[first])) == 1
    assert library.search("revenue", within=[]) == []
    for nothing in ("", "  ", '"', "* NEAR( :", "zebra"):
        assert library.search(nothing) == []
    assert library.search('pump" OR text:') != []
    library.remove(second.key)
    assert [hit.page.text[:5] for hit in library.search("pump")] == ["The p"]


def test_a_document_goes_with_its_last_index(library: Library, write: Write) -> None:
    one, other = write(reader="one"), write(reader="other")
    assert one.document == other.document
    library.remove(one.key)
    assert tuple(other.pages()) == PAGES
    assert not one.folder.exists()
    library.remove(other.key)
    assert library.search("pump") == []
    for path in library.folder.iterdir():  # not even between the lines
        assert b"oiled" not in path.read_bytes()
        assert b"oil" not in path.read_bytes()


def test_it_is_listed_and_pruned_by_last_use(
    library: Library, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(10**9, 2 * 10**9))
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    entries = [write(name) for name in "abc"]
    library.find(identity("a"), "moved/elsewhere.txt")
    assert [entry.key for entry in library.entries()] == [entries[i].key for i in (0, 2, 1)]
    newest = library.entries()[0]
    assert (newest.path, newest.name) == ("moved/elsewhere.txt", "elsewhere.txt")
    assert library.match("moved/elsewhere.txt") == [newest.key]
    assert library.match(newest.key[:8]) == [newest.key]
    gone = library.prune(entries[0].bytes * 2)
    assert [entry.key for entry in gone] == [entries[1].key]
    assert library.remove(entries[2].key) == entries[2].bytes
    assert [entry.key for entry in library.entries()] == [entries[0].key]
    assert library.clear() > entries[0].bytes
    assert list(library.folder.iterdir()) == []


def test_room_is_made_or_refused(
    library: Library, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = write()
    with pytest.raises(UsageError, match=r"may hold 1 kB.*--max-store"):
        library.make_room(2000, 1000)
    assert library.make_room(10, 10**9) == []
    usage = shutil.disk_usage(library.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5))
    with pytest.raises(CitrusError, match=r"5 B free.*CITRUS_CACHE_DIR"):
        library.make_room(10, 10**9)
    monkeypatch.undo()
    assert [one.key for one in library.make_room(10, entry.bytes)] == [entry.key]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"content": "x" * 64}, "the document has changed"),
        ({"opened": "x"}, "read in another way"),
        ({"reader": "x"}, "model"),
        ({"embedder": "x"}, "embedder"),
    ],
)
def test_what_has_changed_is_said(
    library: Library, write: Write, change: dict[str, str], said: str
) -> None:
    write()
    other = dataclasses.replace(identity(), **change)
    assert said in str(library.changed(other, "notes.txt"))
    assert library.changed(other, "unknown.txt") is None


def test_everything_is_the_owners_alone(tmp_path: Path, write: Write, library: Library) -> None:
    before = os.umask(0)
    try:
        with library.writing(identity()) as writer:
            writer.add_page(PAGES[0])
            writer.append("keys", keys())
            writer.commit()
            with sqlite3.connect(library.catalogue.path) as db:  # so that its log is there
                db.execute("BEGIN")
                db.execute("SELECT * FROM pages").fetchall()
                modes = {path: path.stat().st_mode for path in library.folder.rglob("*")}
            writer.finish(RECEIPT)
    finally:
        os.umask(before)
    modes |= {path: path.stat().st_mode for path in library.folder.rglob("*")}
    assert library.folder.stat().st_mode & 0o777 == 0o700
    assert len(modes) > 6
    for path, mode in modes.items():
        assert oct(mode & 0o777) == ("0o700" if stat.S_ISDIR(mode) else "0o600"), path


def test_a_temporary_library_leaves_nothing(write: Write) -> None:
    with Library.temporary() as library:
        with library.writing(identity()) as writer:
            writer.append("keys", keys())
            entry = writer.finish(RECEIPT)
        assert np.array_equal(entry.column("keys"), keys())
        assert library.folder.stat().st_mode & 0o777 == 0o700
    assert not library.folder.exists()


def test_a_file_that_changes_is_not_kept(library: Library, tmp_path: Path) -> None:
    source = tmp_path / "growing.log"
    source.write_text("one line\n")
    known = Identity(content_of(source), "how", "who")

    def read_slowly() -> None:
        with library.writing(known, source=source) as writer:
            writer.add_page(PAGES[0])
            source.write_text("one line\nanother\n")
            writer.finish(RECEIPT)

    with pytest.raises(ChangedFileError, match=r"growing\.log changed while it was read"):
        read_slowly()
    assert ChangedFileError.exit_code == 3
    assert library.find(known) is None
    assert library.search("pump") == []
    assert [path.name for path in library.folder.iterdir()] == ["catalogue.sqlite"]


def test_an_older_catalogue_is_brought_up_to_date(library: Library, write: Write) -> None:
    write()
    with sqlite3.connect(library.catalogue.path) as db:  # back to before there were full texts
        for trigger in ("page_added", "page_removed"):
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("DROP TABLE page_words")
        db.execute("PRAGMA user_version = 1")
    db.close()
    assert [hit.page.number for hit in Library(library.folder).search("pump")] == [1]
    write("b")
    assert len(library.search("pump")) == 2
    with sqlite3.connect(library.catalogue.path) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS) == 2
    db.close()


def test_a_newer_catalogue_is_left_alone(library: Library, write: Write) -> None:
    write()
    with sqlite3.connect(library.catalogue.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    for attempt in (lambda: library.find(identity()), library.entries, lambda: write("b")):
        with pytest.raises(NewerEntryError, match="newer citrus; update citrus"):
            attempt()


def test_an_old_store_is_known_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path))
    assert find_old() is None
    folder = tmp_path / "store" / "0123"
    folder.mkdir(parents=True)
    (folder / "entry.json").write_text('{"format": 1}')
    (folder / "000000.safetensors").write_bytes(b"x" * 987)
    old = find_old()
    assert old is not None
    assert (old.entries, old.bytes) == (1, 1000)
    with pytest.raises(CitrusError, match=r"store of an older citrus.*store remove --all"):
        Library(tmp_path / "store")
    (tmp_path / "store" / "mine.txt").write_text("not citrus'")
    assert old.remove() == 1000
    assert find_old() is None
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["mine.txt"]
