"""Web pages, by their text: what a reader sees, line by line, with table rows in one line."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from citrus_cli.documents.clean import clean_characters, compact_white_space
from citrus_cli.documents.formats.base import Format, Head, PageText, Reader, ReadPages, Refusal
from citrus_cli.documents.formats.text import Text
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import Job
from citrus_cli.documents.sniff import bom_encoding, is_text_encoding, looks_like_html
from citrus_cli.documents.text import undecodable

_DROPPED = frozenset(("script", "style", "template", "title"))
_PARAGRAPH_TAGS = """
    address article aside blockquote details dialog div dl fieldset figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr main nav ol p pre section summary table ul
"""
_LINE_TAGS = """
    body br caption center dd dt figcaption head html legend li option tbody tfoot thead tr
"""
_PARAGRAPHS = frozenset(_PARAGRAPH_TAGS.split())
_LINES = frozenset(_LINE_TAGS.split())
_CELLS = frozenset(("td", "th"))
_BULLET = "- "
_SPACE = re.compile(r"[ \t\n]+")
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
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
        if head.suffix in self.suffixes:
            return True
        return looks_like_html(head.data) and head.suffix not in Text.suffixes | {".pdf"}

    def open(self, job: Job) -> Reader:
        lines, hidden = read_html(_decode(Path(job.path).read_bytes(), job.encoding))
        notice = Notice(
            "it also holds text that a browser hides, which was read as well", "hidden-text"
        )
        text = "\n".join(line for line, _ in lines)
        return ReadPages([PageText(text, notices=[notice] if hidden else [])])


def _decode(data: bytes, encoding: str | None) -> str:
    encoding = encoding or bom_encoding(data[:4]) or _declared(data) or "utf-8"
    try:
        return data.decode(encoding)
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


def read_html(page: str) -> tuple[list[tuple[str, int]], bool]:
    """The lines of a web page, each with its line in the source, and whether some are hidden.

    Blank lines, never two in a row, stand between paragraphs; the first and last line have text.
    """
    parser = _TextParser()
    parser.feed(page)
    parser.close()
    parser.end_line(blank=False)
    while parser.lines and not parser.lines[-1][0]:
        parser.lines.pop()
    return parser.lines, parser.hidden


class _TextParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[str, int]] = []
        self.hidden = False
        self._line: list[str] = []
        self._started = 0  # source line of the present line's first text
        self._dropped: list[str] = []
        self._pre = 0
        self._cells = 0  # cells begun in the present table row
        self._row = False  # the present line has cell borders

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._dropped.clear()  # a title or template that was never closed
        if tag in _DROPPED:
            self._dropped.append(tag)
        names = dict(attrs)
        if "hidden" in names or _HIDDEN_STYLE.search(names.get("style") or ""):
            self.hidden = True
        if tag in _CELLS:
            if self._cells:
                self._line.append(" | ")
                self._row = True
            self._cells += 1
            return
        if tag == "li" or self._line != [_BULLET]:  # a paragraph within an item starts beside it
            self._break(tag)
        if tag == "tr":
            self._cells = 0
        elif tag == "pre":
            self._pre += 1
        elif tag == "li":
            self._line.append(_BULLET)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._dropped:
            self._dropped.remove(tag)
        if tag in ("tr", "table"):
            self._cells = 0
        if tag == "pre" and self._pre:
            self._pre -= 1
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if self._dropped:
            return
        if self._pre and not self._cells:
            first, *others = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._add(first, 0)
            for offset, other in enumerate(others, start=1):
                self.end_line(blank=False, keep_empty=True)
                self._add(other, offset)
        else:
            self._add(data, data[: len(data) - len(data.lstrip())].count("\n"))

    def _add(self, text: str, offset: int) -> None:
        if text.strip() and not self._started:
            self._started = self.getpos()[0] + offset
        self._line.append(text)

    def _break(self, tag: str) -> None:
        if self._cells and tag not in ("tr", "table"):
            if tag in _PARAGRAPHS or tag in _LINES:
                self._line.append(" ")  # paragraphs within a cell do not break its row
        elif tag in _PARAGRAPHS or tag in _LINES:
            self.end_line(blank=tag in _PARAGRAPHS)

    def end_line(self, *, blank: bool, keep_empty: bool = False) -> None:
        """Ends the line that has been collected; `blank`: a blank line separates what follows."""
        text = clean_characters("".join(self._line))
        self._line.clear()
        text = compact_white_space(text, keep_indent=True) if self._pre else _SPACE.sub(" ", text)
        text = text.rstrip() if self._pre else text.strip()
        if self._row:
            text = text.rstrip(" |")
            self._row = False
        elif text == _BULLET.strip():
            text = ""
        if text:
            self.lines.append((text, self._started or self.getpos()[0]))
        if (blank or (keep_empty and not text)) and self.lines and self.lines[-1][0]:
            self.lines.append(("", self.getpos()[0]))
        self._started = 0
