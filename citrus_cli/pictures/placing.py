"""Where on a page a quote stands: its letters found among those that the page draws."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from citrus_cli.documents.clean import clean_characters
from citrus_cli.evidence.model import Evidence

if TYPE_CHECKING:
    from pypdf import PageObject

    from citrus_cli.pictures.glyphs import Glyph, Quad

_LEFT_OUT = re.compile(r"[\s|\-\u00ad\u2010\u2011]+")
_LEAST = 0.5  # points
_FAR_AWAY = 40
"""A second place for a quote must be so many characters further from where the quote should be."""


def find(evidence: Evidence, drawn: Sequence[Glyph]) -> list[Quad]:
    """The corners around a quote, line by line; empty where its place is not certain.

    White space, hyphens and the bars between the cells of a table do not count, since they differ
    between what a page draws and what is read from it. Of several places the one nearest to where
    the quote starts is taken, unless another is about as near.
    """
    wanted = _solid(evidence.quote)
    if not wanted:
        return []
    text, owners = list[str](), list[int]()
    for at, glyph in enumerate(drawn):
        solid = _solid(glyph.text)
        text.append(solid)
        owners += [at] * len(solid)
    joined = "".join(text)
    places = [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", joined)]
    if not places:
        return []
    expected = evidence.start * len(wanted) / max(1, len(evidence.quote))
    places.sort(key=lambda place: abs(place - expected))
    best, *others = places
    if others and abs(others[0] - expected) < 2 * abs(best - expected) + _FAR_AWAY:
        return []
    first, last = owners[best], owners[best + len(wanted) - 1]
    return _lines(drawn[first : last + 1])


def _solid(text: str) -> str:
    """What of a text is compared: no white space, hyphens or bars, one way to write a letter."""
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKC", clean_characters(text)))


def _lines(run: Sequence[Glyph]) -> list[Quad]:
    """Neighbouring glyphs of one line, as one quadrilateral each."""
    found: list[Quad] = []
    for glyph in run:
        if not glyph.text.strip():
            continue
        if found and _continues(found[-1], glyph.quad):
            last, quad = found[-1], glyph.quad
            found[-1] = (*last[:2], *quad[2:4], *last[4:6], *quad[6:8])
        else:
            found.append(glyph.quad)
    return found


def _continues(last: Quad, quad: Quad) -> bool:
    """Whether a glyph stands to the right of the last one, on its line and in its size."""
    up = (last[0] - last[4], last[1] - last[5])
    height = (up[0] ** 2 + up[1] ** 2) ** 0.5
    if not height:
        return False
    gap = (quad[4] - last[6], quad[5] - last[7])
    rise = (gap[0] * up[0] + gap[1] * up[1]) / height
    along = (gap[0] * up[1] - gap[1] * up[0]) / height
    grown = ((quad[0] - quad[4]) ** 2 + (quad[1] - quad[5]) ** 2) ** 0.5 / height
    return abs(rise) < 0.3 * height and -0.6 * height < along < 3 * height and 0.8 < grown < 1.25


def shows(page: PageObject, quad: Quad) -> bool:
    """Whether corners are on the page and hold more than nothing."""
    left, bottom, right, top = box(page)
    x, y = sum(quad[::2]) / 4, sum(quad[1::2]) / 4
    wide = ((quad[2] - quad[0]) ** 2 + (quad[3] - quad[1]) ** 2) ** 0.5
    high = ((quad[4] - quad[0]) ** 2 + (quad[5] - quad[1]) ** 2) ** 0.5
    return left <= x <= right and bottom <= y <= top and wide > _LEAST and high > _LEAST


def box(page: PageObject) -> tuple[float, float, float, float]:
    """The left, lower, right and upper border of what is seen of a page."""
    left, bottom, right, top = (float(page.cropbox[at]) for at in range(4))
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)
