"""Ordinary text in which facts are hidden: Python's own language reference, or given files."""

from __future__ import annotations

import hashlib
import random
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from citrus_cli.documents import open_documents
from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.evidence.sentences import sentences
from citrus_cli.models.plain import PlainEncoder

BUILT_IN = "Python's language reference"

_RULE = re.compile(r"^[ \t]*[=*\-~^\"#]{3,}[ \t]*$", re.MULTILINE)
_BREAK = re.compile(r"(?<=\S)\n(?=[^\s*\-|+.])")
"""A line break within a paragraph: what follows is neither indented, nor an item, nor a table."""


@dataclass(frozen=True)
class Filler:
    """Clean text, and whether it may be repeated when a longer one is needed."""

    name: str
    text: str
    repeats: bool

    @cached_property
    def sha256(self) -> str:
        """The first 16 hexadecimal digits of the text's SHA-256."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def built_in_filler() -> Filler:
    """The topics of Python's help, sorted by name; every Python carries them.

    Raises:
        CitrusError: this Python lacks them.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise CitrusError(
            "this Python comes without its language reference (pydoc_data); give other text with "
            "--filler"
        ) from None
    text = "\n\n".join(_clean(topics[name]) for name in sorted(topics))
    return Filler(BUILT_IN, text, repeats=True)


def _clean(topic: str) -> str:
    """A topic without the rules under its titles, its paragraphs on one line each."""
    text = re.sub(r"\n{3,}", "\n\n", _RULE.sub("", topic))
    return _BREAK.sub(" ", text.strip())


def file_filler(paths: Sequence[str | Path], *, repeats: bool = False) -> Filler:
    """The text of some documents, one after the other.

    Raises:
        DocumentError: one cannot be read.
    """
    parts = []
    documents = open_documents(list(paths))
    try:
        for document in documents:
            parts.append("".join(block.text for block in document.blocks()))
    finally:
        for document in documents:
            document.close()
    return Filler(", ".join(one.name for one in documents), "\n\n".join(parts).strip(), repeats)


class FillerTokens:
    """A filler in tokens, cut where a sentence or a line ends."""

    def __init__(self, filler: Filler, encoder: PlainEncoder) -> None:
        """Encode all of it.

        Raises:
            UsageError: it holds no text.
        """
        self._filler = filler
        ends = [end for _, end in sentences(filler.text)]
        starts = [0, *ends]  # white space goes with what follows, as vocabularies have it
        pieces = [filler.text[a:b] for a, b in zip(starts, ends, strict=False)]
        self.pieces = [ids for ids in map(encoder.encode, pieces) if ids]
        if not self.pieces:
            raise UsageError(f"--filler {filler.name}: there is no text in it")
        self._before = [0, *accumulate(map(len, self.pieces))]
        self._paragraph = encoder.encode("\n\n")

    @property
    def tokens(self) -> int:
        """How many there are."""
        return self._before[-1]

    def check(self, tokens: int) -> None:
        """Refuse a length that there is not enough text for.

        Raises:
            UsageError: the filler may not be repeated, and is shorter.
        """
        if not self._filler.repeats and tokens > self.tokens:
            raise UsageError(
                f"the filler ({self._filler.name}) has {self.tokens:,} tokens and a text of "
                f"{tokens:,} is wanted; give more files, a shorter --lengths, or --repeat-filler"
            )

    def take(self, tokens: int, rng: random.Random) -> list[list[int]]:
        """Pieces of `tokens` tokens in all from a place that `rng` chooses, the last one cut.

        Raises:
            UsageError: as for `check`.
        """
        self.check(tokens)
        if self._filler.repeats:
            at = rng.randrange(len(self.pieces))
        else:
            at = rng.randrange(bisect_left(self._before, self.tokens - tokens + 1))
        taken: list[list[int]] = []
        while tokens > 0:
            if at == len(self.pieces):
                at = 0
                taken.append(self._paragraph[:tokens])
                tokens -= len(taken[-1])
                continue
            taken.append(self.pieces[at][:tokens])
            tokens -= len(taken[-1])
            at += 1
        return taken
