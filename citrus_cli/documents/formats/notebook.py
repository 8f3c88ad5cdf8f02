"""Jupyter notebooks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from citrus_cli.documents.filters import Terminal
from citrus_cli.documents.formats.base import Format, Head, OnePage, PageText, Reader, Refusal
from citrus_cli.documents.formats.writing import PageBuilder
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import Job

_LIMIT = 200 * 2**20
_BEGINS = re.compile(rb'\s*\{\s*"(?:cells|metadata|nbformat|nbformat_minor|worksheets)"\s*:')
_HEADING = re.compile(r"(#{1,6})\s+(.+)")
_PICTURES = Notice("pictures that cells gave out were not read", "pictures-not-read")


class Notebook(Format):
    """A notebook, as one page: its texts, its code, and what the cells gave out."""

    name = "ipynb"
    title = "a notebook"
    suffixes = frozenset((".ipynb",))
    priority = 10

    def accepts(self, head: Head) -> bool:
        marked = b'"nbformat"' in head.data or b'"cell_type"' in head.data
        return bool(_BEGINS.match(head.data)) and (marked or head.suffix == ".ipynb")

    def claims(self, head: Head) -> bool:
        return head.suffix in self.suffixes

    def open(self, job: Job) -> Reader:
        file = Path(job.path)
        if file.stat().st_size > _LIMIT:
            raise Refusal(f"it is larger than {_LIMIT // 2**20} MB; clear its outputs first")
        try:
            book = json.loads(file.read_bytes())
        except ValueError as error:
            raise Refusal(f"it is damaged ({error}); save it anew in Jupyter") from error
        except RecursionError as error:
            raise Refusal("it is damaged (nested too deep); save it anew in Jupyter") from error
        return OnePage(lambda: _read(book))


def _read(book: Any) -> PageText:
    page = PageBuilder()
    if not isinstance(book, dict):
        return page.page()
    sheets = book.get("worksheets") or []
    cells = book.get("cells") or [one for sheet in sheets for one in sheet.get("cells", [])]
    for cell in cells:
        source = _joined(cell.get("source", cell.get("input", "")))
        if cell.get("cell_type") == "code":
            page.preformatted(f"```\n{source}\n```" if source.strip() else "")
            for output in cell.get("outputs", []):
                _output(output, page)
        else:
            for paragraph in re.split(r"\n\s*\n", source):
                heading = _HEADING.fullmatch(paragraph.strip())
                if heading:
                    page.heading(heading[2], len(heading[1]))
                else:
                    page.preformatted(paragraph.strip("\n"))
    return page.page()


def _output(output: dict[str, Any], page: PageBuilder) -> None:
    """What a cell gave out: a table, else text; pictures are named."""
    if "traceback" in output:
        page.preformatted(_plain("\n".join(map(str, output["traceback"]))))
        return
    data = output.get("data", output)
    if "text/html" in data and "<table" in _joined(data["text/html"]):
        from citrus_cli.documents.formats.html.page import read_html

        page.extend(read_html(_joined(data["text/html"])))
        return
    text = _joined(data.get("text/plain", data.get("text", "")))
    if any(str(kind).startswith("image/") for kind in data) and _PICTURES not in page.notices:
        page.notices.append(_PICTURES)
    page.preformatted(_plain(text))


def _joined(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source or "")


def _plain(text: str) -> str:
    return Terminal().feed(text, final=True)
