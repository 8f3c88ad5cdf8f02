"""A run's journal: every finished record is on the disk before the next is begun."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

from citrus_cli.errors import CitrusError, UsageError

Record = dict[str, Any]


class JournalError(CitrusError):
    """A record cannot be kept, so that it makes no sense to go on."""


class JournalBusyError(UsageError):
    """Another run writes the journal now."""


class Journal:
    """A file of JSON lines that survives whatever ends a run; only one run writes it at a time."""

    def __init__(self, path: Path) -> None:
        """Open it, and drop a last line that was cut off.

        Raises:
            JournalBusyError: another run writes it.
            UsageError: it is something else.
            JournalError: it cannot be written.
        """
        self.path = path
        self.records: list[Record] = []
        self._descriptor = -1
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            self._lock()
            self._load(path.read_bytes())
        except OSError as error:
            self.close()
            raise self._failed(error) from None
        except BaseException:
            self.close()
            raise

    def append(self, record: Record) -> None:
        """Add a record, durably.

        Raises:
            JournalError: the disk is full, or fails; what was there before still is.
        """
        data = memoryview(f"{json.dumps(record, ensure_ascii=True)}\n".encode())
        try:
            end = os.fstat(self._descriptor).st_size
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
                os.fsync(self._descriptor)
            except BaseException:  # no torn line, if it can be helped
                os.ftruncate(self._descriptor, end)
                raise
        except OSError as error:
            raise self._failed(error) from None
        self.records.append(record)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows: there two runs are kept apart by nothing but care
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalBusyError(
                f"{self.path}: another citrus eval is writing it; wait for its end, or give "
                "another --run"
            ) from None
        except OSError:  # a file system without locks
            return

    def _load(self, data: bytes) -> None:
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.ftruncate(self._descriptor, whole)
        for number, line in enumerate(data[:whole].split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict) or not {"unit", "part"} <= record.keys():
                raise UsageError(
                    f"{self.path}, line {number}: not a record of citrus eval; remove the line, "
                    "or give another --run"
                )
            self.records.append(record)

    def _failed(self, error: OSError) -> JournalError:
        cure = "make room on the disk" if error.errno == errno.ENOSPC else "give another --run"
        return JournalError(f"cannot write {self.path}: {error.strerror}; {cure}, then go on")
