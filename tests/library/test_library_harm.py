"""Harm of all kinds: damage, full disks, kills, two processes at once. Nothing is misread."""

from __future__ import annotations

import errno
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from made_entries import PAGES, RECEIPT, Write, give_up, identity, keys

from citrus_cli.errors import CitrusError
from citrus_cli.library.columns import ColumnWriter
from citrus_cli.library.entry import Entry
from citrus_cli.library.errors import DamagedEntryError
from citrus_cli.library.library import Library

CHILD = """
import sys, time
sys.path[:] = {path!r}
from pathlib import Path
from made_entries import PAGES, RECEIPT, identity, keys
from citrus_cli.library.library import Library

def waits(): print("waits", flush=True)

library = Library(Path({folder!r}))
with library.writing(identity(), resume=True, on_wait=waits) as writer:
    print("found" if writer.entry else "writes", writer.resume, flush=True)
    if writer.entry is None:
        writer.add_page(PAGES[0])
        writer.append("keys", keys()[:200])
        writer.commit(done=200)
        writer.append("keys", keys()[:50])
        writer.add_page(PAGES[0])
        print("half", flush=True)
        {then}
"""
FINISH = """sys.stdin.readline()
        writer.append("keys", keys()[250:])
        writer.finish(RECEIPT)"""


def start(library: Library, then: str) -> subprocess.Popen[str]:
    """A process that reads the same document; it says how far it is."""
    path = [str(Path(__file__).parent), *sys.path]
    code = CHILD.format(path=path, folder=str(library.folder), then=then)
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def names(library: Library) -> list[str]:
    return sorted(path.name for path in library.folder.iterdir())


def everything(entry: Entry) -> tuple[object, ...]:
    return (
        entry.receipt, tuple(entry.pages()), entry.column("keys").tobytes(),
        entry.column("scales").tobytes(),
    )  # fmt: skip


def test_a_flipped_bit_is_never_served(library: Library, write: Write, tmp_path: Path) -> None:
    whole = everything(write("a", pages=PAGES * 40))
    random.seed(7)
    errors: list[CitrusError] = []
    for i in range(50):
        copy = Library(Path(shutil.copytree(library.folder, tmp_path / str(i))))
        # every column often enough, and the catalogue
        files = sorted(path for path in copy.folder.rglob("*") if path.is_file())
        path = files[i % len(files)]
        data = bytearray(path.read_bytes())
        place = random.randrange(len(data))
        data[place] ^= 1 << random.randrange(8)
        path.write_bytes(data)
        try:
            entry = copy.find(identity())
            assert entry is None or everything(entry) == whole
        except CitrusError as error:
            errors.append(error)
        shutil.rmtree(copy.folder)
    assert len(errors) >= 30
    for error in errors:
        assert str(tmp_path) in str(error)
        assert "\n" not in str(error)
    assert sum(isinstance(error, DamagedEntryError) for error in errors) >= 25


@pytest.mark.parametrize("harm", ["cut", "grown", "gone", "emptied", "all gone"])
def test_a_column_that_is_not_whole_is_named_and_written_anew(
    library: Library, write: Write, harm: str
) -> None:
    entry = write()
    path = entry.folder / "keys.column"
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif harm == "grown":
        path.write_bytes(path.read_bytes() + b"x")
    elif harm == "emptied":
        path.write_bytes(b"")
    elif harm == "gone":
        path.unlink()
    else:
        shutil.rmtree(entry.folder)
    with pytest.raises(DamagedEntryError, match=r"keys\.column"):
        library.find(identity())
    assert library.entries() == []
    (bad,) = library.unusable()
    assert bad.key == entry.key
    assert library.match(entry.key[:6]) == [entry.key]
    again = write()
    assert np.array_equal(again.column("keys"), keys())
    assert library.unusable() == []


def test_rows_of_the_catalogue_that_were_changed_are_not_served(
    library: Library, write: Write
) -> None:
    entry = write()
    for change in ("UPDATE indexes SET tokens = 301", "UPDATE documents SET content = 'x'"):
        backup = library.catalogue.path.read_bytes()
        with sqlite3.connect(library.catalogue.path) as db:
            db.execute(change)
        db.close()
        with pytest.raises(DamagedEntryError, match="not what was written"):
            library.find(identity())
        library.catalogue.path.write_bytes(backup)
    with sqlite3.connect(library.catalogue.path) as db:
        db.execute("UPDATE pages SET label = 'xi' WHERE position = 0")
        db.execute("DELETE FROM pages WHERE position = 2")
    db.close()
    with pytest.raises(DamagedEntryError, match="a page's text"):
        entry.page_text(0)
    with pytest.raises(DamagedEntryError, match="page 3 is missing"):
        entry.page_text(2)
    assert entry.page_text(1) == PAGES[1].text


def test_a_catalogue_that_is_none_is_named_with_the_cure(library: Library, write: Write) -> None:
    write()
    library.catalogue.path.write_bytes(b"not SQLite at all" * 1000)
    for attempt in (lambda: library.find(identity()), library.entries, lambda: write("b")):
        with pytest.raises(DamagedEntryError, match=r"store remove --all"):
            attempt()
    library.clear()
    write()
    assert library.find(identity()) is not None


