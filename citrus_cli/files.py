"""Files that are either whole or not there: written beside their target, then renamed."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from citrus_cli.errors import UsageError


def target_mode(path: Path, where: str, overwrite: bool, cure: str) -> int:
    """The permissions that the file at `path` will have.

    Raises:
        UsageError: no file can be put there. The message begins with `where`, and ends with `cure`
            if a file is there and `overwrite` is not set.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if not path.parent.is_dir():
            raise UsageError(f"{where}: there is no folder {path.parent}") from None
        return 0o666 & ~_umask()
    except OSError as error:
        raise UsageError(f"{where}: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        raise UsageError(f"{where}: not a file; use a shell redirection for devices")
    if not overwrite:
        raise UsageError(f"{where}: the file exists; {cure}")
    return stat.S_IMODE(mode)


def temporary_beside(target: Path, mode: int) -> tuple[int, Path]:
    """A new file in the target's folder, open for writing: its descriptor and its path."""
    descriptor, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".tmp"
    )
    temporary = Path(name)
    temporary.chmod(mode)
    return descriptor, temporary


def publish(temporary: Path, target: Path, *, overwrite: bool) -> None:
    """Make a finished file appear under its name.

    Raises:
        FileExistsError: the name is taken, and `overwrite` is not set.
    """
    if overwrite:
        temporary.replace(target)
    else:
        move_to_free_name(temporary, target)
    sync_folder(target.parent)


def move_to_free_name(source: Path, target: Path) -> None:
    """Rename without replacing: a link fails when the name is taken, even by a racing process."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(target) from None
        source.replace(target)
    else:
        source.unlink()


def sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where folders can be synced."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
