"""From documents to what is kept of them for some instructions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from citrus_cli.answer import DocumentReceipt, KeptPage
from citrus_cli.basis import Basis, kept_states
from citrus_cli.documents.document import warnings_of
from citrus_cli.documents.notices import Notice
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import POLICIES
from citrus_cli.engine.reader import Reading
from citrus_cli.errors import DocumentError
from citrus_cli.events import Reading as ReadingEvent
from citrus_cli.pages import PageMap
from citrus_cli.text_log import TextLog
from citrus_cli.tokens import DocumentTokens

if TYPE_CHECKING:
    from citrus_cli.documents import Document
    from citrus_cli.run import Runner

PAGES_NAMED = 5
"""An answer names at most so many of the pages that its states come from."""


@dataclass(frozen=True)
class Kept:
    """What some instructions are answered from, in their order, and how it came about."""

    bases: Sequence[Basis]
    documents: tuple[DocumentReceipt, ...]
    warnings: tuple[str, ...]
    pages: PageMap
    text: TextLog
    tokens_read: int
    chunk_size: int
    seconds: float
    from_store: bool

    def kept_pages(self, basis: Basis) -> tuple[KeptPage, ...]:
        """The pages that most of a basis comes from."""
        origins = [origin for layer in basis.origins() for origin in layer]
        return tuple(
            KeptPage(self.documents[place.document].path, place.page, place.label, share)
            for place, share in self.pages.shares(origins)[:PAGES_NAMED]
        )


def read_live(
    runner: Runner, documents: Sequence[Document], instructions: Sequence[Instruction]
) -> Kept:
    """Read documents for some instructions (for one, if its policy asks it on the way).

    Raises:
        DocumentError: a document cannot be read, or there is no text in any.
    """
    settings = runner.reading_settings
    policy = POLICIES[runner.settings.policy]()
    reading = Reading(runner.backbone, policy, settings, instructions, runner.prompt.prefix)
    tokens = DocumentTokens(documents, runner.encoder)
    started = time.perf_counter()

    def report(read: int) -> None:
        seconds = time.perf_counter() - started
        runner.on_event(ReadingEvent(tokens.document, tokens.page, read, seconds, tokens.fraction))

    reading.read(tokens, report)
    check_all_was_read(reading.tokens_read, tokens, documents)
    return Kept(
        bases=kept_states(runner, reading.caches, instructions),
        documents=receipts(documents, tokens.counts),
        warnings=(
            *chunk_warnings(reading.chunk_size, settings),
            *warnings_of(documents),
        ),
        pages=tokens.pages,
        text=tokens.log,
        tokens_read=reading.tokens_read,
        chunk_size=reading.chunk_size,
        seconds=time.perf_counter() - started,
        from_store=False,
    )


def groups(
    instructions: Sequence[Instruction],
    size_of: Callable[[Instruction], int],
    free: int,
) -> list[list[Instruction]]:
    """Instructions whose caches, of `size_of` bytes each, fit together into `free` bytes."""
    result: list[list[Instruction]] = []
    room = 0
    for instruction in instructions:
        needed = size_of(instruction)
        if not result or needed > room:
            result.append([])
            room = free
        result[-1].append(instruction)
        room -= needed
    return result


def check_all_was_read(read: int, tokens: DocumentTokens, documents: Sequence[Document]) -> None:
    """Nothing may be lost on the way, and there must have been something."""
    if read != sum(tokens.counts):
        raise RuntimeError(f"{sum(tokens.counts)} tokens were extracted and {read} read")
    if not read:
        names = ", ".join(document.path for document in documents)
        raise DocumentError(f"{names}: there is no text to answer from")


def receipts(documents: Sequence[Document], counts: Sequence[int]) -> tuple[DocumentReceipt, ...]:
    """What was read of each document."""
    return tuple(
        DocumentReceipt(d.path, d.pages, n, tuple(d.pages_without_text), tuple(d.pages_failed))
        for d, n in zip(documents, counts, strict=True)
    )


def chunk_warnings(used: int, settings: ReadingSettings) -> list[str]:
    """Says so when memory ran out on the way."""
    if used >= settings.chunk_size:
        return []
    return [Notice(f"memory ran out, so the chunk size was lowered to {used}", "smaller-chunks")]
