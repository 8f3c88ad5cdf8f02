"""Plain retrieval: the passages that share the question's words, read afresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.ranking import Ranking
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.evals.methods.reread import reread
from citrus_cli.evals.methods.units import decode, ends
from citrus_cli.run import Runner

PASSAGE = 100
"""A passage is as many whole sentences or lines as fit into so many tokens."""


class BM25(Method):
    """The passages that BM25 (Robertson and Zaragoza 2009; `rank-bm25`'s Okapi) ranks first.

    No model chooses: passages are ranked by the question's own words, the best are taken until the
    budget is full (the last one cut), and read in the order of the text, in full attention.
    """

    name = "bm25"

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """The best passages for each instruction's question; the text is indexed once."""
        passages = cut(ends(runner, text), min(PASSAGE, settings.budget))
        ranking = Ranking([decode(runner, text[a:b]) for a, b in passages] or [""])
        report = reporter(runner, self.name, len(text))
        for instruction in instructions:
            question = decode(runner, instruction.ids[slice(*instruction.question)])
            order = ranking.best_first(question)[: len(passages)]
            chosen = fill((range(*passages[index]) for index in order), settings.budget)
            yield reread(runner, text, chosen, instruction, settings)
            report(len(text))


def cut(ends: Sequence[bool], size: int) -> list[tuple[int, int]]:
    """A text as passages [start, stop) of at most `size` tokens, whole sentences where they fit."""
    passages: list[tuple[int, int]] = []
    start = stop = 0
    for at, ended in enumerate(ends):
        if at - start >= size:
            stop = stop if stop > start else at
            passages.append((start, stop))
            start = stop
        if ended:
            stop = at + 1
    if start < len(ends):
        passages.append((start, len(ends)))
    return passages


def fill(pieces: Iterable[range], budget: int) -> list[int]:
    """The tokens of the first pieces that fill a budget, the last one cut; ascending, each once."""
    chosen: set[int] = set()
    for piece in pieces:
        for index in piece:
            if len(chosen) == budget:
                return sorted(chosen)
            chosen.add(index)
    return sorted(chosen)
