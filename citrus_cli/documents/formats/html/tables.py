"""Tables of web pages: a grid in which what spans several cells stands in each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborNode

from citrus_cli.documents.formats.writing import one_line, tidy

SPAN_LIMIT = 1_000
CELL_LIMIT = 3_000_000
"""More cells than this are not made by repeating what spans several."""

_LONG = 1_500
_LARGE = 12


class Grid:
    """The rows of one table.

    `display` says how an element is laid out; `text` gives a cell's text, for a cell and a depth.
    """

    def __init__(
        self,
        node: LexborNode,
        display: Callable[[LexborNode], str],
        text: Callable[[LexborNode, int], str],
    ) -> None:
        self._node = node
        self._display = display
        self._text = text
        self._lines: list[list[LexborNode]] = []
        self._rows: list[list[str]] = []
        self.captions: list[LexborNode] = []
        self.heading_rows = 0
        self._collect(node)

    def read(self, depth: int) -> None:
        """Reads all cells, unless the table only arranges what is in it."""
        if self.is_layout():
            return
        self._rows = _spread(
            [[(one, self._text(one, depth + 1)) for one in row] for row in self._lines]
        )

    def rows(self) -> list[list[str]]:
        """The rows that have been read, without empty columns."""
        return tidy(self._rows)

    def in_line(self) -> str:
        """The rows in one line, for a table within a cell."""
        rows = (" ".join(filter(None, map(one_line, row))) for row in tidy(self._rows))
        if self.is_layout():
            rows = (one_line(self._text(cell, 0)) for cell in self.cells())
        return "; ".join(filter(None, rows))

    def cells(self) -> Iterator[LexborNode]:
        """All cells, one after the other."""
        return (cell for row in self._lines for cell in row)

    def is_layout(self) -> bool:
        """Whether it is no table, but a way to place what is in it on the page."""
        if self._node.attributes.get("role") in ("presentation", "none"):
            return True
        if max(map(len, self._lines), default=0) < 2:
            return not any(cell.tag == "th" for cell in self.cells())
        return any(_is_area(cell) for cell in self.cells())

    def _collect(self, node: LexborNode) -> None:
        """Finds rows and captions; the rows of a group of heads come first, those of foots last."""
        if self._display(node) == "table-row":
            self._row(node)
            return
        feet: list[LexborNode] = []
        child = node.first_child
        while child is not None:
            if child.is_element_node:
                display = self._display(child)
                if child.tag == "tfoot":
                    feet.append(child)
                elif display == "table-row":
                    self._row(child)
                elif display in ("table-row-group", "table-header-group"):
                    self._group(child)
                elif display == "table-caption":
                    self.captions.append(child)
            child = child.next
        for foot in feet:
            self._group(foot)

    def _group(self, node: LexborNode) -> None:
        before = len(self._lines)
        self._collect(node)
        if node.tag == "thead" and before == self.heading_rows:
            self.heading_rows = len(self._lines)

    def _row(self, node: LexborNode) -> None:
        cells = []
        child = node.first_child
        while child is not None:
            if child.is_element_node and self._display(child) == "table-cell":
                cells.append(child)
            child = child.next
        heads = bool(cells) and all(
            cell.tag == "th" or cell.attributes.get("role") == "columnheader" for cell in cells
        )
        if heads and self.heading_rows == len(self._lines):
            self.heading_rows += 1
        if cells:
            self._lines.append(cells)


def _is_area(cell: LexborNode) -> bool:
    """Whether a cell is a part of the page, with headings, large tables or much text in it."""
    if cell.css_first("h1, h2, h3") is not None:
        return True
    if any(len(inner.css("td, th")) > _LARGE for inner in cell.css("table")):
        return True
    if cell.css_first("p ~ p, ul, ol, div ~ div") is None:
        return False
    return len(cell.text(deep=True)) > _LONG


def _spread(lines: list[list[tuple[LexborNode, str]]]) -> list[list[str]]:
    """The texts in a grid, repeated in every cell that they span."""
    rows: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # column: rows still to come, text
    made = 0
    for line in lines:
        row: list[str] = []

        def hang(row: list[str] = row) -> None:
            while len(row) in hanging:
                left, text = hanging.pop(len(row))
                if left > 1:
                    hanging[len(row)] = (left - 1, text)
                row.append(text)

        for cell, text in line:
            hang()
            wide, deep = (1, 1) if made > CELL_LIMIT else _spans(cell)
            for _ in range(wide):
                if deep > 1:
                    hanging[len(row)] = (deep - 1, text)
                row.append(text)
        hang()
        made += len(row)
        rows.append(row)
    return rows


def _spans(cell: LexborNode) -> tuple[int, int]:
    spans = []
    for name, limit in (("colspan", SPAN_LIMIT), ("rowspan", 65_534)):
        try:
            span = int((cell.attributes.get(name) or "1").strip()[:6])
        except ValueError:
            span = 1
        # a rowspan of 0 reaches to the end of its group
        spans.append(limit if span == 0 and name == "rowspan" else min(max(span, 1), limit))
    return spans[0], spans[1]
