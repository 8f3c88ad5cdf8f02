"""Joins lines that run on: words that were broken at a line's end, and all others.

A hyphen at the end of a line belongs to the word ("long-" "term") or only to the line ("inter-"
"national"). Words that stand elsewhere on the page tell, and word lists of some languages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache

from citrus_cli.documents.formats.pdf.paragraphs import LINE_END

_BREAK = re.compile(rf"[ \t]*[{LINE_END}\n][ \t]*")
_HYPHENATED = re.compile(r"(\S*?)([^\W\d_]+)([-\u2010\u00ad])\Z")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_FIRST = re.compile(r"[^\W\d_]+")
_SOLID = re.compile("[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_ADDRESS = re.compile(r"https?:|www\.|@|[\w-]\.\w+/|/\w|\\|_")
_FILE_END = re.compile(r"\S*\w\.(?:[a-z]{2,4}|html|docx|xlsx|pptx)\b")
_WORD_LIMIT = 64

_CONJUNCTIONS = frozenset(
    [
        "und",
        "oder",
        "bzw",
        "sowie",
        "bis",
        "and",
        "or",
        "nor",
        "to",
        "et",
        "ou",
        "y",
        "e",
        "o",
        "u",
        "ed",
        "od",
        "en",
        "of",
        "og",
        "och",
        "eller",
        "i",
        "oraz",
        "lub",
    ]
)
# Words that make compounds and are hardly ever the first syllables of a longer word (as "in", "pre"
# and "part" are): a hyphen after them belongs to the word, unless a mere ending follows.
_COMPOUNDING_WORDS = """
    all anti best cash cost cross data decision eight ever five fixed forward four free full half
    hand high large local long low lower many medium middle multi near never new nine non old once
    one post price quarter quasi second self semi seven short single six small stock tax then third
    three time twelve twenty two upper user value web well wide world year zero
"""
_ENDING_WORDS = """
    able age al ary dom ed en er ers ery est ful hood ing ings ion ish ity ize ized less ly ment
    ments ness ship ships ten tion ward wards
"""
# Second halves that stand behind a hyphen ("divestiture-related").
_COMPOUNDED_WORDS = """
    adjusted backed based bearing driven effect linked looking oriented owned related specific
    weighted
"""
# First halves that join without a hyphen more often than with one.
_JOINING_WORDS = """
    after anti auto back be by co con counter de dis down electro en ex extra fore hydro hyper il im
    in infra inter intra ir micro mid mini mis mono multi neo out over para photo poly post pre pro
    proto pseudo re retro semi sub super tele thermo trans tri ultra un under up
"""
_COMPOUNDING = frozenset(_COMPOUNDING_WORDS.split())
# Compounds that are written with a hyphen, though their halves would join elsewhere.
_HYPHENED = frozenset(
    [
        "break-even", "by-election", "by-product", "check-in", "co-op", "co-owner", "demi-finale",
        "demi-finales", "demi-heure", "father-in", "follow-up", "mother-in", "passer-by",
        "ex-president", "ex-wife", "ex-husband", "run-up", "set-up", "sous-officier",
        "sous-officiers", "sous-sol", "start-up", "take-off", "trade-in", "trade-off", "vis-a",
    ]
)  # fmt: skip
_ENDINGS = frozenset(_ENDING_WORDS.split())
_COMPOUNDED = frozenset(_COMPOUNDED_WORDS.split())
_JOINING = frozenset(_JOINING_WORDS.split())

_SIGNS = {
    "en": frozenset(["the", "of", "and", "to", "is", "that", "for", "with"]),
    "de": frozenset(["der", "die", "und", "das", "ist", "nicht", "mit", "den"]),
    "fr": frozenset(["le", "les", "des", "et", "est", "une", "dans", "pour"]),
    "es": frozenset(["el", "los", "las", "una", "por", "que", "con", "para"]),
    "it": frozenset(["il", "gli", "della", "che", "per", "una", "con", "sono"]),
    "pt": frozenset(["os", "uma", "para", "com", "não", "que", "dos", "da"]),
    "nl": frozenset(["het", "een", "van", "en", "niet", "voor", "met", "zijn"]),
}
"""Words by which a language is told; word lists are at hand for these."""

_COMMON = 40
"""A word that its language's list counts fewer times may be a mistake."""


