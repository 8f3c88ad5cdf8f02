"""Answers: documents and questions through a loaded model, and the receipt of each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from citrus_cli.answer import Answer, Seconds
from citrus_cli.basis import Basis
from citrus_cli.engine.instruction import Instruction
from citrus_cli.events import Note, Writing
from citrus_cli.keeping import Kept, groups, read_live
from citrus_cli.models.hardware import free_memory, peak_memory, reset_peak_memory
from citrus_cli.models.tokenizer import TextStream
from citrus_cli.pipeline.indexes import Indexes
from citrus_cli.pipeline.views import IndexedDocuments
from citrus_cli.run import MEMORY_SHARE, Runner, memory_errors
from citrus_cli.sourcing import Sources, check, draw, sources
from citrus_cli.wording import human_bytes

if TYPE_CHECKING:
    from citrus_cli.documents import Document

NOT_FOUND = "Not found in the document."
"""The answer to a question to which the documents do not seem to hold one."""


@dataclass(frozen=True)
class _Draft:
    """An answer as it was written; `share` is the question's `found_share`."""

    ids: list[int]
    text: str
    interrupted: bool
    found: bool
    share: float


class Answering:
    """Answers questions about some documents; one reading for all of them where that is possible.

    With `indexes` questions are asked of these, and nothing else is read.
    """

    def __init__(
        self, runner: Runner, documents: Sequence[Document], indexes: Indexes | None = None
    ) -> None:
        self.runner, self.documents = runner, documents
        self.indexed = IndexedDocuments(runner, documents, indexes) if indexes else None

    def answers(self, questions: Sequence[str], load_seconds: float) -> Iterator[Answer]:
        """The answer to each question, in their order."""
        reset_peak_memory(self.runner.loaded.device)
        instructions = [self.runner.instruction(question) for question in questions]
        self.runner.check_room(instructions)
        number = 0
        for group in self._groups(instructions):
            with memory_errors(self.runner.loaded):
                kept = self.keep(group)
                read_seconds = kept.seconds
                for index in range(len(group)):
                    seconds = Seconds(load_seconds, read_seconds, 0.0)
                    answer, interrupted = self.answer(
                        kept, index, questions[number], number, seconds
                    )
                    yield answer
                    if interrupted:
                        raise KeyboardInterrupt
                    load_seconds = read_seconds = 0.0
                    number += 1

    def keep(self, instructions: Sequence[Instruction]) -> Kept:
        """What some instructions keep of the documents: by their indexes, or by reading them."""
        if self.indexed is not None:
            return self.indexed.keep(instructions)
        return read_live(self.runner, self.documents, instructions)

    def answer(
        self,
        kept: Kept,
        index: int,
        question: str,
        number: int,
        seconds: Seconds,
        *,
        follows_up: bool = False,
    ) -> tuple[Answer, bool]:
        """The answer to instruction `index` of what was kept, and whether it was interrupted.

        `number` is the question's in this run, for the events; `seconds` what loading and reading
        took. A question that `follows_up` on others may say too little by itself to be found.
        """
        runner = self.runner
        settings = runner.settings
        started = time.perf_counter()
        basis = kept.bases[index]
        draft = self._draft(basis, number, follows_up=follows_up)
        sought = settings.evidence and not draft.interrupted
        shown = Sources((), None)
        if sought:
            shown = sources(runner, kept, basis, draft.ids, draft.share)
        answer = Answer(
            question=question,
            answer=draft.text,
            documents=kept.documents,
            model=runner.loaded.name,
            quantization=runner.loaded.quantization,
            device=str(runner.loaded.device),
            policy=settings.policy,
            budget=settings.budget,
            chunk_size=kept.chunk_size,
            tokens_read=kept.tokens_read,
            states_kept=basis.size,
            answer_tokens=len(draft.ids),
            seconds=Seconds(seconds.load, seconds.read, time.perf_counter() - started),
            peak_memory_bytes=peak_memory(runner.loaded.device),
            complete=not draft.interrupted and len(draft.ids) < settings.max_answer_tokens,
            warnings=kept.warnings,
            from_store=kept.from_store,
            kept=kept.kept_pages(basis),
            evidence=shown.evidence,
            claims=check(draft.text, question, kept) if sought and draft.ids else (),
            found=draft.found,
            support=shown.support,
        )
        if runner.on_picture is not None and not draft.interrupted:
            runner.on_picture(draw(answer, kept, basis, runner))
        return answer, draft.interrupted

    def _draft(self, basis: Basis, number: int, *, follows_up: bool) -> _Draft:
        """Answer, aloud where the question finds enough; else only if the answer does."""
        runner = self.runner
        always, threshold = runner.settings.always_answer, 0.0
        share = 1.0
        if runner.settings.evidence or not always:
            threshold, share = basis.enough, basis.found()
        doubtful = share < threshold and not follows_up
        # an answer that may turn out weak is not streamed: then a source of it comes first
        aloud = always or (not doubtful if basis.clear is None else share >= basis.clear)
        ids, text, interrupted = self._write(basis, number if aloud else None)
        found = not doubtful or (bool(ids) and basis.found(ids) >= threshold)
        if not always and not found and not interrupted:
            return _Draft([], NOT_FOUND, False, False, share)
        if not aloud and text:
            runner.on_event(Writing(number, text))
        return _Draft(ids, text, interrupted, found, share)

    def _write(self, basis: Basis, number: int | None) -> tuple[list[int], str, bool]:
        """Generate an answer; its ids, its text, and whether it was interrupted.

        The listener is told of each piece as that of question `number`; of nothing, if it is None.
        """
        runner = self.runner
        stream = TextStream(runner.loaded.tokenizer)
        ids: list[int] = []

        def write(token: int) -> None:
            ids.append(token)
            text = stream.push(token)
            if text and number is not None:
                runner.on_event(Writing(number, text))

        interrupted = False
        try:
            basis.write(runner.settings.max_answer_tokens, runner.loaded.eos_token_ids, write)
        except KeyboardInterrupt:
            interrupted = True
        return ids, stream.text.strip(), interrupted

    def _groups(self, instructions: list[Instruction]) -> list[list[Instruction]]:
        """Which instructions one reading serves; said, when there are several."""
        runner = self.runner
        if self.indexed is not None:
            return [instructions]
        if not runner.individual:
            if len(instructions) < 2 or not runner.shares_reading(instructions):
                return [[instruction] for instruction in instructions]
            runner.on_event(Note(f"{len(instructions)} questions, one reading"))
            return [instructions]
        free = int(MEMORY_SHARE * free_memory(runner.loaded.device)) - runner.document_bytes()
        made = groups(instructions, lambda i: runner.cache_bytes(len(i.ids)), free)
        if len(instructions) > 1:
            needed = sum(runner.cache_bytes(len(i.ids)) for i in made[0])
            times = "one reading" if len(made) == 1 else f"{len(made)} readings"
            runner.on_event(
                Note(
                    f"{len(instructions)} questions, {times}: their caches take "
                    f"{human_bytes(needed)}"
                )
            )
        return made
