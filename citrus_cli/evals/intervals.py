"""How sure a mean is: bootstrap confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2_000


@dataclass(frozen=True)
class Interval:
    """A mean of `count` values, and the bounds between which it lies with 95 % confidence."""

    mean: float
    low: float
    high: float
    count: int


def bootstrap(values: Sequence[float], seed: int = 0) -> Interval | None:
    """The mean with its percentile bootstrap interval; None of no values.

    Values are drawn again with replacement `RESAMPLES` times, the same way for the same seed.
    """
    if not values:
        return None
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    means = np.empty(RESAMPLES)
    for index in range(RESAMPLES):  # not all at once: memory stays that of one sample
        means[index] = sample[rng.integers(0, len(sample), len(sample))].mean()
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(sample.mean()), float(low), float(high), len(sample))
