"""Tells what is to be seen on a page from what is in its file and not to be seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from citrus_cli.documents.formats.pdf.characters import Piece, Style
from citrus_cli.documents.formats.pdf.geometry import Box, Frame, Geometry
from citrus_cli.documents.formats.pdf.paint import Fill, Paint

_INVISIBLE_MODES = (3, 7)
_TINY = 1.6
"""Letters smaller than this, in points, are specks."""

_FAINT = 24
"""Colours whose red, green and blue differ by no more than this look the same."""

_WHITE = (255, 255, 255)


@dataclass
class Hidden:
    """What was left out: counts of characters by reason, and a sample of the text."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, reason: str, piece: Piece) -> None:
        """Counts a piece that is not to be seen."""
        self.counts[reason] = self.counts.get(reason, 0) + len(piece.text)


def visible_pieces(
    pieces: list[Piece], paint: Paint, geometry: Geometry
) -> tuple[list[Piece], Hidden]:
    """The pieces that are to be seen, and what was left out.

    Invisible text over a picture is the recognised text of a scan: it is read.
    """
    hidden = Hidden()
    seen = [piece for piece in pieces if not _off_page(piece, geometry, hidden)]
    sizes = sorted(piece.size for piece in seen)
    tiny = _TINY if sizes and sizes[len(sizes) // 2] > 2 * _TINY else 0.0
    areas = _Areas(seen, paint, geometry)
    kept = []
    for at, piece in enumerate(seen):
        style = piece.style
        if style.mode in _INVISIBLE_MODES or (style.colour and style.colour[3] == 0):
            reason = "" if areas.on_picture(at) else "invisible"
        elif piece.size < tiny:
            reason = "tiny"
        elif areas.is_covered(at):
            reason = "covered"
        elif areas.is_faint(at, piece):
            reason = "the colour of its background"
        else:
            reason = ""
        if reason:
            hidden.add(reason, piece)
        else:
            kept.append(piece)
    return kept, hidden


def _off_page(piece: Piece, geometry: Geometry, hidden: Hidden) -> bool:
    width, height = geometry.width, geometry.height
    if piece.style.frame in (Frame.UPWARDS, Frame.DOWNWARDS):
        width, height = height, width
    x, y = (piece.left + piece.right) / 2, (piece.top + piece.bottom) / 2
    if -1 < x < width + 1 and -1 < y < height + 1:
        return False
    hidden.add("outside of the page", piece)
    return True


class _Areas:
    """Which areas lie under and over the middle of each piece."""

    def __init__(self, pieces: list[Piece], paint: Paint, geometry: Geometry) -> None:
        self._paint = paint
        self._under: dict[int, tuple[int, int, int] | None] = {}
        self._covered: set[int] = set()
        # by the style's identity: the pieces hold on to it, and a hash of its values takes long
        self._faint: dict[tuple[int, tuple[int, int, int] | None], bool] = {}
        fills = _areas(paint)
        styles = {id(piece.style): piece.style for piece in pieces}.values()
        bright = any(_is_bright(style.colour) for style in styles)
        invisible = any(style.mode in _INVISIBLE_MODES for style in styles)
        self._boxes = np.zeros((0, 4))
        if not (fills or bright or invisible):
            return
        self._boxes = _shown(pieces, geometry)
        places = paint.places()
        self._order = np.array([places.get(piece.drawn, 0) for piece in pieces])
        self._x = (self._boxes[:, 0] + self._boxes[:, 2]) / 2
        self._y = (self._boxes[:, 1] + self._boxes[:, 3]) / 2
        layers: list[tuple[int, Fill | None, Box]] = [
            (fill.order, fill, fill.box) for fill in fills
        ]
        layers += [(order, None, box) for box, order in paint.pictures]
        for order, fill, box in sorted(layers, key=lambda layer: layer[0]):
            self._lay(order, fill, box)

    def _lay(self, order: int, fill: Fill | None, box: Box) -> None:
        """Takes an area into account that is painted over all before it."""
        left, top, right, bottom = box
        x, y = self._x, self._y
        inside = np.flatnonzero((left <= x) & (x <= right) & (top <= y) & (y <= bottom))
        for at in inside.tolist():
            if self._order[at] > order:
                self._under[at] = fill.colour if fill is not None and fill.plain else None
            elif fill is not None and fill.plain and self._order[at]:
                start, _, end, _ = self._boxes[at]
                if min(end, right) - max(start, left) > 0.7 * (end - start):
                    self._covered.add(at)

    def on_picture(self, at: int) -> bool:
        """Whether a picture lies where a piece is, below or above it."""
        left, top, right, bottom = self._boxes[at]
        x, y = (left + right) / 2, (top + bottom) / 2
        return any(
            box[0] <= x <= box[2] and box[1] <= y <= box[3] for box, _ in self._paint.pictures
        )

    def is_covered(self, at: int) -> bool:
        """Whether an area in one colour is painted over a piece."""
        return at in self._covered

    def is_faint(self, at: int, piece: Piece) -> bool:
        """Whether a piece has the colour of what lies beneath it."""
        under = self._under.get(at, _WHITE)
        key = id(piece.style), under
        known = self._faint.get(key)
        if known is None:
            known = self._faint[key] = _looks_like(piece.style, under)
        return known


def _looks_like(style: Style, under: tuple[int, int, int] | None) -> bool:
    """Whether text in a style vanishes on a colour; None is a picture or pattern."""
    if style.colour is None or under is None or style.mode in (2, 6):
        return False
    return max(abs(a - b) for a, b in zip(style.colour[:3], under, strict=True)) <= _FAINT


def _is_bright(colour: tuple[int, int, int, int] | None) -> bool:
    return colour is not None and min(colour[:3]) >= 255 - _FAINT


def _areas(paint: Paint) -> list[Fill]:
    """The areas that text may vanish on or under.

    White areas that are painted before all text change nothing, and browsers paint many.
    """
    return [
        fill
        for fill in paint.fills
        if fill.order > paint.first_text or not (fill.plain and fill.colour == _WHITE)
    ]


def _shown(pieces: list[Piece], geometry: Geometry) -> np.ndarray[Any, Any]:
    """The pieces' boxes on the page as it is shown."""
    boxes = []
    for piece in pieces:
        box = (piece.left, piece.top, piece.right, piece.bottom)
        if piece.style.frame not in (Frame.UPRIGHT, Frame.ASLANT):
            box = geometry.unturned_box(box, piece.style.frame)
        boxes.append(box)
    return np.array(boxes, np.float64).reshape(-1, 4)
