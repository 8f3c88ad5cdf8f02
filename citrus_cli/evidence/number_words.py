"""Numbers that are spelled out in English, of one word or many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_BELOW_HUNDRED = {
    "zero": 0,
    **{word: value for value, word in enumerate([*_UNITS, *_TEENS], 1)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
}
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}

_FIRST = "|".join(sorted(_BELOW_HUNDRED, key=len, reverse=True))
_LATER = "|".join([_FIRST, "hundred", *_SCALES, *_ORDINALS, "point", "half"])
_SCALE = "|".join(["hundred", *_SCALES])
_RUN = re.compile(
    r"(?<![\w-])(?=[aefhnostz])"
    rf"(?:(?:half )?an?[\s-](?=(?:{_SCALE})(?!\w))(?:{_SCALE})|(?:{_FIRST})(?!\w))"
    rf"(?:[\s-]{{1,2}}(?:and\s(?:a\s)?)?(?:{_LATER})(?!\w))*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)


@dataclass(frozen=True)
class SpelledNumber:
    """A number in words, characters `start` to `end` of a text: tenths × 10^(power - 1).

    `power` is that of the word it ends with, from "thousand" on.
    """

    start: int
    end: int
    tenths: int
    power: int


def spelled_numbers(text: str) -> Iterator[SpelledNumber]:
    """All numbers in words, none of them a part of another."""
    for run in _RUN.finditer(text):
        words = [
            _Word(match.group().lower(), match.start(), match.end())
            for match in _WORD.finditer(text, run.start(), run.end())
        ]
        yield from _numbers(words)


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int


def _numbers(words: Sequence[_Word]) -> Iterator[SpelledNumber]:
    found: list[SpelledNumber] = []
    at = 0
    while at < len(words):
        number = _Number()
        first = at
        while at < len(words) and (step := number.take(words, at)):
            at += step
        if at == first:
            at += 1
            continue
        one = SpelledNumber(words[first].start, words[at - 1].end, *number.value())
        last = found[-1] if found else None
        if last and first and words[first - 1].end == last.end and _year(last, one):
            tenths = last.tenths * 100 + one.tenths
            found[-1] = SpelledNumber(last.start, one.end, tenths, 0)
        else:
            found.append(one)
    yield from found


def _year(a: SpelledNumber, b: SpelledNumber) -> bool:
    """Whether two numbers side by side are a year: "nineteen ninety-nine"."""
    return all(
        not one.power and 100 <= one.tenths < 1_000 and not one.tenths % 10 for one in (a, b)
    )


@dataclass
class _Number:
    """A number while its words are read."""

    total: int = 0  # of what is before the last scale word, in tenths
    group: int = 0  # below a thousand, or "twelve hundred", in tenths
    scale: int = 99
    last: str = ""
    power: int = 0
    half: bool = False
    done: bool = field(default=False)

    def take(self, words: Sequence[_Word], at: int) -> int:
        """How many words from `at` on go on with the number; 0 if none."""
        word = words[at].text
        following = [one.text for one in words[at + 1 : at + 3]]
        if self.done and word not in _SCALES:
            return 0
        if word == "half" and not self.last:
            self.half = True
            return 1
        if word in ("a", "an"):
            self.group, self.last = 5 if self.half else 10, word
            return 0 if not following else 1
        if word == "and":
            if following == ["a", "half"] and self.last in _BELOW_HUNDRED:
                self.group, self.done = self.group + 5, True
                return 3
            later = following[:1]
            joins = (
                self.last in ("hundred", *_SCALES) and bool(later) and later[0] in _BELOW_HUNDRED
            )
            return 1 if joins else 0
        taken = self._word(word, following)
        if taken:
            self.last = word
        return taken

    def _word(self, word: str, following: Sequence[str]) -> int:
        below = self.group % 1000  # in tenths: what is below a hundred
        if word in _BELOW_HUNDRED:
            value = 10 * _BELOW_HUNDRED[word]
            fits = below == 0 or (below >= 200 and below % 100 == 0 and 0 < value < 100)
            if not fits or self.last == "zero" or self.last in ("a", "an"):
                return 0
            self.group, self.power = self.group + value, 0
            return 1
        if word in _ORDINALS:
            if self.last not in _TENS:
                return 0
            self.group, self.done = self.group + 10 * (_ORDINALS.index(word) + 1), True
            return 1
        if word == "hundred":
            if not 0 < self.group < 1000:
                return 0
            self.group *= 100
            return 1
        if word == "point":
            return self._point(following)
        if word in _SCALES and self.group and _SCALES[word] < self.scale:
            self.scale = self.power = _SCALES[word]
            self.total += self.group * 10**self.scale
            self.group = 0
            self.done = False
            return 1
        return 0

    def _point(self, following: Sequence[str]) -> int:
        digit = _BELOW_HUNDRED.get(following[0], 10) if following else 10
        if digit > 9 or not self.last or (following[1:] and following[1] in _UNITS):
            return 0
        self.group, self.done = self.group + digit, True
        return 2

    def value(self) -> tuple[int, int]:
        """The number in tenths, without the power of the word that it ends with, and that power."""
        whole = self.total + self.group
        power = self.power if not self.group else 0
        return whole // 10**power, power
