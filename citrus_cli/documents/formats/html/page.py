"""Reads what a browser shows of a web page, in the order of its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from citrus_cli.documents.formats.base import PageText
from citrus_cli.documents.formats.html import controls, links
from citrus_cli.documents.formats.html.marks import BULLET, NUMBERED, kind_of_mark, number_mark
from citrus_cli.documents.formats.html.styles import Style, StyleSheets, is_white
from citrus_cli.documents.formats.html.tables import Grid
from citrus_cli.documents.formats.scripts import END, LOWERED, NOTE, RAISED, plain
from citrus_cli.documents.formats.writing import PageBuilder, one_line
from citrus_cli.documents.notices import Notice

_DEPTH = 120
"""What is nested deeper than this is read as one run of text: browsers nest no deeper than 512."""

_UNSHOWN_WORDS = """
    head script style template title noscript iframe object embed audio video canvas
    datalist rp param source track noframes desc metadata defs annotation annotation-xml
"""
_UNSHOWN = frozenset(_UNSHOWN_WORDS.split())
_BLOCKS_WORDS = """
    address article aside blockquote body center details dialog div dl dt dd fieldset
    figcaption figure footer form header hgroup html legend main nav menu ol optgroup p pre
    section summary search ul
"""
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_DISPLAYS = {
    "table": "table", "tr": "table-row", "td": "table-cell", "th": "table-cell",
    "li": "list-item", "caption": "table-caption",
    **dict.fromkeys(("thead", "tbody", "tfoot"), "table-row-group"),
}  # fmt: skip
_ROLES = {"table": "table", "row": "table-row", "cell": "table-cell", "rowgroup": "table-row-group"}
_ROLES |= dict.fromkeys(("gridcell", "columnheader", "rowheader"), "table-cell")
_HEADING = re.compile(r"h([1-6])")
_NOTE_MARK = re.compile(r"foot-?note|noteref|reference|\bfn\b|cite_ref", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_WIDE = re.compile(
    r"[1-9]\d+(?:\.\d+)?px|[4-9](?:\.\d+)?px|(?:[1-9]\d*|0?\.[3-9]\d*)(?:\.\d+)?r?em"
)
_SIDES = ("margin-left", "margin-right", "padding-left", "padding-right", "margin", "padding")
# Between two pieces that a style sets apart; the second only where figures would run together.
APART, LOOSE = "\x05", "\x06"
_GAPS = re.compile(f"[{APART}{LOOSE}\\s]*[{APART}{LOOSE}][{APART}{LOOSE}\\s]*")
_UNSEEN = Notice("text that a browser hides was left out (hidden)", "hidden-text")
_PALE = Notice("text as pale as its background was left out (not visible)", "hidden-text")
_STRUCK = Notice("struck-out text was left out", "struck-out-text")


@dataclass(frozen=True)
class _Around:
    """What an element has from those around it."""

    depth: int = 0
    pre: bool = False
    unseen: bool = False
    """visibility: hidden, which elements within may take back."""
    colour: str = ""
    ground: str = ""
    level: int = 0
    """Of lists: 0 outside of all."""


def read_html(page: str) -> PageText:
    """The text of a web page, with its parts."""
    tree = LexborHTMLParser(page)
    builder = PageBuilder()
    if tree.root is not None:
        _Walker(builder, StyleSheets(tree), links.Links()).walk(tree.root)
    return builder.page()


class _Walker:
    """Goes over the elements once; what is in line is collected until a block begins or ends."""

    def __init__(self, builder: PageBuilder, styles: StyleSheets, known: links.Links) -> None:
        self._builder = builder
        self._styles = styles
        self._links = known
        self._line: list[str] = []
        self._heading = 0
        self._mark: str | None = None  # of the list item whose text is to come
        self._in_cell = False

    def walk(self, node: LexborNode) -> None:
        """Reads an element and all that is in it."""
        self._children(node, _Around())
        self._flush(_Around())

    def _children(self, node: LexborNode, around: _Around) -> None:
        if around.depth > _DEPTH:
            self._line.append(plain(_SPACE.sub(" ", node.text(deep=True, separator=" "))))
            return
        around = replace(around, depth=around.depth + 1)
        child = node.first_child
        while child is not None:
            if child.is_text_node:
                self._text(child.text_content or "", around)
            elif child.is_element_node:
                self._element(child, around)
            child = child.next

    def _text(self, text: str, around: _Around) -> None:
        text = plain(text)
        if not around.pre:
            text = _SPACE.sub(" ", text)
        if text.strip():
            if around.unseen:
                self._notice(_UNSEEN)
                return
            if self._is_pale(around):
                self._notice(_PALE)
                return
        self._line.append(text)

    def _is_pale(self, around: _Around) -> bool:
        if not around.colour:
            return False
        if around.ground:
            return around.colour == around.ground and around.colour != "inherit"
        return is_white(around.colour) and around.colour != "transparent"

    def _notice(self, notice: Notice) -> None:
        if notice not in self._builder.notices:
            self._builder.notices.append(notice)

    def _element(self, node: LexborNode, around: _Around) -> None:
        tag = node.tag or ""
        attributes = node.attributes
        if tag in _UNSHOWN:
            return
        style = self._styles.of(node)
        if "hidden" in attributes or style.hidden or (tag == "dialog" and "open" not in attributes):
            if node.text(deep=True).strip():
                self._notice(_UNSEEN)
            return
        if tag in ("del", "s", "strike") or style.struck:
            if node.text(deep=True).strip():
                self._notice(_STRUCK)
            return
        around = self._inherit(node, style, around)
        display = _display(node, style)
        if tag == "br":
            self._line.append("\n")
        elif tag == "hr":
            self._flush(around)
        elif tag == "img" or tag in controls.TAGS:
            self._line.append(controls.shown(node))
        elif display == "table":
            self._table(node, around)
        elif display in ("table-row", "table-cell", "table-row-group"):
            self._stray_cells(node, display, around)
        elif tag in ("ol", "ul", "menu"):
            self._list(node, style, around)
        elif display == "list-item" and tag == "li":  # outside of any list
            self._item(node, BULLET, replace(around, level=max(around.level, 1)))
        elif (heading := _heading_level(node)) and not self._in_cell:
            self._flush(around)
            self._heading = heading
            self._content(node, style, around)
            self._flush(around)
            self._heading = 0
        elif display in ("flex", "grid", "inline-flex", "inline-grid"):
            self._side_by_side(node, style, display, around)
        elif display in ("block", "list-item", "flow-root", "table-caption"):
            self._block(node, style, around)
        else:
            self._inline(node, style, around)

    def _inherit(self, node: LexborNode, style: Style, around: _Around) -> _Around:
        changes: dict[str, object] = {}
        if visibility := style.get("visibility"):
            changes["unseen"] = visibility in ("hidden", "collapse")
        if node.tag in ("pre", "listing", "xmp") or style.get("white-space").startswith("pre"):
            changes["pre"] = True
        if colour := style.get("color") or (node.attributes.get("color") or "").lower():
            changes["colour"] = colour
        if ground := style.ground or (node.attributes.get("bgcolor") or "").lower():
            changes["ground"] = ground
        return replace(around, **changes) if changes else around  # type: ignore[arg-type]

    def _content(self, node: LexborNode, style: Style, around: _Around) -> None:
        self._line.append(plain(style.before))
        self._children(node, around)
        self._line.append(plain(style.after))

    def _block(self, node: LexborNode, style: Style, around: _Around) -> None:
        quoted = not self._in_cell and _is_quoted(node)
        self._flush(around)
        if quoted:
            self._builder.paragraph("[quoted message]")
        self._content(node, style, around)
        self._flush(around)
        if quoted:
            self._builder.paragraph("[end of quoted message]")

    def _inline(self, node: LexborNode, style: Style, around: _Around) -> None:
        tag = node.tag
        gap = _gap(style)
        self._line.append(gap)
        marks = _script(node, style)
        if marks:
            self._line += [marks]
        elif tag in ("q", "rt"):
            self._line.append("“" if tag == "q" else " (")
        if tag in ("msup", "mfrac", "msub", "mroot", "msqrt"):
            self._formula(node, around)
        else:
            start = len(self._line)
            self._content(node, style, around)
            if tag == "a" and not marks:
                said = "".join(self._line[start:])
                self._line.append(self._links.address(node, said))
        if marks:
            self._line.append(END)
        elif tag in ("q", "rt"):
            self._line.append("”" if tag == "q" else ")")
        self._line.append(gap)

    def _formula(self, node: LexborNode, around: _Around) -> None:
        """A power, a fraction, an index or a root of MathML."""
        parts: list[str] = []
        before, self._line = self._line, []
        child = node.first_child
        while child is not None:
            if child.is_element_node:
                self._element(child, around)
                parts.append("".join(self._line).strip())
                self._line = []
            child = child.next
        self._line = before
        sign = {"msup": "^", "mfrac": "/", "msub": "_"}.get(node.tag or "")
        if sign and len(parts) == 2:
            first, second = (f"({part})" if " " in part else part for part in parts)
            self._line.append(f"{first}{sign}{second}")
        else:
            self._line.append(f"√({' '.join(parts[:1])})" if "r" in (node.tag or "") else "")

    def _side_by_side(self, node: LexborNode, style: Style, display: str, around: _Around) -> None:
        """What stands in a row is set apart there, as long as it is short; else as blocks."""
        column = "column" in style.get("flex-direction") + style.get("flex-flow")
        if column or not _is_row(node):
            self._block(node, style, around)
            return
        inline = display.startswith("inline")
        if not inline:
            self._flush(around)
        around = replace(around, depth=around.depth + 1)
        child = node.first_child
        while child is not None:
            self._line.append(APART)
            if child.is_text_node:
                self._text(child.text_content or "", around)
            elif child.is_element_node:
                if _display(child, self._styles.of(child)) in ("block", "inline"):
                    self._row_child(child, around)
                else:
                    self._element(child, around)
            child = child.next
        self._line.append(APART)
        if not inline:
            self._flush(around)

    def _row_child(self, node: LexborNode, around: _Around) -> None:
        style = self._styles.of(node)
        if (node.tag or "") in _BLOCKS and not style.hidden and "hidden" not in node.attributes:
            self._content(node, style, self._inherit(node, style, around))
        else:
            self._element(node, around)

    def _list(self, node: LexborNode, style: Style, around: _Around) -> None:
        self._flush(around)
        around = replace(around, level=around.level + 1)
        kind = kind_of_mark(node.attributes.get("type") or "")
        kind = style.get("list-style-type") or style.get("list-style").split(" ")[0] or kind
        if kind not in NUMBERED and node.tag == "ol" and kind != "none":
            kind = "decimal"
        items = [child for child in _elements(node) if child.tag == "li"]
        step = -1 if node.tag == "ol" and "reversed" in node.attributes else 1
        number = _whole(node.attributes.get("start"), len(items) if step < 0 else 1)
        for child in _elements(node):
            if child.tag != "li":
                self._element(child, around)
                continue
            number = _whole(child.attributes.get("value"), number)
            own = kind_of_mark(child.attributes.get("type") or "") or kind
            if own in NUMBERED:
                mark = f"{number_mark(number, own)}."
            else:
                mark = "" if own == "none" else BULLET
            self._item(child, mark, around)
            number += step
        self._flush(around)

    def _item(self, node: LexborNode, mark: str, around: _Around) -> None:
        style = self._styles.of(node)
        if style.hidden or "hidden" in node.attributes or style.struck:
            if node.text(deep=True).strip():
                self._notice(_STRUCK if style.struck else _UNSEEN)
            return
        self._flush(around)
        self._mark = mark
        inner = self._inherit(node, style, around)
        self._content(node, style, inner)
        self._flush(around)
        self._mark = None

    def _stray_cells(self, node: LexborNode, display: str, around: _Around) -> None:
        """Rows and cells outside of a table: those that a style sheet makes of other elements."""
        if display != "table-cell":
            self._table(node, around)
            return
        self._line.append(APART)
        self._content(node, self._styles.of(node), around)
        self._line.append(APART)

    def _table(self, node: LexborNode, around: _Around) -> None:
        grid = Grid(node, lambda one: _display(one, self._styles.of(one)), self._cell)
        if not self._in_cell:
            self._flush(around)
        for caption in grid.captions:
            self._element(caption, around)
            self._flush(around)
        grid.read(around.depth)
        if self._in_cell:
            self._line.append(f" {grid.in_line()} ")
        elif grid.is_layout():
            for cell in grid.cells():
                self._block(cell, self._styles.of(cell), around)
        else:
            self._builder.table(grid.rows(), heading=grid.heading_rows)

    def _cell(self, node: LexborNode, depth: int) -> str:
        """The text of a cell, on as many lines as it has."""
        style = self._styles.of(node)
        around = self._inherit(node, style, _Around(depth=depth))
        if style.hidden or "hidden" in node.attributes:
            if node.text(deep=True).strip():
                self._notice(_UNSEEN)
            return ""
        if style.struck:
            self._notice(_STRUCK)
            return ""
        inner = _Walker(PageBuilder(), self._styles, self._links)
        inner._builder.notices = self._builder.notices
        inner._in_cell = True
        inner._content(node, style, around)
        inner._flush(around)
        return inner._builder.page().text

    def _flush(self, around: _Around) -> None:
        """Ends the line that has been collected, and writes it as what it is part of."""
        text = _GAPS.sub(_gap_text, "".join(self._line).strip(f"{APART}{LOOSE}"))
        self._line.clear()
        if not text.strip():
            return
        if self._heading:
            self._builder.heading(text.replace("\n", " "), self._heading)
        elif around.level and not self._in_cell:
            mark, self._mark = self._mark, None
            level = around.level if mark is not None else around.level + 1
            self._builder.item(text, level, mark or "")
        elif self._mark is not None:
            mark, self._mark = self._mark, None
            self._builder.item(text, 1, mark)
        elif around.pre:
            self._builder.preformatted(text)
        else:
            self._builder.paragraph(text)


def _gap_text(gap: re.Match[str]) -> str:
    before = gap.string[gap.start() - 1 : gap.start()]
    after = gap.string[gap.end() : gap.end() + 1]
    if not before or not after:
        return " "
    if "\n" in gap[0]:
        return "\n"
    figures = before.isdigit() and after.isdigit()
    return " | " if APART in gap[0] or figures else " "


def _display(node: LexborNode, style: Style) -> str:
    """How an element is laid out, by its style or by what it is."""
    declared = style.get("display")
    if declared and declared not in ("inherit", "initial", "unset", "revert"):
        return declared
    tag = node.tag or ""
    if tag in _DISPLAYS:
        return _DISPLAYS[tag]
    role = node.attributes.get("role")
    if role in _ROLES:
        return _ROLES[role]
    return "block" if tag in _BLOCKS or _HEADING.fullmatch(tag) else "inline"


def _gap(style: Style) -> str:
    """What sets an element in line apart from those beside it."""
    if style.get("float") in ("left", "right") or style.get("position") in ("absolute", "fixed"):
        return LOOSE
    if any(_WIDE.match(part) for side in _SIDES for part in style.get(side).split()):
        return LOOSE
    return LOOSE if style.get("display") == "inline-block" and style.get("width") else ""


def _script(node: LexborNode, style: Style) -> str:
    """The character that begins what an element raises or lowers, "" where it does not."""
    place = style.get("vertical-align")
    if node.tag == "sup" or place in ("super", "text-top"):
        role = f"{node.attributes.get('role')} {node.attributes.get('class')} "
        inner = node.css_first("a")
        if inner is not None and inner.mem_id != node.mem_id:
            return NOTE
        around = node.parent
        if around is not None and (around.attributes.get("href") or "").startswith("#"):
            return NOTE
        return NOTE if _NOTE_MARK.search(role) else RAISED
    return LOWERED if node.tag == "sub" or place == "sub" else ""


def _heading_level(node: LexborNode) -> int:
    if match := _HEADING.fullmatch(node.tag or ""):
        return int(match[1])
    if node.attributes.get("role") == "heading":
        return min(max(_whole(node.attributes.get("aria-level"), 2), 1), 6)
    return 0


def _is_quoted(node: LexborNode) -> bool:
    """Whether an e-mail repeats in it what it answers."""
    if node.tag != "blockquote":
        return False
    marked = node.attributes.get("class") or ""
    return node.attributes.get("type") == "cite" or "gmail_quote" in marked or "moz-cite" in marked


def _is_row(node: LexborNode) -> bool:
    """Whether what is in an element is short enough to stand in one line."""
    for child in _elements(node):
        if len(one_line(child.text(deep=True))) > 120:
            return False
        if any(inner.tag in _BLOCKS or inner.tag in _DISPLAYS for inner in _elements(child)):
            return False
        if (child.tag or "") in ("ul", "ol", "table") or _heading_level(child):
            return False
    return True


def _elements(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        if child.is_element_node:
            yield child
        child = child.next


def _whole(text: str | None, otherwise: int) -> int:
    try:
        return int((text or "").strip()[:9])
    except ValueError:
        return otherwise
