"""From a question to what is read afresh for it, and the receipt of how that came about."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from citrus_cli.answer import DocumentReceipt
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.made import Made
from citrus_cli.index.corpus import Corpus
from citrus_cli.index.ranking import CLEAR, FOUND, found
from citrus_cli.index.views import View, views
from citrus_cli.keeping import Kept
from citrus_cli.pages import PageMap, Place
from citrus_cli.pipeline.finding import find
from citrus_cli.pipeline.indexes import Indexes
from citrus_cli.pipeline.opened import OpenedViews
from citrus_cli.text_log import TextLog

if TYPE_CHECKING:
    from citrus_cli.documents import Document
    from citrus_cli.run import Runner


@dataclass
class IndexedDocuments:
    """Documents that questions are asked of by their indexes; these are made when it is needed."""

    runner: Runner
    documents: Sequence[Document]
    indexes: Indexes

    @cached_property
    def corpus(self) -> Corpus:
        """All of them.

        Raises:
            DocumentError: one cannot be read, or there is no text in any.
        """
        return Corpus(self.indexes.of(self.documents))

    @property
    def from_store(self) -> bool:
        """Whether nothing was read in this run."""
        return self.indexes.made == 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be known of the finders, and of how the documents were read."""
        return (*self.indexes.tools.warnings, *self.indexes.said())

    def keep(self, instructions: Sequence[Instruction]) -> Kept:
        """What each question reads afresh; each view is read when it is asked for."""
        started = time.perf_counter()
        runner, corpus = self.runner, self.corpus
        rankings = [find(corpus, one.text, self.indexes.tools) for one in instructions]
        budget = runner.settings.budget
        chosen = [views(ranking, budget) for ranking in rankings]

        def make(index: int) -> OpenedViews:
            return OpenedViews(
                model=runner.loaded.model,
                heads=runner.heads,
                head=runner.prompt.prefix,
                tokens=self._tokens(chosen[index]),
                instruction=instructions[index],
                share=found(rankings[index]),
                enough=FOUND,
                clear=CLEAR,
            )

        return Kept(
            bases=Made(len(instructions), make),
            documents=self.receipts,
            warnings=self.warnings,
            pages=self._pages,
            text=self._text,
            tokens_read=corpus.tokens,
            chunk_size=runner.settings.chunk_size,
            seconds=time.perf_counter() - started,
            from_store=self.from_store,
        )

    @cached_property
    def receipts(self) -> tuple[DocumentReceipt, ...]:
        """How each document was read."""
        return tuple(
            DocumentReceipt(
                index.path,
                int(index.entry.receipt.notes.get("pages", index.pages)),
                index.tokens,
                index.entry.receipt.pages_without_text,
                index.entry.receipt.pages_failed,
            )
            for index in self.corpus.indexes
        )

    def _tokens(self, chosen: Sequence[View]) -> dict[int, int]:
        """The tokens of some views by their origins."""
        tokens: dict[int, int] = {}
        for view in chosen:
            ids = self.corpus.indexes[view.document].column("ids")[view.first : view.last]
            start = int(self.corpus.token_starts[view.document]) + view.first
            tokens.update(enumerate(map(int, ids), start))
        return tokens

    @cached_property
    def _logged(self) -> tuple[PageMap, TextLog]:
        """All text, and the page of each token."""
        pages, log = PageMap(), TextLog()
        for document, index in enumerate(self.corpus.indexes):
            if not index.tokens:
                continue
            firsts = index.column("sheets").tolist()
            number, before, size = 0, 0, 0
            for at, first in enumerate(firsts):
                sheet, origin = index.sheet(at), first + int(self.corpus.token_starts[document])
                place = Place(document, sheet.number, sheet.label)
                before = before + size if sheet.number == number else 0
                number, size = sheet.number, len(sheet.text)
                lines = sheet.lines if index.entry.receipt.format == "text" else ()
                pages.add(origin, place)
                log.add(
                    origin, place, before, sheet.text, [(before + c, line) for c, line in lines]
                )
        return pages, log

    @property
    def _pages(self) -> PageMap:
        return self._logged[0]

    @property
    def _text(self) -> TextLog:
        return self._logged[1]
