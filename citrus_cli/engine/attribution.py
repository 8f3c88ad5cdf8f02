"""What an answer is read from: attention to each kept state, and what its loss would change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.head import latest_rows
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies.streaming import SINKS
from citrus_cli.engine.retrieval import Head
from citrus_cli.engine.states import StateCache


@dataclass(frozen=True)
class Attribution:
    """What an answer was read from.

    `weights` are the attention that question and answer pay to each document token, by its origin,
    summing to 1; empty when nothing was kept. `likelihood` is the log-likelihood of the answer, in
    nats per token; 0 for an empty one.
    """

    weights: dict[int, float]
    likelihood: float


def attribute(
    backbone: Backbone,
    cache: StateCache,
    instruction: Instruction,
    answer: Sequence[int],
    heads: Sequence[Head],
) -> Attribution:
    """Which of the kept states question and answer attend to.

    One pass of the instruction and the answer over what was kept, which stays as it is. Only the
    rows of the question's own words and of the answer count, in the heads that retrieve.

    Args:
        backbone: the model.
        cache: what was kept for the instruction.
        instruction: the prompt after the document.
        answer: the answer's token ids; may be empty.
        heads: the heads that retrieve, weighted; origins are those of a head's own layer.
    """
    ids = [*instruction.ids, *answer]
    start, stop = instruction.question
    rows = [*range(start, stop), *range(len(instruction.ids), len(ids))]
    scored = torch.tensor(rows or range(len(ids)), device=backbone.device)
    stream = Stream(slice(0, len(ids)), cache, writes=False, visible=cache.length, scored=scored)
    likelihood = _likelihood(backbone, stream, instruction, answer)
    seen = (
        (
            (stream.scores[head.layer][head.head] * head.weight).tolist(),
            cache.origins_of(head.layer, backbone.kv_head(head.head)).tolist(),
        )
        for head in heads
    )
    return Attribution(weighed(seen), likelihood)


def weighed(seen: Iterable[tuple[Iterable[float], Iterable[int]]]) -> dict[int, float]:
    """What heads see of tokens, put together: weights by origin that sum to 1.

    For each head the attention, and the origins of what it goes to.
    """
    weights: dict[int, float] = {}
    for attention, origins in seen:
        for origin, weight in zip(origins, attention, strict=True):
            if origin >= SINKS:  # nor the prompt's, which have none; sinks are no source
                weights[origin] = weights.get(origin, 0.0) + weight
    total = sum(weights.values())
    return {origin: weight / total for origin, weight in weights.items() if weight > 0}


def likelihood_without(
    backbone: Backbone,
    cache: StateCache,
    instruction: Instruction,
    answer: Sequence[int],
    origins: Collection[int],
) -> float:
    """The answer's log-likelihood in nats per token, had these tokens not been kept.

    One pass over what was kept, which stays as it is; the states of the tokens are hidden from it.
    """
    visible = cache.length
    gone = torch.tensor(sorted(origins), device=backbone.device)
    # a row of origins for each layer, or for each KV head of each
    hidden = torch.isin(cache.origins[:, :visible], gone).reshape(backbone.layers, -1, visible)
    rows = slice(0, len(instruction.ids) + len(answer))
    stream = Stream(rows, cache, writes=False, visible=visible, hidden=hidden)
    return _likelihood(backbone, stream, instruction, answer)


def _likelihood(
    backbone: Backbone, stream: Stream, instruction: Instruction, answer: Sequence[int]
) -> float:
    """Run the stream, which is of the instruction and the answer; the answer's likelihood."""
    ids = torch.tensor([*instruction.ids, *answer], device=backbone.device)
    with backbone.attached(), latest_rows(backbone.model) as latest:
        backbone.forward(ids, [stream])
        # the row before a token predicts it
        loss = latest.surprisal(ids[len(instruction.ids) :], first=len(instruction.ids) - 1)
    return -float(loss.mean()) if answer else 0.0
