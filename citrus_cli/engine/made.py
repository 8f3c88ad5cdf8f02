"""Things that take much memory, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class Made(Sequence[T]):
    """`count` things, each made when it is asked for: `make(index)` makes one.

    The latest is remembered, and no other: so there is one at a time, if the caller holds no more.
    """

    def __init__(self, count: int, make: Callable[[int], T]) -> None:
        self._count, self._make = count, make
        self._index = -1
        self._latest: T | None = None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        wanted = range(self._count)[index]
        if self._latest is None or wanted != self._index:
            self._latest = None  # its memory is free before the next is made
            self._latest, self._index = self._make(wanted), wanted
        return self._latest
