"""Reads the content of OpenDocument files."""

from __future__ import annotations

from collections.abc import Iterator

from citrus_cli.documents.formats.archive import (
    Archive,
    Element,
    attribute,
    child,
    children,
    local,
)
from citrus_cli.documents.formats.base import PageText, ReadPages, Refusal
from citrus_cli.documents.formats.html.controls import picture
from citrus_cli.documents.formats.html.links import Links
from citrus_cli.documents.formats.html.marks import BULLET, number_mark
from citrus_cli.documents.formats.scripts import END, LOWERED, NOTE, RAISED, plain
from citrus_cli.documents.formats.writing import PageBuilder, one_line, tidy
from citrus_cli.documents.notices import Notice

_DEPTH = 40
_REPEATED = 5_000
"""A cell or row that is repeated more often than this fills the rest of its sheet."""

_CELLS = 3_000_000
_KINDS = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
_SKIPPED = frozenset(
    ("tracked-changes", "sequence-decls", "variable-decls", "forms", "title", "desc", "settings",
     "notes", "user-field-decls", "database-ranges", "named-expressions", "shapes", "ruby-text",
     "calculation-settings", "content-validations", "label-ranges", "dde-connection-decls")
)  # fmt: skip
_HIDDEN = Notice("text that is hidden was left out", "hidden-text")
_STRUCK = Notice("struck-out text was left out", "struck-out-text")


def open_odf(archive: Archive, name: str) -> ReadPages:
    """All pages of a document of the format `name`."""
    if "META-INF/manifest.xml" in archive and any(
        local(one) == "encryption-data" for one in archive.xml("META-INF/manifest.xml").iter()
    ):
        raise Refusal("it is protected with a password; save a copy without one")
    if "content.xml" not in archive:
        raise Refusal("its text is missing (content.xml); save it anew in LibreOffice")
    root = archive.xml("content.xml")
    content = _Content(root, archive.xml("styles.xml") if "styles.xml" in archive else None)
    body = child(root, "body")
    kinds = {"ods": "spreadsheet", "odp": "presentation", "odt": "text"}
    main = child(body, kinds[name])
    if main is None:
        raise Refusal("its text is damaged; save it anew in LibreOffice")
    if name == "ods":
        pages = content.sheets(main)
    elif name == "odp":
        pages = [content.slide(one) for one in children(main, "page")]
    else:
        pages = [content.whole(main)]
    return ReadPages(pages, [*archive.notices, *content.notices])


