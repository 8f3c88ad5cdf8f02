"""How sure a mean is, or a share: confidence intervals."""

from __future__ import annotations

import math
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


def wilson(right: int, count: int) -> Interval | None:
    """A share with its Wilson score interval (Wilson 1927), which few trials suffice for.

    Unlike the bootstrap's it is not a point where all are right, or none. None of no trials.
    """
    if not count:
        return None
    share, z = right / count, 1.959964  # the normal distribution's 97.5 % point
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) * z
    reach /= 1 + z * z / count
    return Interval(share, max(0.0, middle - reach), min(1.0, middle + reach), count)
