"""What can be checked without a model: quotes against pages, facts against documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from citrus_cli.evidence.amounts import Amount
from citrus_cli.evidence.dates import Date, Order, dates
from citrus_cli.evidence.figures import amounts, where_unit_stands
from citrus_cli.evidence.kinds import Kind, kind_in_answer
from citrus_cli.evidence.matching import (
    DateLookup,
    Lookup,
    NameLookup,
    Number,
    NumberLookup,
    PageView,
    QuoteLookup,
)
from citrus_cli.evidence.model import Claim, PageText
from citrus_cli.evidence.names import names
from citrus_cli.evidence.scripts import BEGINS, ENDS
from citrus_cli.evidence.scripts import plain as plain_script

MOST_PLACES = 5

_OVERLAP = 2_000
"""Characters of a part of a page that are looked at with the next part again."""

_QUOTES = re.compile(
    r"“([^“”]{1,2000})”|«([^«»]{1,2000})»|»([^«»]{1,2000})«|„([^„“”]{1,2000})[“”]"
    r"|「([^「」]{1,2000})」|『([^『』]{1,2000})』"
    rf"|{BEGINS}\"(?=\S)([^\"]{{1,2000}})(?<=\S)\"{ENDS}"
    rf"|{BEGINS}‘(?=\S)((?:[^‘’]|’(?=\w)){{1,2000}})(?<=\S)’{ENDS}"
)
_LIST_NUMBER = re.compile(r"^[ \t]*(?:[-*•]\s+)?\(?[0-9]{1,3}[.)](?=\s)", re.MULTILINE)
_CITED = re.compile(
    r"\[[0-9, –-]{1,20}\]|\b(?:[Pp]ages?|pp?\.)\s?[0-9]+(?:\s?(?:,|and|to|-|–)\s?[0-9]+)*"
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_KINDS = ("quote", "date", "name", "number")


@dataclass(frozen=True)
class _Candidate:
    start: int
    end: int
    kind: str
    number: Number | None = None
    dates: tuple[Date, ...] = ()


def quote_stands(quote: str, page_text: str) -> bool:
    """Whether a quote stands on a page, letter by letter; an empty one does not."""
    return bool(quote.strip()) and quote in page_text


def find_quote(quote: str, page_text: str) -> tuple[int, int] | None:
    """Where a quote stands first on a page, as (start, end) in characters.

    White space may differ in kind and amount, but not be missing; nothing else may differ.
    """
    line = " ".join(quote.split())
    if not line:
        return None
    at = page_text.find(line)
    if at >= 0:
        return at, at + len(line)
    words = page_text.split()
    at = " ".join(words).find(line)
    if at < 0:
        return None
    # the match in single-spaced text holds the same letters: count them instead of searching again
    end = at + len(line)
    position = 0  # of the word in single-spaced text
    first = last = 0
    for word in re.finditer(r"\S+", page_text):
        length = word.end() - word.start()
        if position <= at < position + length:
            first = word.start() + at - position
        if position < end <= position + length:
            last = word.start() + end - position
            break
        position += length + 1
    return first, last


def claims(answer: str, pages: Iterable[PageText], *, question: str = "") -> tuple[Claim, ...]:
    """The facts of an answer, in its order, each looked up in the documents.

    Numbers (by value), dates, names and quotations; the longest of those that overlap. What the
    question says already is left out. `pages` is read once, and no further than is needed.

    That a claim is found means that it stands somewhere in the documents, not that it is the answer
    to the question; that it is not found means that it was not taken from them as it is written.
    """
    candidates = _candidates(answer)
    if question.strip():
        asked = _found(_lookups(answer, candidates), PageView(question), candidates)
        candidates = [c for index, c in enumerate(candidates) if index not in asked]
    places: list[list[tuple[str, int]]] = [[] for _ in candidates]
    lookups = _lookups(answer, candidates)
    wanted = set(range(len(candidates)))
    has_dates = any(candidate.kind == "date" for candidate in candidates)
    place, before = ("", 0), ""
    orders: dict[str, Order | None] = {}
    for page in pages if wanted else ():
        text = page.text
        if place == (page.document, page.page):  # a long page comes in parts
            text = before + text
        place = (page.document, page.page)
        before = _last_lines(page.text)
        view = PageView(text, orders.get(page.document))
        if has_dates:
            orders[page.document] = view.order
        for lookup in lookups:
            for index in lookup.found(view, wanted):
                if place not in places[index]:
                    places[index].append(place)
        wanted = {index for index in wanted if len(places[index]) < MOST_PLACES}
        if not wanted:
            break
    return tuple(
        Claim(answer[c.start : c.end], c.kind, c.start, c.end, bool(where), tuple(where))
        for c, where in zip(candidates, places, strict=True)
    )


def _last_lines(text: str) -> str:
    """What of a part of a page may go on in its next part; whole words."""
    if len(text) <= _OVERLAP:
        return text
    words = re.compile(r"\s").search(text, len(text) - _OVERLAP)
    return text[words.end() :] if words else ""


def _found(lookups: Iterable[Lookup], view: PageView, candidates: list[_Candidate]) -> set[int]:
    everything = set(range(len(candidates)))
    return {index for lookup in lookups for index in lookup.found(view, everything)}


def _candidates(answer: str) -> list[_Candidate]:
    """What can be looked up, in the answer's order, without overlaps."""
    plain = plain_script(answer)
    skipped = _covered(
        len(plain), (m.span() for form in (_LIST_NUMBER, _CITED) for m in form.finditer(plain))
    )
    found = [
        *_quotes(plain),
        *(_Candidate(start, end, "date", dates=some) for start, end, some in dates(plain)),
        *_numbers(plain, skipped),
    ]
    # a bare number may be part of a name: "Aria 9"
    fixed = _covered(
        len(plain), ((c.start, c.end) for c in found if c.kind != "quote" and not _is_bare(c))
    )
    spans = names(plain, lambda start, end: any(fixed[start:end]))
    found += [_Candidate(start, end, "name") for start, end in spans]
    return _longest([c for c in found if not (_is_month(c) and _may_be_verb(plain, c))], len(plain))


