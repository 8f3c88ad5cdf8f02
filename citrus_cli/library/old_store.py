"""The store of earlier versions: whole key-value states, a folder an entry. Known, never read."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from citrus_cli.errors import CitrusError
from citrus_cli.models import cache
from citrus_cli.wording import human_bytes

_INDEX = "entry.json"


@dataclass(frozen=True)
class OldStore:
    """A store of an earlier version: where it lies, how much is in it."""

    folder: Path
    entries: int
    bytes: int

    @property
    def reason(self) -> str:
        """What it is and what can be done about it, for a person."""
        return (
            f"{self.folder} is the store of an older citrus ({human_bytes(self.bytes)}), which is "
            "not used any more; remove it with citrus store remove --all"
        )

    def remove(self) -> int:
        """Remove it; the bytes that this frees. Files that citrus did not write stay.

        Raises:
            CitrusError: it cannot be removed.
        """
        try:
            for folder in _folders(self.folder):
                shutil.rmtree(folder)
            with suppress(OSError):  # there is something else in it
                self.folder.rmdir()
        except OSError as error:
            raise CitrusError(f"cannot remove {self.folder}: {error.strerror or error}") from error
        return self.bytes


def find_old(folder: Path | None = None) -> OldStore | None:
    """The old store in `folder` (None: where it was by default), if there is one."""
    folder = cache.cache_dir() / "store" if folder is None else folder
    found = _folders(folder)
    if not found:
        return None
    size = 0
    for path in (path for entry in found for path in entry.rglob("*")):
        with suppress(OSError):
            size += path.stat().st_size
    return OldStore(folder, len(found), size)


def refuse_old(folder: Path) -> None:
    """Do not take an old store for a library.

    Raises:
        CitrusError: `folder` is one.
    """
    old = find_old(folder)
    if old is not None:
        raise CitrusError(f"{old.reason}, or choose another folder")


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path.parent for path in folder.glob(f"*/{_INDEX}"))
