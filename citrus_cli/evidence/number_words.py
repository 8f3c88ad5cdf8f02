"""Numbers from zero to ninety-nine, spelled out in English."""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

WORD_VALUES: dict[str, int] = {
    "zero": 0,
    **{word: value for value, word in enumerate([*_UNITS, *_TEENS], 1)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    **{
        f"{ten} {unit}": 10 * i + j
        for i, ten in enumerate(_TENS, 2)
        for j, unit in enumerate(_UNITS, 1)
    },
}
"""Words, separated by a space, and their values."""


def spelled(words: Iterable[str]) -> re.Pattern[str]:
    """Matches these numbers in words, but no part of a longer one: no "three" in "sixty-three"."""
    # longest first: an alternation takes the first that fits
    choices = "|".join(word.replace(" ", r"[\s-]") for word in sorted(words, key=len, reverse=True))
    units = "|".join(_UNITS)
    after_tens = "".join(rf"(?<!{ten}\s)" for ten in _TENS)
    return re.compile(
        rf"(?<![\w-]){after_tens}(?:{choices})(?![\w]|[\s-](?:{units})(?!\w))", re.IGNORECASE
    )


SPELLED = spelled(WORD_VALUES)
"""Matches every number in words."""
