"""Reads a workbook: its sheets as tables, cell by cell as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from citrus_cli.documents.formats.archive import (
    Archive,
    Element,
    attribute,
    child,
    children,
    elements,
    local,
)
from citrus_cli.documents.formats.base import PageText, Refusal
from citrus_cli.documents.formats.charts import write_chart
from citrus_cli.documents.formats.html.controls import picture
from citrus_cli.documents.formats.scripts import END, LOWERED, RAISED, plain
from citrus_cli.documents.formats.writing import PageBuilder
from citrus_cli.documents.formats.xlsx.numbers import NumberFormat, number_format
from citrus_cli.documents.formats.xlsx.sheet import Rows
from citrus_cli.documents.notices import Notice

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Workbook:
    """The reader of a workbook; sheets that are hidden are named and not read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        if "xl/workbook.xml" not in archive:
            raise Refusal("its list of sheets is missing (xl/workbook.xml); save it anew in Excel")
        root = archive.xml("xl/workbook.xml")
        relations = archive.relations("xl/workbook.xml")
        self._sheets: list[tuple[str, str]] = []
        hidden = []
        for sheet in children(child(root, "sheets"), "sheet"):
            kind, target = relations.get(attribute(sheet, "id") or "", ("", ""))
            title = attribute(sheet, "name") or ""
            if (attribute(sheet, "state") or "visible") != "visible":
                hidden.append(title)
            elif target in archive:
                self._sheets.append((title, target if kind == "worksheet" else ""))
        self._places = dict(relations.values())
        date1904 = attribute(child(root, "workbookPr"), "date1904") in ("1", "true")
        self._formats = self._read_formats(date1904)
        self._strings: list[str] | None = None
        self.notices: Sequence[Notice] = ()
        if hidden:
            named = ", ".join(hidden[:5]) + (" and more" if len(hidden) > 5 else "")
            self.notices = [Notice(f"hidden sheets were not read: {named}", "hidden-sheets")]

    @property
    def pages(self) -> int:
        return len(self._sheets)

    def page(self, number: int) -> PageText:
        title, place = self._sheets[number - 1]
        page = PageBuilder(title)
        page.heading(title, 1)
        if place:
            rows = Rows(self._archive, place, self._text_of, self._formats)
            rows.write(page)
        self._drawn(place, page)
        page.notices += self._archive.notices
        return page.page()

    def _read_formats(self, date1904: bool) -> list[NumberFormat]:
        """The formats of cells, by the number that a cell gives of its style."""
        place = self._places.get("styles", "xl/styles.xml")
        if place not in self._archive:
            return []
        root = self._archive.xml(place)
        custom = {
            int(attribute(one, "numFmtId") or 0): attribute(one, "formatCode") or ""
            for one in children(child(root, "numFmts"), "numFmt")
        }
        return [
            number_format(int(attribute(one, "numFmtId") or 0), custom, date1904=date1904)
            for one in children(child(root, "cellXfs"), "xf")
        ]

    def _text_of(self, index: int) -> str:
        """A string that cells share, by its number."""
        if self._strings is None:
            self._strings = list(self._read_strings())
        return self._strings[index] if 0 <= index < len(self._strings) else ""

    def _read_strings(self) -> Iterator[str]:
        place = self._places.get("sharedStrings", "xl/sharedStrings.xml")
        if place in self._archive:
            with self._archive.open(place) as stream:
                for element in elements(stream, f"{_MAIN}si"):
                    yield rich_text(element)

    def _drawn(self, place: str, page: PageBuilder) -> None:
        """Charts, boxes of text and pictures that lie on a sheet."""
        for kind, target in self._archive.relations(place).values() if place else ():
            if kind != "drawing" or target not in self._archive:
                continue
            charts = self._archive.relations(target)
            for one in self._archive.xml(target).iter():
                name = local(one)
                if name == "p":
                    page.paragraph("".join(t.text or "" for t in one.iter() if local(t) == "t"))
                elif name == "cNvPr":
                    page.paragraph(picture(attribute(one, "descr") or ""))
                elif name == "chart":
                    chart = charts.get(attribute(one, "id") or "", ("", ""))[1]
                    if chart in self._archive:
                        write_chart(self._archive.xml(chart), page)


def rich_text(element: Element) -> str:
    """The text of a string, struck-out runs left out, how it is spoken too."""
    texts = []
    for one in element:
        name = local(one)
        if name == "t":
            texts.append(plain(one.text or ""))
        elif name == "r":
            text = plain("".join(t.text or "" for t in children(one, "t")))
            properties = child(one, "rPr")
            struck = child(properties, "strike")
            if struck is not None and attribute(struck, "val") not in ("0", "false"):
                continue
            place = attribute(child(properties, "vertAlign"), "val")
            if place in ("superscript", "subscript"):
                text = f"{RAISED if place == 'superscript' else LOWERED}{text}{END}"
            texts.append(text)
    return "".join(texts)
