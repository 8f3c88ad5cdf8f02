"""The reading loop: chunk after chunk through the model, evicting after each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.closing import close
from citrus_cli.engine.entropy import EntropyReader
from citrus_cli.engine.eviction import cache_for, evict, judging_stream
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.made import Made
from citrus_cli.engine.policies import Policy, Rows
from citrus_cli.engine.selection import Selection
from citrus_cli.engine.states import NO_ORIGIN, StateCache, States

MIN_CHUNK = 16
"""A chunk is not halved below this when memory runs out."""


@dataclass
class Reading:
    """A document being read for some instructions, and what is kept of it.

    With a shared-cache policy that asks the instruction on the way there is one, and its cache is
    the one through which the document is read; with one that does not there may be several, and
    after the end each has a copy of that cache and evicts from it. With an individual-cache policy
    the document is read through a cache of its own, and each of any number of instructions keeps a
    selection beside it. `caches` are in the order of the instructions. `prefix` is what the
    model reads before the document (the chat template's head); it is never evicted, and counts
    neither as document nor in the budget. `on_states` is handed the states of the prefix, and of
    every chunk as it has been read. `on_pass` is called with a chunk's size right after its forward
    pass, of which it has the first rows; nothing counts as read yet, and when memory runs out in it
    the chunk is read again in halves.
    """

    backbone: Backbone
    policy: Policy
    settings: ReadingSettings
    instructions: Sequence[Instruction]
    prefix: Sequence[int] = ()
    on_states: Callable[[States], None] = lambda states: None
    on_pass: Callable[[int], None] = lambda size: None
    tokens_read: int = 0
    chunk_size: int = 0
    """The chunk in use: the one that was set, halved whenever device memory ran out."""
    document: StateCache = field(init=False)
    caches: Sequence[StateCache] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.instructions)
        if not self.individual and (count != 1 and not (count and self.policy.serves_many())):
            raise ValueError(f"policy {self.policy.name} reads for one instruction at a time")
        self.chunk_size = self.settings.chunk_size
        self._pinned = len(self.prefix)
        table = self.backbone.rope_table()
        self._reader_policy = self.policy.document_policy or self.policy
        self._budget = self.policy.document_budget or self.settings.budget
        riding = 0 if self.individual else max(len(one.ids) for one in self.instructions)
        slots = self.settings.capacity(self._pinned, riding, self._budget)
        self.document = cache_for(self._reader_policy, self.backbone, slots, table)
        self.caches = [self.document] * count
        self._entropy = EntropyReader(self.backbone) if self._reader_policy.wants_entropy else None
        self.selection: Selection | None = None
        if self.individual:
            self.selection = Selection(
                self.backbone, self.policy, self.settings, self.instructions, self._pinned, table
            )
            self.caches = self.selection.caches

    @property
    def individual(self) -> bool:
        """Whether each instruction keeps a cache of its own."""
        return self.policy.document_policy is not None

    def states_kept(self, index: int = 0) -> int:
        """Document states per layer that the answer to an instruction attends to."""
        return self.caches[index].length - self._pinned

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
        self._pass(ids, [stream], len(self.prefix))
        self._commit(torch.full_like(ids, NO_ORIGIN))

    def _step_or_split(self, chunk: Sequence[int]) -> None:
        """One step; when memory runs out, the same tokens in two steps of half the size."""
        if len(chunk) <= self.chunk_size:
            try:
                passed = self._forward(chunk)
            except torch.OutOfMemoryError:
                if len(chunk) < 2 * MIN_CHUNK:
                    raise
            else:
                self._settle(len(chunk), *passed)
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

    def _forward(self, chunk: Sequence[int]) -> tuple[Stream, Tensor | None]:
        """The chunk's pass, an instruction riding along; the stream that judges the old states, and
        the tokens' entropy if it is wanted.

        States are written, not yet counted, so a pass that fails changes nothing.
        """
        size, cache, policy = len(chunk), self.document, self._reader_policy
        reader = Stream(slice(0, size), cache, writes=True, visible=cache.length)
        visible = cache.length + (size if policy.sees_chunk else 0)
        judge, ids, streams = reader, [*chunk], [reader]
        if policy.memory_fields:
            reader.judged = cache.length + size
            reader.squared = policy.wants_squares
        if policy.memory_fields or visible - self._pinned > self._budget:
            if policy.rows.asks:
                judge = judging_stream(
                    self.instructions[0], policy, policy.rows, cache, size, visible
                )
                ids += self.instructions[0].ids
                streams.append(judge)
            elif policy.rows is not Rows.NONE:
                rows = policy.rows.of_chunk(size)
                reader.scored = torch.tensor(rows, device=self.backbone.device)
        entropy = self._pass(self._tensor(ids), streams, size)
        self.on_pass(size)
        return judge, entropy

    def _pass(self, ids: Tensor, streams: list[Stream], size: int) -> Tensor | None:
        """One forward pass; the entropy of the text, the first `size` of `ids`, if it is wanted."""
        if self._entropy is not None:
            return self._entropy.forward(ids, streams, size)
        self.backbone.forward(ids, streams)
        return None

    def _settle(self, size: int, judge: Stream, entropy: Tensor | None) -> None:
        """Count the states of a chunk that went through, and evict."""
        self._commit(torch.arange(self.tokens_read, self.tokens_read + size))
        evict(
            judge,
            self._reader_policy,
            cache=self.document,
            pinned=self._pinned,
            budget=self._budget,
            entropy=entropy,
        )
        self.tokens_read += size

    def _close(self) -> None:
        """Once all is read, the instruction itself decides what stays for its answer."""
        if self.selection is not None:
            self.selection.close()
            return
        asked = self.policy.closing_rows is not Rows.NONE
        over = self.document.length - self._pinned > self._budget
        if len(self.instructions) > 1 and asked and over:
            self.caches = Made(len(self.instructions), self._closed_copy)
        else:
            self._close_for(0, self.document)

    def _closed_copy(self, index: int) -> StateCache:
        cache = self.document.copy()
        self._close_for(index, cache)
        return cache

    def _close_for(self, index: int, cache: StateCache) -> None:
        close(
            self.backbone,
            self.policy,
            self.instructions[index],
            cache,
            pinned=self._pinned,
            budget=self._budget,
        )

    def _commit(self, origins: Tensor) -> None:
        self.document.commit(origins.to(self.backbone.device))
        states = self.document.tail(origins.shape[0])
        if self.selection is not None:
            self.selection.add(states)
        self.on_states(states)

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
