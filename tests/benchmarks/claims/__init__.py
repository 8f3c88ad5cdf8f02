"""Facts as answers and pages write them: the same one in many ways, and others that look like it.

What is the same and what is not follows from how each is made here; nothing is looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.benchmarks.claims import measures, numbers, scripts, texts
from tests.benchmarks.claims.fact import Fact, Script

MAKERS: tuple[Callable[[Random], Fact], ...] = (
    *(numbers.count, numbers.small, numbers.spelled, numbers.money, numbers.percent),
    *(measures.measure, measures.counted, measures.labelled, measures.points),
    *(texts.day, texts.month, texts.name, texts.quote),
    *(scripts.eastern_number, scripts.eastern_percent, scripts.eastern_day, scripts.eastern_quote),
    *(scripts.right_to_left_number, scripts.right_to_left_quote, scripts.right_to_left_day),
)
"""Each makes a fact of its kind."""

__all__ = ["MAKERS", "Fact", "Script"]
