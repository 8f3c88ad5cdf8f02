"""How sure: what an answer's evidence does for it, as a level that people can read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Level = Literal["strong", "some", "weak"]

STRONG, SOME = 0.7, 0.35
"""From these scores on, support is strong, and there is some."""

MOST_DROP = 3.0
"""A greater loss, in nats per token, says no more."""

BIAS, PER_DROP, PER_LIKELIHOOD, PER_FOUND = 0.9, 1.0, 7.2, 2.1
"""Fitted by logistic regression, so that the score is the chance that an answer of the default
model is right: on the sample documents' questions, and on as many of other documents, to which
every answer is wrong."""


@dataclass(frozen=True)
class Support:
    """How much an answer rests on its evidence.

    `drop` is how much less likely the answer is without all of its evidence, and `likelihood` what
    it is with it, both in nats per token of the answer. `score`, 0 to 1, puts them together.
    """

    score: float
    level: Level
    drop: float
    likelihood: float


def support(drop: float, likelihood: float, found: float) -> Support:
    """The support of an answer.

    `found` is the share of the question's attention that finds anything in the document, 0 to 1.
    """
    logit = BIAS + PER_DROP * min(drop, MOST_DROP) + PER_LIKELIHOOD * likelihood + PER_FOUND * found
    score = 1 / (1 + math.exp(-logit))
    level: Level = "strong" if score >= STRONG else "some" if score >= SOME else "weak"
    return Support(score, level, drop, likelihood)
