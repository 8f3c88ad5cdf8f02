"""JSON, as text in which escapes stand for the characters that they mean."""

from __future__ import annotations

import json
import re

from citrus_cli.documents.filters import Binary, Filter, Rewritten
from citrus_cli.documents.formats.base import Head, StreamedFormat

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)"
)
_PLAIN = {"n": "\u2028", "r": "", "t": "\t", "f": " ", "b": "", '"': '"', "\\": "\\", "/": "/"}


class Json(StreamedFormat):
    """Data in JSON or in lines of JSON."""

    name = "json"
    title = "JSON"
    suffixes = frozenset((".json", ".jsonl", ".ndjson", ".geojson"))

    def accepts(self, head: Head) -> bool:
        return False

    def claims(self, head: Head) -> bool:
        return head.suffix in self.suffixes

    def filters(self) -> list[Filter]:
        return [Binary(), Unescaped()]


class Unescaped(Rewritten):
    """Decodes the escapes of JSON; a line break in a string is one that its reader sees."""

    def __init__(self) -> None:
        super().__init__(_ESCAPE, "\\", 12)

    def replace(self, match: re.Match[str]) -> str:
        escape = match[0]
        if escape[1] == "u" and len(escape) > 2:
            text: str = json.loads(f'"{escape}"')
            return "" if "\ud800" <= text <= "\udfff" else text
        return _PLAIN.get(escape[1], escape)
