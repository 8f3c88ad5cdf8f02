"""Whether a full stop ends its sentence, or only an abbreviation, an initial or a number."""

from __future__ import annotations

import re

_REACH = 24  # characters looked at before a full stop: more than any abbreviation has


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


NEVER = words(
    """
    mr mrs ms mx dr prof rev hon gen col sgt capt lt gov sen messrs mme e.g i.e eg ie vs cf viz
    approx ca resp incl excl z.b d.h u.a bzw inkl ggf vgl evtl
    """
)
"""Something always follows these."""

BEFORE_NUMBERS = words(
    """
    no nos nr art sec secs fig figs p pp vol vols ch cl para paras eq ref tel ext abs ziff app
    tab approx reg
    """
)
"""These are abbreviations where a number follows, and else words: "No. We did not.\""""

SOMETIMES = words(
    """
    inc corp co ltd llc plc bros jr sr etc al st mt ave blvd rd dept univ assn est jan feb mar
    apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun usw gmbh
    s.a
    """
)
"""These may end a sentence: they do where the next word is one that likes to start sentences."""

STARTERS = words(
    """
    a after all although an and as at because before both but by during each for from he her his
    how however i if in it its many most no not of on one other our she since so some such that
    the their then there these they this those thus to under until we what when where which
    while who with you your der die das ein eine es im in le la les il elle
    """
)

_MONTHS = words(
    "januar februar märz april mai juni juli august september oktober november dezember"
)
_DOTTED = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")  # an initial, or U.S
_NEXT = re.compile(r"\s*([\"'“‘«‹„「『(\[*_]*)(\w*)")


def may_end_sentence(text: str, start: int, stop: re.Match[str]) -> bool:
    """Whether the mark `stop` ends the sentence that starts at `start`; text must follow it."""
    mark = stop.group()
    if mark[0] in "。！？｡":
        return True
    following = _NEXT.match(text, stop.end())
    word = following.group(2)[:20] if following else ""
    at = following.end() if following else stop.end()
    if not word and text[at : at + 1] in tuple(".,;:!?…)]}%"):
        return False  # dashes and symbols may start a sentence, these do not
    if word[:1].islower():
        return False
    if mark[0] != "." or mark.count(".") > 1:
        return mark.count(".") < 4  # more are the leaders of a table of contents
    return _full_stop(text[max(start, stop.start() - _REACH) : stop.start()], word)


def _full_stop(before: str, word: str) -> bool:
    if not before or before[-1].isspace():
        return False  # a dot on its own: leaders, ". . ."
    token = before.split()[-1].lstrip("\"'“‘«([").lower()
    if token in NEVER or (token in BEFORE_NUMBERS and word[:1].isdigit()):
        return False
    if token.isdigit() and len(token) < 3:
        return word.lower() not in _MONTHS
    if token in SOMETIMES or _DOTTED.fullmatch(token):
        return word.lower() in STARTERS
    return True
