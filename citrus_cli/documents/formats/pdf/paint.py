"""What is painted on a page besides its characters: filled areas, rules, pictures."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import pypdfium2.raw as raw

from citrus_cli.documents.formats.pdf import pdfium
from citrus_cli.documents.formats.pdf.geometry import Box, Geometry

_THIN = 3.0
"""An area thinner than this, in points, is a rule."""

_SEGMENTS = 4000
"""So many path segments of a page are looked at; what has more is a drawing."""

_DEPTH = 8
_OBJECTS = 200_000

Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Fill:
    """A filled area. `plain`: it is a rectangle in one opaque colour; `order` of painting."""

    box: Box
    colour: tuple[int, int, int] | None
    plain: bool
    order: int


@dataclass(frozen=True)
class Rule:
    """A thin line, across or upright."""

    box: Box
    across: bool
    colour: tuple[int, int, int] | None
    order: int


@dataclass
class Paint:
    """All of that on one page; `objects` are runs of pdfium's objects in the order of painting."""

    fills: list[Fill] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    pictures: list[tuple[Box, int]] = field(default_factory=list)
    paths: int = 0
    objects: list[tuple[int, list[int]]] = field(default_factory=list)
    first_text: int = _OBJECTS

    def places(self) -> dict[int, int]:
        """The place of each object, by its address, in the order of painting."""
        found: dict[int, int] = {}
        for start, objects in self.objects:
            found.update(zip(objects, range(start, start + len(objects)), strict=True))
        return found


def read_paint(page: Any, geometry: Geometry) -> Paint:
    """What pdfium finds painted on a page that it has loaded."""
    paint = Paint()
    address = pdfium.address(page)
    count = min(raw.FPDFPage_CountObjects(page), _OBJECTS)
    objects = list(map(pdfium.get_object, repeat(address), range(count)))
    _Reader(paint, geometry).read(objects, _SAME, 0)
    return paint


