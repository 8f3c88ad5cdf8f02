"""Looking claims up on pages: everything is prepared once, then each page is gone through once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from citrus_cli.evidence.amounts import Amount, same_amount, significant
from citrus_cli.evidence.dates import Date, Order, date_order, date_pattern, dates
from citrus_cli.evidence.figures import (
    DIGITS,
    SPACED,
    amounts_at,
    currencies,
    long_amounts,
    read_amount,
)
from citrus_cli.evidence.kinds import Kind, agrees, kind_on_page, scale_of
from citrus_cli.evidence.scripts import BEGINS, ENDS, cleaned, in_word, without_gaps
from citrus_cli.evidence.units import Unit, announced_units

_SCALE_NAMES = {"thousand": 3, "million": 6, "m": 6, "mn": 6, "billion": 9, "bn": 9, "000": 3}
_ANNOUNCED = re.compile(
    r"(?:\b[Ii]n |\b(?:USD|EUR|GBP|CHF|JPY|INR) ?|[$€£¥₹] ?|\()[’']?"
    r"(thousand|million|mn|m|billion|bn|000)s?\b"
)
_PERCENTS = re.compile(r"(?<![0-9)])(?<![0-9)] )%|\bin per ?cent\b|\b[Pp]ercentage (?:change|of)\b")
_DECIMAL_COMMA = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:\.[0-9]{3})*,[0-9]{1,2}(?![0-9.,])")
_DECIMAL_POINT = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})*\.[0-9]{1,2}(?![0-9.,])")
_PLAIN = str.maketrans(
    {**dict.fromkeys("’‘‛ʼ′", "'"), **dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‐‑–—−", "-")}
)
_CAPITALS = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_LETTER = r"[^\W\d_]"
_LINE_HYPHEN = re.compile(rf"(?<={_LETTER})[-\u2010\u2011][^\S\n]*\n\s*(?={_LETTER})")
_CHANGED = re.compile(rf"\[({_LETTER})\](?={_LETTER})")
_INITIAL = re.compile(rf"{BEGINS}(?<!')({_LETTER})\. ?(?={_LETTER})")
LONGEST_GAP = 600
"""Characters that an ellipsis in a quotation may stand for, at most."""

_INNER_END = ".,;:!?…。、， "


class PageView:
    """A page's text in the forms in which things are looked up; each is made when it is needed.

    `order_before` is how the pages before it write a date in figures.
    """

    def __init__(self, text: str, order_before: Order | None = None) -> None:
        self.text = text
        self._order_before = order_before

    @cached_property
    def order(self) -> Order | None:
        """How the document writes a date in figures: the day first, or the month; None: unknown."""
        return date_order(self.line) or self._order_before

    @cached_property
    def line(self) -> str:
        """The text `cleaned`, with single spaces for all white space."""
        return " ".join(cleaned(self.text).split())

    @cached_property
    def written(self) -> str:
        """`line` without differences of apostrophes, hyphens and the spaces of initials."""
        return _as_written(_LINE_HYPHEN.sub("-", self.text))

    @cached_property
    def folded(self) -> str:
        """`written` without differences of case."""
        return self.written.casefold()

    @cached_property
    def joined(self) -> str:
        """`folded`, the words that a line's end broke in two joined; empty if there are none."""
        text = _LINE_HYPHEN.sub("", self.text)
        return "" if text == self.text else _as_written(text).casefold()

    @cached_property
    def quotable(self) -> tuple[str, ...]:
        """The text as quotations are compared: hyphens at a line's end kept, and left out."""
        texts = (_LINE_HYPHEN.sub(hyphen, self.text) for hyphen in ("-", ""))
        return tuple(dict.fromkeys(map(_quotable, texts)))

    @cached_property
    def scales(self) -> frozenset[int]:
        """The powers of ten that the page announces for its figures: "in millions"."""
        return frozenset(_SCALE_NAMES[name] for name in _ANNOUNCED.findall(self.line))

    @cached_property
    def currencies(self) -> frozenset[str]:
        """The currencies that the page names anywhere."""
        return frozenset(currencies(self.line))

    @cached_property
    def units(self) -> frozenset[Unit]:
        """The units that the page announces for its figures: "(days)"."""
        return announced_units(self.text)

    @cached_property
    def _dated(self) -> dict[str, bytearray]:
        """For either text, a mark for each character of a date."""
        marked = {}
        for text in (self.text, self.line):
            marks = bytearray(len(text))
            for start, end, _ in dates(text):
                marks[start:end] = b"\x01" * (end - start)
            marked[text] = marks
        return marked

    def is_date(self, text: str, at: int) -> bool:
        """Whether a character of `text` or `line` is a date's."""
        return bool(self._dated[text][at])

    @cached_property
    def points_group(self) -> bool:
        """Whether the page writes its decimals after a comma, so that "1.200" may be a thousand."""
        return bool(_DECIMAL_COMMA.search(self.line)) and not _DECIMAL_POINT.search(self.line)

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
            index for index, name in self.names.items() if index in wanted and _named(name, view)
        }


