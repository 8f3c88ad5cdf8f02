"""One entry of the store: the states of one reading, in files that are read run after run."""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.answer import DocumentReceipt
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import CitrusError
from citrus_cli.pages import PageMap, Place
from citrus_cli.text_log import TextLog
from citrus_cli.wording import short_key

if TYPE_CHECKING:
    from citrus_cli.engine.states import States
    from citrus_cli.store.codec import StoreDtype

FORMAT = 1
"""Goes up when what an entry holds, or what its states mean, changes."""

INDEX = "entry.json"
_BLOCK = 1 << 22


class DamagedEntryError(CitrusError):
    """A file of the store is missing, or is not what was written."""


class NewerEntryError(CitrusError):
    """An entry was made by a newer version."""


@dataclass(frozen=True)
class Run:
    """The states of some tokens: a file of the entry. `start` is as in `States`."""

    file: str
    start: int
    tokens: int
    bytes: int
    crc32: int


@dataclass(frozen=True)
class Identity:
    """What the states of a reading depend on; two readings with the same identity are the same.

    `documents` are the checksums (and, where there are several, the names) of what was read and
    how; `model` and `reading` stand for the weights, the tokenizer, the prompt and the settings.
    """

    documents: tuple[str, ...]
    model: str
    reading: str


@dataclass(frozen=True)
class Entry:
    """What the index of an entry says; `folder` is where it lies."""

    folder: Path
    identity: Identity
    model: str
    dtype: StoreDtype
    created: float
    documents: tuple[DocumentReceipt, ...]
    warnings: tuple[str, ...]
    pages: PageMap
    runs: tuple[Run, ...]
    chunk_size: int

    @property
    def tokens(self) -> int:
        """Document tokens whose states are here."""
        return sum(run.tokens for run in self.runs if run.start >= 0)

    @property
    def bytes(self) -> int:
        """Bytes of the states on disk."""
        return sum(run.bytes for run in self.runs)

    @property
    def key(self) -> str:
        """The entry's name in the store."""
        return self.folder.name

    @property
    def used(self) -> float:
        """When it was last used, in seconds since the epoch."""
        return (self.folder / INDEX).stat().st_mtime

    def touch(self) -> None:
        """It is being used."""
        try:
            os.utime(self.folder / INDEX)
        except OSError:
            return  # a store that cannot be written can still be read

    def states(self) -> Iterator[States]:
        """All states in the order of reading, each file checked and mapped only while it is used.

        Raises:
            DamagedEntryError: a file is missing, or has changed.
        """
        from safetensors import SafetensorError, safe_open

        from citrus_cli.store.codec import decode

        for run in self.runs:
            path = self.folder / run.file
            if checksum(path) != (run.bytes, run.crc32):
                raise DamagedEntryError(f"{path} is damaged")
            try:
                with safe_open(path, framework="pt") as file:
                    tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            except (OSError, SafetensorError) as error:
                raise DamagedEntryError(f"{path} cannot be read ({error})") from error
            yield decode(tensors, run.start)

    def text(self) -> TextLog:
        """The text whose states these are.

        Raises:
            DamagedEntryError: it is missing, or not what was written.
        """
        try:
            return TextLog.load(self.folder)
        except (OSError, ValueError, TypeError) as error:
            raise DamagedEntryError(f"{self.folder}: its text is damaged") from error

    def write_index(self) -> None:
        """Write the index into the folder, and have it on the disk."""
        fields: dict[str, Any] = {
            "format": FORMAT,
            "identity": asdict(self.identity),
            "model": self.model,
            "dtype": self.dtype,
            "created": self.created,
            "chunk_size": self.chunk_size,
            "documents": [asdict(one) for one in self.documents],
            "warnings": [Notice.of(warning).shown for warning in self.warnings],
            "pages": [[start, *place] for start, place in self.pages.runs()],
            "runs": [asdict(run) for run in self.runs],
        }
        with (self.folder / INDEX).open("w", encoding="utf-8") as file:
            json.dump(fields, file)
            file.flush()
            os.fsync(file.fileno())


def load_entry(folder: Path) -> Entry:
    """Read an entry's index.

    Raises:
        DamagedEntryError: it is missing or makes no sense.
        NewerEntryError: it was made by a newer version.
    """
    path = folder / INDEX
    try:
        fields = json.loads(path.read_text("utf-8"))
        if int(fields["format"]) > FORMAT:
            raise NewerEntryError(
                f"{folder} was made by a newer citrus; update citrus, or remove it with "
                f"citrus store remove {short_key(folder.name)}"
            )
        return Entry(
            folder=folder,
            identity=Identity(
                tuple(fields["identity"]["documents"]),
                fields["identity"]["model"],
                fields["identity"]["reading"],
            ),
            model=str(fields["model"]),
            dtype=fields["dtype"],
            created=float(fields["created"]),
            documents=tuple(_receipt(one) for one in fields["documents"]),
            warnings=tuple(Notice.of(warning) for warning in fields["warnings"]),
            pages=PageMap((start, Place(*place)) for start, *place in fields["pages"]),
            runs=tuple(Run(**run) for run in fields["runs"]),
            chunk_size=int(fields["chunk_size"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedEntryError(f"{path} is damaged ({type(error).__name__})") from error


def _receipt(fields: dict[str, Any]) -> DocumentReceipt:
    return DocumentReceipt(
        fields["path"],
        fields["pages"],
        fields["tokens"],
        tuple(fields["pages_without_text"]),
        tuple(fields["pages_failed"]),
    )


def checksum(path: Path) -> tuple[int, int]:
    """A file's size and CRC-32; (-1, 0) when it cannot be read. Reads it through a map."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            crc = 0
            for start in range(0, len(data), _BLOCK):
                crc = zlib.crc32(data[start : start + _BLOCK], crc)
            return len(data), crc
    except (OSError, ValueError):
        return -1, 0
