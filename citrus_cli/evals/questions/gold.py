"""Where in a text an accepted answer stands, and which of these places the question is about."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property

from citrus_cli.evals.answers.retention import Span
from citrus_cli.evals.answers.texts import window
from citrus_cli.evals.results.metrics import normalized

WITHOUT_PLACE = frozenset({"yes", "no", "true", "false", "none", "unanswerable"})
"""Answers that say something about the text rather than stand in it."""

_WORD = re.compile(r"\S+")
_BREAK = re.compile(r"\n\s*|(?<=[.!?])\s+")


class Places:
    """A text in characters and tokens, searched as answers are compared: word by word."""

    def __init__(self, text: str, offsets: Sequence[Span]) -> None:
        """`offsets` are the characters that each token stands for."""
        self._text = text
        self._starts = [start for start, _ in offsets]
        self._ends = [end for _, end in offsets]

    def find(self, answer: str) -> tuple[Span, ...]:
        """The tokens of every place where an answer stands, whatever its case and punctuation.

        None for an answer such as "yes", whose words stand anywhere.
        """
        wanted = normalized(answer).split()
        if not wanted or " ".join(wanted) in WITHOUT_PLACE:
            return ()
        words, spans = self._words
        found = []
        for at in self._where.get(wanted[0], ()):
            if words[at : at + len(wanted)] == wanted:
                found.append(self._tokens(spans[at][0], spans[at + len(wanted) - 1][1]))
        return tuple(span for span in found if span[1] > span[0])

    def passage(self, places: Sequence[Span], question: str) -> Span:
        """The sentences around the place whose surroundings share most words with a question.

        `places` must not be empty; of equals the first is meant.
        """
        asked = set(normalized(question).split())
        windows = [window(self.breaks, place, len(self._starts)) for place in places]
        return max(windows, key=lambda span: len(asked & self._said(span)))

    @cached_property
    def breaks(self) -> list[int]:
        """The tokens with which sentences and lines begin, ascending."""
        tokens = {bisect_left(self._starts, one.end()) for one in _BREAK.finditer(self._text)}
        return sorted({0} | tokens)

    def _said(self, span: Span) -> set[str]:
        text = self._text[self._starts[span[0]] : self._ends[span[1] - 1]]
        return set(normalized(text).split())

    def _tokens(self, start: int, end: int) -> Span:
        """The tokens that stand for any of some characters."""
        return bisect_right(self._ends, start), bisect_left(self._starts, end)

    @cached_property
    def _words(self) -> tuple[list[str], list[Span]]:
        """The text's normalized words, and their characters without punctuation around."""
        words, spans = [], []
        for match in _WORD.finditer(self._text):
            word = normalized(match[0])
            if word:  # else it is an article, or punctuation
                inner = match[0].strip("\"'()[]{}<>.,;:!?*_“”‘’«»")
                start = match.start() + match[0].find(inner)
                words.append(word)
                spans.append((start, start + len(inner)) if inner else match.span())
        return words, spans

    @cached_property
    def _where(self) -> dict[str, list[int]]:
        where: dict[str, list[int]] = {}
        for at, word in enumerate(self._words[0]):
            where.setdefault(word, []).append(at)
        return where
