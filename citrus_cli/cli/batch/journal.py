"""A file of JSON lines that has every finished row, whatever happens next."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from citrus_cli.batch.formats import is_row, line
from citrus_cli.batch.rows import Row
from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.files import move_to_free_name, sync_folder


def lock(descriptor: int, path: Path) -> None:
    """Keep other runs from a file for as long as it is open here. UsageError if one has it."""
    try:
        import fcntl
    except ImportError:  # Windows: there two runs are kept apart by nothing but care
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"{path}: another citrus batch is writing it; wait for its end, or stop it"
        ) from None
    except OSError:  # a file system without locks
        return


def read_journal(path: Path) -> list[Row]:
    """The rows of a journal; a last line that was cut off is left out.

    Raises:
        UsageError: it is something else; names the line.
    """
    rows: list[Row] = []
    # not splitlines(): JSON may hold the other line ends that it knows
    lines = path.read_bytes().split(b"\n")
    last = max((number for number, text in enumerate(lines, 1) if text.strip()), default=0)
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        torn = False
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            torn = number == last and (bool(rows) or text.startswith(b"{"))
            row = None
        if is_row(row):
            rows.append(row)
        elif not torn:
            raise UsageError(
                f"{path}, line {number}: not a row of citrus batch; give another --output, or "
                "--overwrite to replace the file"
            )
    return rows


class Journal:
    """Appends rows so that each is on the disk before the next is asked for.

    It begins as a temporary file that takes its name with the first row (or by `publish`), so
    that a run which comes to nothing leaves nothing, and replaces nothing.
    """

    def __init__(self, path: Path, mode: int, *, replace: bool, rows: Sequence[Row] = ()) -> None:
        """Write the rows of an earlier run.

        Raises:
            CitrusError: the folder or the disk does not let it.
        """
        self.path = path
        self._replace = replace
        self.published = False
        try:
            self._descriptor, name = tempfile.mkstemp(
                dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".tmp"
            )
        except OSError as error:
            raise self._failed(error) from None
        self._temporary = Path(name)
        try:
            self._temporary.chmod(mode)
            lock(self._descriptor, path)
            self._write(rows)
        except OSError as error:
            self.close()
            raise self._failed(error) from None

    def append(self, rows: Sequence[Row]) -> None:
        """Add rows, durably.

        Raises:
            CitrusError: the disk is full, or fails; what was there before still is.
        """
        try:
            end = os.fstat(self._descriptor).st_size
            try:
                self._write(rows)
            except OSError:
                os.ftruncate(self._descriptor, end)  # no torn line, if it can be helped
                raise
        except OSError as error:
            raise self._failed(error) from None
        self.publish()

    def publish(self) -> None:
        """Give the file its name, if it does not have it yet."""
        if self.published:
            return
        try:
            if self._replace:
                self._temporary.replace(self.path)
            else:
                move_to_free_name(self._temporary, self.path)
            sync_folder(self.path.parent)
        except FileExistsError:
            raise UsageError(
                f"{self.path} appeared while citrus was working; --resume goes on with it, "
                "--overwrite replaces it"
            ) from None
        except OSError as error:
            raise self._failed(error) from None
        self.published = True

    def close(self) -> None:
        """Let go of the file; one that never got its name is removed."""
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        if not self.published:
            self._temporary.unlink(missing_ok=True)

    def delete(self) -> None:
        """The rows are safe elsewhere."""
        if self.published:
            self.path.unlink(missing_ok=True)
        self.close()

    def _write(self, rows: Sequence[Row]) -> None:
        data = memoryview("".join(map(line, rows)).encode())
        while data:
            data = data[os.write(self._descriptor, data) :]
        os.fsync(self._descriptor)

    def _failed(self, error: OSError) -> CitrusError:
        cure = "make room on the disk, then " if error.errno == errno.ENOSPC else ""
        return CitrusError(f"cannot write {self.path}: {error.strerror}; {cure}go on with --resume")