@dataclass(frozen=True)
class QuoteLookup:
    """Whole words, letter by letter, but for white space and the forms of quotation marks.

    What "…" leaves out stands between the parts.
    """

    quotes: dict[int, str]

    def found(self, view: PageView, wanted: set[int]) -> set[int]:
        return {
            index
            for index, quote in self.quotes.items()
            if index in wanted and _quoted(quote, view)
        }


class DateLookup:
    """Dates, however they are written."""

    def __init__(self, dates: dict[int, tuple[Date, ...]]) -> None:
        self._patterns = {index: date_pattern(meanings) for index, meanings in dates.items()}

    def found(self, view: PageView, wanted: set[int]) -> set[int]:
        return {
            index
            for index in self._patterns.keys() & wanted
            if self._patterns[index].stands_in(view.line, view.order)
        }


@dataclass(frozen=True)
class Number:
    """A number of an answer, and what it is of."""

    amount: Amount
    kind: Kind


class NumberLookup:
    """Numbers, by value and kind. Most of a page's share no digits with any, and go by fast."""

    def __init__(self, numbers: dict[int, Number]) -> None:
        self._numbers = numbers
        self._by_digits: dict[str, list[int]] = {}
        for index, number in numbers.items():
            self._by_digits.setdefault(significant(number.amount.digits), []).append(index)
        self._spaced = {
            index: pattern
            for index, number in numbers.items()
            if (pattern := _spaced(number.amount))
        }

    def found(self, view: PageView, wanted: set[int]) -> set[int]:
        if not wanted & self._numbers.keys():
            return set()
        found: set[int] = set()
        for text, start, end, amount in self._candidates(view):
            for index in self._by_digits.get(significant(amount.digits), ()):
                if index not in found and _same(
                    self._numbers[index], amount, view, text, start, end
                ):
                    found.add(index)
        for index in (self._spaced.keys() & wanted) - found:
            # in the text with its line breaks: cells below each other are not one number
            kind = self._numbers[index].kind
            if any(
                _of_a_kind(kind, view, view.text, *match.span())
                for match in self._spaced[index].finditer(view.text)
            ):
                found.add(index)
        return found & wanted

    def _candidates(self, view: PageView) -> Iterator[tuple[str, int, int, Amount]]:
        line = view.line
        for match in DIGITS.finditer(line):
            if significant(match.group()) in self._by_digits:
                for one in amounts_at(line, *match.span(), points_group=view.points_group):
                    yield line, *one
        for match in SPACED.finditer(view.text):
            number = read_amount(view.text, *match.span())
            # without a unit they may be cells of a table; `_spaced` looks closer
            if number and (number[2].power or number[2].percent or number[2].currency):
                yield view.text, *number
        for one in long_amounts(line):
            yield line, *one


def _same(claim: Number, amount: Amount, view: PageView, text: str, start: int, end: int) -> bool:
    """Whether a page's number, from `start` to `end` of its text, is the one that is claimed."""
    kind, claimed = claim.kind, claim.amount
    exactly = kind.says_something
    if not exactly:
        same = same_amount(claimed, amount, view.scales, percents=view.percents)
        if not same or not (claimed.currency or claimed.percent):
            return same
        other = kind_on_page(text, start, end)
        return not view.is_date(text, start) and _is_money(claimed, amount, view, other)
    if not _of_a_kind(kind, view, text, start, end):
        return False
    other = kind_on_page(text, start, end)
    shift = scale_of(kind, other, lambda: view.units)
    scales = view.scales if kind.unit is None else frozenset[int]()
    scaled = replace(amount, exponent=amount.exponent + shift)
    return same_amount(claimed, scaled, scales, exactly=True)


