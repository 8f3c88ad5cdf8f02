"""XML, as text in which references stand for the characters that they mean."""

from __future__ import annotations

import html
import re

from citrus_cli.documents.filters import Binary, Filter, Rewritten
from citrus_cli.documents.formats.base import Head, StreamedFormat
from citrus_cli.documents.sniff import looks_like_html

_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


class Xml(StreamedFormat):
    """Data in XML."""

    name = "xml"
    title = "XML"
    suffixes = frozenset((".xml", ".rss", ".atom", ".kml", ".gpx", ".svg"))
    declares_encoding = True

    def accepts(self, head: Head) -> bool:
        if head.suffix and head.suffix not in self.suffixes:
            return False
        return head.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") and not (
            looks_like_html(head.data)
        )

    def claims(self, head: Head) -> bool:
        return head.suffix in self.suffixes

    def filters(self) -> list[Filter]:
        return [Binary(), Resolved()]


class Resolved(Rewritten):
    """Decodes the references to characters; those that mean none stay."""

    def __init__(self) -> None:
        super().__init__(_REFERENCE, "&", 34)

    def replace(self, match: re.Match[str]) -> str:
        return html.unescape(match[0])
