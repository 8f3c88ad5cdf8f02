"""Does the document hold what is asked? The heads that retrieve say so before any answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.policies import Rows
from citrus_cli.engine.policies.streaming import SINKS
from citrus_cli.engine.states import StateCache


class Head(NamedTuple):
    """An attention head, and its weight beside others."""

    layer: int
    head: int
    weight: float = 1.0


@dataclass(frozen=True)
class Retrieval:
    """How a model retrieves: its heads, and the `found_share` below which nothing is found.

    That of the question and that of the answer must both be below it.
    """

    heads: tuple[Head, ...]
    found: float


def found_share(
    backbone: Backbone,
    cache: StateCache,
    instruction: Instruction,
    heads: Sequence[Head],
    answer: Sequence[int] = (),
) -> float:
    """How much of the question's attention finds something to rest on, 0 to 1.

    The share of the attention of the question's own words, or where there is one of the `answer`'s
    tokens, in the heads that retrieve, that falls on the document. What finds nothing there rests
    on the sinks and on the prompt. One pass over what was kept, which stays as it is.
    """
    attention = words_attention(backbone, cache, instruction, answer)
    on_document = torch.stack(
        [
            one.weight
            * attention[one.layer, one.head][
                cache.origins_of(one.layer, backbone.kv_head(one.head)) >= SINKS
            ].sum()
            for one in heads
        ]
    )
    return float(on_document.sum()) / sum(one.weight for one in heads)


def words_attention(
    backbone: Backbone, cache: StateCache, instruction: Instruction, answer: Sequence[int] = ()
) -> Tensor:
    """The mean attention of the question's own words, or of the answer: (layers, heads, slots)."""
    ids = torch.tensor([*instruction.ids, *answer], device=backbone.device)
    scored = instruction.rows(Rows.QUESTION, backbone.device)
    if answer:
        scored = torch.arange(len(instruction.ids), len(ids), device=backbone.device)
    stream = Stream(slice(0, len(ids)), cache, writes=False, visible=cache.length, scored=scored)
    with backbone.attached():
        backbone.forward(ids, [stream])
    return torch.stack(stream.scores)
