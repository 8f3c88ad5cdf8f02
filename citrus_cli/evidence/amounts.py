"""Numbers in text, and when two that are written differently are the same.

A number is its digits without the zeros at either end and a power of ten, so that "1.2 billion",
"1,200 million" and "1 200 000 000" are equal without any arithmetic. Signs do not count: accounts
write a loss in parentheses and prose calls it a fall.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEPARATORS = str.maketrans("", "", ".,:'’ \u00a0\u2009\u202f")


@dataclass(frozen=True)
class Amount:
    """A number in a text: digits × 10^(exponent + power), where `power` is of its scale word.

    Attributes:
        digits: without leading or trailing zeros; empty for zero. What has separators but is no
            number ("3.1.2", "9:30") is its own digits.
        percent: whether it is a percentage.
        currency: an ISO code, if one is given.
        loose: its scale is one letter, and may be something else: "9M" is nine months as well.
        spelled: written in words.
    """

    digits: str
    exponent: int
    power: int = 0
    percent: bool = False
    currency: str | None = None
    loose: bool = False
    spelled: bool = False

    @property
    def mantissa(self) -> tuple[str, int]:
        return self.digits, self.exponent

    @property
    def value(self) -> tuple[str, int]:
        return self.digits, self.exponent + self.power


def same_amount(
    claim: Amount,
    other: Amount,
    scales: frozenset[int],
    *,
    percents: bool = False,
    exactly: bool = False,
) -> bool:
    """Whether an amount of a page is the one that is claimed.

    `scales` are the powers of ten, and `percents` says that percentages, are announced on the page
    for figures that carry no unit themselves, as in "(in millions)" or "% change". A claim without
    any unit also equals a figure that has one, unless `exactly`; the other way round it does not.
    """
    if claim.currency and other.currency and claim.currency != other.currency:
        return False
    if claim.percent:
        return claim.mantissa == other.mantissa and (
            other.percent or (percents and not other.power and not other.currency)
        )
    if other.percent and (claim.power or claim.currency or exactly):
        return False
    if exactly and other.currency and not claim.currency:
        return False
    digits, exponent = other.mantissa
    values = {other.value}
    if other.loose:
        values.add(other.mantissa)
    if not other.power and digits:
        values.update((digits, exponent + power) for power in scales)
    if claim.value in values or (claim.loose and claim.mantissa in values):
        return True
    plain = not (exactly or claim.power or claim.currency or other.spelled)
    return plain and claim.mantissa == other.mantissa


def significant(core: str) -> str:
    """The digits of a number without separators and without zeros at either end."""
    return core.translate(_SEPARATORS).strip("0")


def number_of(core: str) -> tuple[str, int] | None:
    """Digits and exponent; None for what is no number, such as "3.1.2" or "9:30".

    The last of two kinds of separator is the decimal one. A comma alone groups thousands where
    groups of three follow it, and is a decimal comma else; a single full stop is a decimal point.
    """
    if ":" in core:
        return None
    plain = re.sub(r"['’\s]", "", core)
    commas, points = plain.count(","), plain.count(".")
    whole, fraction = plain, ""
    if commas and points:
        decimal = "." if plain.rfind(".") > plain.rfind(",") else ","
        whole, _, fraction = plain.rpartition(decimal)
        if not _grouped(whole, "," if decimal == "." else "."):
            return None
    elif points == 1 or (commas == 1 and not _grouped(plain, ",")):
        whole, _, fraction = plain.replace(",", ".").partition(".")
    elif (commas or points) and not _grouped(plain, "," if commas else "."):
        return None
    digits = whole.replace(",", "").replace(".", "") + fraction
    short = digits.rstrip("0")
    stripped = short.lstrip("0")
    return (stripped, len(digits) - len(short) - len(fraction)) if stripped else ("", 0)


def _grouped(whole: str, separator: str) -> bool:
    """Whether digits are in groups of three (or, in India, of two and at last three)."""
    first, *groups = whole.split(separator)
    if not 0 < len(first) < 4 or first[0] == "0" or not groups or len(groups[-1]) != 3:
        return False
    sizes = {len(group) for group in groups[:-1]}
    return sizes <= {3} or (sizes == {2} and len(first) < 3 and separator == ",")
