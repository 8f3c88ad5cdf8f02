"""What a question asks for: the words to look for, the kind of answer, and where such things stand.

Rules that one can read, no model. Analysts' questions say much about the form of the answer ("in
USD millions", "round to two decimals", "answer yes or no"): this guides the answer, not the search.
What they ask for, a filing calls by other names: `glossary.json` has those.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Kind = Literal["amount", "date", "person", "place", "reason", "list", "whole", "other"]

_SENTENCE = re.compile(r"(?<=[.?!;:])\s+(?=[A-Z(])")
_ABOUT_FORM = re.compile(
    r"(?:please\s+)?(?:(?:answer|respond|give|provide|round|use|utili[sz]e|base|assume|state"
    r"|calculate|compute|reply|keep|express|write)(?:e?d)?\b|basing\b|explain your|show your"
    r"|we (?:need|want) to (?:calculate|compute)|help us|here'?s the question"
    r"|if .{0,150}(?:state that|explain why|say so|say that))",
    re.IGNORECASE | re.DOTALL,
)
_DEFINES = re.compile(r"\bdefin(?:e|ed|es|ing)\b|\bis calculated as\b|\bmeans\b", re.IGNORECASE)
_FORM_CLAUSES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\((?:in|as)\s[^()]{0,80}\)",
        r"\b(?:answer|respond to) the (?:following )?question:?",
        r"\banswer in [^.?]*",
        r"\bround(?:ed)? (?:your answer )?to [^.?,)]*",
        r"\bin (?:units of )?(?:usd|us\$|u\.s\. dollars|eur|gbp)?\s*"
        r"(?:millions?|billions?|thousands?|percents?)\b",
        r"\bin (?:one|a) (?:short )?(?:sentence|word|paragraph)\b",
        r"\banswer (?:with )?(?:yes or no|briefly|shortly)\b",
        r"\byes or no\b",
        r"\bas if you are [^.?]*?(?:\.|$)",
        r"\bhere'?s the question:?",
    )
]
_LEAD_IN = re.compile(
    r"^[^?]{0,200}?\b(?:according to|based? on|basing|using|considering|in agreement with|relying)"
    r"\b[^?,:]{0,160}[,:]\s*(?=(?:what|how|which|who|when|where|is|are|did|does|has)\b)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\bhow (?:much|many|large|big|high|old|long|tall|far|deep|wide|fast)\b|\bwhat (?:sum"
    r"|amount|price|share|number|percentage|percent|proportion|quantity|rate)\b|\bratio\b|\bmargin\b"
    r"|\bpercent(?:age)?\b|%|\btotal\b|\baverage\b|\bturnover\b|\bgrowth\b|\brate\b"
    r"|\bin (?:usd|eur)\b|\bhow (?:heavy|hot|cold)\b|\bincrease|\bdecrease|\bdecline|\bimprov"
    r"|\bdrop(?:s|ped)?\b|\bchanges? in\b|\bgr(?:ow|ew)\b|\bnumber of\b|\b(?:low|high|large)est\b"
    r"|\bamount\b|\bcosts?\b|\bprice\b|\bsize of\b|\bunder which (?:number|code)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:day|date|year|month|time|quarter)\b|\bhow soon\b|\buntil when\b"
    r"|\bsince when\b|\bby what date\b|\bdeadline\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\bwho(?:m|se)?\b|\bname of the\b|\bwhich (?:person|company|bank)\b", re.I)
_PLACE = re.compile(
    r"\bwhere\b|\b(?:what|which) (?:town|city|place|country|state)\b", re.IGNORECASE
)
_REASON = re.compile(
    r"\bwhy\b|\breasons?\b|\bcause[ds]?\b|\bdr(?:ove|ives?|iven)\b|\bhow come\b", re.IGNORECASE
)
_SEVERAL = re.compile(
    r"\bcompare\b|\blist\b|\ball (?:the|of the)\b|\beach of\b|\bevery\b|\bwhat are\b|\bvs\b"
    r"|\bwhich .{0,40} are\b|\bboth\b|\bdifferences? between\b|\bversus\b"
    r"|\bname (?:the|all|three|two|four|five)\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\bsummar(?:y|i[sz]e)|\bmain (?:points?|ideas?|topics?)\b|\boverview\b|\bin general\b"
    r"|\bwhat is (?:this|the) (?:document|text|report|paper|contract|book) about\b|\bgist\b"
    r"|\bkey (?:points|takeaways|findings)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_QUARTER = re.compile(r"\bQ([1-4])\b")
_FISCAL_YEAR = re.compile(r"\bFY ?'?(\d{4}|\d\d)\b")
_ORDINALS = ("first", "second", "third", "fourth")
_STOP_WORDS = """
    a about all am an and any are as at be been being between but by can could did do does doing for
    from had has have having he her hers him his how i if in into is it its me my no nor not of on
    or our out over own she should so some such than that the their them then there these they this
    those through to too under until up very was we were what when where which while who whom whose
    why will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True)
