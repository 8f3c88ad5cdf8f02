"""Reads a Word document: its body, in order, with what belongs to each paragraph."""

from __future__ import annotations

import re

from citrus_cli.documents.formats.archive import (
    Archive,
    Element,
    attribute,
    child,
    children,
    local,
    switched_on,
)
from citrus_cli.documents.formats.base import PageText, ReadPages, Refusal
from citrus_cli.documents.formats.charts import write_chart
from citrus_cli.documents.formats.docx.runs import PAGE, Gathered, Runs, Sources
from citrus_cli.documents.formats.docx.styles import Numbering, Styles, numbered
from citrus_cli.documents.formats.writing import PageBuilder, one_line, tidy

_COLUMNS = 5_000
_DEPTH = 20
_NUMBER_ONLY = re.compile(r"(?:page|seite|p\.?)?\s*\d*\s*(?:of|von|/|\|)?\s*\d*", re.IGNORECASE)
_GROUPS = ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag", "AlternateContent",
           "Choice")  # fmt: skip


def read_docx(path: str) -> ReadPages:
    """All pages of the document at `path`."""
    archive = Archive(path)
    main = _main(archive)
    relations = archive.relations(main)
    document = _Document(archive, main, relations)
    document.headers("header")
    body = child(archive.xml(main), "body")
    for element in body if body is not None else ():
        document.block(element)
    document.headers("footer")
    pages = document.pages()
    return ReadPages(pages, [*archive.notices, *document.sources.notices])


def _main(archive: Archive) -> str:
    for kind, target in archive.relations("").values():
        if kind == "officeDocument" and target in archive:
            return target
    if "word/document.xml" in archive:
        return "word/document.xml"
    raise Refusal("its text is missing (word/document.xml); save it anew in Word")


