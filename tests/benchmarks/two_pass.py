"""The way of the paper's own code, as a baseline for speed: two passes per chunk, all eager.

The chunk goes through the model, then the instruction; attention weights of every row are made,
keys are concatenated, and the whole cache is rotated again in each pass. The states that it keeps
are the same as ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from citrus_cli.bench.speed import citrus_step, in_turn, text_ids
from citrus_cli.engine.attention import attending
from citrus_cli.engine.backbone import Backbone
from citrus_cli.evals.hidden.passkey import QUESTION
from citrus_cli.run import Runner


class TwoPassReader:
    """Reads chunks with a shared cache in the reference's way."""

    def __init__(self, backbone: Backbone, budget: int, instruction: Sequence[int]) -> None:
        self.backbone = backbone
        self.budget = budget
        self.instruction = torch.tensor(instruction, device=backbone.device)
        self.table = backbone.rope_table()
        self.keys: list[Tensor | None] = [None] * backbone.layers
        self.values: list[Tensor | None] = [None] * backbone.layers
        self._scores: list[Tensor] = []
        self._fresh: list[tuple[Tensor, Tensor]] = []

    @property
    def length(self) -> int:
        """States in the cache."""
        return 0 if self.keys[0] is None else self.keys[0].shape[2]

    def step(self, chunk: Tensor) -> None:
        """Read one chunk (tokens,); inside `backbone.attached()`."""
        before = self.length
        self._forward(chunk)
        fresh = self._fresh
        if before > self.budget:
            self._forward(self.instruction)
            self._evict()
        for layer, (key, value) in enumerate(fresh):
            old_key, old_value = self.keys[layer], self.values[layer]
            self.keys[layer] = key if old_key is None else torch.cat((old_key, key), dim=2)
            self.values[layer] = (
                value if old_value is None else torch.cat((old_value, value), dim=2)
            )

    def _forward(self, ids: Tensor) -> None:
        self._scores, self._fresh = [], []
        positions = torch.arange(self.length, self.length + ids.shape[0], device=ids.device)
        self.table.grow(self.length + ids.shape[0])
        with attending(self._attend):
            self.backbone.model(
                input_ids=ids.unsqueeze(0),
                position_ids=positions.unsqueeze(0),
                use_cache=False,
                logits_to_keep=1,
            )

    def _attend(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, scale: float
    ) -> Tensor:
        layer = int(module.layer_idx)  # type: ignore[arg-type]
        self._fresh.append((key, value))
        old_key, old_value = self.keys[layer], self.values[layer]
        before = 0 if old_key is None else old_key.shape[2]
        if old_key is not None and old_value is not None:
            key, value = torch.cat((old_key, key), dim=2), torch.cat((old_value, value), dim=2)
        query = self.table.rotate(layer, query, before)
        groups = query.shape[1] // key.shape[1]
        key = self.table.rotate(layer, key, 0).repeat_interleave(groups, dim=1)
        value = value.repeat_interleave(groups, dim=1)
        logits = (query @ key.mT) * scale
        rows, columns = logits.shape[-2:]
        mask = torch.full((rows, columns), float("-inf"), dtype=logits.dtype, device=logits.device)
        weights = (logits + mask.triu(before + 1)).softmax(dim=-1, dtype=torch.float32)
        self._scores.append(weights[0, :, :, :before].mean(dim=(0, 1)))
        return weights.to(value.dtype) @ value

    def _evict(self) -> None:
        for layer, score in enumerate(self._scores):
            kept = score.topk(self.budget).indices.sort().values
            key, value = self.keys[layer], self.values[layer]
            assert key is not None
            assert value is not None
            self.keys[layer], self.values[layer] = key[:, :, kept], value[:, :, kept]


def over_two_pass(runner: Runner, budget: int, chunk_size: int, rounds: int) -> float:
    """How many times faster citrus reads a chunk at a full cache, both measured in turn."""
    ids = text_ids(runner, budget + 2 * chunk_size)
    chunk = torch.tensor(ids[:chunk_size], device=runner.backbone.device)
    ways = [
        citrus_step(runner, ids, chunk, budget, chunk_size),
        _two_pass_step(runner, ids, chunk, budget, chunk_size),
    ]
    citrus, two_pass = in_turn(ways, rounds)
    return two_pass / citrus


def _two_pass_step(
    runner: Runner, ids: list[int], chunk: torch.Tensor, budget: int, chunk_size: int
) -> Callable[[], object]:
    reader = TwoPassReader(runner.backbone, budget, runner.instruction(QUESTION).ids)

    def step(tokens: torch.Tensor = chunk) -> None:
        with runner.backbone.attached():
            reader.step(tokens)

    for start in range(0, len(ids), chunk_size):
        step(torch.tensor(ids[start : start + chunk_size], device=chunk.device))
    return step
