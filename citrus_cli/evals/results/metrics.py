"""How well an answer agrees with the accepted ones."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(text: str) -> str:
    """A text as SQuAD compares it: lower case, no punctuation, no articles, single spaces."""
    text = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def is_right(answer: str, accepted: Sequence[str]) -> bool:
    """Whether an accepted answer stands in `answer`, as whole words, whatever the case."""
    words = " ".join(answer.split())
    return any(
        re.search(rf"(?<!\w){re.escape(' '.join(text.split()))}(?!\w)", words, re.IGNORECASE)
        for text in accepted
    )


def exact_match(answer: str, accepted: Sequence[str]) -> float:
    """1 if the normalized answer is an accepted one, else 0."""
    return float(normalized(answer) in {normalized(one) for one in accepted})


def f1(answer: str, accepted: Sequence[str]) -> float:
    """The harmonic mean of precision and recall over words; the best of the accepted answers."""
    return max(_f1(normalized(answer).split(), normalized(one).split()) for one in accepted)


def recall(answer: str, accepted: Sequence[str]) -> float:
    """The share of an accepted answer's words that are in the answer; the best of them."""
    return max(_recall(normalized(answer).split(), normalized(one).split()) for one in accepted)


def rouge_l(answer: str, accepted: Sequence[str]) -> float:
    """ROUGE-L (F-measure, without stemming) by the library rouge-score; the best of them."""
    return max(float(_rouge_scorer().score(one, answer)["rougeL"].fmeasure) for one in accepted)


@cache
def _rouge_scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"], use_stemmer=False)


def _f1(given: list[str], wanted: list[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2 * shared / (len(given) + len(wanted))


def _recall(given: list[str], wanted: list[str]) -> float:
    if not wanted:
        return float(not given)
    return sum((Counter(given) & Counter(wanted)).values()) / len(wanted)
