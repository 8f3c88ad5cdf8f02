"""A page's text in runs: how many layers kept each, and which evidence it is part of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

LEVELS = 4
"""Shades of kept text; shade n stands for up to n/4 of the layers."""


@dataclass(frozen=True)
class Run:
    """Characters that look the same: their shade (0: not kept) and the numbers of their sources."""

    start: int
    end: int
    level: int
    sources: tuple[int, ...] = ()


@dataclass(frozen=True)
class Passage:
    """Neighbouring runs of the same sources."""

    sources: tuple[int, ...]
    begins: tuple[int, ...]
    """Those of the sources that begin here."""
    runs: tuple[Run, ...]


def level_of(share: float) -> int:
    """The shade of a token that this share of the layers kept."""
    return min(LEVELS, math.ceil(share * LEVELS)) if share > 0 else 0


def runs(
    text: str,
    kept: Sequence[tuple[int, int, float]],
    sources: Sequence[tuple[int, int, int]] = (),
) -> list[Run]:
    """All of `text` in as few runs as show everything.

    Where spans of `kept` overlap the darkest counts; spans reaching beyond the text are cut.
    `sources` are (start, end, number).
    """
    edges: list[tuple[int, int, int, int]] = []
    for start, end, share in kept:
        edges += _edges(text, start, end, level_of(share), 0)
    for start, end, number in sources:
        edges += _edges(text, start, end, 0, number)
    edges.sort()
    found: list[Run] = []
    counts = [0] * (LEVELS + 1)
    open_sources: list[int] = []
    at = 0
    for position, step, level, number in [*edges, (len(text), 0, 0, 0)]:
        if position > at:
            darkest = max((one for one in range(1, LEVELS + 1) if counts[one]), default=0)
            found.append(Run(at, position, darkest, tuple(sorted(open_sources))))
            at = position
        if number:
            (open_sources.append if step > 0 else open_sources.remove)(number)
        counts[level] += step
    return _merged(text, found)


def _edges(
    text: str, start: int, end: int, level: int, number: int
) -> list[tuple[int, int, int, int]]:
    start, end = max(0, start), min(end, len(text))
    if start >= end or not (level or number):
        return []
    return [(start, 1, level, number), (end, -1, level, number)]


def _merged(text: str, found: list[Run]) -> list[Run]:
    """Neighbours that look the same made one; a space between two words of a shade joins them."""
    merged: list[Run] = []
    for at, run in enumerate(found):
        if not run.level and merged and at + 1 < len(found) and _is_gap(text, run):
            before, after = merged[-1], found[at + 1]
            if before.level == after.level and before.sources == run.sources == after.sources:
                run = replace(run, level=before.level)
        last = merged[-1] if merged else None
        if last and (last.level, last.sources) == (run.level, run.sources):
            merged[-1] = replace(last, end=run.end)
        else:
            merged.append(run)
    return merged


def _is_gap(text: str, run: Run) -> bool:
    between = text[run.start : run.end]
    return between.isspace() and "\n" not in between


def passages(found: Sequence[Run]) -> list[Passage]:
    """Runs grouped by their sources."""
    grouped: list[Passage] = []
    begun: set[int] = set()
    for run in found:
        if grouped and grouped[-1].sources == run.sources:
            grouped[-1] = replace(grouped[-1], runs=(*grouped[-1].runs, run))
            continue
        begins = tuple(number for number in run.sources if number not in begun)
        begun.update(begins)
        grouped.append(Passage(run.sources, begins, (run,)))
    return grouped
