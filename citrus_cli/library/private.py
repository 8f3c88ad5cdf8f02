"""Files and folders that only their owner can read, whatever the umask says."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder for the owner alone, and the folders above it as they come."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if (folder.stat().st_mode & 0o777) != 0o700:
        folder.chmod(0o700)


def make_file(path: Path, *, new: bool = False) -> int:
    """A descriptor of a file for the owner alone, open to be read and written; made if need be.

    Raises:
        FileExistsError: it is there, and was to be `new`.
    """
    # never through a link that somebody else put there
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    flags |= os.O_EXCL if new else 0
    descriptor = os.open(path, flags, 0o600)
    try:
        if (os.fstat(descriptor).st_mode & 0o777) != 0o600:
            path.chmod(0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
