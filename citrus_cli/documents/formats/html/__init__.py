"""Web pages, as a browser shows them."""

from __future__ import annotations

from pathlib import Path

from citrus_cli.documents.encodings import bom_encoding, declared_encoding, undecodable
from citrus_cli.documents.formats.base import Format, Head, OnePage, Reader, Refusal
from citrus_cli.documents.formats.csv import Csv
from citrus_cli.documents.formats.json import Json
from citrus_cli.documents.formats.markdown import Markdown
from citrus_cli.documents.formats.text import Text
from citrus_cli.documents.protocol import Job
from citrus_cli.documents.sniff import looks_like_html

# Texts of these kinds may well begin with a tag; a PDF that does is a log-in or error page.
_ABOUT_TAGS = Text.suffixes | Markdown.suffixes | Csv.suffixes | Json.suffixes | {".pdf"}


class Html(Format):
    """A web page. It is one page."""

    name = "html"
    title = "a web page"
    suffixes = frozenset((".html", ".htm", ".xhtml"))
    nothing = (
        "it holds no text (a page that scripts fill in?); save it from the browser as PDF or text"
    )

    def accepts(self, head: Head) -> bool:
        return looks_like_html(head.data) and head.suffix not in _ABOUT_TAGS

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
    encoding = encoding or bom_encoding(data[:4]) or declared_encoding(data) or "utf-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        raise Refusal(undecodable(encoding, error, 0, lambda: [data])) from error