class _Reader:
    def __init__(self, paint: Paint, geometry: Geometry) -> None:
        self._paint = paint
        self._geometry = geometry
        self._order = self._at_order = 0
        self._segments = _SEGMENTS
        self._numbers = (ctypes.c_float * 6)()
        start = ctypes.addressof(self._numbers)
        self._at = [start + 4 * index for index in range(6)]
        self._colour = (ctypes.c_uint * 4)()
        colour = ctypes.addressof(self._colour)
        self._rgba = [colour + 4 * index for index in range(4)]
        self._modes = (ctypes.c_int * 2)()
        modes = ctypes.addressof(self._modes)
        self._mode = [modes, modes + 4]

    def read(self, objects: list[int], matrix: Matrix, depth: int) -> None:
        """Goes over objects in their order; `matrix` leads from their space to the page's."""
        start = self._order + 1
        self._paint.objects.append((start, objects))
        self._order += len(objects)
        kinds = list(map(pdfium.get_type, objects))
        if pdfium.TEXT in kinds:
            first = start + kinds.index(pdfium.TEXT)
            self._paint.first_text = min(self._paint.first_text, first)
        if kinds.count(pdfium.TEXT) == len(kinds):
            return
        for at, kind in enumerate(kinds):
            if kind == pdfium.TEXT:
                continue
            self._at_order = start + at
            self._read_one(objects[at], kind, matrix, depth)

    def _read_one(self, one: int, kind: int, matrix: Matrix, depth: int) -> None:
        if kind == pdfium.PATH:
            self._path(one, matrix)
        elif kind in (pdfium.IMAGE, pdfium.SHADING):
            if (box := self._box(one, matrix)) is not None:
                if kind == pdfium.IMAGE:
                    self._paint.pictures.append((box, self._at_order))
                else:
                    self._paint.fills.append(Fill(box, None, False, self._at_order))
        elif kind == pdfium.FORM and depth < _DEPTH:
            count = min(pdfium.count_form_objects(one), _OBJECTS)
            inner = [pdfium.get_form_object(one, at) for at in range(count)]
            self.read(inner, self._within(one, matrix), depth + 1)

    def _within(self, form: int, matrix: Matrix) -> Matrix:
        if not pdfium.get_object_matrix(form, self._at[0]):
            return matrix
        a, b, c, d, e, f = self._numbers
        p, q, r, s, t, u = matrix
        return (
            a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s,
            e * p + f * r + t, e * q + f * s + u,
        )  # fmt: skip

    def _box(self, one: int, matrix: Matrix) -> Box | None:
        if not pdfium.get_bounds(one, *self._at[:4]):
            return None
        left, bottom, right, top = self._numbers[:4]
        return self._placed(left, bottom, right, top, matrix)

    def _placed(self, left: float, bottom: float, right: float, top: float, matrix: Matrix) -> Box:
        if matrix is not _SAME:
            a, b, c, d, e, f = matrix
            xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
            ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
            left, bottom, right, top = min(xs), min(ys), max(xs), max(ys)
        return self._geometry.box(left, bottom, right, top)

    def _path(self, one: int, matrix: Matrix) -> None:
        self._paint.paths += 1
        box = self._box(one, matrix)
        if box is None or not pdfium.get_draw_mode(one, *self._mode):
            return
        filled, stroked = self._modes
        count = pdfium.count_segments(one)
        thin = min(box[2] - box[0], box[3] - box[1]) < _THIN
        if filled:
            colour, opaque = self._look(one, pdfium.get_fill)
            if thin:
                self._rule(box, colour)
            else:
                plain = count <= 6 and opaque and not raw.FPDFPageObj_HasTransparency(_handle(one))
                self._paint.fills.append(Fill(box, colour, plain, self._at_order))
        elif stroked:
            colour, opaque = self._look(one, pdfium.get_stroke)
            if not opaque:
                return
            if thin:
                self._rule(box, colour)
                return
            for part in self._lines(one, count, matrix):
                self._rule(part, colour)

    def _look(self, one: int, of: Any) -> tuple[tuple[int, int, int] | None, bool]:
        if not of(one, *self._rgba):
            return None, False
        red, green, blue, opacity = self._colour
        return (red, green, blue), opacity > 250

    def _rule(self, box: Box, colour: tuple[int, int, int] | None) -> None:
        across = box[2] - box[0] >= box[3] - box[1]
        self._paint.rules.append(Rule(box, across, colour, self._at_order))

    def _lines(self, one: int, count: int, matrix: Matrix) -> Iterator[Box]:
        """The straight lines, across and upright, that a path consists of."""
        if count > self._segments:
            return
        self._segments -= count
        path, start, last = _handle(one), None, None
        x, y = ctypes.c_float(), ctypes.c_float()
        for at in range(count):
            segment = raw.FPDFPath_GetPathSegment(path, at)
            if not segment or not raw.FPDFPathSegment_GetPoint(segment, x, y):
                return
            point = x.value, y.value
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind == raw.FPDF_SEGMENT_LINETO and last is not None:
                yield from self._straight(one, last, point, matrix)
                if raw.FPDFPathSegment_GetClose(segment) and start is not None:
                    yield from self._straight(one, point, start, matrix)
            elif kind == raw.FPDF_SEGMENT_MOVETO:
                start = point
            last = point

    def _straight(
        self, one: int, start: tuple[float, float], end: tuple[float, float], matrix: Matrix
    ) -> Iterator[Box]:
        if not pdfium.get_object_matrix(one, self._at[0]):
            return
        a, b, c, d, e, f = self._numbers
        (x0, y0), (x1, y1) = ((a * x + c * y + e, b * x + d * y + f) for x, y in (start, end))
        if min(abs(x1 - x0), abs(y1 - y0)) < 1.0 < max(abs(x1 - x0), abs(y1 - y0)):
            yield self._placed(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), matrix)


def _handle(address: int) -> Any:
    return ctypes.cast(address, raw.FPDF_PAGEOBJECT)
