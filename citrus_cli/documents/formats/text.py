"""Plain text of every kind: notes, logs, program code."""

from __future__ import annotations

from citrus_cli.documents.filters import Binary, Filter
from citrus_cli.documents.formats.base import Head, StreamedFormat

_SUFFIXES = ".txt .text .rst .adoc .asciidoc .org .tex .log .yaml .yml .toml .srt .vtt"


class Text(StreamedFormat):
    """Text as it stands; form feeds separate its pages."""

    name = "text"
    title = "a text"
    suffixes = frozenset(_SUFFIXES.split())
    priority = -100

    def accepts(self, head: Head) -> bool:
        return False

    def claims(self, head: Head) -> bool:
        return True

    def filters(self) -> list[Filter]:
        return [Binary()]
