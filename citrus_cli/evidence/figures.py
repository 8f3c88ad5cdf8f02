"""Where numbers stand in a text, in figures and in words, and what belongs to each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from citrus_cli.evidence import eastern
from citrus_cli.evidence.amounts import Amount, number_of
from citrus_cli.evidence.number_words import SpelledNumber, spelled_numbers
from citrus_cli.evidence.scripts import BEGINS, ENDS, in_word

DIGITS = re.compile(r"[0-9]+(?:[.,:'’][0-9]+)*")
"""The digits of a number (or of a time) with their separators; whatever stands around them."""

SPACED = re.compile(
    rf"{BEGINS}(?<![.,])[0-9]{{1,3}}(?:[ \u00a0\u2009\u202f][0-9]{{3}}){{1,4}}(?:[.,][0-9]{{1,9}})?"
    rf"{ENDS}(?![.,][0-9])"
)
"""A number whose thousands are set apart by spaces; or cells of a table."""

_GROUPED = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_RANGE = re.compile(r"\s?(?:[-–—]|to|and|or)\s?\(?[$€£¥₹₩]?\s?([0-9]+(?:[.,'’][0-9]+)*)")
_BETWEEN = re.compile(r"(?:between|either)\s[$€£¥₹₩]?\s?$", re.IGNORECASE)
_LONGEST = 40  # characters of digits; a longer run is no number that an answer is about

_CODES = "USD|EUR|GBP|JPY|CNY|RMB|CHF|INR|SEK|NOK|DKK|PLN|CAD|AUD|BRL|KRW|MXN|ZAR"
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW"}
_NAMES = {
    "dollar": "USD",
    "euro": "EUR",
    "pound": "GBP",
    "yen": "JPY",
    "yuan": "CNY",
    "rmb": "CNY",
    "franc": "CHF",
    "rupee": "INR",
    "rs": "INR",
    "us": "USD",
    "円": "JPY",
    "圓": "JPY",
    "人民币": "CNY",
    "원": "KRW",
    **dict.fromkeys(("ドル", "米ドル", "美元", "달러"), "USD"),
    **dict.fromkeys(("ユーロ", "欧元", "유로"), "EUR"),
}
_BEFORE = re.compile(
    rf"(?:{BEGINS}(?:(?:US|C|A)\$|(?:{_CODES}|Rs\.?){ENDS}|(?:{_CODES})(?=[0-9]*$))|[$€£¥₹₩])\s?\(?$"
)
_SCALES = {
    "hundred": 2,
    "thousand": 3,
    "k": 3,
    "lakh": 5,
    "million": 6,
    "mn": 6,
    "mio": 6,
    "m": 6,
    "crore": 7,
    "billion": 9,
    "milliard": 9,
    "bn": 9,
    "mrd": 9,
    "b": 9,
    "trillion": 12,
    "tn": 12,
    "t": 12,
}
_LONG_SCALE = (
    rf"(?:(?:hundred|thousand|lakh|million|crore|billion|milliard|trillion)s?{ENDS}"
    rf"|(?:mn|mio|bn|mrd|tn)s?{ENDS}\.?)"
)
_EASTERN_CURRENCY = "円|圓|人民币|원|米?ドル|美元|달러|ユーロ|欧元|유로"
_AFTER = re.compile(
    rf"(?P<close>\))?(?:(?P<scale>(?:[\s-]{{0,2}}{_LONG_SCALE}){{1,3}})"
    rf"|(?P<letter>\s?[kmbt]{ENDS})|\s?(?P<eastern>{eastern.SCALE}))?"
    rf"(?:(?P<close2>\))?\s{{0,2}}(?P<percent>%(?![\s-]{{0,2}}points?{ENDS})|percent{ENDS}|per\s{{1,2}}cent{ENDS}|pct{ENDS}"
    r"|パーセント|퍼센트)"
    rf"|\s{{0,2}}(?:US\s)?(?P<currency>[$€£¥₹₩](?![0-9])|(?:{_CODES}){ENDS}|{_EASTERN_CURRENCY}"
    rf"|(?:dollar|euro|pound|yen|yuan|franc|rupee)s?{ENDS}))?",
    re.IGNORECASE,
)
_MONEY = re.compile(
    rf"[$€£¥₹₩]|{BEGINS}(?:{_CODES}|(?i:(?:dollar|euro|pound|yen|yuan|franc|rupee)s?)){ENDS}"
)
_UNIT = re.compile(rf"(?:[a-zµ]{{1,3}}[23²³]?|°[CF]?)?{ENDS}")  # 14th, 50mm, 12m2: numbers still


def read_amount(text: str, start: int, end: int) -> tuple[int, int, Amount] | None:
    """The number whose digits stand from `start` to `end`, with what belongs to it around.

    Returns where all of it starts and ends, in characters, and what it is; None if the digits are
    part of a word or a code.
    """
    core = text[start:end]
    if len(core) > _LONGEST:
        return None
    before = _BEFORE.search(text, max(0, start - 6), start)
    first = before.start() if before else start
    if first and _goes_before(text, first) and not _year_prefix(text, start):
        return None
    last, after = _after(text, end)
    if last == end and not _UNIT.match(text, end):
        return None
    if after.get("letter") == " m" and not before and not after.get("currency"):
        last, after = end, {}  # metres
    if _eastern_before(text, first) or (after.get("eastern") and text[last : last + 1].isdigit()):
        return None  # a part of a number
    opened = first and text[first - 1] == "("
    if after.get("close") or after.get("close2"):
        if opened:
            first -= 1
        elif "(" not in text[first:start]:
            last, after = end, {}
    currency = after.get("currency") or (before.group().strip(" (") if before else "")
    return first, last, _amount(core, after, _currency(currency))


def amounts_at(
    text: str, start: int, end: int, *, points_group: bool
) -> Iterator[tuple[int, int, Amount]]:
    """All that the digits from `start` to `end` may mean where they stand, as on a page.

    Each with where it starts, and where what it is of would follow: the first number of a range has
    the unit of the second. Where `points_group`, "1.200" may be a thousand and two hundred.
    """
    found = read_amount(text, start, end)
    if not found:
        return
    amount = found[2]
    yield found
    if points_group and _GROUPED.fullmatch(text, start, end):
        yield found[0], found[1], replace(amount, exponent=amount.exponent + 3)
    other = _range_end(text, found, start)
    if other is None:
        return
    if other[2].power or other[2].percent or other[2].currency:
        currency = amount.currency or other[2].currency
        scaled = replace(other[2], digits=amount.digits, exponent=amount.exponent)
        yield found[0], other[1], replace(scaled, currency=currency)
    else:
        yield found[0], other[1], amount


def _range_end(
    text: str, first: tuple[int, int, Amount], start: int
) -> tuple[int, int, Amount] | None:
    """The second number of a range whose first one, with digits from `start`, has no unit."""
    amount = first[2]
    to = _RANGE.match(text, first[1])
    if to is None or amount.power or amount.percent:
        return None
    between = _BETWEEN.search(text, max(0, first[0] - 12), start)
    if to.group().lstrip()[0] in "ao" and not between:
        return None
    if not amount.currency and any(sign in _SIGNS for sign in to.group()):
        return None
    return read_amount(text, *to.span(1))


def currencies(text: str) -> Iterator[str]:
    """The ISO codes of the currencies that are named in a text."""
    for name in dict.fromkeys(match.group() for match in _MONEY.finditer(text)):
        code = _currency(name)
        if code:
            yield code


def amounts(text: str) -> Iterator[tuple[int, int, Amount]]:
    """All numbers in a text, in figures and in words: (start, end, amount).

    Groups of three after spaces are one number, which they need not be in a table: "12 345".
    """
    at = 0
    while match := DIGITS.search(text, at):
        match = SPACED.match(text, match.start()) or match
        found = read_amount(text, *match.span())
        if found:
            yield found
        at = match.end()
    yield from long_amounts(text)


def where_unit_stands(text: str, start: int, end: int, amount: Amount) -> int:
    """Where what an answer's number is of would follow: behind the end of a range, "10 to 15 days".

    The number stands from `start` to `end`.
    """
    if amount.spelled or amount.currency:
        return end
    other = _range_end(text, (start, end, amount), start)
    return other[1] if other else end


def long_amounts(text: str) -> Iterator[tuple[int, int, Amount]]:
    """The numbers in a text that are more than one run of digits: in words, or of East Asia."""
    for number in spelled_numbers(text):
        yield _spelled(text, number)
    for start, end, value in eastern.composed(text):
        last, after = _after(text, end)
        digits = str(value)
        yield start, last, _amount(digits, after, _currency(after.get("currency") or ""))


def _spelled(text: str, number: SpelledNumber) -> tuple[int, int, Amount]:
    last, after = _after(text, number.end)
    if after.get("close") or after.get("close2") or after.get("letter"):
        last, after = number.end, {}
    amount = _amount(str(number.tenths), after, _currency(after.get("currency") or ""))
    return (
        number.start,
        last,
        replace(
            amount,
            exponent=amount.exponent - 1 if amount.digits else 0,
            power=amount.power + number.power,
            spelled=True,
        ),
    )


def _after(text: str, end: int) -> tuple[int, dict[str, str | None]]:
    match = _AFTER.match(text, end, end + 60)
    if not match or not any(match.group("scale", "letter", "eastern", "percent", "currency")):
        return end, {}
    letter = match.group("letter")
    if letter and letter[0].isspace() and letter != " m":
        return end, {}
    return match.end(), match.groupdict()


def _goes_before(text: str, at: int) -> bool:
    """Whether what is before makes digits part of a word or a code: T40, ISO-9001."""
    if in_word(text[at - 1]):
        return True
    return text[at - 1] in "-‐‑" and at > 1 and text[at - 2].isupper()


def _eastern_before(text: str, at: int) -> bool:
    return at > 1 and text[at - 1] in eastern.SCALES and text[at - 2].isdigit()


def _year_prefix(text: str, start: int) -> bool:
    return text[max(0, start - 2) : start].upper() in ("FY", "CY")


def _currency(name: str) -> str | None:
    if name[-1:] in _SIGNS:
        return _SIGNS[name[-1]]
    plain = name.strip(" .").lower()
    return _NAMES.get(plain) or _NAMES.get(plain.removesuffix("s")) or plain.upper() or None


def _amount(core: str, after: dict[str, str | None], currency: str | None) -> Amount:
    power = 0
    for word in re.findall(r"[a-z]+", (after.get("scale") or after.get("letter") or "").lower()):
        power += _SCALES[word] if word in _SCALES else _SCALES[word.removesuffix("s")]
    power += eastern.power(after.get("eastern") or "")
    number = number_of(core)
    if number is None:
        return Amount(core, 0)
    return Amount(
        *number,
        power=power,
        percent=bool(after.get("percent")),
        currency=currency,
        loose=bool(after.get("letter")),
    )
