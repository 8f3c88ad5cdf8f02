"""Finder: the retrieving heads. A question's queries, scored against the keys of every token.

What the heads of a transformer that retrieve (Wu et al., arXiv 2404.15574; query-focused ones:
QRHead, arXiv 2506.09944) attend to when a question is asked is what answers it. Attention needs no
pass for that, only keys and queries: W = softmax(q·k/√d) over *all* tokens of the documents, in
float32, for each of the question's words and each head. Words that find nothing attend to
everything a little, so a word's row weighs by its concentration, c = (1 − H(W)/ln T)², H being its
entropy and T the number of tokens. Summed over words and heads that is each token's mass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from citrus_cli.index.corpus import Corpus, DocumentIndex, Floats

_BLOCK = 16_384
"""Tokens that are scored at once."""

_HELD_BYTES = 96 << 20
"""Logits up to so many bytes are held for the second pass; more are computed again."""

MOST_WORDS = 256
"""Of longer questions so many tokens ask, spread evenly."""


def head_mass(corpus: Corpus, queries: Tensor, key_of: Sequence[int]) -> Floats:
    """How much of the question's attention each unit has, (units,).

    Args:
        corpus: indexes with keys.
        queries: (words, heads, dim) float32.
        key_of: for each head, which of the index's keys it reads.
    """
    if len(queries) > MOST_WORDS:
        queries = queries[torch.linspace(0, len(queries) - 1, MOST_WORDS).long()]
    blocks = _logits(corpus, queries, key_of)
    largest, total, weighed = _totals(blocks())
    weights = _concentration(largest, total, weighed, corpus.tokens) / total
    mass = np.zeros(corpus.units)
    at = iter(blocks())
    for place, index in enumerate(corpus.indexes):
        if not len(index.units):
            continue
        parts = [
            torch.einsum("hwt,hw->t", (next(at) - largest[..., None]).exp(), weights)
            for _ in range(0, index.tokens, _BLOCK)
        ]
        summed = torch.cat([torch.zeros(1), torch.cat(parts).double().cumsum(0)]).numpy()
        first, last = index.units[:, 4], index.units[:, 5]
        start = int(corpus.unit_starts[place])
        mass[start : start + len(index.units)] = summed[last] - summed[first]
    return mass


def _logits(
    corpus: Corpus, queries: Tensor, key_of: Sequence[int]
) -> Callable[[], Iterator[Tensor]]:
    """A function that gives the logits, (heads, words, tokens), block by block."""

    def compute() -> Iterator[Tensor]:
        for index in corpus.indexes:
            if len(index.units):
                yield from _blocks(index, queries, key_of)

    size = 4 * queries.shape[0] * queries.shape[1] * corpus.tokens
    if size > _HELD_BYTES:
        return compute
    held = list(compute())
    return lambda: iter(held)


def _blocks(index: DocumentIndex, queries: Tensor, key_of: Sequence[int]) -> Iterator[Tensor]:
    keys = index.column("keys")
    scales = index.column("key_scales") if index.has("key_scales") else None
    root = queries.shape[-1] ** 0.5
    for start in range(0, index.tokens, _BLOCK):
        block = torch.from_numpy(np.asarray(keys[start : start + _BLOCK], np.float32))
        per_head = queries.transpose(0, 1) / root  # (heads, words, dim)
        logits = torch.stack(
            [words @ block[:, key].T for words, key in zip(per_head, key_of, strict=True)]
        )
        if scales is not None:
            scale = torch.from_numpy(np.asarray(scales[start : start + _BLOCK], np.float32))
            logits *= scale.T[list(key_of)].unsqueeze(1)
        yield logits


def _totals(blocks: Iterator[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Over all tokens: the largest logit m, Σ exp(l − m), Σ l·exp(l − m); each (heads, words)."""
    largest = total = weighed = None
    for block in blocks:
        peak = block.amax(-1)
        new = peak if largest is None else torch.maximum(largest, peak)
        shifted = (block - new[..., None]).exp()
        here, there = shifted.sum(-1), (shifted * block).sum(-1)
        if largest is not None:
            assert total is not None
            assert weighed is not None
            old = (largest - new).exp()
            here, there = here + old * total, there + old * weighed
        largest, total, weighed = new, here, there
    assert largest is not None
    assert total is not None
    assert weighed is not None
    return largest, total, weighed


def _concentration(largest: Tensor, total: Tensor, weighed: Tensor, tokens: int) -> Tensor:
    """(1 − H/ln T)² of each row of attention, (heads, words)."""
    if tokens < 2:
        return torch.ones_like(total)
    entropy = total.log() + largest - weighed / total
    return (1 - entropy / math.log(tokens)).clamp_min(0).square()
