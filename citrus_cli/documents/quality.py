"""Tells text from scans, watermarks and gibberish, over the pages of a PDF."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import Failed, Page
from citrus_cli.documents.verdict import Verdict, number_of_pages

SPARSE_TEXT = 20
"""A page with a picture and fewer characters than this holds no text worth the name."""

_ENOUGH = 200
_ENOUGH_LATIN = 400


class PdfVerdict(Verdict):
    """What is known about the text of the pages read so far."""

    def __init__(self) -> None:
        super().__init__("it holds no text")
        self._pages = 0
        self._short: dict[str, list[int]] = defaultdict(list)
        self._characters = self._unreadable = self._readable = self._latin = self._vowels = 0

    def add(self, page: Page) -> None:
        measure = page.measure
        self._pages += 1
        if measure.characters == 0 or (measure.characters < SPARSE_TEXT and page.drawn):
            self._empty.append(page.page)
        elif measure.short is not None and page.drawn:
            self._short[measure.short].append(page.page)
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

    def notices(self) -> list[Notice]:
        if not self._is_gibberish():
            return []
        return [
            Notice(
                "much of its text looks like gibberish (its fonts do not say which characters "
                "they show); if answers make no sense, have its pages recognized: "
                "ocrmypdf --force-ocr in.pdf out.pdf",
                "gibberish",
            )
        ]

    def refusal(self, failed: Sequence[Failed], *, damaged: bool, file: Path) -> str | None:
        empty = len(self.without_text())
        pages = self._pages + len(failed)
        if empty <= pages / 2 and empty + len(failed) < pages:
            return None
        if failed:
            problem = (
                f"{number_of_pages([one.page for one in failed])} of {pages} could not be read "
                f"({failed[0].reason})" + (f", and {empty} hold no text" if empty else "")
            )
        elif pages == 1:
            problem = "its only page holds no text"
        else:
            problem = f"{empty} of its {pages} pages hold no text"
        fixed = shlex.quote(str(file.with_name(f"{file.stem}-fixed.pdf")))
        if failed or damaged:
            cure = "the file is damaged; fetch it again, or repair it: qpdf"
        else:
            cure = "it looks scanned; have its text recognized (OCR) first: ocrmypdf"
        return f"{problem}; {cure} {shlex.quote(str(file))} {fixed}"

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
