"""BM25 as the formula says, and rows and headings by their names."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_index import FakeEmbedder, filler

from citrus_cli.index.corpus import Corpus
from citrus_cli.index.question import words
from citrus_cli.index.wording import K1, B, Words

PAGES = (
    "The pump is oiled in spring. Pump oil is dear, so the pump rests.",
    "",
    " ".join(filler(30)) + " The pump of Cole was sold.",
    "Nothing here.",
)


def naive(texts: list[str], wanted: list[str]) -> np.ndarray:
    """Robertson and Zaragoza's, word by word."""
    cut = [words(text) for text in texts]
    average = sum(map(len, cut)) / len(cut)
    scores = np.zeros(len(texts))
    for word in wanted:
        holding = sum(word in one for one in cut)
        idf = math.log(1 + (len(cut) - holding + 0.5) / (holding + 0.5))
        for at, one in enumerate(cut):
            count = one.count(word)
            scores[at] += idf * count * (K1 + 1) / (count + K1 * (1 - B + B * len(one) / average))
    return scores


@pytest.mark.parametrize("wanted", [["pump"], ["pump", "oil", "cole"], ["absent"], []])
def test_bm25_is_the_naive_one(making, wanted):
    corpus = Corpus([making(*PAGES), making("A pump, a pump, a pump."), making(" ")])
    stand = Words(corpus)
    pages = [*PAGES, "A pump, a pump, a pump."]
    np.testing.assert_allclose(stand.of_pages(wanted), naive(pages, wanted), rtol=1e-9)
    texts = []
    for _, first, last in corpus.passages.tolist():
        index, unit = corpus.of_unit(first)
        _, end = corpus.of_unit(last - 1)
        sheet, start = index.units[unit, 1:3].tolist()
        texts.append(index.sheet(sheet).text[start : index.units[end, 3]])
    assert len(texts) > 6
    np.testing.assert_allclose(stand.of_passages(wanted), naive(texts, wanted), rtol=1e-9)


def test_case_and_script_do_not_matter(making):
    stand = Words(Corpus([making("Die ÄRZTE kamen. Дом стоит. Nichts.")]))
    assert len(stand.holding("ärzte")) == 1
    assert len(stand.holding("дом")) == 1
    assert len(stand.holding("ärzt")) == 0


TABLES = (
    "# Consolidated Balance Sheets\n\n| Total current assets | 14,277 |\n| Goodwill | 9 |\n",
    "Total current assets rose, as said.\n",
    "# Notes\n\n" + "Much is said here. " * 30 + "\n\nThe balance sheets are above.\n",
    "| Net income | 1,204 |\n| Total assets, current | 88 |\n",
)


def test_rows_that_bear_a_name_and_an_amount(making):
    stand = Words(Corpus([making(*TABLES)]))
    assert stand.rows_named(["total current assets"]).tolist() == [1, 0, 0, 1]
    assert stand.rows_named(["total current assets", "net income"]).tolist() == [0.5, 0, 0, 1]
    assert stand.rows_named(["goodwill"]).tolist() == [0, 0, 0, 0], "one digit is no amount"
    assert stand.rows_named([]).tolist() == [0, 0, 0, 0]
    assert stand.rows_named(["of the"]).tolist() == [0, 0, 0, 0], "stop words name nothing"


def test_pages_headed_by_a_name(making):
    stand = Words(Corpus([making(*TABLES)]))
    assert stand.pages_headed(["balance sheets"]).tolist() == [1, 0, 0, 0]
    assert stand.pages_headed(["consolidated balance sheets"]).tolist() == [1, 0, 0, 0]
    assert stand.pages_headed(["notes", "net income"]).tolist() == [0, 0, 1, 1]
    assert stand.pages_headed([]).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("text", ["!", "…", "🍋"])
def test_a_document_without_a_word_has_no_scores(making, text):
    corpus = Corpus([making(text, embedder=FakeEmbedder())])
    stand = Words(corpus)
    assert stand.of_pages(["pump"]).tolist() == [0.0]
    assert stand.of_passages(["pump"]).tolist() == [0.0]
    beside = Words(Corpus([*corpus.indexes, making("A pump.")]))
    assert beside.of_pages(["pump"])[1] > 0
