"""Where a token came from: the map from origins to documents and pages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Place(NamedTuple):
    """A page of a document: its index among the documents read, its number and printed label."""

    document: int
    page: int
    label: str | None


class PageMap:
    """Which page each token of a run came from; runs of pages, in the order of reading."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._places: list[Place] = []

    def add(self, start: int, place: Place) -> None:
        """From token `start` on, text is of this place."""
        if self._places and self._places[-1] == place:
            return
        self._starts.append(start)
        self._places.append(place)

    def runs(self) -> list[tuple[int, Place]]:
        """The first token of each run of a page, ascending, and the page."""
        return list(zip(self._starts, self._places, strict=True))

    def place(self, origin: int) -> Place:
        """The page of the token with this origin."""
        return self._places[max(0, bisect_right(self._starts, origin) - 1)]

    def shares(self, origins: Iterable[int]) -> list[tuple[Place, float]]:
        """The share of some tokens that each page holds, the highest first."""
        counts: dict[Place, int] = {}
        total = 0
        for origin in origins:
            place = self.place(origin)
            counts[place] = counts.get(place, 0) + 1
            total += 1
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].document, item[0].page))
        return [(place, count / total) for place, count in ranked]