class _Content:
    def __init__(self, root: Element, styles: Element | None) -> None:
        self.notices: list[Notice] = []
        self._links = Links()
        self._page = PageBuilder()
        self._notes: list[str] = []
        self._boxes: list[Element] = []
        self._cells = 0
        self._styles: dict[str, Element] = {}
        self._lists: dict[str, dict[int, Element]] = {}
        for source in (styles, root):
            for one in source.iter() if source is not None else ():
                if local(one) in ("style", "list-style"):
                    name = attribute(one, "name") or ""
                    if local(one) == "style":
                        self._styles[name] = one
                    else:
                        self._lists[name] = {int(attribute(x, "level") or 1): x for x in one}

    def whole(self, element: Element) -> PageText:
        """A text as one page."""
        for one in element:
            self._block(one, 0)
        return self._page.page()

    def slide(self, element: Element) -> PageText:
        """A slide as a page."""
        if self._property(attribute(element, "style-name"), "visibility") == "hidden":
            return PageText("", notices=[Notice("a hidden slide was not read", "hidden-slides")])
        self._page = PageBuilder(attribute(element, "name"))
        for one in element:
            if local(one) != "notes":
                self._block(one, 0)
        for notes in children(element, "notes"):
            said = "\n".join(self._text(one) for one in notes.iter() if local(one) == "p")
            self._page.note(f"[notes] {said}" if said.strip() else "")
        return self._page.page()

    def sheets(self, element: Element) -> list[PageText]:
        """The sheets of a spreadsheet as pages."""
        pages, hidden = [], []
        for table in children(element, "table"):
            name = attribute(table, "name") or ""
            if self._property(attribute(table, "style-name"), "display") == "false":
                hidden.append(name)
                continue
            self._page = PageBuilder(name)
            self._page.heading(name, 1)
            self._table(table, 0)
            pages.append(self._page.page())
        if hidden:
            named = ", ".join(hidden[:5])
            self._notice(Notice(f"hidden sheets were not read: {named}", "hidden-sheets"))
        return pages

    def _notice(self, notice: Notice) -> None:
        if notice not in self.notices:
            self.notices.append(notice)

    def _property(self, style: str | None, name: str) -> str:
        """A property that a style, or one that it is based on, declares."""
        for _ in range(20):
            element = self._styles.get(style or "")
            if element is None:
                return ""
            for one in element:
                if (value := attribute(one, name)) is not None:
                    return value
            style = attribute(element, "parent-style-name")
        return ""

    def _block(self, element: Element, depth: int) -> None:
        name = local(element)
        if not name or name in _SKIPPED or depth > _DEPTH:
            return
        if name == "h":
            self._page.heading(self._text(element), int(attribute(element, "outline-level") or 1))
        elif name == "p":
            self._page.paragraph(self._text(element))
        elif name == "list":
            self._list(element, "", 1, depth)
        elif name == "table":
            self._table(element, depth)
        elif name == "section" and attribute(element, "display") == "none":
            self._notice(_HIDDEN)
            return
        elif name == "frame":
            self._frame(element, depth)
        elif name == "annotation":
            self._page.note(self._annotation(element))
        else:
            for one in element:
                self._block(one, depth + 1)
        self._beside(depth)

    def _beside(self, depth: int) -> None:
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self._block(box, depth + 1)
        notes, self._notes = self._notes, []
        for note in notes:
            self._page.note(note)

    def _frame(self, element: Element, depth: int) -> None:
        said = [child(element, "title"), child(element, "desc")]
        alt = next((one.text for one in reversed(said) if one is not None and one.text), "")
        self._page.paragraph(picture(alt or ""))
        for one in element:
            if local(one) not in ("image", "title", "desc"):
                self._block(one, depth + 1)

    def _list(self, element: Element, style: str, level: int, depth: int) -> None:
        style = attribute(element, "style-name") or style
        rule = self._lists.get(style, {}).get(level)
        number = int(attribute(rule, "start-value") or 1)
        for item in element:
            name = local(item)
            if name not in ("list-item", "list-header") or depth > _DEPTH:
                continue
            number = int(attribute(item, "start-value") or number)
            mark: str | None = _mark(rule, number) if name == "list-item" else ""
            for one in item:
                kind = local(one)
                if kind in ("p", "h"):
                    text = self._text(one)
                    if kind == "h":
                        level_ = int(attribute(one, "outline-level") or level)
                        self._page.heading(f"{mark} {text}".strip(), level_)
                    elif mark is not None:
                        self._page.item(text, level, mark)
                    else:
                        self._page.item(text, level + 1, "")
                    mark = None
                    self._beside(depth)
                elif kind == "list":
                    self._list(one, style, level + 1, depth + 1)
                else:
                    self._block(one, depth + 1)
            if name == "list-item":
                number += 1

    def _table(self, element: Element, depth: int) -> None:
        head = 0
        blocks: list[list[list[str]]] = [[]]
        spans: dict[int, tuple[int, str]] = {}
        for heading, line in _lines(element, False):
            row = self._row(line, spans, depth)
            repeated = int(attribute(line, "number-rows-repeated") or 1)
            if not any(row):
                if blocks[-1]:
                    blocks.append([])
                continue
            if heading and len(blocks) == 1 and len(blocks[0]) == head:
                head += 1
            for _ in range(min(repeated, _REPEATED)):
                self._cells += len(row)
                if self._cells > _CELLS:
                    raise Refusal(f"it has more than {_CELLS:,} cells; split it, or save it as CSV")
                blocks[-1].append(row)
        for block in blocks:
            self._write(block, head)
            head = 0
        self._beside(depth)

    def _write(self, block: list[list[str]], head: int) -> None:
        while block and not head and len(texts := set(filter(None, block[0]))) == 1:
            if len(block) > 1 and len([one for one in block[1] if one]) < 2:
                break
            block = block[1:]
            self._page.paragraph(texts.pop())
        if not block:
            return
        rows = tidy(block)
        if not head and len(rows) > 1:
            named = [text for text in rows[0] if text]
            head = int(len(named) > 1 and not any(any(map(str.isdigit, one)) for one in named))
        self._page.table(rows, heading=head)

    def _row(self, line: Element, spans: dict[int, tuple[int, str]], depth: int) -> list[str]:
        row: list[str] = []
        pending = ""
        for cell in line:
            name = local(cell)
            if name not in ("table-cell", "covered-table-cell"):
                continue
            times = int(attribute(cell, "number-columns-repeated") or 1)
            text = self._cell(cell, depth)
            if not text and name == "table-cell" and times > 100:
                break  # the rest of the sheet
            for _ in range(min(times, _REPEATED)):
                at = len(row)
                if name == "table-cell":
                    wide = int(attribute(cell, "number-columns-spanned") or 1)
                    deep = int(attribute(cell, "number-rows-spanned") or 1)
                    pending = text
                    if deep > 1:
                        for column in range(at, at + min(wide, _REPEATED)):
                            spans[column] = (deep, text)
                if at in spans:
                    left, text_ = spans.pop(at)
                    if left > 1:
                        spans[at] = (left - 1, text_)
                    row.append(text_)
                else:
                    row.append(pending)
        while row and not row[-1]:
            row.pop()
        return row

    def _cell(self, cell: Element, depth: int) -> str:
        texts = []
        for one in cell:
            name = local(one)
            if name in ("p", "h"):
                texts.append(self._text(one))
            elif name == "annotation":
                texts.append(self._annotation(one))
            elif name == "table" and depth < _DEPTH:
                rows = ([self._cell(c, depth + 1) for c in line] for _, line in _lines(one, False))
                texts.append("; ".join(" ".join(filter(None, row)) for row in rows))
            elif name not in _SKIPPED and name:
                texts += [self._text(p) for p in one.iter() if local(p) in ("p", "h")]
        return " ".join(text for text in texts if text.strip())

    def _annotation(self, element: Element) -> str:
        author = "".join(one.text or "" for one in children(element, "creator"))
        said = " ".join(self._text(one) for one in element.iter() if local(one) == "p")
        return f" [note: {author}{': ' if author else ''}{one_line(said)}] " if said.strip() else ""

    def _text(self, element: Element, depth: int = 0) -> str:
        out = [plain(_spaced(element.text))]
        for one in element:
            out.append(self._inline(one, depth + 1))
            out.append(plain(_spaced(one.tail)))
        text = "".join(out)
        style = attribute(element, "style-name")
        return self._styled(text, style) if style and local(element) == "span" else text

    def _styled(self, text: str, style: str) -> str:
        if not text.strip():
            return text
        if self._property(style, "display") == "none":
            self._notice(_HIDDEN)
            return ""
        if self._property(style, "text-line-through-style") not in ("", "none"):
            self._notice(_STRUCK)
            return ""
        place = self._property(style, "text-position").split(" ")[0]
        if NOTE not in text and place not in ("", "0%"):
            lowered = place == "sub" or place.startswith("-")
            return f"{LOWERED if lowered else RAISED}{text}{END}"
        return text

    def _inline(self, element: Element, depth: int) -> str:
        name = local(element)
        if not name or name in _SKIPPED or depth > _DEPTH:
            return ""
        if name == "s":
            return " " * min(int(attribute(element, "c") or 1), 200)
        if name in ("tab", "line-break"):
            return "\t" if name == "tab" else "\n"
        if name == "note":
            cited = child(element, "note-citation")
            mark = "".join(cited.itertext()) if cited is not None else "*"
            body = child(element, "note-body")
            said = " ".join(
                self._text(one) for one in (body.iter() if body is not None else ())
                if local(one) in ("p", "h")
            )  # fmt: skip
            self._notes.append(f"[{mark}] {said}")
            return f"{NOTE}{mark}{END}"
        if name == "annotation":
            return self._annotation(element)
        if name == "a":
            said = self._text(element, depth)
            return said + self._links.told(attribute(element, "href") or "", said)
        if name in ("frame", "custom-shape", "text-box"):
            self._boxes.append(element)
            return ""
        if name in ("hidden-text", "hidden-paragraph"):
            return ""
        return self._text(element, depth)


def _spaced(text: str | None) -> str:
    """What OpenDocument means by white space in XML: one space."""
    return " ".join(f"\x07{text}\x07".split()).replace("\x07", "") if text else ""


def _lines(element: Element, heading: bool) -> Iterator[tuple[bool, Element]]:
    """The rows of a table, each with whether it is of its heading."""
    for one in element:
        name = local(one)
        if name == "table-row":
            if attribute(one, "visibility") not in ("collapse", "filter"):
                yield heading, one
        elif name in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _lines(one, heading or name == "table-header-rows")


def _mark(rule: Element | None, number: int) -> str:
    if rule is None or local(rule) != "list-level-style-number":
        return BULLET
    kind = attribute(rule, "num-format") or ""
    if not kind:
        return ""
    prefix, suffix = attribute(rule, "num-prefix") or "", attribute(rule, "num-suffix") or ""
    return f"{prefix}{number_mark(number, _KINDS.get(kind, 'decimal'))}{suffix}".strip()
