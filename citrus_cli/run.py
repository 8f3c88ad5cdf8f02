"""One run: a loaded model, documents through it, answers out, and the receipt."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from citrus_cli.answer import Answer, DocumentReceipt, Seconds
from citrus_cli.calibration import calibrate
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import (
    POLICIES,
    CitrusHeads,
    Head,
    Policy,
    make_policy,
)
from citrus_cli.engine.reader import Reading
from citrus_cli.engine.rope import NotServableError
from citrus_cli.errors import DocumentError, MemoryLimitError, ModelError, UsageError
from citrus_cli.models.hardware import free_memory, peak_memory, reset_peak_memory
from citrus_cli.models.heads import known_heads, remember
from citrus_cli.models.load import LoadedModel, load_model
from citrus_cli.models.memory import human_bytes
from citrus_cli.models.plain import PlainEncoder
from citrus_cli.models.prompts import ChatPrompt
from citrus_cli.progress import Listener, Loading, Writing, ignore
from citrus_cli.progress import Reading as ReadingEvent
from citrus_cli.settings import Settings
from citrus_cli.text_stream import TextStream
from citrus_cli.tokens import DocumentTokens

if TYPE_CHECKING:
    from citrus_cli.documents import Document

CURE = "lower --budget or --chunk-size, or use --quantize 4bit"


@contextmanager
def memory_errors(loaded: LoadedModel) -> Iterator[None]:
    """Inside, running out of memory is a `MemoryLimitError` that says what to change."""
    try:
        yield
        return
    except (RuntimeError, MemoryError) as error:
        # on a CPU torch raises a plain RuntimeError
        on_cpu = isinstance(error, MemoryError) or "can't allocate memory" in str(error)
        if not on_cpu and not isinstance(error, torch.OutOfMemoryError):
            raise
        reason = str(error).split("\n")[0]
    # outside the handler, so that the failed pass's tensors are freed
    raise MemoryLimitError(f"{loaded.device} ran out of memory ({reason}); {CURE}")


@dataclass
class Runner:
    """A model that is loaded and has proved that it can be served, and how to ask it."""

    settings: Settings
    on_event: Listener
    loaded: LoadedModel
    backbone: Backbone
    encoder: PlainEncoder
    prompt: ChatPrompt

    @classmethod
    def load(cls, settings: Settings, on_event: Listener = ignore) -> Runner:
        """Load the model that `settings` names and let it prove itself.

        Raises:
            ModelError: it cannot be had, loaded or served.
            MemoryLimitError: it does not fit.
        """
        loaded = load_model(
            settings.model,
            quantize=settings.quantize,
            device=settings.device,
            on_event=on_event,
        )
        on_event(Loading(loaded.name, "checking that it can be served"))
        try:
            with memory_errors(loaded):
                backbone = Backbone(loaded.model)
        except NotServableError as error:
            raise ModelError(
                f"{loaded.name} cannot be served: {error}; choose another --model"
            ) from error
        encoder = PlainEncoder(loaded.tokenizer)
        prompt = ChatPrompt(loaded.tokenizer, encoder, settings.system)
        return cls(settings, on_event, loaded, backbone, encoder, prompt)

    def instruction(self, question: str) -> Instruction:
        """What the model reads after the document, for one question."""
        prompt = self.prompt.instruction(question)
        return Instruction(prompt.ids, prompt.question)

    def policy(self, name: str) -> Policy:
        """The policy called `name`, with this model's retrieval heads if it needs them.

        They are shipped with the built-in model; those of another are found at its first use.
        """
        if not issubclass(POLICIES[name], CitrusHeads):
            return make_policy(name)
        return make_policy(name, known_heads(self.loaded) or self.calibrate())

    def calibrate(self) -> tuple[Head, ...]:
        """Find this model's retrieval heads and remember them."""

        def report(done: int, total: int) -> None:
            step = f"finding its retrieval heads, once ({done} of {total})"
            self.on_event(Loading(self.loaded.name, step))

        heads = calibrate(self.backbone, self.encoder, self.prompt, report)
        remember(self.loaded, heads)
        return heads

    def answer(
        self, documents: Sequence[Document], questions: Sequence[str], load_seconds: float
    ) -> Iterator[Answer]:
        """Read the documents and answer; once for all questions where the policy allows it."""
        together = POLICIES[self.settings.policy].document_policy is not None
        groups = [list(questions)] if together else [[question] for question in questions]
        asked = 0
        for group in groups:
            yield from _Run(self, documents, group, asked, load_seconds).answers()
            asked += len(group)
            load_seconds = 0.0


