"""What the heads that retrieve find, read afresh. Not in a paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.reread import find, reread
from citrus_cli.evals.methods.units import ends
from citrus_cli.run import Runner

FINDER = "citrus-heads-wide"

FOUND = 0.75
"""The part of the budget that the heads fill; the rest completes what they found."""

GAP = 8
"""Runs of found tokens that so few others part become one."""


class CitrusReread(Method):
    """The tokens that `citrus-heads-wide` keeps, completed and read in full attention.

    Kept states saw only what their cache held when they were read. Read afresh, the same tokens see
    each other. Text in pieces reads badly, so small gaps are closed and sentences completed, as far
    as the budget reaches.
    """

    name = "citrus-reread"
    sized_as = FINDER

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """What was found for each instruction; one reading finds for them all."""
        fits = len(text) <= settings.budget
        found = settings.budget if fits else max(1, round(FOUND * settings.budget))
        policy, finding = runner.policy(FINDER), replace(settings, budget=found)
        kept = find(runner, policy, text, instructions, finding, self.name)
        closes = ends(runner, text)
        for instruction, origins in zip(instructions, kept, strict=True):
            chosen = votes(origins.flatten().tolist(), found)
            whole = complete(chosen, closes, settings.budget)
            yield reread(runner, text, whole, instruction, settings)


def votes(origins: Iterable[int], most: int) -> list[int]:
    """At most `most` tokens, those that most layers (and heads) kept, ascending."""
    counted = Counter(origins)
    ranked = sorted(counted, key=lambda origin: (-counted[origin], origin))
    return sorted(ranked[:most])


def complete(chosen: Sequence[int], ends: Sequence[bool], budget: int) -> list[int]:
    """`chosen` and what is missing between and around: small gaps first, then whole sentences.

    Args:
        chosen: indices into the text, ascending.
        ends: for each token of the text, whether a sentence or a line ends with it.
        budget: at most so many indices come back; what does not fit whole is left out.
    """
    kept = set(chosen)
    for gap in sorted(_gaps(chosen), key=len):
        if len(gap) <= GAP and len(kept) + len(gap) <= budget:
            kept.update(gap)
    for run in sorted(_runs(sorted(kept)), key=len, reverse=True):
        start, stop = run.start, run.stop
        while start > 0 and not ends[start - 1] and start - 1 not in kept:
            start -= 1
        while not ends[stop - 1] and stop not in kept:
            stop += 1
        missing = [*range(start, run.start), *range(run.stop, stop)]
        if len(kept) + len(missing) <= budget:
            kept.update(missing)
    return sorted(kept)


def _runs(indices: Sequence[int]) -> Iterator[range]:
    start = 0
    for at in range(1, len(indices) + 1):
        if at == len(indices) or indices[at] != indices[at - 1] + 1:
            yield range(indices[start], indices[at - 1] + 1)
            start = at


def _gaps(indices: Sequence[int]) -> Iterator[range]:
    for before, after in pairwise(indices):
        if after > before + 1:
            yield range(before + 1, after)
