"""What can be wrong with the library, each with the cure in its message."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from citrus_cli.errors import CitrusError, DocumentError
from citrus_cli.models.cache import CACHE_VARIABLE


class DamagedEntryError(CitrusError):
    """Something in the library is missing, or is not what was written."""


class NewerEntryError(CitrusError):
    """The library, or an entry, was made by a newer version."""


class ChangedFileError(DocumentError):
    """A file is another than when its reading began."""


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Errors of the disk and of SQLite under `folder`, as one line that names it and the cure.

    Raises:
        DamagedEntryError: the catalogue is no sound SQLite file.
        CitrusError: the disk is full, or the folder cannot be written or read.
    """
    try:
        yield
    except OSError as error:
        raise _disk_error(folder, error.strerror or str(error), error.errno) from error
    except sqlite3.OperationalError as error:
        full = errno.ENOSPC if "full" in str(error) else None
        raise _disk_error(folder, str(error), full) from error
    except sqlite3.DatabaseError as error:
        raise DamagedEntryError(
            f"the catalogue in {folder} is damaged ({error}); remove it with citrus store remove "
            "--all, and documents are read afresh"
        ) from error


def _disk_error(folder: Path, reason: str, number: int | None) -> CitrusError:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return CitrusError(
            f"the disk is full: the library in {folder} needs more room; free some, or set "
            f"{CACHE_VARIABLE} to a folder on another disk"
        )
    return CitrusError(
        f"the library in {folder} cannot be used ({reason}); make it writable, or set "
        f"{CACHE_VARIABLE} to a folder that is"
    )