def _covered(length: int, spans: Iterable[tuple[int, int]]) -> bytearray:
    """A mark for each of `length` characters: 1 where one of the spans lies."""
    marks = bytearray(length)
    for start, end in spans:
        marks[start:end] = b"\x01" * (end - start)
    return marks


def _longest(candidates: list[_Candidate], length: int) -> list[_Candidate]:
    """Of those that overlap, the longest, in the order of the text of `length` characters."""
    covered = bytearray(length)
    chosen: list[_Candidate] = []
    for candidate in sorted(
        candidates, key=lambda c: (c.start - c.end, _KINDS.index(c.kind), c.start)
    ):
        if not any(covered[candidate.start : candidate.end]):
            covered[candidate.start : candidate.end] = b"\x01" * (candidate.end - candidate.start)
            chosen.append(candidate)
    return sorted(chosen, key=lambda c: c.start)


def _quotes(answer: str) -> Iterator[_Candidate]:
    for match in _QUOTES.finditer(answer):
        group = match.lastindex or 0
        start, end = match.span(group)
        inner = match.group(group)
        start += len(inner) - len(inner.lstrip())
        end -= len(inner) - len(inner.rstrip())
        if any(map(str.isalnum, inner)):
            yield _Candidate(start, end, "quote")


def _numbers(answer: str, skipped: bytearray) -> Iterator[_Candidate]:
    for start, end, amount in amounts(answer):
        if any(skipped[start:end]):
            continue
        one = amount.spelled and amount.mantissa == ("1", 0)
        if one and not (amount.power or amount.percent or amount.currency):
            continue  # "one of the reasons"
        if start > 1 and answer[start - 1] == "-" and answer[start - 2].isalpha():
            continue  # COVID-19
        yield _number(answer, start, end, amount)


def _number(answer: str, start: int, end: int, amount: Amount) -> _Candidate:
    """A number with what it is of; a unit right behind it is a part of the claim."""
    at = where_unit_stands(answer, start, end, amount)
    if amount.percent or _YEAR.fullmatch(answer, start, end):
        return _Candidate(start, end, "number", number=Number(amount, Kind()))
    last, kind = kind_in_answer(answer, start, at)
    if amount.currency or amount.power:
        # what it buys, or a long name of what there are millions of
        kind = Kind(unit=kind.unit) if not amount.currency else Kind()
    with_unit = at == end and kind.unit is not None
    return _Candidate(start, last if with_unit else end, "number", number=Number(amount, kind))


def _is_bare(candidate: _Candidate) -> bool:
    if candidate.number is None or candidate.number.kind.unit is not None:
        return False
    amount = candidate.number.amount
    return amount == replace(amount, power=0, percent=False, currency=None, spelled=False)


def _is_month(candidate: _Candidate) -> bool:
    return bool(candidate.dates) and all(
        date.year is None and date.day is None for date in candidate.dates
    )


def _may_be_verb(answer: str, candidate: _Candidate) -> bool:
    """Whether a "May" or "March" may be the verb: it starts a sentence, or something like one."""
    before = answer[max(0, candidate.start - 8) : candidate.start].rstrip()
    return answer[candidate.start : candidate.end] in ("May", "March") and (
        not before or before[-1] in '.!?:;"“\n'
    )


def _lookups(answer: str, candidates: list[_Candidate]) -> list[Lookup]:
    def texts(kind: str) -> dict[int, str]:
        return {i: answer[c.start : c.end] for i, c in enumerate(candidates) if c.kind == kind}

    return [
        NameLookup(texts("name")),
        QuoteLookup(texts("quote")),
        DateLookup({i: c.dates for i, c in enumerate(candidates) if c.kind == "date"}),
        NumberLookup({i: c.number for i, c in enumerate(candidates) if c.number is not None}),
    ]
