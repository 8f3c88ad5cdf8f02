"""Answers and pages made so that it is known which of the answer's facts stand where."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from citrus_cli.evidence.model import PageText
from citrus_cli.evidence.verify import claims
from tests.benchmarks.claims import MAKERS, Fact, Script

DOCUMENT = "made-up.pdf"
_MARKS = '“”"«»„「」『』‘’ \u200f'  # of quotations


@dataclass(frozen=True)
class Expected:
    """A fact of an answer, characters `start` to `end` of it, and the pages on which it stands."""

    kind: str
    start: int
    end: int
    pages: tuple[int, ...]


@dataclass(frozen=True)
class ClaimCase:
    """An answer, the pages of a document, and what is known of the answer's facts."""

    answer: str
    pages: tuple[PageText, ...]
    expected: tuple[Expected, ...]


@dataclass(frozen=True)
class Marks:
    """What looking up the facts of some cases got wrong, a line each.

    `false`: a page is named on which the fact does not stand. `missed`: a page on which it stands
    is not named. `unseen`: a fact was not taken for one, or something else was.
    """

    cases: int
    facts: int
    false: tuple[str, ...]
    missed: tuple[str, ...]
    unseen: tuple[str, ...]


def claim_cases(cases: int, seed: int) -> Iterator[ClaimCase]:
    """So many cases; the same for the same seed."""
    random = Random(seed)
    for number in range(cases):
        kind = MAKERS[number % len(MAKERS)]
        yield _case(random, _apart(random, kind(random)))


def judge(cases: Iterable[ClaimCase]) -> Marks:
    """Look up the facts of some cases, and compare with what is known."""
    false: list[str] = []
    missed: list[str] = []
    unseen: list[str] = []
    total = facts = 0
    for case in cases:
        total += 1
        facts += len(case.expected)
        found = {(c.kind, c.start, c.end): c for c in claims(case.answer, case.pages)}
        for one in case.expected:
            claim = found.pop((one.kind, one.start, one.end), None)
            text = f"{one.kind} {case.answer[one.start : one.end]!r}"
            if claim is None:
                unseen.append(f"{text} in {case.answer!r}")
                continue
            named = {page for _, page in claim.places}
            false += (f"{text}: {_page(case, at)!r}" for at in sorted(named - {*one.pages}))
            missed += (f"{text}: {_page(case, at)!r}" for at in sorted({*one.pages} - named))
        unseen += (f"{kind} {c.text!r} in {case.answer!r}" for (kind, _, _), c in found.items())
    return Marks(total, facts, tuple(false), tuple(missed), tuple(unseen))


def _page(case: ClaimCase, number: int) -> str:
    return case.pages[number - 1].text


def _apart(random: Random, first: Fact) -> list[Fact]:
    """One to three facts in the same script, none of which has anything in common with another."""
    facts = [first]
    for _ in range(random.randrange(3)):
        for _ in range(20):
            fact = random.choice(MAKERS)(random)
            if fact.script == first.script and not any(_tokens(fact) & _tokens(o) for o in facts):
                facts.append(fact)
                break
    return facts


def _tokens(fact: Fact) -> set[str]:
    """The numbers and the kind of a fact: what a page says of another could be taken for it."""
    written = " ".join((fact.claim, *fact.same, *fact.others, *fact.alone))
    plain = unicodedata.normalize("NFKC", written)
    digits = {
        "".join(str(unicodedata.decimal(c)) for c in run) for run in re.findall(r"\d+", plain)
    }
    words = {"words"} if "hundred" in written or "thousand" in written else set()
    return digits | words | ({fact.kind} if fact.kind in ("name", "quote", "date") else set())


def _case(random: Random, facts: list[Fact]) -> ClaimCase:
    size = random.randrange(1, 7)
    pieces: list[list[str]] = [[] for _ in range(size)]
    places = [_placed(random, fact, pieces, alone=len(facts) == 1) for fact in facts]
    texts = [_page_text(random, facts[0].script, some) for some in pieces]
    for fact in facts:
        if fact.torn and size > 1 and random.random() < 0.5:
            page = random.randrange(size - 1)
            texts[page] += f" then {fact.torn[0]}"
            texts[page + 1] = f"{fact.torn[1]} came after it. {texts[page + 1]}"
    answer, spans = _answer(random, facts)
    return ClaimCase(
        answer,
        tuple(PageText(DOCUMENT, number, None, text) for number, text in enumerate(texts, 1)),
        tuple(
            Expected(fact.kind, *span, where)
            for fact, span, where in zip(facts, spans, places, strict=True)
        ),
    )


def _placed(random: Random, fact: Fact, pieces: list[list[str]], *, alone: bool) -> tuple[int, ...]:
    """Put a fact on some pages, or none, and what looks like it on many; where it then stands."""
    size = len(pieces)
    chosen = sorted(random.sample(range(size), min(size, random.choice([0, 0, 1, 1, 2, 3]))))
    for page, some in enumerate(pieces):
        if page in chosen and alone and fact.alone and random.random() < 0.3:
            some.append(random.choice(fact.alone))
            continue
        if page in chosen:
            some.append(random.choice(fact.same))
        some += random.sample(fact.others, random.randrange(min(4, len(fact.others))))
    return tuple(page + 1 for page in chosen)


def _page_text(random: Random, script: Script, pieces: list[str]) -> str:
    sentences = [random.choice(script.filler) for _ in range(random.randrange(1, 6))]
    for piece in pieces:
        around = (random.choice(script.before), piece, random.choice(script.after))
        sentences.append(script.space.join(around) + script.stop)
    random.shuffle(sentences)
    return random.choice([" ", "\n", "\n\n"]).join(sentences)


def _answer(random: Random, facts: list[Fact]) -> tuple[str, list[tuple[int, int]]]:
    """The answer, and where each fact is in it."""
    answer = ""
    spans = []
    for fact in facts:
        before, after = random.choice(fact.script.said)
        answer += before + fact.around[0]
        inner = fact.claim.strip(_MARKS) if fact.kind == "quote" else fact.claim
        start = len(answer) + fact.claim.index(inner)
        spans.append((start, start + len(inner)))
        answer += fact.claim + fact.around[1] + after
    return answer.rstrip(), spans
