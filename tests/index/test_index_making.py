"""An index as it is made: all of the text is in it, once, in order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from made_index import ENCODER, FakeEmbedder, all_units, filler, key_reader, text_of

from citrus_cli.index.corpus import Corpus
from citrus_cli.index.making import KINDS, PASSAGE_TOKENS, passages, quantized, word_hash
from citrus_cli.index.question import words
from citrus_cli.library.pages import PageRecord
from citrus_cli.pipeline import indexes
from citrus_cli.pipeline.indexes import sheets

PAGES = (
    "# Überschrift\n\nÄrger mit der Pumpe. 日本語の文です。Ein Satz.\n\n- one item\n- two\n",
    "",
    "| Revenue | 12,345 |\n| --- | --- |\n| Costs | 9,876 |\n\n🍋 It ends here, with no stop",
    "   \n\n",
    " ".join(filler(40)),
)


@pytest.fixture(scope="module")
def index(making_once):
    return making_once(*PAGES, embedder=FakeEmbedder(), keys=key_reader(segment=64, batch=2))


def test_no_token_is_lost_or_doubled(index):
    ids = [token for page in PAGES for token in ENCODER.encode(page)]
    assert index.column("ids").tolist() == ids
    assert index.tokens == len(ids) == len(index.column("starts")) == len(index.column("keys"))
    firsts = index.column("sheets").tolist()
    assert firsts == [0, *np.cumsum([len(ENCODER.encode(page)) for page in PAGES])[:-1].tolist()]


def test_units_are_the_texts_in_order_with_all_their_tokens(index):
    assert [text_of(index, at) for at in range(len(index.units))] == all_units(PAGES)
    ids = index.column("ids").tolist()
    encoded = ENCODER._tokenizer
    for at, row in enumerate(index.units.tolist()):
        *_, first, last, kind, digits, solid = row
        said = text_of(index, at)
        decoded = encoded.decode(ids[first:last])
        assert said in decoded
        assert decoded.strip() == said, "no more than white space around it"
        assert (digits, solid) == (
            sum(c.isdigit() for c in said),
            sum(not c.isspace() for c in said),
        )
        assert KINDS[kind] in ("heading", "sentence", "item", "row")
    assert set(index.page_of_unit.tolist()) == {0, 2, 4}
    assert index.pages == 5
    firsts, lasts = index.units[:, 4], index.units[:, 5]
    assert (firsts[1:] >= lasts[:-1]).all()


def test_every_unit_is_in_a_passage_of_its_page(index):
    spans = index.column("passages")
    covered = np.zeros(len(index.units), int)
    for page, first, last in spans.tolist():
        covered[first:last] += 1
        assert (index.page_of_unit[first:last] == page).all()
        size = int(index.units[last - 1, 5] - index.units[first, 4])
        assert last - first == 1 or size <= PASSAGE_TOKENS + (last - first)  # and white space
    assert covered.min() >= 1
    assert covered.max() <= 3


@pytest.mark.parametrize("lengths", [[], [500], [1] * 500, [90] * 7, [150, 500, 20, 30, 170, 9]])
def test_passages_overlap_by_half_and_end(lengths):
    made = list(passages(lengths))
    assert [at for at in range(len(lengths)) if not any(a <= at < b for a, b in made)] == []
    for first, last in made:
        assert last - first == 1 or sum(lengths[first:last]) <= PASSAGE_TOKENS
    for (a, b), (c, d) in itertools.pairwise(made):
        assert a < c <= b < d
        overlap = sum(lengths[c:b])
        assert overlap <= PASSAGE_TOKENS
    if lengths == [1] * 500:
        assert made == [(0, 200), (100, 300), (200, 400), (300, 500)]


def test_words_and_their_units(index):
    hashes, owners = index.column("words"), index.column("word_units")
    said = [(word_hash(w), at) for at, one in enumerate(all_units(PAGES)) for w in words(one)]
    assert list(zip(hashes.tolist(), owners.tolist(), strict=True)) == said


def test_vectors_are_the_embedders_within_the_rounding(index):
    embedder = FakeEmbedder()
    texts = all_units(PAGES)
    values = index.column("unit_vectors") * index.column("unit_vector_scales")[:, None]
    assert np.abs(values.astype(np.float32) - embedder.embed(texts)).max() < 1 / 127
    assert len(index.column("passage_vectors")) == len(index.column("passages"))


def test_many_texts_are_embedded_in_several_goes_and_none_is_missed(making):
    embedder = FakeEmbedder()
    index = making(" ".join(filler(530)), " ".join(filler(9)), embedder=embedder)
    assert len(index.units) == len(index.column("unit_vectors")) == 539
    assert embedder.texts == 539 + len(index.column("passages"))
    at = 520
    values = index.column("unit_vectors")[at] * index.column("unit_vector_scales")[at]
    assert embedder.embed([text_of(index, at)])[0] @ values > 0.98


def test_quantized_rows_are_within_half_a_step():
    values = np.random.default_rng(0).normal(0, 3, (50, 4, 16)).astype(np.float32)
    values[3] = 0
    values[4, 0, 1:] = 0
    steps, scales = quantized(values)
    assert (steps.dtype, scales.dtype, scales.shape) == (np.int8, np.float16, (50, 4))
    error = np.abs(steps * scales.astype(np.float32)[..., None] - values)
    # half a step, and the scale's own rounding at the largest
    largest = np.abs(values).max(axis=-1, keepdims=True)
    assert (error <= largest / 127 / 2 + largest * 2**-10).all()
    assert np.isfinite(quantized(np.full((2, 1, 4), 60_000, np.float16))[1]).all()


def test_keys_can_be_kept_as_they_are(making):
    text = " ".join(filler(6))
    plain = making(text, keys=key_reader(segment=64), quantized=False)
    small = making(text, keys=key_reader(segment=64))
    assert plain.column("keys").dtype == np.float16
    assert not plain.has("key_scales")
    wide = plain.column("keys").astype(np.float32)
    narrow = small.column("keys") * small.column("key_scales").astype(np.float32)[..., None]
    largest = np.abs(wide).max(axis=-1, keepdims=True)
    assert (np.abs(narrow - wide) <= largest / 127 / 2 + largest * 2**-10).all()


def test_without_finders_their_columns_are_not_there(making):
    index = making("A text.")
    assert not any(index.has(name) for name in ("keys", "unit_vectors", "passage_vectors"))
    assert not Corpus([index]).have("keys")
    with pytest.raises(KeyError):
        index.column("keys")


def test_parts_of_a_long_page_are_one_page(making):
    parts = [" ".join(filler(20)) + " ", " ".join(filler(20, 20)) + " ", " ".join(filler(5, 40))]
    records = [PageRecord(1, None, part, ((0, 1),)) for part in parts]
    index = making(*records, PageRecord(2, None, "The last page."))
    assert index.pages == 2
    assert len(index.column("sheets")) == 4
    assert index.characters_before(2) == len(parts[0]) + len(parts[1])
    assert index.characters_before(3) == 0
    assert [text_of(index, at) for at in range(45)] == filler(45)
    assert index.sheets_of_pages == {0: 0, 1: 3}


def test_a_page_of_any_length_comes_in_sheets(tmp_path, monkeypatch):
    from citrus_cli.documents import open_documents

    monkeypatch.setattr(indexes, "LONGEST_SHEET", 2000)
    path = tmp_path / "long.txt"
    path.write_text("\n".join(filler(4000)) + "\f" + "\n".join(filler(3)))
    with open_documents([path])[0] as document:
        blocks = list(document.blocks())
        made = list(sheets(document))
    assert len(blocks) > 2
    assert [one.number for one in made][-2:] == [1, 2]
    assert len(made) > 2
    assert "".join(one.text for one in made) == "".join(block.text for block in blocks)
    source = path.read_text().split("\n")
    for one in made:
        for at, line in one.lines:
            rest = one.text[at:].split("\n")[0]
            assert rest in source[line - 1]


def test_an_empty_document_is_an_empty_index(making):
    index = making("", " \n")
    corpus = Corpus([index])
    assert (corpus.units, corpus.pages, len(corpus.field), len(corpus.passages)) == (0, 0, 0, 0)


def test_a_corpus_counts_through_its_documents(making):
    one, two = making("A first. A second.", "A third."), making("", "A fourth.")
    corpus = Corpus([one, making(" "), two])
    assert (corpus.units, corpus.pages) == (4, 4)
    assert corpus.page_of_unit.tolist() == [0, 0, 1, 3]
    assert [corpus.document_of(at) for at in range(4)] == [0, 0, 0, 2]
    assert corpus.of_unit(3) == (two, 0)
    assert corpus.passages.tolist() == [[0, 0, 2], [1, 2, 3], [3, 3, 4]]
    assert corpus.by_unit(np.array([1.0, -2.0, 3.0])).tolist() == [1, 1, -2, 3]
    assert corpus.by_page(np.array([1.0, 5.0, 2.0, 7.0]), corpus.page_of_unit).tolist() == [
        5, 2, 0, 7,
    ], "on an empty page there is nothing"  # fmt: skip
    assert corpus.kinds("sentence").all()
