"""The characters of a page with their boxes, as pieces: runs set in one go, without white space.

Boxes are in points from the upper left corner of the page as it is shown (rotated, cropped).
Spaces that pdfium makes up are left out here: where words end is worked out from the boxes.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pypdfium2.raw as raw

from citrus_cli.documents.formats.pdf import pdfium
from citrus_cli.documents.formats.pdf.geometry import Box, Frame, Geometry

UNMAPPED = "\ufffd"
"""Stands for a glyph of which nothing says what character it is."""

STAND_IN = 0xF0000
"""Code points from here on stand for replacements while a page is read."""

_SOFT_HYPHEN, _BULLET = 0xAD, 0x2022
_HYPHEN_MARK, _LINE_HYPHEN, _HYPHEN = 0xFFFE, 2, 0x2D
Codes = np.ndarray[Any, np.dtype[np.uint32]]
_WHITE = frozenset("\t\n\x0b\x0c\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000") | frozenset(
    map(chr, range(0x2000, 0x200B))
)
_WHITE_CODES = np.array(sorted(map(ord, _WHITE)), np.uint32)
_BREAKS = (10, 13)
_SYMBOL_BULLETS = np.array(
    [0xF0A7, 0xF0B7, 0xF0A8, 0xF076, 0xF0D8, 0xF06C, 0xF06E, 0xF0FC], np.uint32
)
"""Dots, squares, diamonds, arrows and ticks with which word processors set lists."""
_JOINED = 0.1
"""Characters less than this apart, in heights of their boxes, are set in one go."""

_LEVEL = (Frame.UPRIGHT, Frame.ASLANT)
"""Frames in which boxes are as on the page."""


@dataclass(frozen=True)
class Style:
    """How a piece is set and painted.

    `size` in points as shown; `frame` is the direction in which it runs; `mode` is the text
    rendering mode; `colour` holds red, green, blue and opacity, 0 to 255, None for a pattern.
    """

    font: int
    size: float
    mode: int
    colour: tuple[int, int, int, int] | None
    frame: Frame


class Piece:
    """Characters set in one go: on one base line, in one size, with no gap between them.

    `edges` are the left edges of the characters and the right edge of the last; `order` is the
    place of the first in the order of drawing; `spaced` counts the white space drawn right before
    it; `drawn` is the address of the text object, for its place among what else is painted;
    `shift` is how far a small piece is raised above its line, as a share of the line's size (below
    it: negative); `after` is added behind it, as the address of a link.
    """

    __slots__ = (
        "after", "base", "bottom", "drawn", "edges", "left", "order", "right", "shift", "size",
        "spaced", "style", "text", "top",
    )  # fmt: skip

    def __init__(self, text: str, edges: list[float], box: Box, base: float, style: Style) -> None:
        self.text = text
        self.edges = edges
        self.left, self.top, self.right, self.bottom = box
        self.base = base
        self.size = style.size
        self.style = style
        self.order = 0
        self.spaced = 0
        self.drawn = 0
        self.shift = 0.0
        self.after = ""

    def part(self, start: int, end: int) -> Piece:
        """The piece of some of the characters."""
        edges = self.edges[start : end + 1]
        box = (min(edges), self.top, max(edges), self.bottom)
        part = Piece(self.text[start:end], edges, box, self.base, self.style)
        part.order, part.drawn = self.order + start, self.drawn
        part.spaced = self.spaced if start == 0 else 0
        return part

    def __repr__(self) -> str:
        return f"<{self.text!r} {self.left:.1f} {self.base:.1f} {self.size:.1f}>"


def read_pieces(text_page: Any, geometry: Geometry, fonts: Fonts | None = None) -> list[Piece]:
    """The pieces of a page in the order of drawing, each in the frame of its own direction.

    `fonts` replaces what pdfium takes some glyphs for.
    """
    page = pdfium.address(text_page)
    count = raw.FPDFText_CountChars(text_page)
    if count <= 0:
        return []
    codes = _codes(page, count)
    boxes = _boxes(page, count)
    if fonts is not None:
        fonts.mend(page, codes, boxes)
    codes[np.isin(codes, _SYMBOL_BULLETS)] = _BULLET
    white = np.isin(codes, _WHITE_CODES) | (codes == 0x200B)
    starts, ends = _cut(boxes, white)
    styles = _Styles(page, geometry)
    text = _text(codes)
    shown = geometry.shown(boxes)
    lefts, rights = shown[:, 0].tolist(), shown[:, 2].tolist()
    pieces: list[Piece] = []
    for start, end, left, top, right, bottom in zip(*_extents(shown, starts, ends), strict=True):
        box = (left, top, right, bottom)
        style, drawn, base = styles.of(start, box)
        piece_text = text[start:end]
        edges = [*lefts[start:end], rights[end - 1]]
        if style.frame not in _LEVEL:
            turned = geometry.turned(shown[start:end], style.frame)
            edges = [*turned[:, 0].tolist(), float(turned[-1, 2])]
            box = geometry.turned_box(box, style.frame)
        piece = Piece(piece_text, edges, box, base, style)
        piece.order, piece.drawn = start, drawn
        if fonts is not None and fonts.replacements and not piece_text.isascii():
            _replace(piece, fonts.replacements)
        pieces.append(piece)
    _note_spaces(pieces, page, codes, shown, ends.tolist())
    return [piece for piece in pieces if piece.text]


class Fonts(Protocol):
    """Puts right what fonts say of their characters."""

    replacements: list[str]

    def mend(self, page: int, codes: np.ndarray[Any, Any], boxes: np.ndarray[Any, Any]) -> None:
        """Puts code points from STAND_IN on where `replacements`, by their index, belong."""


def _replace(piece: Piece, replacements: list[str]) -> None:
    """Puts replacements in the place of the characters that stand for them."""
    text, edges = "", []
    for at, character in enumerate(piece.text):
        left, right = piece.edges[at : at + 2]
        index = ord(character) - STAND_IN
        new = replacements[index] if 0 <= index < len(replacements) else character
        edges += [left + (right - left) * part / len(new) for part in range(len(new))]
        text += new
    piece.text, piece.edges = text, [*edges, piece.edges[-1]]


def _codes(page: int, count: int) -> Codes:
    """The code points of the characters; those that no font should give are kept as they are."""
    buffer = np.zeros(count + 2, np.uint16)
    if pdfium.get_text(page, 0, count, buffer.ctypes.data) == count + 1:
        codes = buffer[:count].astype(np.uint32)
        if not ((codes >= 0xD800) & (codes < 0xE000)).any():
            for at in np.flatnonzero(codes == _HYPHEN_MARK).tolist():
                codes[at] = pdfium.get_unicode(page, at)
            return _with_hyphens(page, codes)
    codes = np.fromiter((pdfium.get_unicode(page, at) for at in range(count)), np.uint32, count)
    return _with_hyphens(page, codes)


def _with_hyphens(page: int, codes: Codes) -> Codes:
    """Undoes what pdfium makes of hyphens at the ends of lines.

    A soft hyphen that stands within a line is drawn as a hyphen, whatever the font's map calls it.
    """
    soft = np.flatnonzero(codes == _SOFT_HYPHEN)
    codes[soft[~np.isin(codes[np.minimum(soft + 1, len(codes) - 1)], _BREAKS)]] = _HYPHEN
    for at in np.flatnonzero(codes == _LINE_HYPHEN).tolist():
        if pdfium.is_hyphen(page, at):
            codes[at] = _HYPHEN
    return codes


def _boxes(page: int, count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Left, top, right and bottom of the characters' advance boxes, as pdfium counts."""
    boxes = np.zeros((count, 4), np.float32)
    start = boxes.ctypes.data
    read = pdfium.get_loose_box
    for at in range(count):
        read(page, at, start + 16 * at)
    # a glyph that stands for several characters gives each of them its own whole box
    same = (boxes[1:] == boxes[:-1]).all(axis=1) & (boxes[1:, 0] < boxes[1:, 2])
    if same.any():
        _share(boxes, same)
    return boxes


