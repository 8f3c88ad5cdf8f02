"""Indexes made in a test: tiny random models, byte-level tokens, a bag of hashed words."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from tiny import build
from tiny_models import make_tokenizer
from transformers import PreTrainedModel

from citrus_cli.evidence.sentences import units
from citrus_cli.index.corpus import Corpus, DocumentIndex
from citrus_cli.index.making import IndexMaker
from citrus_cli.index.question import STOP_WORDS, words
from citrus_cli.index.ranking import Queries, Ranking, rank
from citrus_cli.index.segments import KeyReader, RetrievingHeads
from citrus_cli.library.entry import Receipt
from citrus_cli.library.identity import Identity, digest
from citrus_cli.library.library import Library
from citrus_cli.library.pages import PageRecord
from citrus_cli.models.plain import PlainEncoder

HEADS = RetrievingHeads(((0, 3), (1, 0), (1, 2), (1, 1)), groups=2)
ENCODER = PlainEncoder(make_tokenizer())
NAMES = ["Ada", "Brook", "Cole", "Dunn", "Ellis", "Ford", "Grant", "Hale"]
THINGS = ["pump", "valve", "ledger", "harbour", "orchard", "motor", "bridge", "kiln"]


class FakeEmbedder:
    """A text's vector counts its telling words, hashed; texts that share words lie close."""

    name, fingerprint, dimensions = "bag-of-words", "bag-1", 96

    def __init__(self) -> None:
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += len(texts)
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in words(text):
                if word not in STOP_WORDS:
                    vector[zlib.crc32(word.encode()) % self.dimensions] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths > 0, lengths, 1)


class FakeKeys:
    """Keys of one head that say nothing of the text but whether it is a given character."""

    def __init__(self, wanted: str) -> None:
        self._ids = set(ENCODER.encode(wanted))

    def read(self, ids: Sequence[int], *, last: bool = False):
        if ids:
            keys = torch.full((len(ids), 1, 2), 0.0)
            keys[[at for at, one in enumerate(ids) if one in self._ids], :, 0] = 1.0
            yield keys.half()


def queries(strength: float) -> Queries:
    """One word that looks for `FakeKeys`' character, so strongly."""
    return Queries(torch.tensor([[[strength * 2**0.5, 0.0]]]), (0,))


class Making:
    """Makes indexes in a library of its own."""

    def __init__(self, folder: Path) -> None:
        self.library = Library(folder)
        self._numbers = itertools.count()

    def __call__(self, *pages: str | PageRecord, embedder=None, keys=None, **how) -> DocumentIndex:
        name = f"doc{next(self._numbers)}.txt"
        with self.library.writing(Identity(digest(name), "", "")) as writer:
            maker = IndexMaker(writer, ENCODER, keys, embedder, **how)
            for number, page in enumerate(pages, 1):
                maker.add(PageRecord(number, None, page) if isinstance(page, str) else page)
            counts = maker.finish()
            receipt = Receipt(name, name, "text", counts.tokens, "tiny", "int8")
            return DocumentIndex(writer.finish(receipt))


@cache
def model() -> PreTrainedModel:
    """A tiny model that knows all tokens."""
    return build("llama", vocab_size=260)


def key_reader(**how) -> KeyReader:
    return KeyReader(model(), HEADS, (1, 5, 6), **how)


def filler(count: int, start: int = 0) -> list[str]:
    """Sentences of everyday matters, each of its own words."""
    return [
        f"{NAMES[at % 8]} looked after the {THINGS[at // 8 % 8]} on day {at}."
        for at in range(start, start + count)
    ]


def text_of(index: DocumentIndex, unit: int) -> str:
    _, sheet, start, end = index.units[unit, :4].tolist()
    return index.sheet(sheet).text[start:end]


def ask(corpus: Corpus, asked, embedder=None, **how) -> Ranking:
    embed: Callable | None = None if embedder is None else lambda text: embedder.embed([text])[0]
    return rank(corpus, asked, embed=embed, **how)


def all_units(pages: Sequence[str]) -> list[str]:
    return [page[one.start : one.end] for page in pages for one in units(page)]