def join_lines(text: str, words: Mapping[str, int]) -> str:
    """A paragraph's text with the lines joined that run on.

    `words` counts the page's words, as `page_words` gives them.
    """
    out: list[str] = []
    at = 0
    for found in _BREAK.finditer(text):
        out.append(text[at : found.start()])
        at = found.end()
        before = "".join(out[-2:])[-_WORD_LIMIT:]
        out.append(_joint(before, text[at : at + _WORD_LIMIT], found.group(), words, out))
    out.append(text[at:])
    return "".join(out)


def _joint(before: str, after: str, found: str, words: Mapping[str, int], out: list[str]) -> str:
    """What comes between two lines; takes a hyphen from the end of `out` that goes."""
    hyphenated = _HYPHENATED.search(before)
    if hyphenated is None:
        if before[-1:] in "-\u2010" and before[-2:-1].isalnum() and after[:1].isalnum():
            return ""
        if "\n" in found:
            return "\n"
        solid = _SOLID.match(before[-1:]) and _SOLID.match(after[:1])
        return "" if solid or (before[-1:] == "—" and before[-2:-1] != " ") else " "
    lead, first, hyphen = hyphenated[1], hyphenated[2], hyphenated[3]
    token = after.split(None, 1)[0] if after.split() else ""
    next_word = _FIRST.match(after)
    if hyphen == "\u00ad":
        out[-1] = out[-1][:-1]
        return ""
    if _ADDRESS.search(lead) or _FILE_END.match(token):
        return ""
    if next_word is None:
        return "" if after[:1].isdigit() else " "
    second = next_word[0]
    if second.lower() in _CONJUNCTIONS and second == token.strip(",;"):
        return " "
    if not (first[-1].islower() and second[0].islower()):
        return ""
    if lead.endswith(("-", "\u2010")) or _belongs(first.lower(), second.lower(), words):
        return ""
    out[-1] = out[-1][:-1]
    return ""


def page_words(texts: list[str]) -> Counter[str]:
    """The words of a page in lower case, halves of broken ones not counted."""
    words: Counter[str] = Counter()
    for text in texts:
        whole = re.sub(rf"\w+[-\u2010\u00ad]\s*[{LINE_END}\n]\s*\w+", " ", text)
        words.update(word.lower() for word in _WORD.findall(whole))
    return words


def _belongs(first: str, second: str, words: Mapping[str, int]) -> bool:
    """Whether the hyphen between two halves belongs to the word, on a page with these `words`."""
    joined = first + second
    if joined in words:
        return False
    if f"{first}-{second}" in words or f"{first}-{second}" in _HYPHENED:
        return True
    if (first in _COMPOUNDING and second not in _ENDINGS) or (
        second in _COMPOUNDED and len(first) > 3
    ):
        return True
    if second in _ENDINGS or first in _JOINING or min(len(first), len(second)) < 3:
        return False
    language = _language(words)
    known = _word_list(language)
    # German writes its compounds as one word where the second half is in lower case
    if language == "de" or known(joined):
        return False
    seen = first in words and second in words
    return seen or (known(first) and known(second))


def _language(words: Mapping[str, int]) -> str:
    counts = {
        language: sum(words.get(sign, 0) for sign in signs) for language, signs in _SIGNS.items()
    }
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] else "en"


@cache
def _word_list(language: str) -> Callable[[str], bool]:
    """Tells whether a word in lower case is a common one of a language."""
    from spellchecker import SpellChecker

    counts = SpellChecker(language=language).word_frequency
    return lambda word: counts[word] >= _COMMON
