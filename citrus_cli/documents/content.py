"""What a PDF page shows, made ready for pypdf's text extraction.

Modes compared on five filings (387 pages, pypdf 7.1). `layout` keeps table rows and is as fast as
`plain`, but pads them with spaces (1.98 million characters where `plain` needs 1.31 million), mixes
the columns of two-column pages into one, and leaves rotated text out. `plain` follows the order in
which the page is drawn, which reads well, but tears table rows to one cell per line in PDFs that
browsers print: it takes the intermediate position between a `Tm` and the `Td` after it for a
jump to another line. So `plain` is used, after `settle_positions` has merged each such pair into
the one `Tm` that says where the text really goes: rows come out whole and in reading order, in 1.30
million characters (1.26 million once cleaned). With the reader in `tokens`, the same text comes
half as fast again: 10 instead of 6.5 pages a second on a 10-K that a browser printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject
from pypdf.generic import ContentStream, NameObject

from citrus_cli.documents.protocol import SHORT_TEXT
from citrus_cli.documents.tokens import Operation, read_operations

_SHOWING = frozenset((b"Tj", b"TJ", b"'", b'"'))
# Operators after which a text matrix set before them no longer awaits its Td.
_SETTLING = _SHOWING | {b"BT", b"ET", b"q", b"Q", b"cm", b"T*", b"TD", b"Do"}
_PAINTING = frozenset((b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*"))
# So many painted paths may be letters drawn as outlines; rules and boxes of a page are fewer.
_DRAWING = 100
_INVISIBLE = 3


@dataclass(frozen=True)
class PageContent:
    """A page's text as pypdf gives it.

    `drawn`: the text is short, and the page shows images or drawings, which may hold the rest.
    `visible` and `invisible` count the operators that show text, by their rendering mode; text
    inside of forms counts as neither.
    """

    text: str
    drawn: bool = False
    visible: int = 0
    invisible: int = 0


def read_page(page: PageObject) -> PageContent:
    """The page's text, extracted with its positions settled; raises whatever pypdf raises."""
    if "/Contents" not in page:
        return PageContent("")
    original = page.raw_get("/Contents")
    stream = ContentStream(original.get_object(), page.pdf, "bytes")
    operations = read_operations(stream.get_data())
    if operations is None:
        operations = stream.operations
    operations = settle_positions(operations)
    stream.operations = operations
    page[NameObject("/Contents")] = stream
    try:
        # with a visitor pypdf takes the operations as they are, without writing them out first
        text = page.extract_text(visitor_text=_ignore)
    finally:
        # the parsed stream is large: it must not live on in the reader's cache of pages
        page[NameObject("/Contents")] = original
    visible, invisible = _count_shown(operations)
    drawn = len("".join(text.split())) < SHORT_TEXT and _is_drawn(
        ContentStream(original.get_object(), page.pdf, "bytes").operations
    )
    return PageContent(text, drawn, visible, invisible)


def settle_positions(operations: Iterable[Operation]) -> list[Operation]:
    """Merges every `Tm` with the `Td`s that follow it before any text is shown."""
    settled: list[Operation] = []
    matrix: list[float] | None = None
    at = 0
    for operands, operator in operations:
        if operator == b"Tm":
            matrix, at = _numbers(operands, 6), len(settled)
        elif operator == b"Td" and matrix is not None:
            offset = _numbers(operands, 2)
            if offset is not None:
                a, b, c, d, e, f = matrix
                x, y = offset
                matrix = [a, b, c, d, e + x * a + y * c, f + x * b + y * d]
                settled[at] = (matrix, b"Tm")
                continue
            matrix = None
        elif operator in _SETTLING:
            matrix = None
        settled.append((operands, operator))
    return settled


def _numbers(operands: Any, count: int) -> list[float] | None:
    try:
        numbers = [float(operand) for operand in operands]
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == count else None


def _count_shown(operations: list[Operation]) -> tuple[int, int]:
    """How many operators show text visibly and invisibly."""
    shown = [0, 0]
    mode, saved = 0, list[int]()
    for operands, operator in operations:
        if operator in _SHOWING:
            shown[mode == _INVISIBLE] += 1
        elif operator == b"Tr":
            number = _numbers(operands, 1)
            mode = int(number[0]) if number else mode
        elif operator == b"q":
            saved.append(mode)
        elif operator == b"Q" and saved:
            mode = saved.pop()
    return shown[0], shown[1]


def _is_drawn(operations: list[Operation]) -> bool:
    paths = 0
    for _, operator in operations:
        if operator in (b"Do", b"INLINE IMAGE"):
            return True
        paths += operator in _PAINTING
    return paths > _DRAWING


def _ignore(*_: object) -> None:
    """A visitor that wants to see nothing."""
