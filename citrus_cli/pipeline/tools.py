"""What indexes are made and asked with: a tokenizer, an embedder, the heads of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from citrus_cli.documents.notices import Notice
from citrus_cli.errors import ModelError
from citrus_cli.events import Listener, ignore
from citrus_cli.index.making import IndexMaker, Sink
from citrus_cli.index.question import Asked
from citrus_cli.index.ranking import Queries
from citrus_cli.index.segments import KeyReader, RetrievingHeads, question_queries
from citrus_cli.library.identity import digest
from citrus_cli.models.catalogue import DEFAULT_EMBEDDER
from citrus_cli.models.embedder import Embedder, load_embedder
from citrus_cli.models.plain import PlainEncoder
from citrus_cli.models.prompts import ChatPrompt

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WORK = 1
"""Goes up when the same tools make another index."""


@dataclass(frozen=True)
class HeadReader:
    """A model whose heads retrieve; `identity` tells its weights and precision from any other's,
    and `name` is what people call it."""

    model: PreTrainedModel
    heads: RetrievingHeads
    prompt: ChatPrompt
    identity: str
    name: str = ""
    batch: int = 1

    def keys(self) -> KeyReader:
        """A reader for one document."""
        return KeyReader(self.model, self.heads, self.prompt.prefix, batch=self.batch)

    def queries(self, question: str) -> Queries:
        """The question as the heads ask it."""
        asked = self.prompt.instruction(question)
        values = question_queries(
            self.model, self.heads, self.prompt.prefix, asked.ids, range(*asked.question)
        )
        return Queries(values, self.heads.key_of)


@dataclass(frozen=True)
class Tools:
    """Which finders there are. `encoder` cuts text into the tokens that are counted.

    `tokenizer` tells it from others; `warnings` say which finders could not be had.
    """

    encoder: PlainEncoder
    tokenizer: str
    embedder: Embedder | None
    reader: HeadReader | None
    use_words: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def reader_identity(self) -> str:
        """What tells indexes apart by who read them."""
        if self.reader is None:
            return digest("words", self.tokenizer, WORK)
        read = (self.reader.identity, self.reader.heads.heads, self.reader.prompt.prefix)
        return digest("heads", self.tokenizer, WORK, *read)

    @property
    def embedder_identity(self) -> str:
        """What tells indexes apart by whose embeddings they have."""
        return self.embedder.fingerprint if self.embedder else ""

    def maker(self, sink: Sink) -> IndexMaker:
        """What makes the index of one document."""
        keys = self.reader.keys() if self.reader else None
        return IndexMaker(sink, self.encoder, keys, self.embedder)

    def embedding(self, text: str) -> NDArray[np.float32]:
        """Of a question; there must be an embedder."""
        assert self.embedder is not None
        return self.embedder.embed([text])[0]

    def queries(self, asked: Asked) -> Queries | None:
        """The question as the heads ask it; None without any."""
        return self.reader.queries(asked.search) if self.reader else None


def embedder_or_warning(
    finders: Sequence[str], name: str = DEFAULT_EMBEDDER, *, on_event: Listener = ignore
) -> tuple[Embedder | None, tuple[str, ...]]:
    """The embedder that the finders need; where it cannot be had, why, if there are others.

    Raises:
        ModelError: it cannot be had, and it is the only finder.
    """
    if "meaning" not in finders:
        return None, ()
    try:
        return load_embedder(name, on_event=on_event), ()
    except ModelError as error:
        if len(finders) == 1:
            raise
        said = f"found without an embedder, by {' and '.join(_others(finders))}: {error}"
        return None, (Notice(said, "no-embedder"),)


def _others(finders: Sequence[str]) -> list[str]:
    return [one for one in finders if one != "meaning"]
