"""Drafts by looking up: what followed the latest two tokens where they stood before.

Answers repeat the text that they are about. A few tokens that are guessed from it are checked by
the model in the pass that is made anyway (prompt lookup decoding, Saxena 2023): what it would have
written itself stays: a draft changes how fast an answer is written, not what it says (but for ties
that rounding decides).
"""

from __future__ import annotations

from collections.abc import Sequence

MOST_DRAFTED = 4
"""Tokens that are guessed at once: on a CPU core a pass of five rows takes the default model 1.2
times as long as one of a single row, and three answers of 61 tokens took 31 passes."""


class Drafts:
    """Guesses what comes next after a text and what was added to it."""

    def __init__(self, text: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._after: dict[tuple[int, int], int] = {}
        for token in text:
            self.add(token)

    def add(self, token: int) -> None:
        """Note the next token."""
        if len(self._tokens) >= 2:
            self._after[self._tokens[-2], self._tokens[-1]] = len(self._tokens)
        self._tokens.append(token)

    def guess(self, most: int) -> list[int]:
        """The tokens that may come next, at most so many; none where nothing is alike."""
        at = self._after.get((self._tokens[-2], self._tokens[-1])) if self._tokens[1:] else None
        return [] if at is None else self._tokens[at : at + min(most, MOST_DRAFTED)]