class Entry:
    """What filings call a thing, and how one asks for it."""

    asked: re.Pattern[str]
    called: tuple[str, ...]


@dataclass(frozen=True)
class Glossary:
    """`terms` are things in rows; `statements` are tables that a question names as its source."""

    terms: tuple[Entry, ...]
    statements: tuple[Entry, ...]


@dataclass(frozen=True)
class Asked:
    """A question as the finders see it.

    Attributes:
        question: as it was asked.
        search: without what it says about the form of the answer.
        kind: what kind of answer it asks for.
        several: whether the answer may stand in several places.
        terms: what rows may be called that hold what is asked for.
        headings: what tables may be headed with that hold it.
    """

    question: str
    search: str
    kind: Kind
    several: bool
    terms: tuple[str, ...]
    headings: tuple[str, ...]

    @property
    def meaning(self) -> str:
        """What the embedder is given: the search, and what the things are called."""
        return _spelled_out("; ".join((self.search, *self.terms, *self.headings)))

    @property
    def words(self) -> tuple[str, ...]:
        """The words to look for, each once, in small letters; stop words only if there are no
        others."""
        found = dict.fromkeys(words("; ".join((self.search, *self.terms))))
        telling = tuple(word for word in found if word not in STOP_WORDS)
        return telling or tuple(found)


def _spelled_out(text: str) -> str:
    """With quarters and fiscal years as reports write them: "Q2 of FY24" asks for other words."""
    text = _QUARTER.sub(lambda match: f"{_ORDINALS[int(match[1]) - 1]} quarter", text)
    return _FISCAL_YEAR.sub(
        lambda match: f"fiscal {match[1] if len(match[1]) == 4 else f'20{match[1]}'}", text
    )


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return _WORD.findall(text.lower())


def asked(question: str) -> Asked:
    """What a question asks for."""
    search = without_form(question)
    known = glossary()
    terms = [name for one in known.terms if one.asked.search(search) for name in one.called]
    heads = [name for one in known.statements if one.asked.search(question) for name in one.called]
    return Asked(
        question=question,
        search=search,
        kind="amount" if heads else kind_of(search),
        several=_SEVERAL.search(search) is not None,
        terms=tuple(dict.fromkeys(terms)),
        headings=tuple(dict.fromkeys(heads)),
    )


def without_form(question: str) -> str:
    """The question without what it says about the form of its answer, or of giving it."""
    sentences = [one for one in _SENTENCE.split(question.strip()) if one]
    kept = [
        one for one in sentences if "?" in one or _DEFINES.search(one) or not _ABOUT_FORM.match(one)
    ]
    text = " ".join(kept) or question
    for clause in _FORM_CLAUSES:
        text = clause.sub(" ", text)
    text = _LEAD_IN.sub("", " ".join(text.split()))
    text = " ".join(text.split()).strip(" ,;:")
    return text if any(map(str.isalnum, text)) else question


def kind_of(search: str) -> Kind:
    """The kind of answer that a question asks for, without its words about form."""
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("whole", _WHOLE),
        ("reason", _REASON),
        ("date", _DATE),
        ("amount", _AMOUNT),
        ("person", _PERSON),
        ("place", _PLACE),
        ("list", _SEVERAL),
    )
    return next((kind for kind, pattern in kinds if pattern.search(search)), "other")


@cache
def glossary() -> Glossary:
    """The names of things that come with citrus."""
    data = json.loads((files("citrus_cli.index") / "glossary.json").read_text("utf-8"))

    def entries(name: str) -> tuple[Entry, ...]:
        return tuple(
            Entry(
                re.compile(rf"(?<!\w)(?:{one['asked']})(?!\w)", re.IGNORECASE), tuple(one["called"])
            )
            for one in data[name]
        )

    return Glossary(entries("terms"), entries("statements"))
