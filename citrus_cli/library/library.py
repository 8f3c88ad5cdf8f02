"""The library as a whole: one index a file, kept by itself, bounded in size."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.library.catalogue import Catalogue
from citrus_cli.library.entry import Entry, PageHit
from citrus_cli.library.errors import DamagedEntryError, explained
from citrus_cli.library.identity import FORMAT, Identity
from citrus_cli.library.old_store import refuse_old
from citrus_cli.library.private import make_folder
from citrus_cli.library.writer import Writer
from citrus_cli.models import cache
from citrus_cli.wording import human_bytes

DEFAULT_MAX_BYTES = 20 * 10**9
"""The library is kept below this, unless another bound is given."""

_PARTIAL = ".partial-"
_LOCK = ".lock-"
_REMOVED = ".removed-"
_FORGOTTEN_AFTER_SECONDS = 86_400
_KEY_LENGTH = 32
_OURS = re.compile(rf"catalogue\.sqlite|\.(partial|lock|removed)-|[0-9a-f]{{{_KEY_LENGTH}}}$")


@dataclass(frozen=True)
class Unusable:
    """An entry that cannot be served, and why."""

    key: str
    reason: str
    bytes: int


class Library:
    """The entries in a folder. Any number of processes and threads may use it at once."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where everything lies; None: in the user's cache folder.

        Raises:
            CitrusError: it is the store of an older version.
        """
        self.folder = cache.cache_dir() / "library" if folder is None else folder
        refuse_old(self.folder)
        self.catalogue = Catalogue(self.folder)

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[Library]:
        """A library of which nothing is left behind: for streams, passwords and `--no-store`."""
        folder = Path(tempfile.mkdtemp(prefix="citrus-"))
        try:
            yield cls(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def find(self, identity: Identity, path: str | None = None) -> Entry | None:
        """The entry with this identity, if there is one; from now on it counts as just used.

        `path` is where its document was seen just now. Of the entry's numbers only the sizes are
        looked at; `Entry.column` compares the checksums.

        Raises:
            DamagedEntryError, NewerEntryError: there is one, and it cannot be served.
        """
        if not self._begun():
            return None
        entry = self.catalogue.row(identity.key)
        if entry is None:
            return None
        entry.check()
        with suppress(CitrusError):  # a library that cannot be written can still be read
            self.catalogue.touch(entry, path)
        return entry

    def changed(self, identity: Identity, path: str) -> str | None:
        """What has changed since the newest entry of the document at this path was made.

        None when nothing of that document is here.
        """
        same = [entry for entry in self.entries() if entry.path == path]
        if not same:
            return None
        known = max(same, key=lambda entry: entry.created).identity
        if known.content != identity.content:
            return "the document has changed"
        if known.opened != identity.opened:
            return "the document is read in another way"
        if known.format != identity.format:
            return "the index is of another version"
        if known.embedder != identity.embedder:
            return "the embedder is another"
        return "the model, its precision or the settings of the reading are others"

    def entries(self) -> list[Entry]:
        """What can be served, the most recently used first."""
        return self._look()[0]

    def unusable(self) -> list[Unusable]:
        """What cannot be served: damaged, or of another version."""
        return self._look()[1]

    def _look(self) -> tuple[list[Entry], list[Unusable]]:
        good: list[Entry] = []
        bad: list[Unusable] = []
        for key, found in self.catalogue.rows() if self._begun() else ():
            try:
                if isinstance(found, DamagedEntryError):
                    raise found
                if found.identity.format != FORMAT:
                    raise DamagedEntryError(f"{found.folder} is of another version of citrus")
                found.check()
                good.append(found)
            except DamagedEntryError as error:
                bad.append(Unusable(key, str(error), _size(self.folder / key)))
        return good, bad

    def match(self, start: str) -> list[str]:
        """The keys of the entries whose name starts so, or whose document was seen at this path."""
        entries, bad = self._look()
        found = [e.key for e in entries if e.key.startswith(start) or e.path == start]
        return found + [one.key for one in bad if one.key.startswith(start)]

    def search(
        self, words: str, limit: int = 10, within: Sequence[Entry] | None = None
    ) -> list[PageHit]:
        """The pages that hold words like these (English ones by their stems), by BM25, best first.

        `within`: only pages of these entries' documents.
        """
        if not self._begun():
            return []
        documents = None if within is None else [entry.document for entry in within]
        return self.catalogue.search(words, limit, documents)

    @contextmanager
    def writing(
        self,
        identity: Identity,
        *,
        source: Path | None = None,
        resume: bool = False,
        on_wait: Callable[[], None] = lambda: None,
    ) -> Iterator[Writer]:
        """Write an index; it appears, whole, when `finish` is called.

        Where another process is at the same one, `on_wait` is called and this one waits until it
        has finished (then the writer's `entry` is set) or given up; a process that is killed lets
        go by itself. With `resume`, the writer goes on from what an interrupted one had committed.
        `source`: the file that is read, whose content is compared once more at the end.

        Raises:
            CitrusError: the disk is full, or the folder cannot be written; nothing is left behind.
        """
        with self._locked(identity.key, on_wait):
            finished = self._finished(identity)
            with explained(self.folder):
                partial = self.folder / f"{_PARTIAL}{identity.key}"
                writer = Writer(self.catalogue, partial, identity, source, resume=resume)
            writer.entry = finished
            kept = False
            try:
                yield writer
            except KeyboardInterrupt:
                kept = writer.committed and writer.entry is None
                raise
            finally:
                writer.close() if kept else writer.discard()

    def _finished(self, identity: Identity) -> Entry | None:
        try:
            entry = self.catalogue.row(identity.key)
            if entry is not None:
                entry.check(thorough=True)
        except DamagedEntryError:
            return None  # that is why it is written anew
        return entry

    @contextmanager
    def _locked(self, key: str, on_wait: Callable[[], None]) -> Iterator[None]:
        path = self.folder / f"{_LOCK}{key}"
        lock = FileLock(path, mode=0o600)
        with explained(self.folder):
            make_folder(self.folder)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                on_wait()
                lock.acquire()
        try:
            yield
        finally:
            # whoever opened it before it goes may write beside the next: wasteful, not wrong
            path.unlink(missing_ok=True)
            lock.release()

    def remove(self, *keys: str) -> int:
        """Remove entries; the bytes that this frees."""
        if not self._begun():
            return 0
        sizes = {entry.key: entry.bytes for entry in self.entries()}
        self.catalogue.remove(keys)
        freed = 0
        for key in keys:
            freed += max(sizes.get(key, 0), _retire(self.folder / key))
        return freed

    def clear(self) -> int:
        """Remove everything, damaged or not; the bytes that this frees."""
        freed = 0
        with explained(self.folder):
            for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
                if not _OURS.match(path.name):
                    continue
                freed += _size(path)
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        return freed

    def prune(self, max_bytes: int, spare: Collection[str] = ()) -> list[Entry]:
        """Remove the least recently used entries until the rest fits; those that went.

        Those whose keys are to be `spare`d stay, whatever room they take.
        """
        self._sweep()
        entries = self.entries()
        total = sum(entry.bytes for entry in entries)
        gone: list[Entry] = []
        for entry in reversed(entries):
            if total <= max_bytes:
                break
            if entry.key not in spare:
                gone.append(entry)
                total -= entry.bytes
        if gone:
            self.remove(*(entry.key for entry in gone))
        return gone

    def make_room(
        self, needed: int, max_bytes: int, *, written: int = 0, spare: Collection[str] = ()
    ) -> list[Entry]:
        """Have room for an index of so many bytes; the entries that went for it.

        So many of these are `written` already. Entries whose keys are to be `spare`d stay.

        Raises:
            UsageError: they are more than the library may hold.
            CitrusError: the disk does not have them.
        """
        if needed > max_bytes:
            raise UsageError(
                f"the index would take {human_bytes(needed)} and the library may hold "
                f"{human_bytes(max_bytes)}; allow more with --max-store, or use --no-store"
            )
        gone = self.prune(max_bytes - needed, spare)
        existing = next(one for one in (self.folder, *self.folder.parents) if one.exists())
        free = shutil.disk_usage(existing).free
        if free < needed - written:
            raise CitrusError(
                f"the index would take {human_bytes(needed)} and the disk of {self.folder} has "
                f"{human_bytes(free)} free; free some, use --no-store, or set "
                f"{cache.CACHE_VARIABLE} to a folder on another disk"
            )
        return gone

    def _sweep(self) -> None:
        """Remove what killed processes left: folders that no row names, forgotten readings."""
        if not self._begun():
            return
        known = {key for key, _ in self.catalogue.rows()}
        for path in self.folder.iterdir():
            name = path.name
            if name.startswith(_REMOVED):
                shutil.rmtree(path, ignore_errors=True)
            elif not _old(path):
                continue
            elif name.startswith(_PARTIAL):
                self._sweep_partial(path)
            elif path.is_dir() and len(name) == _KEY_LENGTH and name not in known:
                _retire(path)

    def _sweep_partial(self, path: Path) -> None:
        key = path.name.removeprefix(_PARTIAL).partition(".")[0]
        lock = FileLock(self.folder / f"{_LOCK}{key}", mode=0o600)
        with suppress(Timeout, OSError), lock.acquire(timeout=0):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            (self.folder / f"{_LOCK}{key}").unlink(missing_ok=True)

    def _begun(self) -> bool:
        """Whether anything was ever written here; looking leaves nothing behind."""
        return self.catalogue.path.exists()


def _retire(folder: Path) -> int:
    """Remove a folder, gone for everybody at once; the bytes that this frees."""
    size = _size(folder)
    retired = folder.with_name(f"{_REMOVED}{os.getpid()}-{folder.name}")
    try:
        folder.rename(retired)
        shutil.rmtree(retired)
    except FileNotFoundError:
        return 0  # another process was first
    except OSError as error:
        raise CitrusError(f"cannot remove {folder}: {error.strerror or error}") from error
    return size


def _old(path: Path) -> bool:
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > _FORGOTTEN_AFTER_SECONDS
    return False


def _size(place: Path) -> int:
    """Bytes of a file, or of the files in a folder."""
    total = 0
    for path in (place, *place.rglob("*")):
        with suppress(OSError):
            status = path.stat()
            total += 0 if stat.S_ISDIR(status.st_mode) else status.st_size
    return total
