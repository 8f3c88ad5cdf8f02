"""Numbers of East Asia, counted in ten thousands: "3万5000", "12億3400万"."""

from __future__ import annotations

import re
from collections.abc import Iterator

SCALES = {
    **dict.fromkeys("十십", 1),
    **dict.fromkeys("百백", 2),
    **dict.fromkeys("千천", 3),
    **dict.fromkeys("万萬만", 4),
    **dict.fromkeys("億亿억", 8),
    **dict.fromkeys("兆조", 12),
}
SCALE = rf"[{''.join(SCALES)}]{{1,2}}"
"""Matches what follows the digits: one of the scales, or two that multiply, as in "百万"."""

_PART = re.compile(rf"([0-9][0-9,]{{0,15}})({SCALE})?")
_COMPOSED = re.compile(
    rf"(?<![0-9.,])(?:[0-9][0-9,]{{0,15}}{SCALE}[ ]?){{1,4}}"
    rf"[0-9][0-9,]{{0,15}}(?:{SCALE})?(?![0-9.,])"
)


def power(scales: str) -> int:
    """The power of ten that some scales stand for."""
    return sum(SCALES[one] for one in scales)


def composed(text: str) -> Iterator[tuple[int, int, int]]:
    """Numbers of several parts, each of a smaller scale than the last: (start, end, value)."""
    if text.isascii():
        return
    for match in _COMPOSED.finditer(text):
        value, before = 0, 99
        for part in _PART.finditer(match.group()):
            scale = power(part[2] or "")
            digits = part[1].replace(",", "")
            if scale >= before or len(digits) > before - scale:
                break
            value, before = value + int(digits) * 10**scale, scale
        else:
            yield match.start(), match.end(), value
