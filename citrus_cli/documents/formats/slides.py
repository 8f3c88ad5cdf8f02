"""Reads the slides of a PowerPoint presentation."""

from __future__ import annotations

from collections.abc import Sequence

from citrus_cli.documents.formats.archive import (
    Archive,
    Element,
    attribute,
    child,
    children,
    local,
)
from citrus_cli.documents.formats.base import PageText, Refusal
from citrus_cli.documents.formats.charts import write_chart
from citrus_cli.documents.formats.html.controls import picture
from citrus_cli.documents.formats.html.links import Links
from citrus_cli.documents.formats.html.marks import BULLET, number_mark
from citrus_cli.documents.formats.scripts import END, LOWERED, RAISED, plain
from citrus_cli.documents.formats.writing import PageBuilder, tidy
from citrus_cli.documents.notices import Notice

_MAIN = "ppt/presentation.xml"
_DEPTH = 20
_STRUCK = Notice("struck-out text was left out", "struck-out-text")
_NUMBERS = {
    "alphaLc": "lower-alpha", "alphaUc": "upper-alpha", "romanLc": "lower-roman",
    "romanUc": "upper-roman",
}  # fmt: skip


class Slides:
    """The reader of a presentation; slides that are hidden are named and not read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        if _MAIN not in archive:
            raise Refusal(f"its list of slides is missing ({_MAIN}); save it anew in PowerPoint")
        relations = archive.relations(_MAIN)
        self._places: list[str] = []
        self._hidden: list[int] = []
        for one in children(child(archive.xml(_MAIN), "sldIdLst"), "sldId"):
            # the list also has a number of its own called id
            name = next((v for k, v in one.attrib.items() if k.endswith("}id")), "")
            target = relations.get(name, ("", ""))[1]
            if target in archive:
                self._places.append(target)
        self.notices: Sequence[Notice] = ()

    @property
    def pages(self) -> int:
        return len(self._places)

    def page(self, number: int) -> PageText:
        place = self._places[number - 1]
        root = self._archive.xml(place)
        if attribute(root, "show") in ("0", "false"):
            return PageText("", notices=[Notice("a hidden slide was not read", "hidden-slides")])
        slide = _Slide(self._archive, place)
        slide.write(child(root, "cSld", "spTree"))
        slide.notes()
        slide.page.notices += self._archive.notices
        return slide.page.page()


class _Slide:
    def __init__(self, archive: Archive, place: str) -> None:
        self.page = PageBuilder()
        self._archive = archive
        self._relations = archive.relations(place)
        self._links = Links()

    def write(self, tree: Element | None) -> None:
        """Writes all shapes, the title first."""
        shapes = list(tree) if tree is not None else []
        shapes.sort(key=lambda shape: _placeholder(shape) not in ("title", "ctrTitle"))
        for shape in shapes:
            self._shape(shape, 0)

    def notes(self) -> None:
        """Writes what the speaker is to say."""
        for kind, target in self._relations.values():
            if kind != "notesSlide" or target not in self._archive:
                continue
            tree = child(self._archive.xml(target), "cSld", "spTree")
            for shape in tree if tree is not None else ():
                if _placeholder(shape) == "body":
                    said = "\n".join(
                        self._text(paragraph) for paragraph in children(_body(shape), "p")
                    )
                    self.page.note(f"[notes] {said}" if said.strip() else "")

    def _shape(self, shape: Element, depth: int) -> None:
        name = local(shape)
        if name == "AlternateContent":
            shape = child(shape, "Choice")
            name = "grpSp"
        if shape is None or depth > _DEPTH:
            return
        if name == "grpSp":
            for one in shape:
                self._shape(one, depth + 1)
            return
        about = next((one for one in shape.iter() if local(one) == "cNvPr"), None)
        if about is not None and attribute(about, "hidden") in ("1", "true"):
            return
        kind = _placeholder(shape)
        if kind in ("sldNum", "dt", "ftr"):
            return
        if name == "pic":
            self.page.paragraph(picture(attribute(about, "descr") or ""))
        elif name == "graphicFrame":
            self._graphic(shape)
        elif name == "sp":
            self._paragraphs(shape, kind)

    def _paragraphs(self, shape: Element, kind: str) -> None:
        paragraphs = list(children(_body(shape), "p"))
        if kind in ("title", "ctrTitle"):
            self.page.heading(" ".join(map(self._text, paragraphs)), 1)
            return
        counts: dict[int, int] = {}
        for paragraph in paragraphs:
            text = self._text(paragraph)
            properties = child(paragraph, "pPr")
            level = int(attribute(properties, "lvl") or 0)
            mark = _mark(properties, level, counts, bulleted=kind in ("body", "obj"))
            if mark and text.strip():
                self.page.item(text, level + 1, mark)
            else:
                self.page.paragraph(text)

    def _text(self, paragraph: Element) -> str:
        out = []
        for one in paragraph:
            name = local(one)
            if name == "br":
                out.append("\n")
            elif name in ("r", "fld"):
                text = plain("".join(t.text or "" for t in children(one, "t")))
                out.append(self._run(text, child(one, "rPr")))
            elif name in ("AlternateContent", "m"):
                out.append("".join(t.text or "" for t in one.iter() if local(t) == "t"))
        return "".join(out)

    def _run(self, text: str, properties: Element | None) -> str:
        if not text.strip():
            return text
        if (attribute(properties, "strike") or "noStrike") != "noStrike":
            if _STRUCK not in self.page.notices:
                self.page.notices.append(_STRUCK)
            return ""
        shift = attribute(properties, "baseline") or "0"
        if shift.lstrip("-").rstrip("%").isdigit() and shift.strip("-0%"):
            return f"{LOWERED if shift.startswith('-') else RAISED}{text}{END}"
        link = child(properties, "hlinkClick")
        target = self._relations.get(attribute(link, "id") or "", ("", ""))[1]
        return text + self._links.told(target, text)

    def _graphic(self, shape: Element) -> None:
        data = child(shape, "graphic", "graphicData")
        for one in data if data is not None else ():
            name = local(one)
            if name == "tbl":
                self._table(one)
            elif name == "chart":
                target = self._relations.get(attribute(one, "id") or "", ("", ""))[1]
                if target in self._archive:
                    write_chart(self._archive.xml(target), self.page)
            elif name == "relIds":  # a diagram, whose texts lie in a part of their own
                target = self._relations.get(attribute(one, "dm") or "", ("", ""))[1]
                for point in self._archive.xml(target).iter() if target in self._archive else ():
                    if local(point) == "p":
                        self.page.paragraph(self._text(point))

    def _table(self, table: Element) -> None:
        rows: list[list[str]] = []
        for line in children(table, "tr"):
            row: list[str] = []
            for at, cell in enumerate(children(line, "tc")):
                text = " ".join(map(self._text, children(child(cell, "txBody"), "p")))
                if attribute(cell, "hMerge") in ("1", "true") and row:
                    text = row[-1]
                elif attribute(cell, "vMerge") in ("1", "true") and rows and at < len(rows[-1]):
                    text = rows[-1][at]
                row.append(text)
            rows.append(row)
        first = attribute(child(table, "tblPr"), "firstRow") in ("1", "true")
        self.page.table(tidy(rows), heading=int(first))


def _body(shape: Element) -> Element | None:
    return child(shape, "txBody")


def _placeholder(shape: Element) -> str:
    """What a shape is on its slide: "title", "body", "sldNum"; "" where it is of its own."""
    found = child(shape, "nvSpPr", "nvPr", "ph")
    return "" if found is None else attribute(found, "type") or "obj"


def _mark(properties: Element | None, level: int, counts: dict[int, int], *, bulleted: bool) -> str:
    for deeper in [one for one in counts if one > level]:
        del counts[deeper]
    automatic = child(properties, "buAutoNum")
    if automatic is not None:
        start = int(attribute(automatic, "startAt") or 1)
        counts[level] = counts.get(level, start - 1) + 1
        kind = attribute(automatic, "type") or "arabicPeriod"
        name = next((css for key, css in _NUMBERS.items() if kind.startswith(key)), "decimal")
        ends = (")" if "Paren" in kind else ".") if "Plain" not in kind else ""
        opens = "(" if "ParenBoth" in kind else ""
        return f"{opens}{number_mark(counts[level], name)}{ends}"
    counts.pop(level, None)
    if child(properties, "buNone") is not None:
        return ""
    return BULLET if bulleted or child(properties, "buChar") is not None else ""
