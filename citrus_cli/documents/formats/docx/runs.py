"""The text of a Word paragraph: runs, fields, changes, notes, comments, formulas, pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from citrus_cli.documents.formats.archive import Element, attribute, child, children, local
from citrus_cli.documents.formats.docx.styles import Styles, is_on
from citrus_cli.documents.formats.html.controls import picture
from citrus_cli.documents.formats.html.links import Links
from citrus_cli.documents.formats.scripts import END, LOWERED, NOTE, RAISED, plain
from citrus_cli.documents.notices import Notice

PAGE = "\x05"
"""Stands in a text where a page begins."""

_HIDDEN = Notice("text that is hidden was left out", "hidden-text")
_STRUCK = Notice("struck-out text was left out", "struck-out-text")
_DELETED = Notice("text that was deleted in tracked changes was left out", "deleted-text")
_LINK = re.compile(r'HYPERLINK\s+(?:\\l\s+)?"([^"]+)"')
# What the fonts of symbols show for some of their characters.
_SYMBOLS = {
    "F0A8": "☐", "F06F": "☐", "F0FE": "☒", "F078": "☒", "F0FC": "✓", "F0FD": "☒", "F052": "☑",
    "F0E0": "→", "F0B7": "•", "F0D2": "®", "F0D3": "©", "F0B0": "°", "F0B1": "±", "F0B4": "×",
    "F0A3": "≤", "F0B3": "≥", "F0B9": "≠", "F061": "α", "F062": "β", "F067": "γ", "F064": "δ",
    "F06D": "µ", "F070": "π", "F073": "σ", "F057": "Ω", "F053": "Σ", "F044": "Δ",
}  # fmt: skip


@dataclass
class Gathered:
    """What is found in a paragraph beside its text."""

    notes: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)


@dataclass
class Sources:
    """What the text of a document is made from, beside its paragraphs.

    `notes` and `comments` give the elements by kind and id, `targets` the addresses of links by id.
    """

    styles: Styles
    notes: dict[tuple[str, str], Element]
    comments: dict[str, Element]
    targets: dict[str, tuple[str, str]]
    links: Links = field(default_factory=Links)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def notice(self, notice: Notice) -> None:
        """Takes note of it, once."""
        if notice not in self.notices:
            self.notices.append(notice)


class Runs:
    """Reads what is in one paragraph."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.gathered = Gathered()
        self._fields: list[tuple[str, int]] = []  # instruction, where its result starts
        self._instructing = False
        self._out: list[str] = []

    def text(self, paragraph: Element) -> str:
        """The text of a paragraph, with the marks of `scripts` and PAGE in it."""
        self._all(paragraph)
        return "".join(self._out)

    def _all(self, element: Element) -> None:
        for one in element:
            self._one(one)

    def _one(self, element: Element) -> None:
        name = local(element)
        if name == "r":
            self._run(element)
        elif name in ("del", "moveFrom"):
            if any(local(one) in ("delText", "t") and one.text for one in element.iter()):
                self._sources.notice(_DELETED)
        elif name == "hyperlink":
            start = len(self._out)
            self._all(element)
            target = self._sources.targets.get(attribute(element, "id") or "", ("", ""))[1]
            self._out.append(self._sources.links.told(target, "".join(self._out[start:])))
        elif name in ("oMath", "oMathPara"):
            self._out.append(f" {_formula(element)} ")
        elif name == "AlternateContent":
            self._all(child(element, "Choice") if child(element, "Choice") is not None else element)
        elif name == "sdt":
            if child(element, "sdtPr", "showingPlcHdr") is None:
                content = child(element, "sdtContent")
                self._all(content if content is not None else ())
        elif name not in ("pPr", "sdtPr", "rPr", "Fallback"):
            self._all(element)

    def _run(self, run: Element) -> None:
        properties = child(run, "rPr")
        styles = self._sources.styles.get(attribute(child(properties, "rStyle"), "val")).properties
        before, self._out = self._out, []
        for one in run:
            self._piece(one)
        text, self._out = "".join(self._out), before
        if not text:
            return
        if text.strip():
            if is_on("vanish", properties, styles):
                self._sources.notice(_HIDDEN)
                return
            if is_on("strike", properties, styles) or is_on("dstrike", properties, styles):
                self._sources.notice(_STRUCK)
                return
            place = attribute(child(properties, "vertAlign"), "val")
            for style in reversed(styles):
                place = place or attribute(child(style, "vertAlign"), "val")
            raised = place == "superscript" and NOTE not in text
            if raised or place == "subscript":
                text = f"{RAISED if raised else LOWERED}{text}{END}"
        self._out.append(text)

    def _piece(self, one: Element) -> None:
        name = local(one)
        if name == "t":
            if not self._instructing:
                self._out.append(plain(one.text or "").replace("\n", " "))
        elif name == "fldChar":
            self._field(one)
        elif name == "instrText":
            if self._fields:
                said, start = self._fields[-1]
                self._fields[-1] = (said + (one.text or ""), start)
        elif name == "br":
            self._out.append(PAGE if attribute(one, "type") == "page" else "\n")
        elif name == "lastRenderedPageBreak":
            self._out.append(PAGE)
        elif name in ("tab", "ptab"):
            self._out.append("\t")
        elif name == "cr":
            self._out.append("\n")
        elif name == "noBreakHyphen":
            self._out.append("-")
        elif name == "sym":
            self._out.append(_SYMBOLS.get((attribute(one, "char") or "").upper(), ""))
        elif name in ("footnoteReference", "endnoteReference"):
            self._note(name[:-9], attribute(one, "id") or "")
        elif name == "commentReference":
            self._comment(attribute(one, "id") or "")
        elif name == "AlternateContent":
            choice = child(one, "Choice")
            for inner in choice if choice is not None else ():
                self._piece(inner)
        elif name in ("drawing", "pict", "object"):
            self._drawing(one)

    def _field(self, one: Element) -> None:
        kind = attribute(one, "fldCharType")
        if kind == "begin":
            self._fields.append(("", 0))
            self._instructing = True
            box = child(one, "ffData", "checkBox")
            if box is not None:
                ticked = child(box, "checked")
                ticked = ticked if ticked is not None else child(box, "default")
                on = ticked is not None and attribute(ticked, "val") not in ("0", "false")
                self._out.append("[x]" if on else "[ ]")
        elif kind == "separate":
            self._instructing = False
        elif kind == "end":
            self._instructing = False
            said = self._fields.pop()[0] if self._fields else ""
            if (match := _LINK.search(said)) and "\\l" not in match[0]:
                self._out.append(self._sources.links.told(match[1], "x"))

    def _note(self, kind: str, name: str) -> None:
        note = self._sources.notes.get((kind, name))
        if note is None:
            return
        number = self._sources.numbers.setdefault((kind, name), len(self._sources.numbers) + 1)
        self._out.append(f"{NOTE}{number}{END}")
        self.gathered.notes.append(f"[{number}] {self._inner(note)}")

    def _comment(self, name: str) -> None:
        comment = self._sources.comments.get(name)
        if comment is not None:
            author = attribute(comment, "author") or ""
            said = self._inner(comment)
            self._out.append(f" [note: {author}{': ' if author else ''}{said}] ")

    def _inner(self, element: Element) -> str:
        paragraphs = (Runs(self._sources).text(one) for one in element.iter() if _is_text(one))
        return " ".join(text.replace(PAGE, "").strip() for text in paragraphs if text.strip())

    def _drawing(self, element: Element) -> None:
        for one in element.iter():
            name = local(one)
            if name == "docPr":
                self._out.append(picture(attribute(one, "descr") or ""))
            elif name == "txbxContent":
                if not any(local(up) in ("txbxContent", "Fallback") for up in one.iterancestors()):
                    self.gathered.boxes.append(one)
            elif name == "chart":
                self.gathered.charts.append(attribute(one, "id") or "")


def _is_text(element: Element) -> bool:
    return local(element) == "p"


def _formula(element: Element) -> str:
    """A formula on one line."""
    name = local(element)
    if name == "t":
        return plain(element.text or "")
    if name == "f":
        return f"{_grouped(child(element, 'num'))}/{_grouped(child(element, 'den'))}"
    if name == "sSup":
        return f"{_grouped(child(element, 'e'))}^{_grouped(child(element, 'sup'))}"
    if name == "sSub":
        return f"{_grouped(child(element, 'e'))}_{_grouped(child(element, 'sub'))}"
    if name == "rad":
        return f"√({_formula(child(element, 'e'))})" if child(element, "e") is not None else "√"
    if name == "d":
        inner = ", ".join(_formula(one) for one in children(element, "e"))
        return f"({inner})"
    return "".join(_formula(one) for one in element)


def _grouped(element: Element | None) -> str:
    text = _formula(element).strip() if element is not None else ""
    return text if re.fullmatch(r"[\w.]*", text) else f"({text})"
