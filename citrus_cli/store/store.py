"""The store as a whole: entries by identity, bounded in size, the least recently used go first."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from citrus_cli.answer import DocumentReceipt
from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.models import cache
from citrus_cli.pages import PageMap
from citrus_cli.store.entry import (
    DamagedEntryError,
    Entry,
    Identity,
    NewerEntryError,
    Run,
    checksum,
    load_entry,
)
from citrus_cli.store.identity import key_of
from citrus_cli.text_log import TextLog
from citrus_cli.wording import human_bytes

if TYPE_CHECKING:
    from citrus_cli.engine.states import States
    from citrus_cli.store.codec import StoreDtype

DEFAULT_MAX_BYTES = 20 * 10**9
"""The store is kept below this, unless another bound is given."""


@dataclass(frozen=True)
class Unusable:
    """An entry that cannot be served, and why."""

    folder: Path
    reason: str
    bytes: int


class Store:
    """The entries in a folder. Any number of processes may use it at once."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where entries lie; None: in the user's cache folder."""
        self.folder = cache.cache_dir() / "store" if folder is None else folder

    def find(self, identity: Identity) -> Entry | None:
        """The entry of a reading, if there is one; from now on it counts as just used.

        Raises:
            DamagedEntryError, NewerEntryError: there is one, and it cannot be served.
        """
        folder = self.folder / key_of(identity)
        if not folder.is_dir():
            return None
        entry = load_entry(folder)
        if entry.identity != identity:
            raise DamagedEntryError(f"{folder} is damaged (it is the entry of something else)")
        entry.touch()
        return entry

    def changed(self, identity: Identity, paths: Sequence[str]) -> str | None:
        """What has changed since the newest entry of the same documents, by their paths, was made.

        None when nothing of these documents is here.
        """
        same = [e for e in self.entries() if [d.path for d in e.documents] == list(paths)]
        if not same:
            return None
        known = max(same, key=lambda entry: entry.created).identity
        if known.documents != identity.documents:
            return "the document has changed, or is read in another way"
        if known.model != identity.model:
            return "the model, its precision or its device is another"
        return "the settings of the reading are others"

    def entries(self) -> list[Entry]:
        """What can be served, the most recently used first."""
        return self._look()[0]

    def unusable(self) -> list[Unusable]:
        """What cannot be served: damaged, or made by a newer version."""
        return self._look()[1]

    def _look(self) -> tuple[list[Entry], list[Unusable]]:
        good: list[tuple[float, Entry]] = []
        bad: list[Unusable] = []
        for folder in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if folder.name.startswith(".") or not folder.is_dir():
                continue
            try:
                entry = load_entry(folder)
                good.append((entry.used, entry))
            except (DamagedEntryError, NewerEntryError, OSError) as error:
                bad.append(Unusable(folder, str(error), _size(folder)))
        good.sort(key=lambda pair: -pair[0])
        return [entry for _, entry in good], bad

    def match(self, start: str) -> list[Path]:
        """The folders of the entries whose name starts so, or that hold a document of this path."""
        entries, bad = self._look()
        found = [e.folder for e in entries if e.key.startswith(start) or _holds(e, start)]
        return found + [one.folder for one in bad if one.folder.name.startswith(start)]

    def remove(self, folder: Path) -> int:
        """Remove an entry; the bytes that this frees."""
        size = _size(folder)
        retired = folder.with_name(f".removed-{os.getpid()}-{folder.name}")
        try:
            folder.rename(retired)  # gone for everybody at once, whatever happens next
            shutil.rmtree(retired)
        except FileNotFoundError:
            return 0  # another process was first
        except OSError as error:
            raise CitrusError(f"cannot remove {folder}: {error.strerror or error}") from error
        return size

    def prune(self, max_bytes: int) -> list[Entry]:
        """Remove the least recently used entries until the rest fits; those that went."""
        entries = self.entries()
        total = sum(entry.bytes for entry in entries)
        gone = []
        while entries and total > max_bytes:
            entry = entries.pop()
            self.remove(entry.folder)
            total -= entry.bytes
            gone.append(entry)
        return gone

    def make_room(self, needed: int, max_bytes: int) -> list[Entry]:
        """Have room for so many bytes, before they are written; the entries that went for it.

        Raises:
            UsageError: they are more than the store may hold.
            CitrusError: the disk does not have them.
        """
        if needed > max_bytes:
            raise UsageError(
                f"the states would take {human_bytes(needed)} and the store may hold "
                f"{human_bytes(max_bytes)}; allow more with --max-store, or make them smaller with "
                "--store-dtype int8"
            )
        gone = self.prune(max_bytes - needed)
        existing = next(one for one in (self.folder, *self.folder.parents) if one.exists())
        free = shutil.disk_usage(existing).free
        if free < needed:
            raise CitrusError(
                f"the states would take {human_bytes(needed)} and the disk of {self.folder} has "
                f"{human_bytes(free)} free; free some, use --store-dtype int8, or set "
                f"{cache.CACHE_VARIABLE} to a folder on another disk"
            )
        return gone

    @contextmanager
    def writing(self, identity: Identity, dtype: StoreDtype) -> Iterator[EntryWriter]:
        """Write an entry; it appears, whole, once `finish` was called and the block has ended.

        Raises:
            CitrusError: the disk is full, or the folder cannot be written.
        """
        target = self.folder / key_of(identity)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with cache.temporary_folder(target) as folder:
                writer = EntryWriter(folder, target, identity, dtype)
                yield writer
                if writer.finished:
                    cache.sync(folder)
                    cache.publish(folder, target, replace=True)
        except OSError as error:
            raise _store_error(error, self.folder) from error


