"""Where things are on a page: from pdfium's coordinates to those of the page as it is shown."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as raw

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in points from the upper left corner of the page as it is shown."""


class Frame(enum.Enum):
    """The direction in which text runs on the page as it is shown."""

    UPRIGHT = 0
    UPWARDS = 90
    UPSIDE_DOWN = 180
    DOWNWARDS = 270
    ASLANT = -1


_STRAIGHT = math.sin(math.radians(3))


@dataclass(frozen=True)
class Geometry:
    """A page's visible box as pdfium counts, and by how many quarters it is turned clockwise."""

    left: float
    bottom: float
    right: float
    top: float
    turns: int

    @classmethod
    def of(cls, page: Any) -> Geometry:
        """That of a page that pdfium has loaded."""
        box = raw.FS_RECTF()
        if not raw.FPDF_GetPageBoundingBox(page, box):
            box.right, box.top = 612.0, 792.0
        return cls(box.left, box.bottom, box.right, box.top, raw.FPDFPage_GetRotation(page) % 4)

    @property
    def width(self) -> float:
        """Of the page as it is shown."""
        return self.top - self.bottom if self.turns % 2 else self.right - self.left

    @property
    def height(self) -> float:
        """Of the page as it is shown."""
        return self.right - self.left if self.turns % 2 else self.top - self.bottom

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of pdfium's is on the page as it is shown."""
        x, y = x - self.left, self.top - y
        if self.turns == 1:
            return (self.top - self.bottom) - y, x
        if self.turns == 2:
            return (self.right - self.left) - x, (self.top - self.bottom) - y
        if self.turns == 3:
            return y, (self.right - self.left) - x
        return x, y

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Where a rectangle of pdfium's is on the page as it is shown."""
        x0, y0 = self.point(left, top)
        x1, y1 = self.point(right, bottom)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def shown(self, boxes: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Boxes (left, top, right, bottom as pdfium counts) on the page as it is shown."""
        x0, y0 = self.point(boxes[:, 0].astype(np.float64), boxes[:, 1])  # type: ignore[arg-type]
        x1, y1 = self.point(boxes[:, 2].astype(np.float64), boxes[:, 3])  # type: ignore[arg-type]
        return np.stack(
            [np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1), np.maximum(y0, y1)],
            axis=1,
        )

    def frame(self, a: float, b: float) -> Frame:
        """The direction of text whose matrix starts with `a` and `b`."""
        length = math.hypot(a, b) or 1.0
        a, b = a / length, b / length
        if abs(b) < _STRAIGHT:
            angle = 0 if a > 0 else 180
        elif abs(a) < _STRAIGHT:
            angle = 90 if b > 0 else 270
        else:
            return Frame.ASLANT
        return Frame((angle - 90 * self.turns) % 360)

    def turned(self, boxes: np.ndarray[Any, Any], frame: Frame) -> np.ndarray[Any, Any]:
        """Boxes on the page as seen by a reader of text in that frame."""
        left, top, right, bottom = boxes.T
        if frame is Frame.UPWARDS:
            return np.stack([self.height - bottom, left, self.height - top, right], axis=1)
        if frame is Frame.DOWNWARDS:
            return np.stack([top, self.width - right, bottom, self.width - left], axis=1)
        if frame is Frame.UPSIDE_DOWN:
            return np.stack(
                [self.width - right, self.height - bottom, self.width - left, self.height - top],
                axis=1,
            )
        return boxes

    def turned_box(self, box: Box, frame: Frame) -> Box:
        """A box on the page as seen by a reader of text in that frame."""
        left, top, right, bottom = self.turned(np.array([box]), frame)[0].tolist()
        return left, top, right, bottom

    def base(self, x: float, y: float, frame: Frame) -> float:
        """How far down, for a reader of text in that frame, a point of pdfium's is."""
        x, y = self.point(x, y)
        if frame is Frame.UPWARDS:
            return x
        if frame is Frame.DOWNWARDS:
            return self.width - x
        return self.height - y if frame is Frame.UPSIDE_DOWN else y

    def unturned_box(self, box: Box, frame: Frame) -> Box:
        """The box on the page of what a reader of text in that frame sees at `box`."""
        left, top, right, bottom = box
        if frame is Frame.UPWARDS:
            return top, self.height - right, bottom, self.height - left
        if frame is Frame.DOWNWARDS:
            return self.width - bottom, left, self.width - top, right
        if frame is Frame.UPSIDE_DOWN:
            width, height = self.width, self.height
            return width - right, height - bottom, width - left, height - top
        return box
