"""Documents by their index: what the finders find is read afresh, alone."""

from __future__ import annotations

import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.evals.methods.reread import reread
from citrus_cli.evals.methods.units import decode, pieces
from citrus_cli.index.corpus import Corpus, DocumentIndex
from citrus_cli.index.views import View, views
from citrus_cli.library.entry import Receipt
from citrus_cli.library.identity import Identity
from citrus_cli.library.library import Library
from citrus_cli.library.pages import PageRecord
from citrus_cli.pipeline.finding import find
from citrus_cli.run import Runner
from citrus_cli.settings import FINDERS, QUICK

NAMES: dict[str, tuple[str, ...]] = {
    "index": FINDERS,
    "index-heads": ("heads",),
    "index-meaning": ("meaning",),
    "index-words": ("words",),
    "index-heads-meaning": ("heads", "meaning"),
    "index-heads-words": ("heads", "words"),
    "index-quick": QUICK,
}
"""All finders, each alone, and each pair."""


class Index(Method):
    """The index of `citrus ask`, asked by some of its finders."""

    sized_as = "streaming"

    def __init__(self, name: str) -> None:
        """`name` is one of `NAMES`."""
        self.name = name
        self.finders = NAMES[name]

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """What the finders find for each instruction; the text is indexed once."""
        report = reporter(runner, self.name, len(text))
        tools = runner.tools(self.finders)
        with tempfile.TemporaryDirectory(prefix="citrus-") as folder:
            page = PageRecord(1, None, decode(runner, text))
            with Library(Path(folder)).writing(Identity("text", "", "")) as writer:
                maker = tools.maker(writer)
                maker.add(page)
                tokens = maker.finish().tokens
                receipt = Receipt("text", "text", "text", tokens, runner.loaded.name, "int8")
                index = DocumentIndex(writer.finish(receipt))
            report(len(text))
            corpus, place = Corpus([index]), Places(runner, text, index)
            for instruction in instructions:
                question = decode(runner, instruction.ids[slice(*instruction.question)])
                chosen = views(find(corpus, question, tools), settings.budget)
                tokens_of = [token for view in chosen for token in place.tokens(view)]
                yield reread(runner, text, tokens_of[: settings.budget], instruction, settings)


class Places:
    """Which tokens of a text an index's tokens are: cut at other places, they may be others."""

    def __init__(self, runner: Runner, text: Sequence[int], index: DocumentIndex) -> None:
        known = pieces(runner, set(text))
        self._ends = list(accumulate(len(known[token]) for token in text))
        self._starts = index.column("starts")
        self._size = self._ends[-1] if self._ends else 0

    def tokens(self, view: View) -> range:
        """The text's tokens that hold any character of a view."""
        start = int(self._starts[view.first])
        last = view.last < len(self._starts)
        end = int(self._starts[view.last]) if last else self._size
        return range(bisect_right(self._ends, start), bisect_left(self._ends, end) + 1)


METHODS = [Index(name) for name in NAMES]
