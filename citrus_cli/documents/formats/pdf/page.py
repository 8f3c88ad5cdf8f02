"""A page's text in the order in which it is read, put together from all that is drawn on it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from citrus_cli.documents.blocks import Part, PartKind
from citrus_cli.documents.clean import clean_characters, compact_white_space
from citrus_cli.documents.formats.pdf.accents import join_accents
from citrus_cli.documents.formats.pdf.annotations import Annotations
from citrus_cli.documents.formats.pdf.capitals import set_initials
from citrus_cli.documents.formats.pdf.characters import Piece, read_pieces
from citrus_cli.documents.formats.pdf.columns import line_numbers
from citrus_cli.documents.formats.pdf.fonts import PageFonts
from citrus_cli.documents.formats.pdf.geometry import Box, Frame, Geometry
from citrus_cli.documents.formats.pdf.hyphens import join_lines, page_words
from citrus_cli.documents.formats.pdf.lines import Row, read_rows
from citrus_cli.documents.formats.pdf.order import read_blocks
from citrus_cli.documents.formats.pdf.paint import Paint, read_paint
from citrus_cli.documents.formats.pdf.paragraphs import Paragraph
from citrus_cli.documents.formats.pdf.struck import leave_struck
from citrus_cli.documents.formats.pdf.tables import Table, write_table
from citrus_cli.documents.formats.pdf.visible import Hidden, visible_pieces
from citrus_cli.documents.formats.pdf.watermarks import part_watermarks

_MARGIN = 0.13
"""The part of a page's height, above and below, in which heads and feet stand."""

_MARGIN_ROWS = 3
_APART = 1.4
"""Heads and feet stand this far from the text, from base line to base line, in letter sizes."""

_ALONE = 2.0
"""So far where the page has too few lines to tell how far they stand apart."""

_UNREADABLE = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")


@dataclass
class PageContent:
    """What was read off a page.

    Attributes:
        text: cleaned; what may be running heads and feet stands at its start and end.
        parts: its structure, in the order of the text.
        hidden: what is in the file and not to be seen.
        struck: how many characters are struck out.
        paint: what is painted besides the characters.
        unreadable: how many glyphs have no character, or one that nobody else knows.
        invisible_read: invisible text, such as lies over scans, was read.
        geometry: the page's own.
    """

    text: str
    parts: list[Part]
    hidden: Hidden
    struck: int
    paint: Paint
    unreadable: int
    invisible_read: bool
    geometry: Geometry


@dataclass
class _Chunk:
    kind: PartKind
    text: str
    box: Box | None
    level: int | None = None


@dataclass
class _Frames:
    """The pieces of a page by the direction in which they run."""

    pieces: dict[Frame, list[Piece]] = field(default_factory=lambda: defaultdict(list))

    def in_order(self) -> list[tuple[Frame, list[Piece]]]:
        """The frames, the one with most text first."""
        return sorted(
            self.pieces.items(), key=lambda item: -sum(len(piece.text) for piece in item[1])
        )


def read_page(
    page: Any, text_page: Any, fonts: PageFonts | None, annotations: Annotations
) -> PageContent:
    """Reads a page that pdfium has loaded; raises what pdfium's wrappers raise."""
    geometry = Geometry.of(page)
    pieces = read_pieces(text_page, geometry, fonts)
    paint = read_paint(page, geometry)
    pieces, hidden = visible_pieces(pieces, paint, geometry)
    invisible = any(piece.style.mode in (3, 7) for piece in pieces)
    pieces, struck = leave_struck(pieces, [*paint.rules, *annotations.strikes(pieces, geometry)])
    pieces, stamped = part_watermarks(join_accents(pieces))
    set_initials(pieces)
    annotations.add_values(pieces, geometry)
    annotations.add_links(pieces, geometry)
    frames = _Frames()
    own: list[Piece] = []
    last: Frame | None = None
    for piece in pieces:
        if piece.style.frame is not last:
            last = piece.style.frame
            own = frames.pieces[Frame.UPRIGHT if last is Frame.ASLANT else last]
        own.append(piece)
    chunks: list[_Chunk] = []
    feet: list[_Chunk] = []
    for frame, own in frames.in_order():
        rules = paint.rules if frame is Frame.UPRIGHT else []
        height = geometry.height if frame in (Frame.UPRIGHT, Frame.UPSIDE_DOWN) else geometry.width
        head, body, foot = _read_frame(own, rules, height, geometry, frame)
        chunks += [*head, *body] if not chunks else [*body, *head]
        feet += foot
    chunks += annotations.note_chunks(geometry, pieces, _note)
    chunks += feet
    chunks += [_Chunk("foot", f"[watermark: {text}]", None) for text in stamped]
    text, parts = _assemble(chunks)
    unreadable = sum(len(_UNREADABLE.findall(piece.text)) for piece in pieces)
    return PageContent(text, parts, hidden, struck, paint, unreadable, invisible, geometry)


