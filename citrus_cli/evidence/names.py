"""Names in an answer: what is written with a capital letter that its place does not ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from citrus_cli.evidence.abbreviations import STARTERS, words
from citrus_cli.evidence.layout import marker_end
from citrus_cli.evidence.scripts import WORD
from citrus_cli.evidence.sentences import sentences

_WORD = re.compile(rf"(?!_)[{WORD}]{{1,61}}(?:[’'&./-][{WORD}]{{1,60}}){{0,8}}")
_PARTICLE = re.compile(
    r"(?:(?:al|el|ar|as|ash|at|az|ad|an|ibn|bin|ben)-|[a-z]{1,4}[’'])[^\W\d_a-z]"
)
"""What a name goes on with in lower case: al-Rashid, d’Artagnan."""

_CONNECTORS = words(
    "of the de del della der den des di da do dos du la le les van von und y e al bin & for"
)
_TITLES = words("mr mrs ms miss dr prof professor sir dame lord lady")
_ABBREVIATED = words("mr mrs ms dr prof st mt inc co corp ltd jr sr")
_COMMON = STARTERS | words(
    """
    i i'm me my mine us ours yours hers theirs him them himself myself according additionally
    also am are be been being can could did do does done either else even ever every furthermore
    had has have having hence here may might more moreover must never nor nothing now only or
    otherwise overall perhaps please same shall should something specifically still than
    therefore thereby though too unfortunately unknown very via was were what's whether whom
    whose why will within without would yes yet answer question document text page table figure
    note however there's it's january february march april may june july august september
    october november december
    """
)
"""Words that are no name by themselves, however they are written."""

_INITIAL_AFTER = ':"“‘«([*_'
_NUMBER_AFTER_NAME = re.compile(
    r"\s([0-9]{1,3}[A-Za-z]?)(?=\s*(?:[.;:!?)\]\"”’]|,(?![0-9])|$)|\s+(\w+))"
)


def names(
    answer: str, taken: Callable[[int, int], bool] = lambda start, end: False
) -> Iterator[tuple[int, int]]:
    """The names in an answer as (start, end).

    Several words with capital letters, joined by such as "of" and "van", or one that does not
    start its sentence (or is all of it). `taken` says of characters (start, end) that they are
    part of something else.
    """
    starts = _sentence_starts(answer)
    words = [word for word in _WORD.finditer(answer) if not taken(*word.span())]
    at = 0
    while at < len(words):
        if not words[at].group()[0].isupper():
            at += 1
            continue
        after = _name_end(answer, words, at)
        yield from _trimmed(answer, words[at:after], starts)
        at = after


def _sentence_starts(answer: str) -> dict[int, int]:
    """Where the sentences start (after a list's marker), and where each ends."""
    result = {}
    for start, end in sentences(answer):
        begin = marker_end(answer, start, end)
        while begin < end and not answer[begin].isalnum():
            begin += 1
        result[begin] = end
    return result


def _name_end(answer: str, words: Sequence[re.Match[str]], first: int) -> int:
    """The index after the last word of the name that starts with the word `first`."""
    last = first
    at = first + 1
    while at < len(words) and _adjacent(answer, words[at - 1], words[at]):
        if words[at].group()[0].isupper() or _PARTICLE.match(words[at].group()):
            last = at
        elif words[at].group() not in _CONNECTORS or at - last > 2:
            break
        at += 1
    return last + 1


def _adjacent(answer: str, a: re.Match[str], b: re.Match[str]) -> bool:
    between = answer[a.end() : b.start()]
    if between[:1] == "." and (len(a.group()) == 1 or a.group().lower() in _ABBREVIATED):
        between = between[1:]
    return 0 < len(between) < 4 and between.replace("&", " ").isspace() and "\n\n" not in between


def _trimmed(
    answer: str, words: Sequence[re.Match[str]], starts: dict[int, int]
) -> Iterator[tuple[int, int]]:
    initial = _starts_something(answer, words[0].start(), starts)
    sentence_end = starts.get(words[0].start(), -1)
    kept = list(words)
    while kept and (_common(kept[0]) or kept[0].group() in _CONNECTORS):
        kept, initial = kept[1:], False
    while kept and (_common(kept[-1]) or kept[-1].group() in _CONNECTORS):
        kept = kept[:-1]
    if not kept:
        return
    start, end = kept[0].start(), kept[-1].end()
    if answer[start:end].lower().endswith(("'s", "’s")):
        end -= 2
    number = _NUMBER_AFTER_NAME.match(answer, end)
    if number and (not number.group(2) or number.group(2).lower() in _COMMON | _CONNECTORS):
        end = number.end(1)
    word = kept[0].group()
    alone = len(kept) == 1 and initial and end == kept[0].end()
    whole = not answer[end:sentence_end].strip(' .!?*_"”’)') if sentence_end >= end else False
    if alone and not whole and not _unmistakable(word):
        return
    if len(word) > 1 or len(kept) > 1 or end > kept[0].end():
        yield start, end


def _common(word: re.Match[str]) -> bool:
    text = word.group().replace("’", "'").lower()
    return text in _COMMON or text in _TITLES


def _starts_something(answer: str, start: int, starts: dict[int, int]) -> bool:
    before = answer[max(0, start - 8) : start].rstrip(" ")[-1:]
    return start in starts or before in ("\n", "") or before in _INITIAL_AFTER


def _unmistakable(word: str) -> bool:
    """Two capitals, or capitals and digits: NASA, eBay, T40."""
    return sum(map(str.isupper, word)) > 1 or any(map(str.isdigit, word))
