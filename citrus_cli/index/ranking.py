"""Everything scored by every finder, and mixed: what to read for a question.

The rule, with its constants. z is a score less its mean, by its deviation.

* Units: 0.5·z(ln mass of the heads) + z(cosine of the sentence) + 0.3·z(cosine of its best
  passage) + 0.4·z(BM25 of its best passage).
* Pages, where there are several: z(best cosine of a passage) + 0.5·z(best cosine of a sentence) +
  0.7·z(BM25 of the page) + 0.5·z(share of the names that its rows bear) + 0.3·z(whether it is
  headed like what the question names) + 0.2·z(its density of digits), the last for amounts only.
  A unit's score then has its page's added.

Chosen on planted facts and paraphrases (three seeds), L-Eval's papers and collections, and 56
questions about the pages of filings, in round numbers from a wide flat top (the benchmarks of the
repository have the figures, and each finder alone). Mixing by z: as in hybrid retrieval. The heads
add nothing where pages are ranked by what stands on all of them, so they only rank units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from citrus_cli.index.corpus import Corpus, Floats
from citrus_cli.index.heads import head_mass
from citrus_cli.index.meaning import cosines
from citrus_cli.index.question import Asked
from citrus_cli.index.wording import Words

UNIT_HEADS, UNIT_SENTENCE, UNIT_PASSAGE, UNIT_WORDS = 0.5, 1.0, 0.3, 0.4
PAGE_PASSAGE, PAGE_SENTENCE, PAGE_WORDS = 1.0, 0.5, 0.7
PAGE_ROWS, PAGE_HEADING, PAGE_DIGITS = 0.5, 0.3, 0.2

FOUND = 0.5
"""Below this nothing is found: all of the sample documents' own questions are above, and nine in
ten of those about others below."""

CLEAR = 0.9
"""From here on an answer hardly ever turns out weak."""

MIDDLE, STEEPNESS, HIGHEST_PEAK, NO_COSINE = 0.84, 10.0, 15.0, 0.45
SHORT_UNITS, SHORT_BONUS = 60, 0.4

_LEAST_MASS = 1e-6
_SHORT_PAGE = 50
"""A page with fewer characters has no density of digits to speak of."""


@dataclass(frozen=True)
class Queries:
    """A question as the heads ask it: (words, heads, dim), and the key that each head reads."""

    values: Tensor
    key_of: Sequence[int]


@dataclass(frozen=True)
class Ranking:
    """What each finder, and all together, say of a corpus.

    Attributes:
        corpus, asked: what was asked of what.
        units: (units,) how well each answers, the best first of all.
        pages: (pages,) the same of pages.
        share: (units,) each unit's share of the heads' mass; None without them.
        cosine: (units,) of the sentence with the question; None without an embedder.
        peak: how far the best unit stands above the mean of all, before pages count.
    """

    corpus: Corpus
    asked: Asked
    units: Floats
    pages: Floats
    share: Floats | None
    cosine: Floats | None
    peak: float

    def best(self) -> Iterable[int]:
        """The units, the best first; equals in their order."""
        return np.argsort(-self.units, kind="stable").tolist()


def rank(
    corpus: Corpus,
    asked: Asked,
    *,
    queries: Queries | None = None,
    embed: Callable[[str], NDArray[np.float32]] | None = None,
    use_words: bool = True,
) -> Ranking:
    """Score every unit and page for a question, by the finders that are given.

    Args:
        corpus: what is asked; may be empty.
        asked: the question.
        queries: for the heads.
        embed: the embedding of a text, for meaning.
        use_words: whether words count.
    """
    units, pages = np.zeros(corpus.units), np.zeros(corpus.pages)
    share = cosine = None
    if not corpus.units:
        return Ranking(corpus, asked, units, pages, share, cosine, 0.0)
    if queries is not None:
        mass = head_mass(corpus, queries.values, queries.key_of)
        share = mass / max(mass.sum(), _LEAST_MASS)
        units += UNIT_HEADS * standard(np.log(np.maximum(mass, _LEAST_MASS)))
    if embed is not None:
        meant = embed(asked.meaning)
        cosine = cosines(corpus, "unit", meant)
        of_passages = cosines(corpus, "passage", meant)
        units += UNIT_SENTENCE * standard(cosine)
        units += UNIT_PASSAGE * standard(corpus.by_unit(of_passages))
        pages += PAGE_PASSAGE * standard(corpus.by_page(of_passages, corpus.passages[:, 0]))
        pages += PAGE_SENTENCE * standard(corpus.by_page(cosine, corpus.page_of_unit))
    if use_words:
        stand = Words(corpus)
        units += UNIT_WORDS * standard(corpus.by_unit(stand.of_passages(asked.words)))
        pages += PAGE_WORDS * standard(stand.of_pages(asked.words))
        pages += PAGE_ROWS * standard(stand.rows_named(asked.terms))
        pages += PAGE_HEADING * standard(stand.pages_headed(asked.headings))
        if asked.kind == "amount":
            pages += PAGE_DIGITS * standard(_digits(corpus))
    if embed is None and not use_words:  # the heads alone rank pages by their best unit
        pages += standard(corpus.by_page(units, corpus.page_of_unit))
    peak = float(units.max() - units.mean())
    if corpus.pages > 1:
        units = units + pages[corpus.page_of_unit]
    return Ranking(corpus, asked, units, pages, share, cosine, peak)


def found(ranking: Ranking) -> float:
    """How much this looks like the finding of a question that the documents answer, 0 to 1.

    By the cosine of the best sentence and how far the best unit stands above the rest; from
    `FOUND` on nearly every question is one that they answer. Short texts have no rest to speak of.
    """
    units = ranking.corpus.units
    if not units:
        return 0.0
    height = min(ranking.peak, HIGHEST_PEAK) / 20
    short = SHORT_BONUS * max(0.0, 1 - units / SHORT_UNITS)
    cosine = NO_COSINE if ranking.cosine is None else float(ranking.cosine.max())
    return float(1 / (1 + np.exp(-STEEPNESS * (cosine + height + short - MIDDLE))))


def standard(scores: Floats) -> Floats:
    """z: less the mean, by the deviation; zeros where all are alike."""
    deviation = scores.std() if len(scores) else 0.0
    return (scores - scores.mean()) / deviation if deviation > 1e-12 else np.zeros(len(scores))


def _digits(corpus: Corpus) -> Floats:
    """The share of digits among a page's characters, (pages,)."""
    pages = corpus.page_of_unit
    digits = np.bincount(pages, corpus.field[:, 7], corpus.pages)
    solid = np.bincount(pages, corpus.field[:, 8], corpus.pages)
    return digits / np.maximum(solid, _SHORT_PAGE)
