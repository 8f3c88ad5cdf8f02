"""Which heads of a model retrieve: found with invented facts in ordinary text, without labels.

Each fact is planted in text that has nothing to do with it, and its question is asked. A head
retrieves by as much as the attention of the question's words falls on the planted sentence. Then
the question about another fact is asked, which the text does not answer: how much less of these
heads' attention finds anything says when a document does not hold an answer. The text and the facts
(calibration.json) are used for nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

import torch
from torch import Tensor

from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Citrus
from citrus_cli.engine.policies.streaming import SINKS
from citrus_cli.engine.reader import Reading
from citrus_cli.engine.retrieval import Head, Retrieval, words_attention
from citrus_cli.models.plain import PlainEncoder
from citrus_cli.models.prompts import ChatPrompt

HEADS = 12
"""How many heads are chosen; on the default model 24 answer worse than 12 (DESIGN of the trial)."""

FOUND = 1 / 3
"""Nothing is found below so much of the way from questions that a text does not answer to those
that it does."""

TEXT_TOKENS = 700

CHUNK = 256


def calibrate(
    backbone: Backbone,
    encoder: PlainEncoder,
    prompt: ChatPrompt,
    on_fact: Callable[[int, int], None] = lambda done, total: None,
) -> Retrieval:
    """The model's retrieval heads, the best first, each with weight one, and what they find.

    `on_fact` is called with the number of facts done and in all.
    """
    material = json.loads(
        resources.files("citrus_cli").joinpath("calibration.json").read_text("utf-8")
    )
    text, facts = encoder.encode(material["text"]), material["facts"]
    asked = [
        Instruction(w.ids, w.question) for w in (prompt.instruction(f["question"]) for f in facts)
    ]
    sums = torch.zeros(3, backbone.layers, backbone.heads)
    for index, fact in enumerate(facts):
        planted = Planted(
            _window(text, index),
            encoder.encode(f"\n{fact['sentence']}\n"),
            depth=(index + 0.5) / len(facts),
        )
        sums += planted.attention(
            backbone, prompt.prefix, asked[index], asked[(index + 1) % len(facts)]
        )
        on_fact(index + 1, len(facts))
    shares, own, other = sums / len(facts)
    best = shares.flatten().topk(min(HEADS, shares.numel())).indices
    found_own, found_other = (float(one.flatten()[best].mean()) for one in (own, other))
    heads = tuple(Head(i // backbone.heads, i % backbone.heads) for i in best.tolist())
    return Retrieval(heads, found_other + FOUND * (found_own - found_other))


@dataclass(frozen=True)
class Planted:
    """A fact in a text: token ids of both, and where in the text it stands (0 to 1)."""

    text: Sequence[int]
    sentence: Sequence[int]
    depth: float

    def attention(
        self, backbone: Backbone, prefix: Sequence[int], own: Instruction, other: Instruction
    ) -> Tensor:
        """What the question words of two instructions attend to: (3, layers, heads).

        For `own`, which asks for the fact, the sentence's share of what the document gets (sinks
        left out), and what the document gets; for `other`, what the document gets.
        """
        at = max(SINKS, int(len(self.text) * self.depth))
        ids = [*self.text[:at], *self.sentence, *self.text[at:]]
        settings = ReadingSettings(budget=len(ids), chunk_size=CHUNK, answer_tokens=1)
        reading = Reading(backbone, Citrus(), settings, [own], prefix)
        reading.read([ids])
        first = len(prefix)
        asked, not_held = (
            words_attention(backbone, reading.caches[0], one)[:, :, first:].cpu()
            for one in (own, other)
        )
        of_document = asked[:, :, SINKS:].sum(dim=-1)
        planted = asked[:, :, at : at + len(self.sentence)].sum(dim=-1)
        return torch.stack((planted / of_document, of_document, not_held[:, :, SINKS:].sum(dim=-1)))


def _window(text: list[int], index: int) -> list[int]:
    """`TEXT_TOKENS` of the text, from another place for each fact."""
    room = max(0, len(text) - TEXT_TOKENS)
    start = index * 97 % (room + 1)
    return text[start : start + TEXT_TOKENS]
