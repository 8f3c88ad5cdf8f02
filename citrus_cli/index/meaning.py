"""Finder: meaning. A sentence embedder's cosine of the question with sentences and passages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citrus_cli.index.corpus import Corpus, Floats

_BLOCK = 65_536


def cosines(corpus: Corpus, of: str, question: NDArray[np.float32]) -> Floats:
    """The cosine of each unit's, or passage's, embedding with the question's.

    `of` is "unit" or "passage"; `question` (dimensions,), of unit length. Returns (units,) or
    (passages,).
    """
    parts: list[Floats] = [np.zeros(0)]
    for values, scales in zip(
        corpus.columns(f"{of}_vectors"), corpus.columns(f"{of}_vector_scales"), strict=True
    ):
        for start in range(0, len(values), _BLOCK):
            block = np.asarray(values[start : start + _BLOCK], np.float32)
            scale = np.asarray(scales[start : start + _BLOCK], np.float32)
            parts.append(((block @ question) * scale).astype(np.float64))
    return np.concatenate(parts)
