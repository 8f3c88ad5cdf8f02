"""Where bytes come from: a file, or a stream that is kept on disk while it is read."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from citrus_cli.errors import DocumentError

PIECE = 65_536
_IN_MEMORY = 4 * 2**20


class Source(Protocol):
    """Bytes that can be read from their start any number of times."""

    @property
    def size(self) -> int | None:
        """How many bytes there are; None while that is unknown."""

    def pieces(self) -> Iterator[bytes]:
        """The bytes, from the start, in pieces of at most PIECE."""

    def close(self) -> None:
        """Lets go of what is kept."""


class FileSource:
    """A file on disk, opened for every reading."""

    def __init__(self, file: Path, name: str) -> None:
        self._file = file
        self._name = name
        self.size: int | None = file.stat().st_size

    def pieces(self) -> Iterator[bytes]:
        try:
            with self._file.open("rb") as opened:
                while piece := opened.read(PIECE):
                    yield piece
        except OSError as error:
            raise unreadable(self._name, error) from error

    def close(self) -> None:
        pass


class StreamSource:
    """A stream that can be read only once: what has been read is kept to be read again.

    It is kept in memory at first, and on disk, in a file without a name, once it has grown.
    `owned`: the stream is closed along with this source.
    """

    def __init__(self, stream: BinaryIO, name: str, *, owned: bool = False) -> None:
        self._stream = stream
        self._name = name
        self._kept: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self._length = 0
        self._owned = owned
        self._saved: weakref.finalize[..., StreamSource] | None = None
        self.size: int | None = None

    def pieces(self) -> Iterator[bytes]:
        position = 0
        while piece := self._piece(position):
            position += len(piece)
            yield piece

    def head(self, length: int) -> bytes:
        """The first bytes, at least `length` unless there are fewer; waits for them."""
        while self._length < length and self._fetch():
            pass
        self._kept.seek(0)
        return self._kept.read(PIECE)

    def save(self, suffix: str) -> Path:
        """Everything as a file whose name ends so; it lives as long as this source."""
        while self._fetch():
            pass
        handle, name = tempfile.mkstemp(prefix="citrus-", suffix=suffix)
        self._saved = weakref.finalize(self, _remove, name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(self.pieces())
        except OSError as error:
            raise self._no_room(error) from error
        return Path(name)

    def close(self) -> None:
        self._kept.close()
        if self._saved is not None:
            self._saved()
        if self._owned:
            self._stream.close()

    def _piece(self, position: int) -> bytes:
        if position >= self._length:
            return self._fetch()
        self._kept.seek(position)
        return self._kept.read(min(PIECE, self._length - position))

    def _fetch(self) -> bytes:
        """Reads on from the stream, as much as it has to give, and keeps it."""
        if self.size is not None:
            return b""
        read = getattr(self._stream, "read1", self._stream.read)
        try:
            piece: bytes = read(PIECE)
        except (OSError, ValueError) as error:  # ValueError: it has been closed
            raise unreadable(self._name, error) from error
        if not piece:
            self.size = self._length
            return b""
        try:
            self._kept.seek(self._length)
            self._kept.write(piece)
        except OSError as error:
            raise self._no_room(error) from error
        self._length += len(piece)
        return piece

    def _no_room(self, error: OSError) -> DocumentError:
        return DocumentError(
            f"{self._name}: cannot be kept in {tempfile.gettempdir()} while it is read "
            f"({error.strerror or error}); make room there, or set TMPDIR to another folder"
        )


def unreadable(name: str, error: BaseException) -> DocumentError:
    """The error for a source that the operating system does not let us read."""
    reason = getattr(error, "strerror", None) or str(error)
    return DocumentError(f"{name}: cannot be read ({reason.lower()}); check its permissions")


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)
