"""Numbers in text, and when two that are written differently are the same.

A number is its digits without the zeros at either end and a power of ten, so that "1.2 billion",
"1,200 million" and "1 200 000 000" are equal without any arithmetic. Signs do not count: accounts
write a loss in parentheses and prose calls it a fall.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from citrus_cli.evidence.number_words import SPELLED, WORD_VALUES

DIGITS = re.compile(r"[0-9]+(?:[.,'’][0-9]+)*")
"""The digits of a number with their separators; whatever stands around them."""

_SPACED = re.compile(
    r"(?<![\w.,])[0-9]{1,3}(?:[ \u00a0\u2009\u202f][0-9]{3}){1,4}(?:[.,][0-9]{1,9})?"
    r"(?!\w|[.,][0-9])"
)
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
}
_BEFORE = re.compile(
    rf"(?:(?<!\w)(?:(?:US|C|A)\$|(?:{_CODES}|Rs\.?)(?!\w)|(?:{_CODES})(?=[0-9]*$))|[$€£¥₹₩])\s?\(?$"
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
_LONG_SCALE = r"(?:hundred|thousand|lakh|million|mn|mio|crore|billion|milliard|bn|mrd|trillion|tn)"
_AFTER = re.compile(
    rf"(?P<close>\))?(?:(?P<scale>(?:[\s-]{{0,2}}{_LONG_SCALE}s?\b\.?){{1,3}})|(?P<letter>\s?[kmbt]\b))?"
    r"(?:(?P<close2>\))?\s{0,2}(?P<percent>%|percent\b|per\s{1,2}cent\b|pct\b|percentage\s{1,2}points?\b)"
    rf"|\s{{0,2}}(?:US\s)?(?P<currency>[$€£¥₹₩](?![0-9])|(?:{_CODES})\b"
    r"|(?:dollar|euro|pound|yen|yuan|franc|rupee)s?\b))?",
    re.IGNORECASE,
)
_UNIT = re.compile(r"(?:[a-zµ]{1,3}[23²³]?|°[CF]?)?(?!\w)")  # 14th, 50mm, 12m2: numbers still
_SEPARATORS = str.maketrans("", "", ".,'’ \u00a0\u2009\u202f")


@dataclass(frozen=True)
class Amount:
    """A number in a text: digits × 10^(exponent + power), where `power` is of its scale word.

    Attributes:
        digits: without leading or trailing zeros; empty for zero. What has separators but is no
            number ("3.1.2") is its own digits.
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
    claim: Amount, other: Amount, scales: frozenset[int], *, percents: bool = False
) -> bool:
    """Whether an amount of a page is the one that is claimed.

    `scales` are the powers of ten, and `percents` says that percentages, are announced on the page
    for figures that carry no unit themselves, as in "(in millions)" or "% change". A claim without
    any unit also equals a figure that has one; the other way round it does not.
    """
    if claim.currency and other.currency and claim.currency != other.currency:
        return False
    if claim.percent:
        return claim.mantissa == other.mantissa and (
            other.percent or (percents and not other.power and not other.currency)
        )
    if other.percent and (claim.power or claim.currency):
        return False
    digits, exponent = other.mantissa
    values = {other.value}
    if other.loose:
        values.add(other.mantissa)
    if not other.power and digits:
        values.update((digits, exponent + power) for power in scales)
    if claim.value in values or (claim.loose and claim.mantissa in values):
        return True
    plain = not claim.power and not claim.currency and not other.spelled
    return plain and claim.mantissa == other.mantissa


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
    if (
        first
        and (text[first - 1].isalnum() or text[first - 1] == "_")
        and not _year_prefix(text, start)
    ):
        return None
    last, after = _after(text, end)
    if last == end and not _UNIT.match(text, end):
        return None
    opened = first and text[first - 1] == "("
    if after.get("close") or after.get("close2"):
        if opened:
            first -= 1
        elif "(" not in text[first:start]:
            last, after = end, {}
    currency = after.get("currency") or (before.group().strip(" (") if before else "")
    return first, last, _amount(core, after, _currency(currency))


def read_words(text: str, start: int, end: int) -> tuple[int, int, Amount]:
    """The number that the word from `start` to `end` spells, with its unit."""
    digits = str(WORD_VALUES[" ".join(text[start:end].lower().replace("-", " ").split())])
    last, after = _after(text, end)
    if after.get("close") or after.get("close2") or after.get("letter"):
        last, after = end, {}
    amount = _amount(digits, after, _currency(after.get("currency") or ""))
    return start, last, Amount(**{**vars(amount), "spelled": True})


def amounts(text: str) -> Iterator[tuple[int, int, Amount]]:
    """All numbers in a text, in figures and in words: (start, end, amount).

    Groups of three after spaces are one number, which they need not be in a table: "12 345".
    """
    at = 0
    while match := DIGITS.search(text, at):
        match = _SPACED.match(text, match.start()) or match
        found = read_amount(text, *match.span())
        if found:
            yield found
        at = match.end()
    for match in SPELLED.finditer(text):
        yield read_words(text, *match.span())


def significant(core: str) -> str:
    """The digits of a number without separators and without zeros at either end."""
    return core.translate(_SEPARATORS).strip("0")


def _after(text: str, end: int) -> tuple[int, dict[str, str | None]]:
    match = _AFTER.match(text, end, end + 60)
    if not match or not any(match.group("scale", "letter", "percent", "currency")):
        return end, {}
    letter = match.group("letter")
    if letter and letter[0].isspace() and letter != " m":
        return end, {}
    return match.end(), match.groupdict()


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
    number = _number(core)
    if number is None:
        return Amount(core, 0)
    return Amount(
        *number,
        power=power,
        percent=bool(after.get("percent")),
        currency=currency,
        loose=bool(after.get("letter")),
    )


def _number(core: str) -> tuple[str, int] | None:
    """Digits and exponent; None for what is no number, such as "3.1.2".

    The last of two kinds of separator is the decimal one. A comma alone groups thousands where
    groups of three follow it, and is a decimal comma else; a single full stop is a decimal point.
    """
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
