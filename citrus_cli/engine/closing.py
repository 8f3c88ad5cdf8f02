"""The end of a reading: what each instruction keeps of a document that was read once for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.eviction import evict, judging_stream
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies import Policy, Rows
from citrus_cli.engine.states import StateCache


def close(
    backbone: Backbone,
    policy: Policy,
    instruction: Instruction,
    cache: StateCache,
    *,
    pinned: int,
    budget: int,
) -> None:
    """Evict from the cache of a document that has been read, by the instruction where one is asked.

    The first `pinned` states stay. A cache that is within the budget is left as it is.
    """
    if cache.length - pinned <= budget:
        return
    stream = Stream(slice(0, 0), cache, writes=False, visible=cache.length)
    if policy.closing_rows is not Rows.NONE:
        stream = judging_stream(instruction, policy, policy.closing_rows, cache, 0, cache.length)
        with backbone.attached():
            backbone.forward(torch.tensor(instruction.ids, device=backbone.device), [stream])
    evict(stream, policy, cache=cache, pinned=pinned, budget=budget)


class MadeCaches(Sequence[StateCache]):
    """A cache for each of `count` instructions, made when it is asked for.

    `make(index)` makes one. The latest is remembered, and no other: so there is one at a time, if
    the caller holds no more.
    """

    def __init__(self, count: int, make: Callable[[int], StateCache]) -> None:
        self._count, self._make = count, make
        self._index = -1
        self._cache: StateCache | None = None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> StateCache: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[StateCache]: ...

    def __getitem__(self, index: int | slice) -> StateCache | Sequence[StateCache]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        wanted = range(self._count)[index]
        if self._cache is None or wanted != self._index:
            self._cache = None  # its memory is free before the next is made
            self._cache, self._index = self._make(wanted), wanted
        return self._cache
