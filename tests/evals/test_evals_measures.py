"""Scores, places of answers, what is left of them, and how sure a mean is."""

from __future__ import annotations

import pytest
import torch
from tiny_models import make_tokenizer

from citrus_cli.evals.answers.oracle import is_answered, passage
from citrus_cli.evals.answers.retention import retained, retention
from citrus_cli.evals.answers.texts import AROUND, EvalText, Question, window
from citrus_cli.evals.questions.gold import Places
from citrus_cli.evals.results import metrics
from citrus_cli.evals.results.intervals import bootstrap, wilson
from citrus_cli.models.plain import PlainEncoder


def test_retention_is_the_mean_over_layers_and_heads():
    layers = torch.tensor([[0, 1, 2, 3], [2, 3, 8, 9], [6, 7, 8, 9]])
    assert retained(layers, (2, 4)) == pytest.approx(2 / 3)
    assert retained(layers, (8, 10)) == pytest.approx(2 / 3)
    assert retained(layers, (4, 6)) == 0
    heads = torch.tensor([[[0, 1], [1, 2]], [[2, 3], [-1, 3]]])
    assert retained(heads, (2, 4)) == pytest.approx((0 + 0.5 + 1 + 0.5) / 4)
    assert retained(torch.tensor([[3, 3, 3]]), (3, 5)) == 0.5  # what is there twice counts once
    with pytest.raises(ValueError, match="needs tokens"):
        retained(layers, (4, 4))


def test_of_several_places_the_best_counts_and_of_several_facts_the_mean():
    layers = torch.tensor([[0, 1, 5]])
    assert retention(layers, [[(8, 9), (0, 2)]]) == 1
    assert retention(layers, [[(0, 2)], [(8, 9)]]) == 0.5
    assert retention(layers, [[(0, 2)], []]) is None
    assert retention(layers, []) is None


@pytest.fixture
def located():
    encoder = PlainEncoder(make_tokenizer())

    def make(text: str) -> tuple[Places, list[int]]:
        return Places(text, encoder.spans(text)), encoder.encode(text)

    return make


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("April 25, 2018", "April 25 , 2018"),
        ("the Northern star", "Northern Star"),
        ("1577", "$1,577"),
        ("$1,577", "$1,577"),
        ("Northern", "Northern"),
        ("ship", None),
        ("yes", None),
        ("...", None),
    ],
)
def test_an_answer_is_found_whatever_its_punctuation(located, answer, found):
    text = 'Yes: on April 25 , 2018 the "Northern Star" cost $1,577. Shipping was free.'
    places, ids = located(text)
    spans = places.find(answer)
    decode = make_tokenizer().decode
    assert [decode(ids[a:b]).strip('"$. ') for a, b in spans] == (
        [found.strip("$")] if found else []
    )


def test_the_passage_is_the_one_that_shares_words_with_the_question(located):
    gap = "Nothing happens at all in this sentence of the text. " * 20
    text = f"Rome is old. {gap}The bishop went to Rome on foot. {gap}Rome is big."
    places, ids = located(text)
    spans = places.find("Rome")
    assert len(spans) == 3
    start, stop = places.passage(spans, "Where did the bishop go on foot?")
    said = make_tokenizer().decode(ids[start:stop])
    assert "The bishop went to Rome on foot." in said
    assert stop - start < 4 * AROUND + 40
    assert start in places.breaks


def test_a_window_is_whole_sentences_unless_they_have_no_end():
    breaks = list(range(0, 1000, 25))
    start, stop = window(breaks, (510, 520), 1000)
    assert (start, stop) == (400, 625)
    assert window([0], (510, 520), 1000) == (510 - 2 * AROUND, 520 + 2 * AROUND)
    assert window(breaks, (0, 3), 1000)[0] == 0
    assert window(breaks, (995, 1000), 1000)[1] == 1000


def test_the_oracle_sees_each_token_once():
    question = Question("1", "?", (("x",),), passages=((4, 8), (2, 6)))
    assert passage(EvalText(list(range(20)), ()), question) == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("scores", "answered"),
    [({"right": 1.0}, True), ({"right": 0.0}, False), ({"right": 0.0, "f1": 0.5}, True)],
)
def test_what_counts_as_answered(scores, answered):
    assert is_answered(scores) is answered


def test_scores_are_of_the_best_accepted_answer():
    accepted = ["The blue whale", "Balaenoptera"]
    assert metrics.exact_match("blue whale!", accepted) == 1
    assert metrics.exact_match("a whale", accepted) == 0
    assert metrics.recall("a whale", accepted) == 0.5
    assert metrics.recall("It is Balaenoptera, I think", accepted) == 1
    assert metrics.f1("It is Balaenoptera", accepted) == 0.5
    assert metrics.rouge_l("whale the blue", ["the blue whale"]) == pytest.approx(2 / 3)
    assert metrics.rouge_l("", accepted) == 0


def test_intervals_hold_the_mean_and_narrow_with_more_values():
    few, many = bootstrap([0.0, 1.0] * 5), bootstrap([0.0, 1.0] * 200)
    assert few.mean == many.mean == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    # the normal approximation of the same interval
    assert many.high - 0.5 == pytest.approx(1.96 * 0.5 / 400**0.5, rel=0.15)
    assert bootstrap([0.0, 1.0, 1.0], seed=3) == bootstrap([0.0, 1.0, 1.0], seed=3)
    assert bootstrap([1.0]) is not None
    assert bootstrap([]) is None


def test_a_share_has_an_interval_even_where_all_are_right():
    none, half, some = wilson(0, 10), wilson(5, 10), wilson(29, 60)
    # Newcombe 1998 gives the method's bounds for such shares
    assert (none.mean, none.low) == pytest.approx((0, 0), abs=1e-12)
    assert none.high == pytest.approx(0.2775, abs=1e-4)
    assert (half.low, half.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert half.low < some.low < some.high < half.high
    assert wilson(10, 10).high == pytest.approx(1)
    assert wilson(0, 0) is None
