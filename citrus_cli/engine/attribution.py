"""What an answer was read from: how much its words attend to each kept state."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies import Head
from citrus_cli.engine.states import NO_ORIGIN, StateCache

SINKS = 4
"""The first tokens of a document draw attention whatever is asked; they are no source."""


def attribute(
    backbone: Backbone,
    cache: StateCache,
    instruction: Instruction,
    answer: Sequence[int],
    heads: Sequence[Head],
) -> dict[int, float]:
    """The attention that question and answer pay to each document token, by its origin.

    One pass of the instruction and the answer over what was kept, which stays as it is. Only the
    rows of the question's own words and of the answer count, in the heads that retrieve.

    Args:
        backbone: the model.
        cache: what was kept for the instruction.
        instruction: the prompt after the document.
        answer: the answer's token ids; may be empty.
        heads: the heads that retrieve, weighted; origins are those of a head's own layer.

    Returns:
        Weights that sum to 1, for the tokens that have any; empty when nothing was kept.
    """
    ids = [*instruction.ids, *answer]
    start, stop = instruction.question
    rows = [*range(start, stop), *range(len(instruction.ids), len(ids))]
    scored = torch.tensor(rows or range(len(ids)), device=backbone.device)
    stream = Stream(slice(0, len(ids)), cache, writes=False, visible=cache.length, scored=scored)
    with backbone.attached():
        backbone.forward(torch.tensor(ids, device=backbone.device), [stream])
    weights: dict[int, float] = {}
    for head in heads:
        attention = (stream.scores[head.layer][head.head] * head.weight).tolist()
        kv_head = head.head * backbone.kv_heads // backbone.heads
        origins = cache.origins_of(head.layer, kv_head).tolist()
        for origin, weight in zip(origins, attention, strict=True):
            if origin != NO_ORIGIN and origin >= SINKS:
                weights[origin] = weights.get(origin, 0.0) + weight
    total = sum(weights.values())
    return {origin: weight / total for origin, weight in weights.items() if weight > 0}
