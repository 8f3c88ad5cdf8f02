"""Looking claims up on pages: everything is prepared once, then each page is gone through once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from citrus_cli.evidence.amounts import (
    DIGITS,
    Amount,
    read_amount,
    read_words,
    same_amount,
    significant,
)
from citrus_cli.evidence.dates import Date, date_pattern
from citrus_cli.evidence.number_words import WORD_VALUES, spelled

_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_SCALE_NAMES = {"thousand": 3, "million": 6, "m": 6, "mn": 6, "billion": 9, "bn": 9, "000": 3}
_ANNOUNCED = re.compile(
    r"(?:\b[Ii]n |\b(?:USD|EUR|GBP|CHF|JPY|INR) ?|[$€£¥₹] ?|\()[’']?"
    r"(thousand|million|mn|m|billion|bn|000)s?\b"
)
_PERCENTS = re.compile(r"(?<![0-9)])(?<![0-9)] )%|\bin per ?cent\b|\b[Pp]ercentage (?:change|of)\b")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-"})
_INNER_END = ".,;:!?… "


def one_digit_script(text: str) -> str:
    """`text` with the decimal digits of all scripts as 0 to 9, one character for one."""
    if text.isascii() or not _OTHER_DIGIT.search(text):
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


class PageView:
    """A page's text in the forms in which things are looked up; each is made when it is needed."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def line(self) -> str:
        """The text with single spaces for all white space, and digits 0 to 9 only."""
        return one_digit_script(" ".join(self.text.split()))

    @cached_property
    def folded(self) -> str:
        """`line` without differences of case, apostrophes and hyphens."""
        return self.line.translate(_PLAIN).casefold()

    @cached_property
    def scales(self) -> frozenset[int]:
        """The powers of ten that the page announces for its figures: "in millions"."""
        return frozenset(_SCALE_NAMES[name] for name in _ANNOUNCED.findall(self.line))

    @cached_property
    def percents(self) -> bool:
        """Whether the page has a percent sign that belongs to no figure: that of a column."""
        return bool(_PERCENTS.search(self.line))


class Lookup(Protocol):
    """Looks for several things at once; things are known by their indices."""

    def found(self, view: PageView, wanted: set[int]) -> set[int]:
        """Those of the `wanted` that stand on the page."""


@dataclass(frozen=True)
class NameLookup:
    """Whole words, whatever their case and white space."""

    names: dict[int, str]

    def found(self, view: PageView, wanted: set[int]) -> set[int]:
        return {
            index
            for index, name in self.names.items()
            if index in wanted and _whole(_folded(name), view.folded)
        }


@dataclass(frozen=True)
class QuoteLookup:
    """Letter by letter, but for white space; what "…" leaves out stands between the parts."""

    quotes: dict[int, str]

    def found(self, view: PageView, wanted: set[int]) -> set[int]:
        return {
            index
            for index, quote in self.quotes.items()
            if index in wanted and _in_order(_parts(quote), view.line)
        }


class DateLookup:
    """Dates, however they are written."""

    def __init__(self, dates: dict[int, tuple[Date, ...]]) -> None:
        self._patterns = {index: date_pattern(meanings) for index, meanings in dates.items()}

    def found(self, view: PageView, wanted: set[int]) -> set[int]:
        return {i for i in self._patterns.keys() & wanted if self._patterns[i].stands_in(view.line)}


class NumberLookup:
    """Numbers, by their value. Most of a page's share no digits with any, and go by fast."""

    def __init__(self, amounts: dict[int, Amount]) -> None:
        self._amounts = amounts
        self._by_digits: dict[str, list[int]] = {}
        for index, amount in amounts.items():
            self._by_digits.setdefault(significant(amount.digits), []).append(index)
        words = [
            w for w, value in WORD_VALUES.items() if significant(str(value)) in self._by_digits
        ]
        self._words = spelled(words) if words else None
        self._spaced = {
            index: pattern for index, amount in amounts.items() if (pattern := _spaced(amount))
        }

    def found(self, view: PageView, wanted: set[int]) -> set[int]:
        if not wanted & self._amounts.keys():
            return set()
        found: set[int] = set()
        for amount in self._candidates(view.line):
            for index in self._by_digits.get(significant(amount.digits), ()):
                if index not in found and same_amount(
                    self._amounts[index], amount, view.scales, percents=view.percents
                ):
                    found.add(index)
        for index in (self._spaced.keys() & wanted) - found:
            # in the text with its line breaks: cells below each other are not one number
            if self._spaced[index].search(view.text):
                found.add(index)
        return found & wanted

    def _candidates(self, line: str) -> Iterator[Amount]:
        for match in DIGITS.finditer(line):
            if significant(match.group()) in self._by_digits:
                number = read_amount(line, *match.span())
                if number:
                    yield number[2]
        if self._words is not None:
            for match in self._words.finditer(line):
                yield read_words(line, *match.span())[2]


def _spaced(amount: Amount) -> re.Pattern[str] | None:
    """The pattern of a number whose thousands are set apart by spaces: "12 345,5"."""
    if not amount.digits.isdigit():
        return None
    digits, shift = amount.digits, amount.exponent
    if not amount.percent and amount.power and shift + amount.power >= 0:
        shift += amount.power
    whole = digits + "0" * shift if shift >= 0 else digits[:shift]
    if not 3 < len(whole) < 16:
        return None
    fraction = "[.,]" + digits[shift:] + "0*" if shift < 0 else ""
    first = len(whole) % 3 or 3
    groups = [whole[:first], *(whole[i : i + 3] for i in range(first, len(whole), 3))]
    joined = "[ \u00a0\u2009\u202f]".join(groups)
    # a digit before or after, set apart by a space too, makes it a row of cells
    return re.compile(rf"(?<![\w.,])(?<![0-9] ){joined}{fraction}(?!\w|[.,][0-9]| [0-9])")


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFC", one_digit_script(" ".join(text.split())))
    return plain.translate(_PLAIN).casefold()


def _whole(needle: str, text: str) -> bool:
    """Whether `needle` stands in `text` as whole words."""
    at = text.find(needle) if needle else -1
    while at >= 0:
        end = at + len(needle)
        if not (at and text[at - 1].isalnum()) and not text[end : end + 1].isalnum():
            return True
        at = text.find(needle, end)
    return False


def _parts(quote: str) -> list[str]:
    line = one_digit_script(" ".join(unicodedata.normalize("NFC", quote).split()))
    pieces = re.split(r"\s?(?:\[?…\]?|\[?\.{3}\]?)\s?", line)
    # American usage puts a comma or full stop inside that is not the document's
    return [piece for piece in (piece.strip().rstrip(_INNER_END) for piece in pieces) if piece]


def _in_order(parts: Sequence[str], line: str) -> bool:
    at = 0
    for part in parts:
        at = line.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return bool(parts)
