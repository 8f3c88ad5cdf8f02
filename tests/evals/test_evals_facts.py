"""The facts that are planted: invented, told apart, and asked for as they should be."""

from __future__ import annotations

import json
import random
import re
from importlib import resources

import pytest
from nltk.stem.porter import PorterStemmer

from citrus_cli.evals.hidden.facts import KINDS, PER_KIND, choose, facts, together
from citrus_cli.evals.results.metrics import is_right

COMMON = frozenset(
    """a about all an and as at be by did do does each for from get had has have her his how if in
    is it its many not of on or out over s some that the their there these they this to up was were
    what when where which who whom would""".split()  # noqa: SIM905 - words are easier to read so
)
CALIBRATION = json.loads(resources.files("citrus_cli").joinpath("calibration.json").read_text())


def content(text: str) -> set[str]:
    """The stems of a text's content words."""
    stem = PorterStemmer().stem
    return {stem(word) for word in re.findall(r"[^\W_]+", text.lower()) if word not in COMMON}


@pytest.mark.parametrize("seed", [0, 1, 17])
def test_there_are_enough_and_no_two_share_an_answer(seed):
    known = facts(seed)
    assert known == facts(seed)
    assert len(known) == len(KINDS) * PER_KIND >= 80
    for what in ("sentence", "question", "about", "accepted"):
        assert len({getattr(fact, what) for fact in known}) == len(known)
    spellings = [one for fact in known for one in fact.accepted]
    assert len(set(spellings)) == len(spellings)


def test_another_seed_gives_other_facts():
    assert not {fact.sentence for fact in facts(0)} & {fact.sentence for fact in facts(1)}


@pytest.mark.parametrize("seed", [0, 5])
def test_the_answer_stands_in_the_sentence_and_not_in_the_questions(seed):
    for fact in facts(seed):
        for spelling in fact.accepted:
            assert is_right(fact.sentence, [spelling])
            assert not is_right(f"{fact.question} {fact.paraphrase}", [spelling])
        assert fact.about in fact.sentence
        assert fact.about in fact.question


def test_a_paraphrase_shares_no_content_word_with_its_sentence():
    for fact in facts(3):
        shared = content(fact.sentence) & content(fact.paraphrase)
        assert not shared, f"{fact.sentence} / {fact.paraphrase}"
        assert content(fact.sentence) & content(fact.question)  # the test can tell


def test_facts_have_nothing_in_common_with_those_that_find_heads():
    found = content(
        " ".join(f"{one['sentence']} {one['question']}" for one in CALIBRATION["facts"])
    )
    assert len(found) > 50
    theirs = content(CALIBRATION["text"])
    for seed in range(20):
        for fact in facts(seed):
            words = content(f"{fact.sentence} {fact.question} {fact.paraphrase}")
            assert not words & found, fact.sentence
            names = content(f"{fact.about} {' '.join(fact.accepted)}")
            assert not names & theirs


def test_no_run_of_words_is_also_in_the_text_that_finds_heads():
    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.lower())
        return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}

    theirs = runs(CALIBRATION["text"])
    assert all(not runs(fact.sentence) & theirs for fact in facts(0))


def test_one_text_holds_facts_of_different_kinds_or_of_one():
    for seed in range(10):
        several = choose(5, random.Random(seed))
        assert len({fact.kind.name for fact in several}) == 5
        alike = choose(3, random.Random(seed), one_kind=True)
        assert len({fact.kind.name for fact in alike}) == 1
        question = together(tuple(alike))
        assert all(fact.about in question for fact in alike)
        assert not any(is_right(question, fact.accepted) for fact in alike)
    with pytest.raises(ValueError, match="one kind"):
        together(tuple(several))
