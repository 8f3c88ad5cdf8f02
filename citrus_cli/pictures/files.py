"""A picture's file: either whole or not there, and never one that should stay."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.files import publish, target_mode, temporary_beside


def write_whole(path: Path, write: Callable[[Path], None], *, overwrite: bool = False) -> None:
    """Lets `write` fill a temporary file beside `path`, and moves it there when that succeeded.

    Raises:
        UsageError: the path cannot be a new file; with `overwrite` an old one is replaced.
        CitrusError: it cannot be written.
    """
    target = Path(os.path.realpath(path))
    mode = target_mode(target, str(path), overwrite, "give another name, or have it replaced")
    temporary: Path | None = None
    try:
        descriptor, temporary = temporary_beside(target, mode)
        os.close(descriptor)
        write(temporary)
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        publish(temporary, target, overwrite=overwrite)
    except FileExistsError:
        raise UsageError(f"{path}: a file appeared there meanwhile; it was left alone") from None
    except OSError as error:
        raise CitrusError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