class EntryWriter:
    """Puts the states of a reading into files as they come."""

    def __init__(self, folder: Path, target: Path, identity: Identity, dtype: StoreDtype) -> None:
        """They are written into `folder`, which becomes `target` when all is there."""
        self._folder, self._target = folder, target
        self._identity, self._dtype = identity, dtype
        self._runs: list[Run] = []
        self.finished = False

    def add(self, states: States) -> None:
        """Write the states of some more tokens.

        Raises:
            CitrusError: the disk is full.
        """
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        from citrus_cli.store.codec import encode

        name = f"{len(self._runs):06}.safetensors"
        path = self._folder / name
        try:
            save_file(encode(states, self._dtype), path)
        except (OSError, SafetensorError) as error:
            # safetensors wraps the system's error into one of its own
            full = errno.ENOSPC if "No space left" in str(error) else getattr(error, "errno", None)
            raise _store_error(OSError(full or 0, str(error)), self._folder.parent) from error
        size, crc = checksum(path)
        self._runs.append(Run(name, states.start, len(states), size, crc))

    def finish(
        self,
        model: str,
        documents: tuple[DocumentReceipt, ...],
        warnings: tuple[str, ...],
        pages: PageMap,
        text: TextLog,
        chunk_size: int,
    ) -> Entry:
        """All states are there: write the text and the index; the entry as it will lie there."""
        text.save(self._folder)
        entry = Entry(
            folder=self._folder,
            identity=self._identity,
            model=model,
            dtype=self._dtype,
            created=time.time(),
            documents=documents,
            warnings=warnings,
            pages=pages,
            runs=tuple(self._runs),
            chunk_size=chunk_size,
        )
        entry.write_index()
        self.finished = True
        return replace(entry, folder=self._target)


def _holds(entry: Entry, path: str) -> bool:
    return any(document.path == path for document in entry.documents)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size
    return total


def _store_error(error: OSError, folder: Path) -> CitrusError:
    if error.errno == errno.ENOSPC:
        return CitrusError(
            f"the disk is full: the store in {folder} needs more room; free some, or set "
            f"{cache.CACHE_VARIABLE} to a folder on another disk"
        )
    return CitrusError(
        f"the store in {folder} cannot be written ({error.strerror or error}); make it writable, "
        f"or set {cache.CACHE_VARIABLE} to a folder that is"
    )