class _Document:
    def __init__(self, archive: Archive, main: str, relations: dict[str, tuple[str, str]]) -> None:
        self._archive = archive
        self._relations = relations
        parts = {kind: target for kind, target in relations.values() if target in archive}

        def root(kind: str) -> Element | None:
            return archive.xml(parts[kind]) if kind in parts else None

        self._styles = Styles(root("styles"))
        self._numbering = Numbering(root("numbering"))
        notes = {}
        for kind in ("footnote", "endnote"):
            for one in children(root(f"{kind}s"), kind):
                notes[kind, attribute(one, "id") or ""] = one
        comments = {
            attribute(one, "id") or "": one for one in children(root("comments"), "comment")
        }
        self.sources = Sources(self._styles, notes, comments, relations)
        self._pages = [PageBuilder()]

    @property
    def _page(self) -> PageBuilder:
        return self._pages[-1]

    def pages(self) -> list[PageText]:
        """The pages that have been written; empty ones at the end are none."""
        while len(self._pages) > 1 and not self._page:
            self._pages.pop()
        return [page.page() for page in self._pages]

    def headers(self, kind: str) -> None:
        """What stands in the heads or feet of pages, once; numbers of pages are left out."""
        seen = set()
        for one, target in self._relations.values():
            if one != kind or target not in self._archive:
                continue
            for paragraph in self._archive.xml(target).iter():
                if local(paragraph) == "p":
                    text = Runs(self.sources).text(paragraph).replace(PAGE, "")
                    line = one_line(text)
                    if line not in seen and not _NUMBER_ONLY.fullmatch(line):
                        seen.add(line)
                        self._page.paragraph(text)

    def block(self, element: Element, depth: int = 0) -> None:
        """Writes a paragraph, a table, or what is in a group of them."""
        name = local(element)
        if name == "p":
            self._paragraph(element)
        elif name == "tbl":
            self._table(element, depth)
        elif name in _GROUPS and depth < _DEPTH:
            if name == "sdt" and child(element, "sdtPr", "showingPlcHdr") is not None:
                return
            if name == "AlternateContent":
                element = child(element, "Choice") if child(element, "Choice") is not None else ()
            for one in element:
                self.block(one, depth + 1)

    def _paragraph(self, element: Element) -> None:
        properties = child(element, "pPr")
        runs = Runs(self.sources)
        text = runs.text(element)
        if switched_on(properties, "pageBreakBefore"):
            self._turn()
        while text.lstrip(" \t\n").startswith(PAGE):
            self._turn()
            text = text.lstrip(" \t\n").removeprefix(PAGE)
        ended = text.rstrip(" \t\n").endswith(PAGE)
        self._write(text.replace(PAGE, ""), properties)
        self._beside(runs.gathered)
        # a page that begins within the paragraph begins for the reader after it
        if PAGE in text.rstrip(" \t\n").removesuffix(PAGE) or ended:
            self._turn()
        if child(properties, "sectPr") is not None and (
            attribute(child(properties, "sectPr", "type"), "val") != "continuous"
        ):
            self._turn()

    def _turn(self) -> None:
        """Begins a page, unless one has just begun: Word notes breaks that it made itself too."""
        if self._page:
            self._pages.append(PageBuilder())

    def _write(self, text: str, properties: Element | None) -> None:
        style = self._styles.get(attribute(child(properties, "pStyle"), "val"))
        level = attribute(child(properties, "outlineLvl"), "val")
        heading = style.heading
        if level is not None and level.isdigit():
            heading = int(level) + 1 if int(level) < 9 else 0
        item = numbered(properties) or style.list
        mark = self._numbering.mark(*item) if item is not None and text.strip() else None
        if heading:
            self._page.heading(f"{mark} {text}" if mark and mark != "-" else text, heading)
        elif item is not None and mark is not None:
            self._page.item(text, item[1] + 1, mark)
        else:
            self._page.paragraph(text)

    def _beside(self, gathered: Gathered, depth: int = 0) -> None:
        for box in gathered.boxes:
            for one in box:
                if depth < 3:
                    self.block(one, depth + 1)
        for name in gathered.charts:
            target = self._relations.get(name, ("", ""))[1]
            if target in self._archive:
                write_chart(self._archive.xml(target), self._page)
        for note in gathered.notes:
            self._page.note(note)

    def _table(self, element: Element, depth: int) -> None:
        rows: list[list[str]] = []
        head = 0
        beside = Gathered()
        above: dict[int, str] = {}
        lines = [row for row in _rows(element) if not switched_on(child(row, "trPr"), "del")]
        cells = [_cells(row) for row in lines]
        if max(map(len, cells), default=0) == 1:  # a frame around text
            for line in cells:
                for cell in line:
                    for one in cell:
                        if depth < _DEPTH:
                            self.block(one, depth + 1)
            return
        for line, own in zip(lines, cells, strict=True):
            row, turned = self._row(line, own, above, beside, depth)
            if turned and rows:
                self._page.table(tidy(rows), heading=head)
                self._beside(beside)
                beside = Gathered()
                self._turn()
                rows = rows[:head]
            if switched_on(child(line, "trPr"), "tblHeader") and head == len(rows):
                head += 1
            rows.append(row)
        self._page.table(tidy(rows), heading=head)
        self._beside(beside)

    def _row(
        self,
        line: Element,
        cells: list[Element],
        above: dict[int, str],
        beside: Gathered,
        depth: int,
    ) -> tuple[list[str], bool]:
        """The texts of a row, and whether a page begins in its first words."""
        skipped = attribute(child(line, "trPr", "gridBefore"), "val") or "0"
        row = [""] * min(int(skipped) if skipped.isdigit() else 0, _COLUMNS)
        turned = False
        for cell in cells:
            text = self._cell(cell, beside, depth)
            turned = turned or PAGE in text
            text = text.replace(PAGE, "").strip()
            properties = child(cell, "tcPr")
            span = attribute(child(properties, "gridSpan"), "val") or "1"
            merged = child(properties, "vMerge")
            if merged is not None and attribute(merged, "val") != "restart":
                text = above.get(len(row), text)
            for _ in range(min(int(span) if span.isdigit() else 1, _COLUMNS)):
                above[len(row)] = text
                row.append(text)
        return row, turned

    def _cell(self, cell: Element, beside: Gathered, depth: int) -> str:
        """The text of a cell, in one line."""
        said = []
        for element in cell:
            name = local(element)
            if name == "p":
                runs = Runs(self.sources)
                text = runs.text(element)
                item = numbered(child(element, "pPr"))
                mark = self._numbering.mark(*item) if item and text.strip() else None
                said.append(f"{mark} {text}" if mark else text)
                beside.notes += runs.gathered.notes
                beside.boxes += runs.gathered.boxes
            elif name == "tbl" and depth < _DEPTH:
                inner = []
                for row in _rows(element):
                    texts = (self._cell(one, beside, depth + 1) for one in _cells(row))
                    inner.append(" ".join(text.strip() for text in texts if text.strip()))
                said.append("; ".join(filter(None, inner)))
            elif name in _GROUPS and depth < _DEPTH:
                said.append(self._cell(element, beside, depth + 1))
        return " ".join(text for text in said if text.strip())


def _rows(table: Element) -> list[Element]:
    return _inside(table, "tr")


def _cells(row: Element) -> list[Element]:
    return _inside(row, "tc")


def _inside(element: Element, name: str, depth: int = 0) -> list[Element]:
    """Children of that name, also those in groups of content controls or changes."""
    found = []
    for one in element:
        if local(one) == name:
            found.append(one)
        elif local(one) in _GROUPS and depth < _DEPTH:
            found += _inside(one, name, depth + 1)
    return found