def _note(text: str, box: Box) -> _Chunk:
    return _Chunk("note", text, box)


def _read_frame(
    pieces: list[Piece], rules: list[Any], height: float, geometry: Geometry, frame: Frame
) -> tuple[list[_Chunk], list[_Chunk], list[_Chunk]]:
    """What may be heads, the text, and what may be feet, of what runs in one direction."""
    rows = read_rows(pieces)
    numbers = line_numbers(rows)
    if numbers:
        rows = [[span for span in row if id(span) not in numbers] for row in rows]
        rows = [row for row in rows if row]
    top, bottom = _margins(rows, height)
    head = [_margin_chunk("header", row, geometry, frame) for row in rows[:top]]
    foot = [_margin_chunk("foot", row, geometry, frame) for row in rows[bottom:]]
    body = [_chunk(block, geometry, frame) for block in read_blocks(rows[top:bottom], rules)]
    return head, body, foot


def _margins(rows: list[Row], height: float) -> tuple[int, int]:
    """How many rows at the top may be heads, and from which on they may be feet."""
    bases = [max(span.base for span in row) for row in rows]
    sizes = [max(span.size for span in row) for row in rows]
    steps = [after - before for before, after in pairwise(bases)]
    typical = median(steps) if len(steps) > 3 else 0.0
    apart = [
        step > (max(_APART * size, 1.3 * typical) if typical else _ALONE * size)
        for step, size in zip(steps, map(max, pairwise(sizes)), strict=True)
    ]
    bottom = len(rows)
    for at in range(len(rows) - 1, max(len(rows) - 1 - _MARGIN_ROWS, 0), -1):
        if bases[at] < (1 - _MARGIN) * height:
            break
        if apart[at - 1]:
            bottom = at
    top = 0
    for at in range(min(_MARGIN_ROWS, bottom - 1)):
        if bases[at] > _MARGIN * height:
            break
        if apart[at]:
            top = at + 1
    return top, bottom


def _margin_chunk(kind: PartKind, row: Row, geometry: Geometry, frame: Frame) -> _Chunk:
    box = (
        min(span.left for span in row), min(span.top for span in row),
        max(span.right for span in row), max(span.bottom for span in row),
    )  # fmt: skip
    text = "\t".join(span.text for span in row)
    return _Chunk(kind, text, geometry.unturned_box(box, frame))


def _chunk(block: Paragraph | Table, geometry: Geometry, frame: Frame) -> _Chunk:
    box = geometry.unturned_box(block.box, frame)
    if isinstance(block, Table):
        return _Chunk("table", write_table(block), box)
    return _Chunk(block.kind, block.text, box)


def _assemble(chunks: list[_Chunk]) -> tuple[str, list[Part]]:
    """The page's text, and its parts with where they stand in it."""
    words = page_words([chunk.text for chunk in chunks])
    text, parts = "", []
    for chunk in chunks:
        clean = compact_white_space(clean_characters(join_lines(chunk.text, words)))
        clean = clean.strip()
        if not clean:
            continue
        start = len(text) + 2 if text else 0
        text = f"{text}\n\n{clean}" if text else clean
        box = chunk.box and _rounded(chunk.box)
        parts.append(Part(chunk.kind, start, start + len(clean), box, chunk.level))
    return text, parts


def _rounded(box: Box) -> Box:
    left, top, right, bottom = (round(float(edge), 1) for edge in box)
    return left, top, right, bottom
