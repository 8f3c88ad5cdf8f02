"""Which heads of a model retrieve: found with invented facts in ordinary text, without labels.

Each fact is planted in text that has nothing to do with it, and its question is asked. A head
retrieves by as much as the attention of the question's words falls on the planted sentence. The
text and the facts (calibration.json) are used for nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources

import torch
from torch import Tensor

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Citrus, Head, Rows
from citrus_cli.engine.reader import Reading
from citrus_cli.models.plain import PlainEncoder
from citrus_cli.models.prompts import ChatPrompt

HEADS = 12
"""How many heads are chosen; on the default model 24 answer worse than 12 (DESIGN of the trial)."""

TEXT_TOKENS = 700
SINKS = 4
"""Tokens at the start of the text whose attention does not count: they draw it from everywhere."""

CHUNK = 256


def calibrate(
    backbone: Backbone,
    encoder: PlainEncoder,
    prompt: ChatPrompt,
    on_fact: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Head, ...]:
    """The model's retrieval heads, the best first, each with weight one.

    `on_fact` is called with the number of facts done and in all.
    """
    material = json.loads(
        resources.files("citrus_cli").joinpath("calibration.json").read_text("utf-8")
    )
    text, facts = encoder.encode(material["text"]), material["facts"]
    shares = torch.zeros(backbone.layers, backbone.heads)
    for index, fact in enumerate(facts):
        words = prompt.instruction(fact["question"])
        sentence = encoder.encode(f"\n{fact['sentence']}\n")
        shares += planted_share(
            backbone,
            prompt.prefix,
            Instruction(words.ids, words.question),
            _window(text, index),
            sentence,
            depth=(index + 0.5) / len(facts),
        )
        on_fact(index + 1, len(facts))
    best = (shares / len(facts)).flatten().topk(min(HEADS, shares.numel())).indices.tolist()
    return tuple(Head(i // backbone.heads, i % backbone.heads) for i in best)


def planted_share(
    backbone: Backbone,
    prefix: tuple[int, ...],
    instruction: Instruction,
    text: list[int],
    sentence: list[int],
    depth: float,
) -> Tensor:
    """The share of the question words' attention that falls on `sentence`: (layers, heads).

    `sentence` is planted into `text` at `depth` (0 to 1); prefix and sinks are left out of the sum.
    """
    at = max(SINKS, int(len(text) * depth))
    ids = [*text[:at], *sentence, *text[at:]]
    settings = ReadingSettings(budget=len(ids), chunk_size=CHUNK, answer_tokens=1)
    reading = Reading(backbone, Citrus(), settings, [instruction], prefix)
    reading.read([ids])
    cache = reading.caches[0]
    rows = slice(0, len(instruction.ids))
    scored = instruction.rows(Rows.QUESTION, backbone.device)
    stream = Stream(rows, cache, writes=False, visible=cache.length, scored=scored)
    with backbone.attached():
        backbone.forward(torch.tensor(instruction.ids, device=backbone.device), [stream])
    attention = torch.stack(stream.scores)[:, :, len(prefix) :].cpu()
    planted = attention[:, :, at : at + len(sentence)].sum(dim=-1)
    return planted / attention[:, :, SINKS:].sum(dim=-1)


def _window(text: list[int], index: int) -> list[int]:
    """`TEXT_TOKENS` of the text, from another place for each fact."""
    room = max(0, len(text) - TEXT_TOKENS)
    start = index * 97 % (room + 1)
    return text[start : start + TEXT_TOKENS]