class _Run:
    """One reading of the documents, and the answers from it."""

    def __init__(
        self,
        runner: Runner,
        documents: Sequence[Document],
        questions: Sequence[str],
        first: int,
        load_seconds: float,
    ) -> None:
        self.runner, self.settings, self.loaded = runner, runner.settings, runner.loaded
        self.documents, self.questions, self.first = documents, questions, first
        self.on_event = runner.on_event
        self.load_seconds = load_seconds
        self.read_seconds = 0.0
        self.warnings: list[str] = []

    def answers(self) -> Iterator[Answer]:
        reset_peak_memory(self.loaded.device)
        tokens = DocumentTokens(self.documents, self.runner.encoder)
        with memory_errors(self.loaded):
            reading = self._prepare()
            self._read(reading, tokens)
            for index in range(len(self.questions)):
                answer, interrupted = self._answer(reading, tokens, index)
                yield answer
                if interrupted:
                    raise KeyboardInterrupt
                self.load_seconds = self.read_seconds = 0.0

    def _prepare(self) -> Reading:
        s = self.settings
        settings = ReadingSettings(s.budget, s.chunk_size, s.max_answer_tokens)
        instructions = [self.runner.instruction(question) for question in self.questions]
        policy = self.runner.policy(s.policy)
        self._check_room(settings, max(len(i.ids) for i in instructions), len(instructions))
        return Reading(
            self.runner.backbone, policy, settings, instructions, self.runner.prompt.prefix
        )

    def _check_room(self, settings: ReadingSettings, instruction: int, count: int) -> None:
        """The cache must fit the positions that the model knows, and the device's memory."""
        backbone, name = self.runner.backbone, self.loaded.name
        slots = settings.capacity(len(self.runner.prompt.prefix), instruction)
        limits = [limit for limit in (self.loaded.max_positions, backbone.window) if limit]
        if limits and slots > min(limits):
            raise UsageError(
                f"{name} sees {min(limits)} positions, and these settings need {slots} (budget, "
                "two chunks, question and answer); lower --budget or --chunk-size"
            )
        needed = (count + 1) * backbone.cache_shape(slots).bytes
        free = free_memory(self.loaded.device)
        if needed > free:
            raise MemoryLimitError(
                f"the cache of {slots} states needs {human_bytes(needed)} and "
                f"{self.loaded.device} has {human_bytes(free)} free; {CURE}"
            )

    def _read(self, reading: Reading, tokens: DocumentTokens) -> None:
        started = time.perf_counter()

        def report(read: int) -> None:
            seconds = time.perf_counter() - started
            self.on_event(
                ReadingEvent(tokens.document, tokens.page, read, seconds, tokens.fraction)
            )

        reading.read(tokens, report)
        self.read_seconds = time.perf_counter() - started
        if reading.tokens_read != sum(tokens.counts):
            raise RuntimeError(
                f"{sum(tokens.counts)} tokens were extracted and {reading.tokens_read} read"
            )
        if not reading.tokens_read:
            names = ", ".join(document.path for document in self.documents)
            raise DocumentError(f"{names}: there is no text to answer from")
        if reading.chunk_size < self.settings.chunk_size:
            self.warnings.append(
                f"memory ran out, so the chunk size was lowered to {reading.chunk_size}"
            )

    def _answer(self, reading: Reading, tokens: DocumentTokens, index: int) -> tuple[Answer, bool]:
        """The answer to a question of this run, and whether it was interrupted."""
        started = time.perf_counter()
        stream = TextStream(self.loaded.tokenizer)
        count = 0

        def write(token: int) -> None:
            nonlocal count
            count += 1
            if text := stream.push(token):
                self.on_event(Writing(self.first + index, text))

        interrupted = False
        try:
            generate(
                self.runner.backbone,
                reading.caches[index],
                reading.instructions[index],
                self.settings.max_answer_tokens,
                self.loaded.eos_token_ids,
                write,
            )
        except KeyboardInterrupt:
            interrupted = True
        complete = not interrupted and count < self.settings.max_answer_tokens
        seconds = time.perf_counter() - started
        return self._receipt(reading, tokens, index, stream.text, count, complete, seconds), (
            interrupted
        )

    def _receipt(
        self,
        reading: Reading,
        tokens: DocumentTokens,
        index: int,
        text: str,
        count: int,
        complete: bool,
        answer_seconds: float,
    ) -> Answer:
        settings, loaded = self.settings, self.loaded
        warnings = [*self.warnings, *(w for d in self.documents for w in d.warnings)]
        return Answer(
            question=self.questions[index],
            answer=text.strip(),
            documents=tuple(
                DocumentReceipt(
                    d.path, d.pages, n, tuple(d.pages_without_text), tuple(d.pages_failed)
                )
                for d, n in zip(self.documents, tokens.counts, strict=True)
            ),
            model=loaded.name,
            quantization=loaded.quantization,
            device=str(loaded.device),
            policy=settings.policy,
            budget=settings.budget,
            chunk_size=reading.chunk_size,
            tokens_read=reading.tokens_read,
            states_kept=reading.states_kept(index),
            answer_tokens=count,
            seconds=Seconds(self.load_seconds, self.read_seconds, answer_seconds),
            peak_memory_bytes=peak_memory(loaded.device),
            complete=complete,
            warnings=tuple(warnings),
        )