def read_and_commit(library: Library) -> None:
    with library.writing(identity()) as writer:
        for _ in range(100):
            writer.add_page(PAGES[1])
        writer.append("keys", keys())
        writer.commit()
        writer.finish(RECEIPT)


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("when", ["column", "page", "commit", "sync", "publish", "catalogue"])
def test_a_full_disk_leaves_nothing_half_written(
    library: Library, write: Write, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    other = write("other")
    before = names(library)
    if when == "column":
        monkeypatch.setattr(ColumnWriter, "append", full)
    elif when == "commit":
        monkeypatch.setattr(ColumnWriter, "sync", full)
    elif when == "catalogue":
        with sqlite3.connect(library.catalogue.path) as db:
            size = db.execute("PRAGMA page_count").fetchone()[0]
        db.close()
        connect = library.catalogue._connect

        def bounded() -> sqlite3.Connection:
            opened = connect()
            opened.execute(f"PRAGMA max_page_count = {size}")
            return opened

        monkeypatch.setattr(library.catalogue, "_connect", bounded)
    else:
        name = "write_page" if when == "page" else when
        monkeypatch.setattr(f"citrus_cli.library.writer.{name}", full)

    with pytest.raises(CitrusError, match=r"^the disk is full: .*CITRUS_CACHE_DIR") as caught:
        read_and_commit(library)
    assert type(caught.value) is CitrusError
    monkeypatch.undo()
    assert names(library) == before
    assert library.find(identity()) is None
    assert len(library.search("revenue")) == 1
    assert tuple(other.pages()) == PAGES


def test_of_two_processes_the_second_waits_and_finds(library: Library) -> None:
    first = start(library, FINISH)
    assert said(first) == "writes None"
    assert said(first) == "half"
    second = start(library, FINISH)
    assert said(second) == "waits"
    go_on(first)
    assert said(second) == "found None"
    assert (first.wait(), second.wait()) == (0, 0)
    entry = library.find(identity())
    assert entry is not None
    assert entry.column("keys").shape == (300, 64)
    assert names(library) == [entry.key, "catalogue.sqlite"]


def test_a_killed_writer_holds_nobody_up_and_can_be_gone_on_from(library: Library) -> None:
    killed = start(library, "time.sleep(600)")
    assert said(killed) == "writes None"
    assert said(killed) == "half"
    waiting = start(library, FINISH)
    assert said(waiting) == "waits"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    # it resumes at what was committed, then does all of it once more on top
    resumed = "writes Resume(rows={'keys': 200}, pages=1, state={'done': 200})"
    assert said(waiting) == resumed
    go_on(waiting)
    assert waiting.wait() == 0
    entry = library.find(identity())
    assert entry is not None
    expected = np.concatenate([keys()[:200], keys()[:200], keys()[:50], keys()[250:]])
    assert np.array_equal(entry.column("keys"), expected)
    assert [page.text for page in entry.pages()] == [PAGES[0].text] * 3


def test_what_is_left_of_a_killed_reading_is_not_taken_up_unasked(library: Library) -> None:
    killed = start(library, "time.sleep(600)")
    assert (said(killed), said(killed)) == ("writes None", "half")
    killed.kill()
    killed.wait()
    with library.writing(identity()) as writer:
        assert (writer.resume, writer.rows("keys")) == (None, 0)
        writer.append("keys", keys())
        writer.finish(RECEIPT)
    entry = library.find(identity())
    assert entry is not None
    assert np.array_equal(entry.column("keys"), keys())


@pytest.mark.parametrize("harm", ["keys.column", "pages.jsonl", "committed.json"])
def test_a_damaged_remainder_is_begun_anew(library: Library, harm: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        give_up(library, KeyboardInterrupt(), commit=True)
    path = library.folder / f".partial-{identity().key}" / harm
    path.write_bytes(path.read_bytes()[1:])
    with library.writing(identity(), resume=True) as writer:
        assert writer.resume is None
        writer.append("keys", keys())
        writer.finish(RECEIPT)
    entry = library.find(identity())
    assert entry is not None
    assert np.array_equal(entry.column("keys"), keys())
    assert entry.page_count == 0


def test_an_interrupt_keeps_what_was_committed_and_prune_lets_go_of_it(
    library: Library, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("other")
    with pytest.raises(KeyboardInterrupt):
        give_up(library, KeyboardInterrupt())
    before = names(library)
    with pytest.raises(KeyboardInterrupt):
        give_up(library, KeyboardInterrupt(), commit=True)
    assert len(names(library)) == len(before) + 1
    (library.folder / ("f" * 32)).mkdir()  # renamed to its place, but never listed
    library.prune(10**9)
    assert len(names(library)) == len(before) + 2  # they may be somebody's
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100_000)
    library.prune(10**9)
    assert names(library) == before


def test_a_library_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    library = Library(tmp_path / "file" / "library")
    with (
        pytest.raises(CitrusError, match=r"cannot be used .*CITRUS_CACHE_DIR"),
        library.writing(identity()),
    ):
        pytest.fail("it was written")
