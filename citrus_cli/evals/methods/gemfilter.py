"""GemFilter (arXiv 2409.17422): an early layer chooses the tokens that the whole model reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Candidates, Policy, Rows, Streaming
from citrus_cli.engine.reader import Reading
from citrus_cli.engine.selection import select
from citrus_cli.engine.states import StateCache, States
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.evals.methods.reread import reread
from citrus_cli.run import Runner

DEPTH = 0.4
"""How far up the layer that chooses lies: the paper takes layer 13 of 32."""

KERNEL = 5
"""Neighbours that share their rank."""


class EarlyLayer(Policy):
    """Ranks by what the last token of the instruction looks for in one layer.

    The inner products of its query with the keys, summed over heads and averaged over neighbours
    (the paper's algorithm 1, with the pooling of its authors' code). The logarithm of a head's
    attention is that inner product, scaled and less a constant, which changes no order.
    """

    name = "gemfilter"
    rows = Rows.LAST
    closing_rows = Rows.LAST
    document_policy = Streaming()
    document_budget = 768
    lag = 768

    def __init__(self, layer: int) -> None:
        """`layer` is the one that chooses."""
        self.layer = layer

    def rank(self, candidates: Candidates) -> Tensor:
        """The pooled sum of the layer's heads: (1, states)."""
        attention = candidates.attention
        assert attention is not None
        products = attention[self.layer].clamp_min(torch.finfo(torch.float32).tiny).log()
        return functional.avg_pool1d(
            products.sum(dim=0, keepdim=True),
            KERNEL,
            stride=1,
            padding=KERNEL // 2,
            count_include_pad=False,  # zero is no product here, and would be the largest of all
        )


class GemFilter(Method):
    """The tokens that one early layer looks for, read afresh in full attention.

    Where the paper's way holds the whole text in the first layers, this one is of fixed memory: the
    text is read chunk by chunk through sinks and the most recent states, the layer judges what has
    been gathered, and the best `budget` tokens go on to the next round. So a token is judged beside
    the best ones so far and not beside all, its neighbours are those that are left, and all layers
    run where the paper stops after the one that chooses. The choice of the layer is by depth.
    """

    name = "gemfilter"
    sized_as = "citrus-individual"

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """What the early layer chose for each instruction; one reading chooses for them all."""
        policy, prefix = self.individual_policy(runner), runner.prompt.prefix
        reading = Reading(runner.backbone, policy, _finding(settings), instructions, prefix)
        reading.read([text], reporter(runner, self.name, len(text)))
        chosen = _chosen(reading.caches, len(prefix))
        del reading  # its caches' memory is free before the first is read
        for instruction, tokens in zip(instructions, chosen, strict=True):
            yield reread(runner, text, tokens, instruction, settings)

    def individual_policy(self, runner: Runner) -> Policy:
        """The early layer's."""
        return EarlyLayer(layer_of(runner.backbone.layers))

    def select(
        self,
        runner: Runner,
        text: Sequence[int],
        states: Iterable[States],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """What the early layer chose of the states that come past."""
        policy, pinned = self.individual_policy(runner), len(runner.prompt.prefix)
        finding = _finding(settings)
        chosen = _chosen(
            select(runner.backbone, policy, finding, instructions, pinned, states), pinned
        )
        for instruction, tokens in zip(instructions, chosen, strict=True):
            yield reread(runner, text, tokens, instruction, settings)


def _finding(settings: ReadingSettings) -> ReadingSettings:
    """What was found is answered from only once it is read afresh: no cache needs room for that."""
    return replace(settings, answer_tokens=1)


def _chosen(caches: Sequence[StateCache], pinned: int) -> list[list[int]]:
    """The tokens that are left in each cache: one ranking for all layers, so those of the first."""
    return [cache.origins[0, pinned : cache.length].tolist() for cache in caches]


def layer_of(layers: int) -> int:
    """The index of the layer that chooses, of so many: never the first, where there is another."""
    return min(max(1, round(DEPTH * layers)), layers - 1)
