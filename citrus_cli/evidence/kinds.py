"""What a number counts, measures or names, by the words around it; and whether two agree.

"14 days" is not the 14 of "14 May", of "Article 14", of "14 plants" or of "14 weeks".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from citrus_cli.evidence.abbreviations import words
from citrus_cli.evidence.scripts import BEGINS, WORD
from citrus_cli.evidence.units import Unit, unit_after

_LABELS = {
    "table": "tables tab.",
    "figure": "figures fig. figs.",
    "section": "sections sec. sect. § §§ abschnitt sektion",
    "article": "articles art. arts. artikel",
    "clause": "clauses cl.",
    "paragraph": "paragraphs para. paras. absatz",
    "chapter": "chapters ch. kapitel",
    "page": "pages p. pp. seite seiten s.",
    "note": "notes footnote footnotes",
    "item": "items",
    "annex": "annexes appendix appendices schedule schedules exhibit exhibits anhang anlage",
    "number": "no. nos. nr. nº n° #",
    "step": "steps",
    "volume": "vol.",
    "question": "questions",
    "rule": "rules",
    "regulation": "regulations",
}
_LABEL_OF = {form: label for label, forms in _LABELS.items() for form in (label, *forms.split())}
_LABEL = re.compile(
    rf"(?:{BEGINS}|(?=[§#]))({'|'.join(sorted(map(re.escape, _LABEL_OF), key=len, reverse=True))})"
    r"\s{0,2}\(?(?:[0-9]+(?:\.[0-9]+)*[a-z]?\s?(?:,|and|to|or|und|bis|&|-|–)\s?){0,6}$",
    re.IGNORECASE,
)
_WORD = re.compile(rf"(?=[{WORD}])[^\W\d_][^\W\d_’']*")
_STOP = re.compile(r"[.;:!?()\[\]|\n\t](?:\s|$)|[|\n\t]|[0-9]")
_PEOPLE = words("people persons person employees employee staff workers colleagues")
_EMPTY = words(
    """
    a an the of in on at to by for from with without and or nor but as than that this these those
    there here then so such is are was were be been being has have had do does did will would can
    could may might must shall should not no it its they them their he she his her we our us you
    your i my who whom whose which what when where while if because although though since until
    after before during about above below over under between among within across through per each
    every all any both some more less most least fewer many much few other others another own same
    only also just even still already again once twice ago later earlier old long high wide deep
    apart away back out up down off into onto upon via versus vs respectively approximately around
    roughly nearly almost total altogether overall passing little else time times
    der die das den dem des ein eine einer einem einen und oder von vom im am zu zum zur mit bei für
    auf aus nach über unter vor seit bis ist sind war waren wird werden hat haben nicht als wie auch
    noch nur pro je le la les l un une du de et ou à au aux en dans sur par pour avec sans est sont
    était ont que qui ne pas plus el los las unos unas y del al con sin por para es son fue más il
    lo gli uno di da nel nella sul sulla e è sono o os um uma do das dos na het een van op te met
    voor zijn
    """
)
_READ = 6  # content words that are looked at on either side of a number on a page


@dataclass(frozen=True)
class Kind:
    """What a number is of.

    Attributes:
        unit: what it measures, if that is a unit.
        label: what it numbers: "section" in "section 14".
        nouns: the stems of the words that may say what it counts; of a page's number, all around.
        follows: of a page's number: whether any of them stands right after it.
    """

    unit: Unit | None = None
    label: str | None = None
    nouns: frozenset[str] = frozenset()
    follows: bool = False

    @property
    def says_something(self) -> bool:
        """Whether a number of another kind is another number."""
        return self.unit is not None or self.label is not None or bool(self.nouns)


def kind_in_answer(text: str, start: int, end: int) -> tuple[int, Kind]:
    """The kind of an answer's number that stands from `start` to `end`, and where its unit ends."""
    measured = unit_after(text, end)
    if measured:
        return measured[0], Kind(unit=measured[1])
    label = _label_before(text, start)
    if label:
        return end, Kind(label=label)
    following = _words(text, end, end + 60, stop_at_empty=True)[:3]
    return end, Kind(nouns=_stems(following))


def kind_on_page(text: str, start: int, end: int) -> Kind:
    """The kind of a page's number that stands from `start` to `end`."""
    measured = unit_after(text, end)
    if measured:
        return Kind(unit=measured[1])
    label = _label_before(text, start)
    after = _words(text, end, end + 100, stop_at_empty=False)[:_READ]
    follows = bool(_words(text, end, end + 40, stop_at_empty=True))
    before = _words(text, start, max(0, start - 100), stop_at_empty=False)[:_READ]
    return Kind(label=label, nouns=_stems([*after, *before]), follows=follows)


def agrees(claim: Kind, other: Kind, announced: Callable[[], frozenset[Unit]], page: str) -> bool:
    """Whether a number of a page may be the one that is claimed, by what they are of.

    `announced` are the units that the page gives for figures without one, `page` is its text with
    case folded. Of a number in a cell of a table only the page can say what it counts.
    """
    if claim.label:
        return claim.label == other.label
    if other.label:
        return False
    if claim.unit:
        if other.unit:
            return claim.unit.base == other.unit.base
        return any(claim.unit.base == unit.base for unit in announced())
    if other.unit:
        return any(other.unit.base.startswith(noun) for noun in claim.nouns)
    if claim.nouns & other.nouns:
        return True
    return not other.follows and any(noun in page for noun in claim.nouns)


def scale_of(claim: Kind, other: Kind, announced: Callable[[], frozenset[Unit]]) -> int:
    """How many powers of ten the other number's unit is larger by."""
    if claim.unit is None:
        return 0
    if other.unit is not None:
        return other.unit.power - claim.unit.power
    powers = {unit.power for unit in announced() if unit.base == claim.unit.base}
    return 0 if claim.unit.power in powers else min(powers, default=0) - claim.unit.power


def _label_before(text: str, start: int) -> str | None:
    match = _LABEL.search(text, max(0, start - 50), start)
    if match is None:
        return None
    form = match[1].lower()
    label = _LABEL_OF[form]
    # "Notes 14" is a row of a table, "notes 13 and 14" are two notes
    alone = not any(map(str.isdigit, match.group()))
    return None if alone and form == f"{label}s" else label


def _words(text: str, at: int, limit: int, *, stop_at_empty: bool) -> list[str]:
    """The words from a place on, forwards or backwards, until a sentence, cell or number ends."""
    if limit >= at:
        piece = text[at:limit]
        stop = _STOP.search(piece)
        found = _WORD.findall(piece[: stop.start()] if stop else piece)
    else:
        piece = text[limit:at]
        stops = list(_STOP.finditer(piece))
        found = _WORD.findall(piece[stops[-1].end() :] if stops else piece)[::-1]
    told: list[str] = []
    for word in found:
        if word.casefold() not in _EMPTY:
            told.append(word.casefold())
        elif stop_at_empty:
            break
    return told


def _stems(told: list[str]) -> frozenset[str]:
    stems = {_stem(word) for word in told}
    return frozenset(stems | {"peopl"} if _PEOPLE & set(told) else stems)


def _stem(word: str) -> str:
    """As much of a word as its singular, its plural and its verb have in common."""
    singular = word[:-1] if word.endswith("s") and not word.endswith("ss") else word
    return singular[:5]
