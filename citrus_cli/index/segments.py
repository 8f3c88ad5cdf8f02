"""The pass that makes an index: segments of a document through the first layers, their keys out.

A segment is read after the prompt's head, whose tokens serve as attention sinks (Xiao et al.,
arXiv 2309.17453) and are not indexed. It knows nothing of other segments, so several go through the
model in one batch. A key is kept as the layer's attention sees it, rotated by its place in the
segment: a question, asked from the slot after the longest segment, is at most so far away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from citrus_cli.index.taps import Taps, tap, tapped

SEGMENT_TOKENS = 1024
"""Tokens of a document that see each other. 2,048 found no better, in trials."""


READ_DEPTH = 0.62
"""Through so much of the model a document is read: in the default model the heads up to there find
what all of them find, and published heads of others (QRHead) lie in layers 8 to 20 of 32."""


@dataclass(frozen=True)
class RetrievingHeads:
    """The query heads that retrieve, as (layer, head), with the KV head that each of them reads.

    `groups` is how many query heads share a KV head.
    """

    heads: tuple[tuple[int, int], ...]
    groups: int

    @classmethod
    def low(cls, heads: Sequence[tuple[int, int]], layers: int, groups: int) -> RetrievingHeads:
        """Of a model's heads those that lie low enough; its lowest ones where none does.

        The deepest of them decides through how many layers a document is read.
        """
        highest = int(READ_DEPTH * layers)
        low = [one for one in heads if one[0] <= highest]
        if not low:
            low = sorted(heads)[: max(1, len(heads) // 2)]
        return cls(tuple(sorted(low)), groups)

    @property
    def keys(self) -> tuple[tuple[int, int], ...]:
        """The KV heads, as (layer, KV head), each once."""
        return tuple(dict.fromkeys((layer, head // self.groups) for layer, head in self.heads))

    @property
    def key_of(self) -> tuple[int, ...]:
        """For each head the index of its KV head in `keys`."""
        places = {key: at for at, key in enumerate(self.keys)}
        return tuple(places[layer, head // self.groups] for layer, head in self.heads)


class KeyReader:
    """Reads tokens as they come and gives their keys, segment by segment, in their order."""

    def __init__(
        self,
        model: PreTrainedModel,
        heads: RetrievingHeads,
        prefix: Sequence[int],
        *,
        batch: int = 1,
        segment: int = SEGMENT_TOKENS,
    ) -> None:
        """Settle how to read.

        Args:
            model: a causal language model.
            heads: whose keys are wanted.
            prefix: the prompt's head.
            batch: how many segments go through the model at once.
            segment: tokens in one.
        """
        self.model, self.heads, self.batch, self.segment = model, heads, batch, segment
        self._prefix = torch.tensor(list(prefix), dtype=torch.long)
        self._waiting: list[int] = []

    def read(self, ids: Sequence[int], *, last: bool = False) -> Iterator[Tensor]:
        """Take more tokens; yields the keys of all that can be read now, (tokens, KV heads, dim).

        With `last` nothing is left waiting. Keys are float16, on the CPU.
        """
        self._waiting += ids
        whole = self.segment * self.batch
        while len(self._waiting) >= whole:
            yield self._pass(self._waiting[:whole], self.segment)
            del self._waiting[:whole]
        while last and self._waiting:
            size = min(self.segment, len(self._waiting))
            take = len(self._waiting) // size * size
            yield self._pass(self._waiting[:take], size)
            del self._waiting[:take]

    def _pass(self, ids: list[int], size: int) -> Tensor:
        rows = torch.tensor(ids, dtype=torch.long).view(-1, size)
        head = self._prefix.expand(rows.shape[0], -1)
        tokens = torch.cat((head, rows), dim=1).to(self.model.device)
        positions = torch.arange(tokens.shape[1], device=tokens.device).unsqueeze(0)
        with tapped(self.model):
            keys = tap(self.model, tokens, positions, Taps("keys", self.heads.keys))
        return keys[:, len(self._prefix) :].flatten(0, 1).to("cpu", torch.float16)


def question_queries(
    model: PreTrainedModel,
    heads: RetrievingHeads,
    prefix: Sequence[int],
    instruction: Sequence[int],
    rows: range,
    segment: int = SEGMENT_TOKENS,
) -> Tensor:
    """The queries of a question's own words, asked from the slots after the longest segment.

    Args:
        model, heads, prefix, segment: as for the reading.
        instruction: the token ids after the document.
        rows: which of them are the question's own.

    Returns:
        (words, heads, dim) float32, on the CPU.
    """
    start = len(prefix)
    ids = torch.tensor([[*prefix, *instruction]], device=model.device)
    positions = torch.arange(ids.shape[1], device=ids.device).unsqueeze(0).clone()
    positions[:, start:] += segment
    with tapped(model):
        queries = tap(model, ids, positions, Taps("queries", heads.heads))
    return queries[0, start + rows.start : start + rows.stop].to("cpu", torch.float32)
