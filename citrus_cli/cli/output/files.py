"""`--output` and `/save`: a result file that is either whole or not there."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.files import publish, target_mode, temporary_beside


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
            descriptor, self._temporary = temporary_beside(self.path, mode)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
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
            publish(self._temporary, self.path, overwrite=self._overwrite)
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

    def _failed(self, error: OSError) -> CitrusError:
        return CitrusError(f"cannot write {self.path}: {error.strerror}")


def check_target(path: Path, given: str, overwrite: bool, spelling: Spelling = OUTPUT) -> int:
    """Refuse a target that cannot be written; otherwise the permissions its file will have."""
    cure = f"{spelling.replacing} replaces it"
    return target_mode(path, f"{spelling.plain} {given}", overwrite, cure)
