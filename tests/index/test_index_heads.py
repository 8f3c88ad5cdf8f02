"""The heads' mass is a softmax over all tokens, whatever the blocks and documents."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from made_index import HEADS, filler, key_reader

from citrus_cli.index import heads
from citrus_cli.index.corpus import Corpus
from citrus_cli.index.heads import MOST_WORDS, head_mass

KEY_OF = HEADS.key_of


@pytest.fixture
def asked() -> torch.Tensor:
    """Queries of 5 words in 4 heads, some far more certain than others."""
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(5, 4, 16, generator=generator) * torch.tensor([0.1, 1, 2, 4, 8])[:, None, None]
    )


@pytest.fixture(scope="module")
def index(making_once):
    return making_once(
        " ".join(filler(12)), "", " ".join(filler(4, 50)), keys=key_reader(segment=64)
    )


def naive(corpus: Corpus, queries: torch.Tensor) -> np.ndarray:
    """As the formula says, in float64, over all documents at once."""
    keys = np.concatenate([i.column("keys").astype(float) for i in corpus.indexes])
    scales = np.concatenate([i.column("key_scales").astype(float) for i in corpus.indexes])
    keys = keys * scales[..., None]
    mass = np.zeros(len(keys))
    for word in queries.double().numpy():
        for head, key in enumerate(KEY_OF):
            logits = keys[:, key] @ word[head] / 16**0.5
            share = np.exp(logits - logits.max())
            share /= share.sum()
            entropy = -(share * np.log(np.maximum(share, 1e-300))).sum()
            mass += share * max(0.0, 1 - entropy / np.log(len(keys))) ** 2
    found, start = [], 0
    for one in corpus.indexes:
        found += [mass[start + a : start + b].sum() for a, b in one.units[:, 4:6].tolist()]
        start += one.tokens
    return np.array(found)


def test_mass_is_the_softmax_weighed_by_concentration(index, asked):
    corpus = Corpus([index])
    ours, theirs = head_mass(corpus, asked, KEY_OF), naive(corpus, asked)
    assert theirs.max() > 5 * theirs.min()
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6 * theirs.max())


@pytest.mark.parametrize("block", [3, 64, 10_000])
@pytest.mark.parametrize("held", [0, 1 << 30])
def test_blocks_and_what_is_held_change_nothing(index, asked, monkeypatch, block, held):
    corpus = Corpus([index])
    expected = head_mass(corpus, asked, KEY_OF)
    monkeypatch.setattr(heads, "_BLOCK", block)
    monkeypatch.setattr(heads, "_HELD_BYTES", held)
    mass = head_mass(corpus, asked, KEY_OF)
    np.testing.assert_allclose(mass, expected, rtol=1e-4, atol=1e-6 * expected.max())


def test_documents_share_one_softmax(making, asked):
    texts = [" ".join(filler(6, at)) for at in (0, 20, 40)]
    documents = [making(text, keys=key_reader(segment=64)) for text in texts]
    apart = Corpus([documents[0], making("", keys=key_reader()), *documents[1:]])
    expected = naive(Corpus(documents), asked)
    ours = head_mass(apart, asked, KEY_OF)
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6 * expected.max())
    alone = head_mass(Corpus(documents[:1]), asked, KEY_OF)
    assert not np.allclose(alone, ours[: len(alone)], rtol=0.05)


def test_of_3000_words_the_spread_ones_ask(index):
    corpus = Corpus([index])
    queries = torch.randn(3000, 4, 16, generator=torch.Generator().manual_seed(2))
    mass = head_mass(corpus, queries, KEY_OF)
    chosen = torch.linspace(0, 2999, MOST_WORDS).long()
    np.testing.assert_allclose(mass, head_mass(corpus, queries[chosen], KEY_OF))
    assert chosen[0] == 0
    assert chosen[-1] == 2999
    assert np.isfinite(mass).all()


@pytest.mark.parametrize("text", ["a", "!", "aa"])
def test_a_document_of_one_token(making, asked, text):
    mass = head_mass(Corpus([making(text, keys=key_reader())]), asked, KEY_OF)
    assert mass.shape == (1,)
    assert np.isfinite(mass).all()
    if len(text) == 1:
        assert mass[0] == pytest.approx(5 * 4), "each word's attention can only go there"


def test_hardly_any_attention_is_no_trouble(index):
    nothing = head_mass(Corpus([index]), torch.zeros(3, 4, 16), KEY_OF)
    assert (np.abs(nothing) < 1e-6).all(), "words that attend to everything alike weigh nothing"
    much = head_mass(Corpus([index]), torch.full((3, 4, 16), 1e4), KEY_OF)
    assert np.isfinite(much).all()
