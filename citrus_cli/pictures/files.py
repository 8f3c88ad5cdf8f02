"""A picture's file: either whole or not there, and never one that should stay."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from citrus_cli.errors import CitrusError, UsageError


def write_whole(path: Path, write: Callable[[Path], None], *, overwrite: bool = False) -> None:
    """Lets `write` fill a temporary file beside `path`, and moves it there when that succeeded.

    Raises:
        UsageError: the path cannot be a new file; with `overwrite` an old one is replaced.
        CitrusError: it cannot be written.
    """
    target = Path(os.path.realpath(path))
    _check(target, path, overwrite)
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".tmp"
        )
        os.close(descriptor)
        temporary = Path(name)
        write(temporary)
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        _publish(temporary, target, overwrite)
    except FileExistsError:
        raise UsageError(f"{path}: a file appeared there meanwhile; it was left alone") from None
    except OSError as error:
        raise CitrusError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _check(target: Path, given: Path, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise UsageError(f"{given}: there is no folder {target.parent}")
    if not target.exists():
        return
    if not target.is_file():
        raise UsageError(f"{given}: not a file")
    if not overwrite:
        raise UsageError(f"{given}: the file exists; give another name, or have it replaced")


def _publish(temporary: Path, target: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)  # fails where the name is taken, even by a racing process
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(target) from None
        temporary.replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
