"""`--output` and `/save`: a result file that is either whole or not there."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from citrus_cli.errors import CitrusError, UsageError


@dataclass(frozen=True)
class Spelling:
    """How a person asks for a file, and how for one that replaces another."""

    plain: str
    replacing: str


OUTPUT = Spelling("--output", "--overwrite")


class ResultFile:
    """Writes to a temporary file beside the target and moves it there when all is written.

    Everything that can be wrong with the target is found at construction, before any work is done.
    """

    def __init__(self, target: str, *, overwrite: bool, spelling: Spelling = OUTPUT) -> None:
        self.path = Path(os.path.realpath(target))
        self._overwrite = overwrite
        self._spelling = spelling
        mode = check_target(self.path, target, overwrite, spelling)
        try:
            descriptor, name = tempfile.mkstemp(
                dir=self.path.parent, prefix=f".{self.path.name[:100]}.", suffix=".tmp"
            )
            self._temporary = Path(name)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
            self._temporary.chmod(mode)
        except OSError as error:
            raise CitrusError(f"cannot write {target}: {error.strerror}") from None
        self._empty = True

    def write(self, text: str) -> None:
        """Add to the result."""
        self._empty = False
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from None

    def commit(self) -> None:
        """The result is complete: make it appear under its name."""
        self._close()
        try:
            self._publish()
        except FileExistsError:
            raise UsageError(
                f"{self.path} appeared while citrus was working; "
                f"the result is in {self._temporary} ({self._spelling.replacing} replaces the file)"
            ) from None
        except OSError as error:
            raise self._failed(error) from None

    def keep_incomplete(self) -> Path | None:
        """The run ended early: keep what there is under a name that says so, if there is any."""
        try:
            self._file.close()
            if self._empty:
                self._temporary.unlink(missing_ok=True)
                return None
            incomplete = self.path.with_name(f"{self.path.name}.incomplete")
            self._temporary.replace(incomplete)
        except OSError:
            return self._temporary if self._temporary.exists() else None
        return incomplete

    def discard(self) -> None:
        """The result is not wanted: leave no trace of it."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def _close(self) -> None:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise self._failed(error) from None

    def _publish(self) -> None:
        if self._overwrite:
            self._temporary.replace(self.path)
        else:
            move_to_free_name(self._temporary, self.path)
        sync_folder(self.path.parent)

    def _failed(self, error: OSError) -> CitrusError:
        return CitrusError(f"cannot write {self.path}: {error.strerror}")


def check_target(path: Path, given: str, overwrite: bool, spelling: Spelling = OUTPUT) -> int:
    """Refuse a target that cannot be written; otherwise the permissions its file will have."""
    where = f"{spelling.plain} {given}"
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
        raise UsageError(f"{where}: the file exists; {spelling.replacing} replaces it")
    return stat.S_IMODE(mode)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
