"""Judges, over the pages that were read, whether they are a document's text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import Failed, Page


def number_of_pages(pages: Sequence[int]) -> str:
    """Page numbers in words: "page 3", "pages 3-5, 9", at most six ranges of them."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and page == ranges[-1][1] + 1:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    names = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    shown = ", ".join(names[:6]) + (f" and more ({len(pages)} pages)" if len(names) > 6 else "")
    return f"page {shown}" if len(pages) == 1 else f"pages {shown}"


class Verdict:
    """What is known about the pages read so far, for one reading.

    A format with more to say makes its own: see `Format.verdict`.
    """

    def __init__(self, nothing: str) -> None:
        self._nothing = nothing
        self._empty: list[int] = []
        self._read = 0

    def add(self, page: Page) -> None:
        """Takes a page into account."""
        self._read += 1
        if page.measure.characters == 0:
            self._empty.append(page.page)

    def without_text(self) -> list[int]:
        """The pages that hold no text."""
        return self._empty

    def notices(self) -> list[Notice]:
        """What the user should know about the text as a whole."""
        return []

    def refusal(self, failed: Sequence[Failed], *, damaged: bool, file: Path) -> str | None:
        """Why what was read is not the document's text: the rest of a line, or None.

        `file`: what messages call the document; `damaged`: its library complained about it.
        """
        if self._read > len(self._empty):
            return None
        if failed:
            pages = [one.page for one in failed]
            which = "it" if pages == [1] and not self._read else number_of_pages(pages)
            return f"{which} could not be read ({failed[0].reason})"
        return self._nothing