def _of_a_kind(claim: Kind, view: PageView, text: str, start: int, end: int) -> bool:
    if not claim.says_something:
        return True
    if view.is_date(text, start):
        return False
    return agrees(claim, kind_on_page(text, start, end), lambda: view.units, view.folded)


def _is_money(claimed: Amount, amount: Amount, view: PageView, kind: Kind) -> bool:
    """Whether a page's number without a currency may be an amount of the claimed one."""
    if claimed.percent or amount.currency:
        return True
    if kind.unit or kind.label or kind.follows:
        return False
    digits = len(amount.digits) + max(amount.exponent, 0)
    return bool(amount.power or view.scales) or digits > 3 or claimed.currency in view.currencies


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
    return re.compile(rf"{BEGINS}(?<![.,])(?<![0-9] ){joined}{fraction}{ENDS}(?![.,][0-9]| [0-9])")


def _named(name: str, view: PageView) -> bool:
    """Whether a name stands on a page, as whole words and not as a part of a longer name."""
    written = _as_written(name)
    needle = written.casefold()
    if not needle:
        return False
    if " " in needle and (f"{needle}-" in view.folded or f"-{needle}" in view.folded):
        # "Anna Berg" is not "Anna Berg-Larsen", but stands in "Anna Berg-led"
        name = re.escape(written).replace("ß", "(?:ß|ss)")
        double = rf"(?<!{_LETTER}-){BEGINS}{name}{ENDS}(?!-(?-i:[{_CAPITALS}]))"
        return bool(re.search(double, view.written, re.IGNORECASE))
    return _whole(needle, view.folded) >= 0 or _whole(needle, view.joined) >= 0


def _as_written(text: str) -> str:
    return _INITIAL.sub(r"\1 ", " ".join(cleaned(text).split()).translate(_PLAIN))


def _whole(needle: str, text: str, at: int = 0, before: int | None = None) -> int:
    """Where `needle` ends that stands as whole words in `text`, from `at` on; or -1."""
    at = text.find(needle, at, before)
    while at >= 0:
        end = at + len(needle)
        begins = not at or not in_word(needle[0]) or not in_word(text[at - 1])
        if begins and (end == len(text) or not in_word(needle[-1]) or not in_word(text[end])):
            return end
        at = text.find(needle, at + 1, before)
    return -1


def _quotable(text: str) -> str:
    return without_gaps(" ".join(cleaned(text).split()).translate(_PLAIN))


def _quoted(quote: str, view: PageView) -> bool:
    """Whether a quotation stands on a page; its "[T]he" may be the page's "The" or "the"."""
    readings = dict.fromkeys((_CHANGED.sub(_lower, quote), _CHANGED.sub(_upper, quote)))
    return any(_in_order(_parts(one), line) for one in readings for line in view.quotable)


def _lower(match: re.Match[str]) -> str:
    return match[1].lower()


def _upper(match: re.Match[str]) -> str:
    return match[1].upper()


def _parts(quote: str) -> list[str]:
    pieces = re.split(r"\s?(?:\[?…\]?|\[?\.{3}\]?)\s?", _quotable(quote))
    # American usage puts a comma or full stop inside that is not the document's
    return [piece for piece in (piece.strip().rstrip(_INNER_END) for piece in pieces) if piece]


def _in_order(parts: Sequence[str], line: str) -> bool:
    """Whether all parts stand in a text, each soon after the one before."""
    first = _whole(parts[0], line) if parts else -1
    while first >= 0:
        at = first
        for part in parts[1:]:
            at = _whole(part, line, at, at + LONGEST_GAP + len(part))
            if at < 0:
                break
        else:
            return True
        first = _whole(parts[0], line, first)
    return False
