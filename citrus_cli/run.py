"""A loaded model that has proved itself, and what every run with it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import torch

from citrus_cli.calibration import calibrate
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import POLICIES, Policy, Streaming
from citrus_cli.engine.retrieval import Head, Retrieval
from citrus_cli.engine.rope import NotServableError
from citrus_cli.engine.selection import capacity as own_capacity
from citrus_cli.errors import MemoryLimitError, ModelError, UsageError
from citrus_cli.events import Listener, Loading, ignore
from citrus_cli.index.segments import RetrievingHeads
from citrus_cli.library.identity import digest
from citrus_cli.models.hardware import free_memory
from citrus_cli.models.heads import known_retrieval, remember
from citrus_cli.models.load import LoadedModel, load_model
from citrus_cli.models.plain import PlainEncoder
from citrus_cli.models.prompts import ChatPrompt, Exchange
from citrus_cli.pictures.model import Picture
from citrus_cli.pipeline.tools import HeadReader, Tools, embedder_or_warning
from citrus_cli.settings import INDEX, Settings
from citrus_cli.wording import human_bytes

MEMORY_SHARE = 0.8
"""The part of the free memory that the caches of a group of questions may take."""

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
    on_picture: Callable[[Picture], None] | None = None

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

    def instruction(self, question: str, earlier: Sequence[Exchange] = ()) -> Instruction:
        """What the model reads after the document, for a question and those asked before it."""
        prompt = self.prompt.instruction(question, earlier)
        # a follow-up by itself may say too little to be found
        said = f"{earlier[-1].question} {question}" if earlier else question
        return Instruction(prompt.ids, prompt.question, said)

    @cached_property
    def retrieval(self) -> Retrieval:
        """How this model retrieves; found now, if it is not known."""
        return known_retrieval(self.loaded) or self.calibrate()

    @property
    def heads(self) -> tuple[Head, ...]:
        """This model's retrieval heads; found now, if they are not known."""
        return self.retrieval.heads

    def tools(self, wanted: Sequence[str] | None = None) -> Tools:
        """What indexes are made and asked with, by the finders that are wanted, or set.

        Raises:
            ModelError: the only finder that is wanted cannot be had.
        """
        wanted = self.settings.find if wanted is None else wanted
        name = self.settings.embedder
        embedder, warnings = embedder_or_warning(wanted, name, on_event=self.on_event)
        tokenizer = self.loaded.fingerprint
        reader = self._head_reader if "heads" in wanted else None
        return Tools(self.encoder, tokenizer, embedder, reader, "words" in wanted, warnings)

    @cached_property
    def _head_reader(self) -> HeadReader:
        """The heads that retrieve, as far down as they lie."""
        loaded, backbone = self.loaded, self.backbone
        heads = RetrievingHeads.low(
            [(one.layer, one.head) for one in self.heads],
            backbone.layers,
            backbone.heads // backbone.kv_heads,
        )
        identity = digest(
            loaded.fingerprint, loaded.quantization, str(loaded.dtype), loaded.device.type
        )
        return HeadReader(loaded.model, heads, self.prompt, identity, loaded.name)

    @property
    def by_index(self) -> bool:
        """Whether questions are asked of documents' indexes, rather than while reading."""
        return self.settings.policy == INDEX

    @property
    def _sized_as(self) -> type[Policy]:
        """The policy whose caches are as large as those that are needed."""
        return POLICIES[Streaming.name if self.by_index else self.settings.policy]

    @property
    def individual(self) -> bool:
        """Whether the policy lets one reading serve many questions."""
        return self._sized_as.document_policy is not None

    def shares_reading(self, instructions: Sequence[Instruction]) -> bool:
        """Whether one reading through a shared cache serves these: the policy asks none of them on
        the way, and there is room for the copy of the cache from which each evicts at the end."""
        if self.individual or not self._sized_as.serves_many():
            return False
        longest = max(len(instruction.ids) for instruction in instructions)
        return 2 * self.document_bytes(longest) <= MEMORY_SHARE * free_memory(self.loaded.device)

    @property
    def reading_settings(self) -> ReadingSettings:
        """The engine's share of the settings."""
        s = self.settings
        return ReadingSettings(s.budget, s.chunk_size, s.max_answer_tokens)

    def calibrate(self) -> Retrieval:
        """Find how this model retrieves, and remember it."""

        def report(done: int, total: int) -> None:
            step = f"finding its retrieval heads, once ({done} of {total})"
            self.on_event(Loading(self.loaded.name, step))

        found = calibrate(self.backbone, self.encoder, self.prompt, report)
        remember(self.loaded, found)
        return found

    def check_room(self, instructions: Sequence[Instruction]) -> None:
        """A cache must fit the positions that the model knows, and the device's memory.

        Raises:
            UsageError: the model does not know so many positions.
            MemoryLimitError: there is no room even for one question.
        """
        longest = max(len(instruction.ids) for instruction in instructions)
        slots = max(self._own_slots(longest), self._document_slots(longest))
        limits = [n for n in (self.loaded.max_positions, self.backbone.window) if n]
        if limits and slots > min(limits):
            raise UsageError(
                f"{self.loaded.name} sees {min(limits)} positions, and these settings need {slots} "
                "(budget, two chunks, question and answer); lower --budget or --chunk-size"
            )
        needed = self.cache_bytes(longest) + self.document_bytes(longest)
        free = free_memory(self.loaded.device)
        if needed > free:
            raise MemoryLimitError(
                f"the cache of {slots} states needs {human_bytes(needed)} and "
                f"{self.loaded.device} has {human_bytes(free)} free; {CURE}"
            )

    def cache_bytes(self, instruction: int) -> int:
        """Bytes that an instruction of so many tokens takes for a cache of its own."""
        if not self.individual:
            return 0
        return self._bytes(self._own_slots(instruction), self._sized_as)

    def document_bytes(self, instruction: int = 0) -> int:
        """Bytes of the cache through which a document is read."""
        policy = self._sized_as
        return self._bytes(self._document_slots(instruction), policy.document_policy or policy)

    def _bytes(self, slots: int, policy: Policy | type[Policy]) -> int:
        shape = self.backbone.cache_shape(
            slots, per_head=policy.per_head, fields=policy.memory_fields
        )
        return shape.bytes

    def _own_slots(self, instruction: int) -> int:
        policy = self._sized_as
        if not self.individual:
            return 0
        pinned = len(self.prompt.prefix)
        return own_capacity(self.reading_settings, policy.lag, pinned, instruction)

    def _document_slots(self, instruction: int) -> int:
        policy = self._sized_as
        budget = policy.document_budget or self.settings.budget
        riding = 0 if self.individual else instruction
        return self.reading_settings.capacity(len(self.prompt.prefix), riding, budget)
