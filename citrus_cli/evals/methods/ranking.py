"""Plain retrieval: texts ranked by BM25 for the words of a question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rank_bm25 import BM25Okapi


class Ranking:
    """An index over some texts; at least one."""

    def __init__(self, texts: Sequence[str]) -> None:
        # without a single word anywhere, averages over the words would not exist
        self._index = BM25Okapi([_words(text) or [""] for text in texts])

    def best_first(self, question: str) -> list[int]:
        """The indices of all texts by their score for the question's words; ties in their order."""
        scores = self._index.get_scores(_words(question))
        return sorted(range(len(scores)), key=lambda index: (-scores[index], index))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