def _share(boxes: np.ndarray[Any, Any], same: np.ndarray[Any, Any]) -> None:
    """Divides a box that several characters in a row have among them."""
    at, count = 0, len(boxes)
    while at < count - 1:
        end = at + 1
        while end < count and same[end - 1]:
            end += 1
        if end - at > 1:
            edges = np.linspace(boxes[at, 0], boxes[at, 2], end - at + 1)
            boxes[at:end, 0], boxes[at:end, 2] = edges[:-1], edges[1:]
        at = end


def _cut(
    boxes: np.ndarray[Any, Any], white: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where pieces start and end: runs on one line, across or upright, without gaps."""
    left, top, right, bottom = boxes.T  # top > bottom, as pdfium counts
    height, width = np.abs(top - bottom), np.abs(right - left)
    near = 0.02 * np.maximum(height[1:], height[:-1])
    across = (np.abs(top[1:] - top[:-1]) < near) & (np.abs(bottom[1:] - bottom[:-1]) < near)
    gap = left[1:] - right[:-1]
    across &= (gap < _JOINED * height[1:]) & (gap > -0.15 * height[1:])
    near = 0.02 * np.maximum(width[1:], width[:-1])
    upright = (np.abs(left[1:] - left[:-1]) < near) & (np.abs(right[1:] - right[:-1]) < near)
    away = np.minimum(np.abs(bottom[1:] - top[:-1]), np.abs(top[1:] - bottom[:-1]))
    upright &= away < _JOINED * width[1:]
    joined = (across | upright) & ~white[1:] & ~white[:-1]
    solid = ~white
    begins = solid.copy()
    begins[1:] &= ~joined
    ends = solid.copy()
    ends[:-1] &= ~joined
    return np.flatnonzero(begins), np.flatnonzero(ends) + 1


def _extents(
    shown: np.ndarray[Any, Any], starts: np.ndarray[Any, Any], ends: np.ndarray[Any, Any]
) -> list[list[Any]]:
    """The pieces' starts and ends, and left, top, right and bottom edges."""
    if not len(starts):
        return [[]] * 6
    # what lies between a piece and the next is white space: `reduceat` takes pairs of bounds
    bounds = np.stack([starts, np.minimum(ends, len(shown) - 1)], axis=1).ravel()
    extents = [starts.tolist(), ends.tolist()]
    for side, least in ((0, True), (1, True), (2, False), (3, False)):
        reduce = np.minimum if least else np.maximum
        found = reduce.reduceat(shown[:, side], bounds)[::2].copy()
        if ends[-1] == len(shown):  # its end is no index: the last character is left out above
            found[-1] = reduce(found[-1], shown[-1, side])
        extents.append(found.tolist())
    return extents


def _text(codes: Codes) -> str:
    codes = codes.copy()
    codes[(codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000)) | (codes == 0)] = 0xFFFD
    return codes.tobytes().decode("utf-32-le")


