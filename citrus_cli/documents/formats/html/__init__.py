"""Web pages, as a browser shows them."""

from __future__ import annotations

import re
from pathlib import Path

from citrus_cli.documents.formats.base import Format, Head, OnePage, Reader, Refusal
from citrus_cli.documents.formats.text import Text
from citrus_cli.documents.protocol import Job
from citrus_cli.documents.sniff import bom_encoding, is_text_encoding, looks_like_html
from citrus_cli.documents.text import undecodable

_META_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]+(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)
# As browsers do: pages that claim these are written in Windows' superset of them.
_READ_AS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252"}
_READ_AS["us-ascii"] = "cp1252"


class Html(Format):
    """A web page. It is one page."""

    name = "html"
    title = "a web page"
    suffixes = frozenset((".html", ".htm", ".xhtml"))
    nothing = (
        "it holds no text (a page that scripts fill in?); save it from the browser as PDF or text"
    )

    def accepts(self, head: Head) -> bool:
        return looks_like_html(head.data) and head.suffix not in Text.suffixes | {".pdf"}

    def claims(self, head: Head) -> bool:
        return head.suffix in self.suffixes

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.html.page import read_html

        page = decode_html(Path(job.path).read_bytes(), job.encoding)
        return OnePage(lambda: read_html(page))


def decode_html(data: bytes, encoding: str | None = None) -> str:
    """The text of a page: in the encoding given, or that of its mark, or that it names, or UTF-8.

    Raises Refusal.
    """
    encoding = encoding or bom_encoding(data[:4]) or _declared(data) or "utf-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        raise Refusal(undecodable(encoding, error, 0)) from error


def _declared(data: bytes) -> str | None:
    """The encoding that the page names itself, if there is such an encoding."""
    match = _META_CHARSET.search(data[:4096])
    if match is None:
        return None
    name = match[1].decode("ascii", "replace").lower()
    name = _READ_AS.get(name, name)
    if not is_text_encoding(name):
        return None
    # what declares itself in bytes that ASCII readers understand is not UTF-16
    return "utf-8" if name.startswith(("utf-16", "utf-32")) else name
