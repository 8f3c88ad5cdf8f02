"""Whole numbers in English words."""

from __future__ import annotations

_SMALL = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
    *("sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = {"billion": 10**9, "million": 10**6, "thousand": 1000, "hundred": 100}


def cardinal(number: int, joint: str = "") -> str:
    """345 as `three hundred forty-five`, with `joint` before what is below a hundred."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
    word, scale = next((word, scale) for word, scale in _SCALES.items() if number >= scale)
    many, rest = divmod(number, scale)
    said = f"{cardinal(many, joint)} {word}"
    if not rest:
        return said
    return f"{said} {joint if rest < 100 else ''}{cardinal(rest, joint)}"
