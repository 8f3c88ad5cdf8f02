"""Markdown, as it was written, but for the bytes of pictures."""

from __future__ import annotations

from citrus_cli.documents.filters import Binary, Filter
from citrus_cli.documents.formats.base import Head, StreamedFormat


class Markdown(StreamedFormat):
    """A text in Markdown: its marks are the form in which models know structure best."""

    name = "markdown"
    title = "Markdown"
    suffixes = frozenset((".md", ".markdown", ".mdx", ".rmd", ".qmd"))

    def accepts(self, head: Head) -> bool:
        return False

    def claims(self, head: Head) -> bool:
        return head.suffix in self.suffixes

    def filters(self) -> list[Filter]:
        return [Binary()]
