"""Texts of any length from a filler, and what is planted in them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tiny_models import make_tokenizer

from citrus_cli.errors import DocumentError, UsageError
from citrus_cli.evals.fillers import BUILT_IN, Filler, FillerTokens, built_in_filler, file_filler
from citrus_cli.evals.hidden.needle import plant
from citrus_cli.models.plain import PlainEncoder


@pytest.fixture(scope="module")
def encoder() -> PlainEncoder:
    return PlainEncoder(make_tokenizer())


def test_the_built_in_filler_is_clean_text_and_the_same_each_time():
    filler = built_in_filler()
    assert filler.name == BUILT_IN
    assert filler.repeats
    assert filler.sha256 == built_in_filler().sha256
    assert len(filler.text) > 100_000
    assert 'The "assert" statement' in filler.text
    assert "\n****" not in filler.text
    assert "\n\n\n" not in filler.text


def test_a_filler_is_cut_to_length_and_begins_again_where_it_may(encoder):
    text = "One goes. Two go.\nThree went there. "
    repeated = FillerTokens(Filler("x", text, repeats=True), encoder)
    for tokens in (10, 100, 1000):
        pieces = repeated.take(tokens, random.Random(tokens))
        assert sum(map(len, pieces)) == tokens
    assert repeated.take(50, random.Random(1)) == repeated.take(50, random.Random(1))
    once = FillerTokens(Filler("x.txt", text, repeats=False), encoder)
    assert sum(map(len, once.take(once.tokens, random.Random(0)))) == once.tokens
    with pytest.raises(UsageError, match=r"x\.txt.*1,000.*--repeat-filler"):
        once.check(1000)
    with pytest.raises(UsageError, match="no text"):
        FillerTokens(Filler("x.txt", "", repeats=False), encoder)


def test_a_filler_without_repetition_never_runs_past_its_end(encoder):
    once = FillerTokens(Filler("x", "Some words here. " * 30, repeats=False), encoder)
    for seed in range(30):
        pieces = once.take(once.tokens - 40, random.Random(seed))
        assert sum(map(len, pieces)) == once.tokens - 40


def test_files_are_a_filler(tmp_path: Path):
    (tmp_path / "a.txt").write_text("Alpha is first.\n")
    (tmp_path / "b.txt").write_text("Beta is second.\n")
    filler = file_filler([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert filler.text == "Alpha is first.\n\n\n\nBeta is second."
    assert filler.name == "a.txt, b.txt"
    with pytest.raises(DocumentError, match=r"gone\.txt"):
        file_filler([tmp_path / "gone.txt"])


def test_sentences_are_planted_whole_at_their_depths():
    around = [[1] * 7 for _ in range(100)]
    planted = [[8] * 5, [9] * 6]
    ids, places, breaks = plant(around, planted, [0.1, 0.75])
    assert [ids[a:b] for a, b in places] == planted
    assert len(ids) == 700 + 11
    for (start, _), depth in zip(places, [0.1, 0.75], strict=True):
        assert start in breaks
        assert abs(start / len(ids) - depth) < 0.02
    assert [one for one in ids if one == 1] == [1] * 700
    ids, places, _ = plant([[1, 1]], planted, [0.0, 1.0])
    assert ids == [8] * 5 + [1, 1] + [9] * 6
