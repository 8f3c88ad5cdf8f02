"""Tells text from scans, watermarks and gibberish, over the pages of a PDF."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from citrus_cli.documents.protocol import Page

SPARSE_TEXT = 20
"""A page with a picture and fewer characters than this holds no text worth the name."""

_ENOUGH = 200
_ENOUGH_LATIN = 400


class Quality:
    """What is known about the text of the pages read so far."""

    def __init__(self) -> None:
        self._pages = 0
        self._empty: list[int] = []
        self._short: dict[str, list[int]] = defaultdict(list)
        self._hidden: list[int] = []
        self._characters = self._unreadable = self._readable = self._latin = self._vowels = 0

    def add(self, page: Page) -> None:
        """Takes a page into account."""
        measure = page.measure
        self._pages += 1
        if measure.characters == 0 or (measure.characters < SPARSE_TEXT and page.drawn):
            self._empty.append(page.page)
        elif measure.short is not None and page.drawn:
            self._short[measure.short].append(page.page)
        if page.hidden:
            self._hidden.append(page.page)
        self._characters += measure.characters
        self._unreadable += measure.unreadable
        self._readable += measure.readable
        self._latin += measure.latin
        self._vowels += measure.vowels

    def without_text(self) -> list[int]:
        """The pages that hold no text, or nothing but a mark that most pages hold alone."""
        marks: list[int] = []
        for pages in self._short.values():
            if len(pages) > 2 and len(pages) + len(self._empty) > self._pages / 2:
                marks += pages
        return sorted(self._empty + marks)

    def warnings(self) -> list[str]:
        """What the user should know about the text, in a few words each."""
        found = []
        if self._is_gibberish():
            found.append(
                "much of its text looks like gibberish (its fonts do not say which characters "
                "they show); if answers make no sense, have its pages recognized: "
                "ocrmypdf --force-ocr in.pdf out.pdf"
            )
        if self._hidden:
            found.append(
                f"text that is invisible on paper was read as well: {number_of_pages(self._hidden)}"
            )
        return found

    def _is_gibberish(self) -> bool:
        if self._characters + self._unreadable < _ENOUGH:
            return False
        if self._unreadable > 0.05 * (self._characters + self._unreadable):
            return True
        if self._readable < 0.4 * self._characters:
            return True
        # letters shifted through the alphabet: hardly any language writes so few vowels
        return self._latin > max(_ENOUGH_LATIN, 0.4 * self._characters) and (
            self._vowels < 0.2 * self._latin
        )


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
