"""Individual caches: what each instruction keeps of a document whose states come past.

The document is read through a cache of its own, which knows no question. Its states are handed on
as they are computed, or as they were stored in an earlier run, and each instruction keeps those
that it attends to (arXiv 2406.12018, section 3.3). So one reading serves any number of
instructions, now or later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.eviction import cache_for, evict, judging_stream
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Policy, Rows
from citrus_cli.engine.rope import RopeTable
from citrus_cli.engine.states import NO_ORIGIN, StateCache, States

JUDGING_ROWS = 1024
"""Instructions judge together, as many as fit into a forward pass of so many rows."""


class Selection:
    """A cache for each of some instructions, and what `policy` keeps in them.

    `caches` are in the order of the instructions. Use it inside `backbone.attached()`.
    """

    def __init__(
        self,
        backbone: Backbone,
        policy: Policy,
        settings: ReadingSettings,
        instructions: Sequence[Instruction],
        prefix: int,
        table: RopeTable,
    ) -> None:
        """`prefix` tokens are the prompt's; they are never evicted."""
        self.backbone, self.policy, self.settings = backbone, policy, settings
        self.instructions = instructions
        self._pinned = prefix
        self.caches = [
            cache_for(policy, backbone, capacity(settings, policy.lag, prefix, len(i.ids)), table)
            for i in instructions
        ]

    def add(self, states: States) -> None:
        """Take the states of some more tokens; what was there is judged when there are too many."""
        if not self.caches:
            return
        gathered = self.caches[0].length + len(states) - self._pinned
        budget = self.settings.budget
        if states.start != NO_ORIGIN and gathered > budget + self.policy.lag:
            self._judge(self.policy.rows)
        for cache in self.caches:
            cache.append(states)

    def close(self) -> None:
        """All has come past: every instruction decides what stays for its answer."""
        if not self.caches:
            return
        if self.caches[0].length - self._pinned > self.settings.budget:
            self._judge(self.policy.closing_rows)

    def _judge(self, rows: Rows) -> None:
        """Let every instruction keep as many states as the budget, of more."""
        ids: list[int] = []
        streams: list[Stream] = []
        for instruction, cache in zip(self.instructions, self.caches, strict=True):
            if streams and len(ids) + len(instruction.ids) > JUDGING_ROWS:
                self._pass(ids, streams)
                ids, streams = [], []
            streams.append(
                judging_stream(instruction, self.policy, rows, cache, len(ids), cache.length)
            )
            ids += instruction.ids
        self._pass(ids, streams)

    def _pass(self, ids: list[int], streams: list[Stream]) -> None:
        self.backbone.forward(torch.tensor(ids, device=self.backbone.device), streams)
        for stream in streams:
            evict(
                stream,
                self.policy,
                cache=stream.cache,
                pinned=self._pinned,
                budget=self.settings.budget,
            )


def select(
    backbone: Backbone,
    policy: Policy,
    settings: ReadingSettings,
    instructions: Sequence[Instruction],
    prefix: int,
    states: Iterable[States],
) -> list[StateCache]:
    """What each instruction keeps of a document whose states come past, from first to last."""
    selection = Selection(backbone, policy, settings, instructions, prefix, backbone.rope_table())
    with backbone.attached():
        for some in states:
            selection.add(some)
        selection.close()
    return selection.caches


def capacity(settings: ReadingSettings, lag: int, prefix: int, instruction: int) -> int:
    """Slots per layer of an instruction's own cache, with so many tokens of prefix and its own."""
    gathering = max(settings.chunk_size, lag)
    return prefix + settings.budget + max(gathering, instruction + settings.answer_tokens)
