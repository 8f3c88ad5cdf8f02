"""Dates in text: days, months and quarters, and a pattern for every way of writing one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from citrus_cli.evidence.scripts import BEGINS, ENDS

_FULL = [
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
]
_SHORT = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept?", "Oct", "Nov", "Dec"]
_ORDINALS = ["first", "second", "third", "fourth"]
_MONTH = "(?P<month>" + "|".join([*_FULL, *(f"{short}\\.?" for short in _SHORT)]) + ")"
_ANY_DAY = "[0-3]?[0-9](?:st|nd|rd|th)?"
_ORDINAL_DAY = r"(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?"
_GAP = r"(?:\s+|[ ]?-[ ]?)"  # no hyphen at a line's start: that begins a list item
_YEAR = r"(?P<year>[12][0-9]{3})"
_PERIOD = (
    r"(?:(?P<letter>[QH])(?P<number>[1-4])|(?P<number2>[1-4])(?P<letter2>[QH])"
    r"|(?i:(?P<ordinal>first|second|third|fourth)[\s-](?P<word>quarter|half)))"
)
_FORMS = [
    re.compile(rf"{BEGINS}(?<![.,]){form}{ENDS}(?![.,/-][0-9])")
    for form in (
        rf"{_ORDINAL_DAY}(?:\s+of)?{_GAP}{_MONTH}(?:,?(?:\s+of)?{_GAP}{_YEAR})?",
        rf"{_MONTH}\s+{_ORDINAL_DAY}(?:,?\s+{_YEAR})?",
        rf"{_MONTH},?(?:\s+of)?{_GAP}{_YEAR}",
        rf"{_YEAR}(?P<s>[-/.])(?P<mm>[0-9]{{1,2}})(?P=s)(?P<dd>[0-9]{{1,2}})",
        r"(?P<a>[0-9]{1,2})(?P<s>[-/.])(?P<b>[0-9]{1,2})(?P=s)(?P<year>[12][0-9]{3}|[0-9]{2})",
        rf"{_PERIOD}(?:,?\s+(?:of\s+)?(?:the\s+)?(?:(?i:fiscal)\s+)?(?:(?i:year)\s+)?"
        rf"|\s?['’/-]?\s?)?(?:FY\s?)?(?P<year>[12][0-9]{{3}}|(?<=['’QH/-])[0-9]{{2}})",
        rf"(?:FY\s?)?{_YEAR}[\s-]{_PERIOD}",
        r"[FC]Y\s?['’]?(?P<year>[12][0-9]{3}|[0-9]{2})",
        rf"[Ff]iscal\s(?:[Yy]ear\s)?{_YEAR}",
        rf"{_YEAR}\s?[年년]\s?(?P<mm>[0-9]{{1,2}})\s?[月월](?:\s?(?P<dd>[0-9]{{1,2}})\s?[日일])?",
        r"(?P<mm>[0-9]{1,2})\s?[月월]\s?(?P<dd>[0-9]{1,2})\s?[日일]",
        "(?P<month>" + "|".join(_FULL) + ")",
    )
]


Order = Literal["day", "month"]
"""What comes first in a date in figures."""

_FIGURES = re.compile(
    r"(?<![0-9./-])(?P<a>[0-9]{1,2})(?P<s>[-/.])(?P<b>[0-9]{1,2})(?P=s)(?:(?:19|20)[0-9]{2}|[0-9]{2})"
    r"(?![0-9])"
)
_NAMED = "(?:" + "|".join([*_FULL, *_SHORT]) + ")"
_DAY_NAMED = re.compile(rf"{BEGINS}{_ANY_DAY}(?: of)?[ -]{_NAMED}\.?,?[ -][12][0-9]{{3}}{ENDS}")
_MONTH_NAMED = re.compile(rf"{BEGINS}{_NAMED}\.? {_ANY_DAY},? [12][0-9]{{3}}{ENDS}")


@dataclass(frozen=True)
class Date:
    """A day, a month, a quarter or half ("Q3", "H1") of a year, or a fiscal year.

    What is not given is None.
    """

    year: int | None
    month: int | None = None
    day: int | None = None
    period: str | None = None


def dates(text: str) -> Iterator[tuple[int, int, tuple[Date, ...]]]:
    """The dates in a text as (start, end, what it may mean); they may overlap.

    "04.05.2023" may mean a day in April or in May. A month's name alone is a date as well.
    """
    for form in _FORMS:
        for match in form.finditer(text):
            meanings = tuple(date for date in _meanings(match) if _exists(date))
            if meanings:
                yield match.start(), match.end(), meanings


def _meanings(match: re.Match[str]) -> Iterator[Date]:
    part = match.groupdict()
    year = int(part["year"]) if part.get("year") else None
    if year is not None and year < 100:
        year += 2000 if year < 70 else 1900
    if part.get("a"):
        a, b = int(part["a"]), int(part["b"])
        yield from dict.fromkeys([Date(year, b, a), Date(year, a, b)])
    elif part.get("mm"):
        yield Date(year, int(part["mm"]), int(part["dd"]) if part["dd"] else None)
    elif part.get("month"):
        day = int(part["day"]) if part.get("day") else None
        yield Date(year, _month(part["month"]), day)
    elif not any(map(part.get, ("number", "number2", "ordinal"))):
        yield Date(year)
    else:
        number = part.get("number") or part.get("number2")
        if not number:
            number = str(_ORDINALS.index(part["ordinal"].lower()) + 1)
        letter = part.get("letter") or part.get("letter2") or part["word"][0].upper()
        yield Date(year, period=letter + number)


def _month(name: str) -> int:
    return [full[:3] for full in _FULL].index(name[:3]) + 1


def _exists(date: Date) -> bool:
    if date.period in ("H3", "H4"):
        return False
    return (date.month is None or 0 < date.month < 13) and (date.day is None or 0 < date.day < 32)


def date_order(text: str) -> Order | None:
    """Whether a text writes the day or the month first where a date is in figures.

    Told by days beyond the twelfth; else by how it writes dates with the month's name.
    """
    found: set[Order] = set()
    for match in _FIGURES.finditer(text):
        a, b = int(match["a"]), int(match["b"])
        if a > 12 >= b:
            found.add("day")
        elif b > 12 >= a:
            found.add("month")
    if not found:
        found |= {"day"} if _DAY_NAMED.search(text) else set()
        found |= {"month"} if _MONTH_NAMED.search(text) else set()
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True)
class DatePattern:
    """Finds a date however it is written, in text whose white space is single spaces.

    `patterns` are for the two orders and for neither being known; `hints` are cheap to look for:
    where none of them stands, the date does not.
    """

    patterns: dict[Order | None, re.Pattern[str]]
    hints: tuple[str, ...]

    def stands_in(self, text: str, order: Order | None = None) -> bool:
        """Whether the date is on a page; a day also stands for its month, and for its year."""
        return any(hint in text for hint in self.hints) and bool(self.patterns[order].search(text))


def date_pattern(meanings: tuple[Date, ...]) -> DatePattern:
    """What finds any of some dates."""
    hints: list[str] = []
    for date in meanings:
        if date.year is not None:
            short = f"{date.year % 100:02}"
            hints += [str(date.year), *(mark + short for mark in "-/.'’QH ")]
        elif date.month is not None:
            hints += [
                _FULL[date.month - 1][:3],
                _FULL[date.month - 1][:3].upper(),
                f"-{date.month:02}-",
                *"月월",
            ]
    orders: tuple[Order | None, ...] = (None, "day", "month")
    return DatePattern(
        {order: _any_of(meanings, order) for order in orders}, tuple(dict.fromkeys(hints))
    )


def _any_of(meanings: tuple[Date, ...], order: Order | None) -> re.Pattern[str]:
    forms = "|".join(dict.fromkeys(form for date in meanings for form in _writings(date, order)))
    # starts are few: this look-ahead fails faster than the forms would, one after the other
    return re.compile(rf"{BEGINS}(?=[0-9A-Zfst])(?:{forms}){ENDS}")


def _in_figures(day: str, month: str, year: str, order: Order | None) -> Iterator[str]:
    """Patterns for a date in figures; full stops follow a day, unless months are known to lead."""
    if order != "month":
        yield rf"{day}[-/.]{month}[-/.]{year}"
    if order == "month":
        yield rf"{month}[-/.]{day}[-/.]{year}"
    elif order is None:
        yield rf"{month}[-/]{day}[-/]{year}"


def _writings(date: Date, order: Order | None) -> Iterator[str]:
    """Patterns for the ways of writing a date."""
    year = str(date.year)
    short = f"(?:{year[:2]})?{year[2:]}"
    if date.period is not None:
        letter, number = date.period[0], date.period[1]
        word = "quarter" if letter == "Q" else "half"
        ordinal = _ORDINALS[int(number) - 1]
        between = "(?:,? (?:of )?(?:the )?(?:[Ff]iscal )?(?:[Yy]ear )?| ?['’/-]? ?)(?:FY ?)?"
        names = f"(?:{letter}{number}|{number}{letter}|(?i:{ordinal}[ -]{word}))"
        yield f"{names}{between}{year}"
        yield f"(?:{letter}{number}|{number}{letter})['’/ -]?{short}"
        yield f"(?:FY ?)?{year}[ -]?{names}"
        return
    if date.month is None:
        yield f"(?:[FC]Y ?['’]?|[Ff]iscal (?:[Yy]ear )?)?{year}"
        yield f"[FC]Y ?['’]?{year[2:]}"
        return
    month = _month_pattern(date.month)
    numeric = f"0?{date.month}"
    if date.day is None and date.year is None:
        yield month
    elif date.day is None:
        yield f"{month}(?: {_ANY_DAY})?(?:,|,? of)?[ -]{year}"
        yield f"{year}-{numeric}(?:-[0-3]?[0-9])?"
        yield f"{year} ?[年년] ?{numeric} ?[月월]"
        yield f"(?<![0-9][-/.]){numeric}[/.]{year}"
        yield from _in_figures(_ANY_DAY, numeric, year, order)
    else:
        day = f"0?{date.day}(?:st|nd|rd|th)?"
        after = f"(?:,|,? of)?[ -]{short}" if date.year is not None else ""
        to = rf"(?:(?: ?[-–] ?| (?:to|and|or) |, ){_ANY_DAY})"
        yield f"{day}{to}{{0,3}}(?: of)?[ -]{month}{after}"
        before = rf"(?:{_ANY_DAY}(?: ?[-–] ?| (?:to|and|or) |, )){{0,3}}"
        end = f"{to}{{0,3}},? {year}" if date.year is not None else ""
        yield f"{month} {before}{day}{end}"
        eastern = f"{numeric} ?[月월] ?0?{date.day} ?[日일]"
        yield f"{year} ?[年년] ?{eastern}" if date.year is not None else eastern
        full = year if date.year is not None else "[12][0-9]{3}"
        yield f"{full}[-/.]{numeric}[-/.]0?{date.day}"
        if date.year is not None:
            yield from _in_figures(f"0?{date.day}", numeric, short, order)


def _month_pattern(month: int) -> str:
    full, short = _FULL[month - 1], _SHORT[month - 1]
    return f"(?:{full}|{full.upper()}|{short}\\.?|{short.upper()}\\.?)"
