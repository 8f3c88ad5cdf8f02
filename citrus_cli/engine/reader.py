"""The reading loop: chunk after chunk through the model, evicting after each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.policies import Candidates, Policy, Rows
from citrus_cli.engine.states import NO_ORIGIN, StateCache

MIN_CHUNK = 16
"""A chunk is not halved below this when memory runs out."""


@dataclass(frozen=True)
class Instruction:
    """The tokens after the document: the question with the chat template around it.

    `question` marks which of `ids` are the question's own words: [start, stop).
    """

    ids: tuple[int, ...]
    question: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        start, stop = self.question
        if not self.ids or not 0 <= start <= stop <= len(self.ids):
            raise ValueError("an instruction needs tokens, and the question must lie within them")

    def rows(self, wanted: Rows, device: torch.device) -> Tensor:
        """Indices of the wanted rows; all of them when no question is marked."""
        size = len(self.ids)
        start, stop = 0, size
        if wanted is Rows.QUESTION and self.question[1] > self.question[0]:
            start, stop = self.question
        elif wanted is Rows.LAST:
            start = size - 1
        return torch.arange(start, stop, device=device)


@dataclass(frozen=True)
class ReadingSettings:
    """How a document is read.

    `budget` states of the document stay per layer; `chunk_size` tokens go through the model at a
    time; up to `answer_tokens` are generated for each instruction.
    """

    budget: int = 768
    chunk_size: int = 256
    answer_tokens: int = 256

    def __post_init__(self) -> None:
        for name in ("budget", "chunk_size", "answer_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")

    def capacity(self, prefix: int, instruction: int) -> int:
        """Slots per layer needed with a prefix and an instruction of so many tokens.

        While reading, the cache holds the budget, the newest chunk, which is not judged before the
        next one has been read, and that next one.
        """
        answering = instruction + self.answer_tokens
        return prefix + self.budget + max(2 * self.chunk_size, answering)


@dataclass
class Reading:
    """A document being read for some instructions, and what is kept of it.

    With a shared-cache policy there is one instruction, and its cache is the one through which the
    document is read. With `citrus-individual` each instruction keeps a cache of its own beside the
    document's. `prefix` is what the model reads before the document (the chat template's head); it
    is never evicted, and counts neither as document nor in the budget.
    """

    backbone: Backbone
    policy: Policy
    settings: ReadingSettings
    instructions: Sequence[Instruction]
    prefix: Sequence[int] = ()
    tokens_read: int = 0
    chunk_size: int = 0
    """The chunk in use: the one that was set, halved whenever device memory ran out."""
    document: StateCache = field(init=False)
    caches: list[StateCache] = field(init=False)

    def __post_init__(self) -> None:
        if len(self.instructions) != 1 and not self.individual:
            raise ValueError(f"policy {self.policy.name} reads for one instruction at a time")
        self.chunk_size = self.settings.chunk_size
        self._pinned = len(self.prefix)
        table = self.backbone.rope_table()
        self.caches = [
            self.backbone.cache(self._capacity(len(i.ids)), table) for i in self.instructions
        ]
        self.document = self.caches[0]
        if self.individual:
            self.document = self.backbone.cache(self._capacity(0), table)
        self._reader_policy = self.policy.document_policy or self.policy

    @property
    def individual(self) -> bool:
        """Whether each instruction keeps a cache of its own."""
        return self.policy.document_policy is not None

    def states_kept(self, index: int = 0) -> int:
        """Document states per layer that the answer to an instruction attends to."""
        return self.caches[index].length - self._pinned

    def _capacity(self, instruction: int) -> int:
        return self.settings.capacity(len(self.prefix), instruction)

    def read(
        self, tokens: Iterable[Sequence[int]], on_chunk: Callable[[int], None] = lambda read: None
    ) -> None:
        """Read runs of token ids, of any lengths, to the end; then close.

        Args:
            tokens: the document's ids, in order; may be lazy, and longer than memory.
            on_chunk: called after each chunk with the number of tokens read so far.

        Raises:
            torch.OutOfMemoryError: the device has no room even for a chunk of `MIN_CHUNK` tokens.
        """
        with self.backbone.attached():
            if self.prefix:
                self._read_prefix()
            for chunk in rechunk(tokens, self.chunk_size):
                self._step_or_split(chunk)
                on_chunk(self.tokens_read)
            self._close()

    def _read_prefix(self) -> None:
        ids = self._tensor(self.prefix)
        stream = Stream(slice(0, len(self.prefix)), self.document, writes=True, visible=0)
        self.backbone.forward(ids, [stream])
        self._commit(torch.full_like(ids, NO_ORIGIN))

    def _step_or_split(self, chunk: Sequence[int]) -> None:
        """One step; when memory runs out, the same tokens in two steps of half the size."""
        if len(chunk) <= self.chunk_size:
            try:
                streams = self._forward(chunk)
            except torch.OutOfMemoryError:
                if len(chunk) < 2 * MIN_CHUNK:
                    raise
            else:
                self._settle(len(chunk), *streams)
                return
            # outside the handler, so that the failed pass's tensors are freed
            torch.cuda.empty_cache()
            self.chunk_size = (len(chunk) + 1) // 2
        size = self.chunk_size  # which may become smaller still within the loop
        for start in range(0, len(chunk), size):
            self._step_or_split(chunk[start : start + size])

    def step(self, chunk: Sequence[int]) -> None:
        """Read one chunk; evict from what was there before it. Inside `backbone.attached()`."""
        self._settle(len(chunk), *self._forward(chunk))

    def _forward(self, chunk: Sequence[int]) -> tuple[Stream, list[Stream]]:
        """The chunk's pass: its stream, and those of the instructions that ride along.

        States are written, not yet counted, so a pass that fails changes nothing.
        """
        reader = self._reader_stream(len(chunk))
        passengers = self._passengers(len(chunk))
        ids = [*chunk]
        for instruction, _ in passengers:
            ids += instruction.ids
        streams = [stream for _, stream in passengers]
        self.backbone.forward(self._tensor(ids), [reader, *streams])
        return reader, streams

    def _settle(self, size: int, reader: Stream, passengers: list[Stream]) -> None:
        """Count the states of a chunk that went through, and evict."""
        if self.individual:
            for stream in passengers:
                self._evict(stream.cache, stream, self.policy)
        origins = torch.arange(self.tokens_read, self.tokens_read + size)
        self._commit(origins.to(self.backbone.device))
        judged = reader if self.individual or not passengers else passengers[0]
        self._evict(self.document, judged, self._reader_policy)
        self.tokens_read += size

    def _reader_stream(self, size: int) -> Stream:
        stream = Stream(slice(0, size), self.document, writes=True, visible=self.document.length)
        if self._reader_policy.rows is Rows.CHUNK and self._over(self.document.length):
            stream.scored = torch.arange(size, device=self.backbone.device)
        return stream

    def _passengers(self, chunk_size: int) -> list[tuple[Instruction, Stream]]:
        """The instructions that ride along with a chunk, because their caches are over budget."""
        if self.policy.rows in (Rows.NONE, Rows.CHUNK):
            return []
        passengers, row = [], chunk_size
        for instruction, cache in zip(self.instructions, self.caches, strict=True):
            visible = cache.length + (chunk_size if self.policy.sees_chunk else 0)
            if self._over(visible):
                stream = self._scoring_stream(instruction, cache, row, visible, self.policy.rows)
                passengers.append((instruction, stream))
                row = stream.rows.stop
        return passengers

    def _close(self) -> None:
        """Once all is read, the instruction itself decides what stays for its answer."""
        rows = self.policy.closing_rows
        for instruction, cache in zip(self.instructions, self.caches, strict=True):
            if not self._over(cache.length):
                continue
            stream = self._scoring_stream(instruction, cache, 0, cache.length, rows)
            if rows is not Rows.NONE:
                self.backbone.forward(self._tensor(instruction.ids), [stream])
            self._evict(cache, stream, self.policy)

    def _scoring_stream(
        self, instruction: Instruction, cache: StateCache, row: int, visible: int, rows: Rows
    ) -> Stream:
        scored = instruction.rows(rows, self.backbone.device)
        end = row + len(instruction.ids)
        return Stream(slice(row, end), cache, writes=False, visible=visible, scored=scored)

    def _over(self, states: int) -> bool:
        return states - self._pinned > self.settings.budget

    def _evict(self, cache: StateCache, stream: Stream, policy: Policy) -> None:
        """Keep the budget among the first `stream.visible` states, the prefix aside."""
        if not self._over(stream.visible):
            return
        first, last = self._pinned, stream.visible
        attention = torch.stack(stream.scores)[:, :, first:] if stream.scores else None
        candidates = Candidates(attention, cache.origins[:, first:last], self.settings.budget)
        kept = policy.select(candidates) + first
        prefix = torch.arange(first, device=kept.device).expand(kept.shape[0], -1)
        cache.keep(torch.cat((prefix, kept), dim=1), among=last)

    def _commit(self, origins: Tensor) -> None:
        self.document.commit(origins)
        if self.individual:
            for cache in self.caches:
                cache.copy_tail(self.document, origins.shape[0])

    def _tensor(self, ids: Sequence[int]) -> Tensor:
        return torch.tensor(ids, dtype=torch.long, device=self.backbone.device)


def rechunk(runs: Iterable[Sequence[int]], size: int) -> Iterator[list[int]]:
    """Cut runs of any lengths into lists of `size`, the last one shorter; nothing is lost."""
    pending: list[int] = []
    for run in runs:
        pending.extend(run)
        start = 0
        while len(pending) - start >= size:
            yield pending[start : start + size]
            start += size
        del pending[:start]
    if pending:
        yield pending
