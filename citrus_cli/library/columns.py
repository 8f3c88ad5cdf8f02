"""Columns: arrays that only grow, each in a file of plain numbers, mapped when they are read."""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citrus_cli.library.errors import DamagedEntryError
from citrus_cli.library.private import make_file

BLOCK = 1 << 20
"""Bytes that share a checksum."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Column:
    """A column as the manifest describes it.

    `dtype` is NumPy's (little-endian), `shape` that of one row; `crcs` are CRC-32s of the file's
    blocks, the last of which may be shorter.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    rows: int
    crcs: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize

    @property
    def bytes(self) -> int:
        """Bytes of the file."""
        return self.rows * self.row_bytes

    def file(self, folder: Path) -> Path:
        """Where it lies."""
        return folder / f"{self.name}.column"

    def check(self, folder: Path, *, thorough: bool) -> None:
        """Compare the file's size, and if `thorough` its blocks, with what was written.

        Raises:
            DamagedEntryError: it is missing, or something else.
        """
        path = self.file(folder)
        try:
            size = path.stat().st_size
            if size != self.bytes:
                raise DamagedEntryError(f"{path} has {size} bytes instead of {self.bytes}")
            if not thorough or size == 0:
                return
            with (
                path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
                memoryview(data) as view,
            ):
                found = tuple(zlib.crc32(view[i : i + BLOCK]) for i in range(0, size, BLOCK))
        except (OSError, ValueError) as error:
            raise DamagedEntryError(f"{path} cannot be read ({error})") from error
        if found != self.crcs:
            raise DamagedEntryError(f"{path} is damaged (it is not what was written)")

    def array(self, folder: Path, *, verify: bool = True) -> Array:
        """The column, (rows, *shape), mapped and read-only.

        Raises:
            DamagedEntryError: it is missing, or not what was written.
        """
        self.check(folder, thorough=verify)
        shape = (self.rows, *self.shape)
        if not self.bytes:
            return np.empty(shape, self.dtype)
        try:
            return np.memmap(self.file(folder), dtype=self.dtype, mode="r", shape=shape)
        except (OSError, ValueError) as error:
            raise DamagedEntryError(f"{self.file(folder)} cannot be read ({error})") from error


class ColumnWriter:
    """Appends rows to a column's file; every block's checksum is made on the way."""

    def __init__(self, folder: Path, name: str, dtype: str, shape: Sequence[int]) -> None:
        """An empty column."""
        self._start = Column(name, dtype, tuple(shape), 0, ())
        self._rows = 0
        self._crcs: list[int] = []
        self._last = 0  # CRC-32 and length of the block that is not yet full
        self._filled = 0
        self._file = os.fdopen(make_file(self._start.file(folder)), "r+b", buffering=0)
        self._file.truncate(0)

    @classmethod
    def resumed(cls, folder: Path, column: Column) -> ColumnWriter:
        """A column to be continued; what was written behind its committed rows is cut off.

        Raises:
            DamagedEntryError: the committed rows are not there as they were written.
        """
        path = column.file(folder)
        try:
            if path.stat().st_size > column.bytes:
                os.truncate(path, column.bytes)
        except OSError as error:
            raise DamagedEntryError(f"{path} cannot be continued ({error})") from error
        column.check(folder, thorough=True)
        writer = cls.__new__(cls)
        writer._start, writer._rows, writer._crcs = column, column.rows, list(column.crcs)
        writer._filled = column.bytes % BLOCK
        writer._last = writer._crcs.pop() if writer._filled else 0
        writer._file = os.fdopen(make_file(path), "r+b", buffering=0)
        writer._file.seek(0, os.SEEK_END)
        return writer

    def append(self, rows: Array) -> None:
        """Write more rows.

        Raises:
            ValueError: they are of another shape or type than the column.
            OSError: the disk is full, or fails.
        """
        if rows.shape[1:] != self._start.shape or stored_dtype(rows) != self._start.dtype:
            raise ValueError(
                f"column {self._start.name} holds {self._start.dtype} rows of shape "
                f"{self._start.shape}, not {rows.dtype} of {rows.shape[1:]}"
            )
        if not rows.size:
            self._rows += len(rows)
            return
        plain = np.ascontiguousarray(rows, dtype=self._start.dtype)
        data = plain.reshape(-1).view(np.uint8).data
        while data:
            piece = data[: BLOCK - self._filled]
            written = self._file.write(piece)
            piece = piece[:written]
            self._last = zlib.crc32(piece, self._last)
            self._filled += len(piece)
            if self._filled == BLOCK:
                self._crcs.append(self._last)
                self._last = self._filled = 0
            data = data[len(piece) :]
        self._rows += len(rows)

    def column(self) -> Column:
        """What has been written so far."""
        crcs = (*self._crcs, self._last) if self._filled else tuple(self._crcs)
        start = self._start
        return Column(start.name, start.dtype, start.shape, self._rows, crcs)

    def sync(self) -> None:
        """Have it on the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def stored_dtype(array: Array) -> str:
    """The type in which an array is stored: its own, little-endian.

    Raises:
        ValueError: it holds objects or structures.
    """
    if array.dtype.kind not in "biuf":
        raise ValueError(f"a column holds numbers, not {array.dtype}")
    return array.dtype.newbyteorder("<").str


def packed(columns: Sequence[Column]) -> str:
    """Columns as JSON."""
    return json.dumps([asdict(column) for column in columns])


def unpacked(text: str) -> dict[str, Column]:
    """The way back, by name.

    Raises:
        ValueError, KeyError, TypeError: it was not written by `packed`.
    """
    return {
        one["name"]: Column(
            str(one["name"]), np.dtype(one["dtype"]).str, tuple(one["shape"]), int(one["rows"]),
            tuple(one["crcs"]),
        )
        for one in json.loads(text)
    }  # fmt: skip
