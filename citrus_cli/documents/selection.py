"""Which pages the user asked for: "5-10,14", "7-" or "-3"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from citrus_cli.errors import UsageError

_PART = re.compile(r"(\d*)\s*([-\u2013]?)\s*(\d*)", re.ASCII)
_EXAMPLE = 'give pages like "5-10,14", "7-" (from page 7) or "-3" (the first three)'


@dataclass(frozen=True)
class PageSelection:
    """Ranges of 1-based page numbers, in order and apart; a range may be open at its end (None)."""

    ranges: tuple[tuple[int, int | None], ...]

    def __post_init__(self) -> None:
        before = -1  # ranges that touch would be one range
        for first, last in self.ranges:
            if before is None or first < max(before + 2, 1) or (last is not None and last < first):
                raise UsageError(f"page ranges {self.ranges} are out of order")
            before = last  # type: ignore[assignment]
        if not self.ranges:
            raise UsageError("no pages were asked for")

    def __contains__(self, page: object) -> bool:
        return isinstance(page, int) and any(
            first <= page and (last is None or page <= last) for first, last in self.ranges
        )

    def __str__(self) -> str:
        return ",".join(
            f"{first}-" if last is None else str(first) if first == last else f"{first}-{last}"
            for first, last in self.ranges
        )

    @property
    def last(self) -> int | None:
        """The last page asked for; None when the selection is open at its end."""
        return self.ranges[-1][1]

    def within(self, total: int) -> Iterator[int]:
        """The selected page numbers of a document of `total` pages, in order."""
        for first, last in self.ranges:
            yield from range(first, min(total, total if last is None else last) + 1)

    def beyond(self, total: int) -> PageSelection | None:
        """What was asked for by number and lies behind the end of a document of `total` pages."""
        ranges = tuple(
            (max(first, total + 1), last)
            for first, last in self.ranges
            if first > total or (last is not None and last > total)
        )
        return PageSelection(ranges) if ranges else None


EVERY_PAGE = PageSelection(((1, None),))


def parse_pages(pages: str | None) -> PageSelection | None:
    """The selection that `pages` describes; None (every page) stays None.

    Pages are read in the order of the document, each once, whatever the order they are given in.
    """
    if pages is None:
        return None
    ranges = sorted(
        (_parse_part(part.strip(), pages) for part in pages.split(",")),
        key=lambda pair: pair[0],
    )
    merged: list[tuple[int, int | None]] = []
    for first, last in ranges:
        if merged:
            start, end = merged[-1]
            if end is None:
                break
            if first <= end + 1:
                merged[-1] = (start, None if last is None else max(end, last))
                continue
        merged.append((first, last))
    return PageSelection(tuple(merged))


def _parse_part(part: str, pages: str) -> tuple[int, int | None]:
    match = _PART.fullmatch(part)
    if not part or match is None or not (match[1] or match[3]):
        raise UsageError(f"pages {pages!r}: {part!r} is not a page or a range; {_EXAMPLE}")
    first = int(match[1]) if match[1] else 1
    last = (int(match[3]) if match[3] else None) if match[2] else first
    if first == 0 or last == 0:
        raise UsageError(f"pages {pages!r}: pages count from 1; {_EXAMPLE}")
    if last is not None and last < first:
        raise UsageError(f"pages {pages!r}: {part!r} runs backwards; did you mean {last}-{first}?")
    return first, last