class _Styles:
    """Looks up how pieces are set.

    A font's characters have boxes of one height wherever they are set alike, so that size,
    direction and base line are asked for once for each font and height.
    """

    def __init__(self, page: int, geometry: Geometry) -> None:
        self._page = page
        self._geometry = geometry
        self._numbers = (ctypes.c_double * 2)()
        self._matrix = (ctypes.c_float * 6)()
        self._place = ctypes.addressof(self._matrix)
        self._colour = (ctypes.c_uint * 4)()
        self._rgba = [ctypes.addressof(self._colour) + 4 * at for at in range(4)]
        self._known: dict[tuple[Any, ...], tuple[Style, float]] = {}
        self._last: tuple[int, tuple[Any, ...]] = (0, ())

    def of(self, at: int, box: Box) -> tuple[Style, int, float]:
        """The style of a character, its text object, and its base line in its frame.

        `box` is that of its piece on the page as it is shown.
        """
        drawn = pdfium.get_text_object(self._page, at) or 0
        if not drawn or drawn != self._last[0]:
            self._last = drawn, self._look(at, drawn)
        key = self._last[1], int(100 * (box[3] - box[1]) + 0.5)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._make(at, self._last[1], box)
        style, rise = known
        if style.frame in _LEVEL:
            return style, drawn, box[3] - rise
        return style, drawn, self._base(at, style.frame)

    def _look(self, at: int, drawn: int) -> tuple[Any, ...]:
        pdfium.get_matrix(self._page, at, self._place)
        a, b = self._matrix[0], self._matrix[1]
        turn = (abs(a) > abs(b), a > 0, b > 0) if b or a < 0 else None
        if not drawn:
            return 0, 0, None, turn
        mode = pdfium.get_render_mode(drawn)
        look = pdfium.get_stroke if mode in (1, 5) else pdfium.get_fill
        colour = tuple(self._colour) if look(drawn, *self._rgba) else None
        return pdfium.get_font(drawn) or 0, mode, colour, turn

    def _make(self, at: int, look: tuple[Any, ...], box: Box) -> tuple[Style, float]:
        """A style, and how far its base line is above the lower edge of its boxes."""
        font, mode, colour, _ = look
        pdfium.get_matrix(self._page, at, self._place)
        a, b, c, d = self._matrix[:4]
        size = pdfium.get_font_size(self._page, at)
        shown = abs(size) * max((c * c + d * d) ** 0.5, 1e-6)
        frame = self._geometry.frame(a, b) if size >= 0 else self._geometry.frame(-a, -b)
        return Style(font, shown, mode, colour, frame), box[3] - self._base(at, Frame.UPRIGHT)

    def _base(self, at: int, frame: Frame) -> float:
        numbers = ctypes.addressof(self._numbers)
        pdfium.get_origin(self._page, at, numbers, numbers + 8)
        return self._geometry.base(self._numbers[0], self._numbers[1], frame)


def _note_spaces(
    pieces: list[Piece],
    page: int,
    codes: np.ndarray[Any, Any],
    shown: np.ndarray[Any, Any],
    ends: list[int],
) -> None:
    """Counts the document's own white space that fills the gap before each piece."""
    last = 0
    for piece, end in zip(pieces, ends, strict=True):
        at = piece.order - 1
        if at >= last > 0:
            while at > last and codes[at] in _BREAKS:
                at -= 1
            if codes[at] not in _BREAKS and not pdfium.is_generated(page, at):
                away = min(abs(shown[at, 2] - piece.left), abs(shown[at, 0] - piece.right))
                if away < 0.3 * piece.size or piece.style.frame not in _LEVEL:
                    piece.spaced = at + 1 - last
        last = end
