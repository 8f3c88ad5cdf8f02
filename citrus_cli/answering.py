"""Answers: documents and questions through a loaded model, and the receipt of each."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from citrus_cli.answer import Answer, Seconds
from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction
from citrus_cli.errors import CitrusError, DocumentError
from citrus_cli.ingesting import StoreSettings, ingest, reading_identity, with_paths
from citrus_cli.keeping import Kept, groups, read_live, replay
from citrus_cli.models.hardware import free_memory, peak_memory, reset_peak_memory
from citrus_cli.progress import Note, Writing
from citrus_cli.run import Runner, memory_errors
from citrus_cli.sourcing import check, draw, evidence
from citrus_cli.store.codec import StoreDtype
from citrus_cli.store.entry import DamagedEntryError, Entry, Identity, NewerEntryError
from citrus_cli.store.identity import key_of
from citrus_cli.store.store import DEFAULT_MAX_BYTES, Store
from citrus_cli.text_stream import TextStream
from citrus_cli.wording import human_bytes

if TYPE_CHECKING:
    from citrus_cli.documents import Document

MEMORY_SHARE = 0.8
"""The part of the free memory that the caches of a group of questions may take."""


class Answering:
    """Answers questions about some documents; one reading for all of them where that is possible.

    `how_opened` are the settings that the documents were opened with, as far as they decide what is
    read; `store` is where an earlier reading may lie, None when it is not to be used.
    """

    def __init__(
        self,
        runner: Runner,
        documents: Sequence[Document],
        how_opened: Sequence[str | None],
        store: Store | None,
    ) -> None:
        self.runner, self.documents = runner, documents
        self.warnings: list[str] = []
        self._store = store
        self._identity = reading_identity(runner, documents, how_opened) if store else None
        self._entry: Entry | None = None
        self._entry = self._look_up()

    @classmethod
    def of_entry(cls, runner: Runner, documents: Sequence[Document], entry: Entry) -> Answering:
        """Answers from a stored reading, wherever it lies."""
        made = cls(runner, documents, (), None)
        made._entry = entry
        return made

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
        """What some instructions keep of the documents: from the store, or by reading them."""
        if self._entry is None:
            return read_live(self.runner, self.documents, instructions)
        try:
            return replay(self.runner, self._entry, instructions)
        except DamagedEntryError as error:
            self._entry = self._rebuild(self._entry.dtype, error)
            return self.keep(instructions)

    def ingest(self, settings: StoreSettings, *, again: bool = False) -> Entry:
        """The stored reading of the documents; made, if it is not there, or if it is to be `again`.

        Raises:
            CitrusError: it cannot be stored.
        """
        if self._store is None or self._identity is None:
            raise CitrusError("these documents cannot be stored")
        if self._entry is None or again:
            with memory_errors(self.runner.loaded):
                entry = ingest(self.runner, self.documents, self._store, self._identity, settings)
            self._entry = entry
        return self._entry

    def ingest_into(self, folder: Path) -> Entry:
        """Keep the documents' states in a folder of its own, for as long as that is there.

        Raises:
            CitrusError: the disk is full.
        """
        identity = self._identity or Identity((), "", "")
        settings = StoreSettings(max_bytes=shutil.disk_usage(folder).free)
        with memory_errors(self.runner.loaded):
            self._entry = ingest(self.runner, self.documents, Store(folder), identity, settings)
        return self._entry

    @property
    def storable(self) -> bool:
        """Whether the documents are files, and the policy lets a reading serve many questions."""
        return self._identity is not None

    def answer(
        self, kept: Kept, index: int, question: str, number: int, seconds: Seconds
    ) -> tuple[Answer, bool]:
        """The answer to instruction `index` of what was kept, and whether it was interrupted.

        `number` is the question's in this run, for the events; `seconds` what loading and reading
        took.
        """
        runner = self.runner
        started = time.perf_counter()
        stream = TextStream(runner.loaded.tokenizer)
        limit = runner.settings.max_answer_tokens
        ids: list[int] = []
        interrupted = False

        def write(token: int) -> None:
            ids.append(token)
            if text := stream.push(token):
                runner.on_event(Writing(number, text))

        try:
            generate(
                runner.backbone,
                kept.caches[index],
                kept.instructions[index],
                limit,
                runner.loaded.eos_token_ids,
                write,
            )
        except KeyboardInterrupt:
            interrupted = True
        text = stream.text.strip()
        sought = runner.settings.evidence and not interrupted
        answer = Answer(
            question=question,
            answer=text,
            documents=kept.documents,
            model=runner.loaded.name,
            quantization=runner.loaded.quantization,
            device=str(runner.loaded.device),
            policy=runner.settings.policy,
            budget=runner.settings.budget,
            chunk_size=kept.chunk_size,
            tokens_read=kept.tokens_read,
            states_kept=kept.states(index),
            answer_tokens=len(ids),
            seconds=Seconds(seconds.load, seconds.read, time.perf_counter() - started),
            peak_memory_bytes=peak_memory(runner.loaded.device),
            complete=not interrupted and len(ids) < limit,
            warnings=(*self.warnings, *kept.warnings),
            from_store=kept.from_store,
            kept=kept.kept_pages(index),
            evidence=evidence(runner, kept, index, ids, runner.heads) if sought else (),
            claims=check(text, question, kept) if sought else (),
        )
        if runner.on_picture is not None and not interrupted:
            runner.on_picture(draw(answer, kept, index, runner))
        return answer, interrupted

    def _look_up(self) -> Entry | None:
        if self._store is None or self._identity is None:
            return None
        try:
            entry = self._store.find(self._identity)
        except DamagedEntryError as error:
            return self._rebuild("auto", error)
        except NewerEntryError as error:
            self.warnings.append(str(error))
            return None
        if entry is not None:
            return with_paths(entry, self.documents)
        change = self._store.changed(self._identity, [one.path for one in self.documents])
        if change:
            self.warnings.append(f"not answered from the store: {change}")
        return None

    def _rebuild(self, dtype: StoreDtype, error: DamagedEntryError) -> Entry | None:
        """Read the documents again, in place of what was damaged; None where there is no room."""
        assert self._store is not None
        assert self._identity is not None
        self.warnings.append(f"{error}; the documents were read again")
        folder = self._store.folder / key_of(self._identity)
        room = self._store.remove(folder) + sum(one.bytes for one in self._store.entries())
        self._entry = None
        try:
            return self.ingest(StoreSettings(dtype, max(room, DEFAULT_MAX_BYTES)))
        except DocumentError:
            raise
        except CitrusError:
            return None

    def _groups(self, instructions: list[Instruction]) -> list[list[Instruction]]:
        """Which instructions one reading serves; said, when there are several."""
        runner = self.runner
        if not runner.individual:
            return [[instruction] for instruction in instructions]
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
