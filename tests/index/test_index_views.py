"""What is read afresh: whole units, in the order of the text, never above the budget."""

from __future__ import annotations

import numpy as np
import pytest
from made_index import filler

from citrus_cli.index.corpus import Corpus
from citrus_cli.index.question import asked
from citrus_cli.index.ranking import Ranking
from citrus_cli.index.views import STRETCHES, View, sure_of, views

ONE, SEVERAL, WHOLE = "Who oiled it?", "List all of the pumps.", "Summarize the report."


@pytest.fixture(scope="module")
def corpus(making_once) -> Corpus:
    """A first document of two pages, an empty one, a short one."""
    pages = (" ".join(filler(60)), " ".join(filler(40, 60)))
    texts = (pages, [""], [" ".join(filler(20, 100))])
    return Corpus([making_once(*one) for one in texts])


def ranked(corpus: Corpus, scores: dict[int, float], question: str = ONE, share=None) -> Ranking:
    """A ranking where some units stand out, by their score or by their share of the mass."""
    units = np.random.default_rng(0).random(corpus.units) * 0.1
    for unit, score in scores.items():
        units[unit] = score
    shares = None
    if share is not None:
        shares = np.zeros(corpus.units)
        shares[list(share)] = list(share.values())
    return Ranking(corpus, asked(question), units, np.zeros(corpus.pages), shares, None, 1.0)


def units_in(corpus: Corpus, made) -> list[int]:
    """The units that some views hold whole."""
    held = []
    for unit in range(corpus.units):
        document = corpus.document_of(unit)
        first, last = corpus.field[unit, 4:6].tolist()
        if any(v.document == document and v.first <= first and last <= v.last for v in made):
            held.append(unit)
    return held


def check(corpus: Corpus, made, budget: int) -> None:
    """What must be true of all views."""
    assert 0 < sum(view.tokens for view in made) <= budget
    origins = [
        int(corpus.token_starts[v.document]) + at for v in made for at in range(v.first, v.last)
    ]
    assert origins == sorted(set(origins))
    for view in made:
        assert 0 <= view.first < view.last <= corpus.indexes[view.document].tokens


def test_documents_within_the_budget_are_read_whole(corpus):
    sizes = [one.tokens for one in corpus.indexes]
    whole = (View(0, 0, sizes[0]), View(2, 0, sizes[2]))
    for question in (ONE, SEVERAL, WHOLE):
        assert views(ranked(corpus, {7: 9}, question), corpus.tokens) == whole
        assert views(ranked(corpus, {7: 9}, question), corpus.tokens - 1) != whole


def test_one_window_where_one_place_stands_out(corpus):
    for ranking in (ranked(corpus, {30: 9.0}), ranked(corpus, {30: 0.2}, share={30: 0.3})):
        assert bool(sure_of(ranking))
        (view,) = made = views(ranking, 600)
        check(corpus, made, 600)
        held = units_in(corpus, made)
        assert 30 in held
        assert held == list(range(held[0], held[-1] + 1))
        assert (view.first, view.last) == (corpus.field[held[0], 4], corpus.field[held[-1], 5])
        assert abs((30 - held[0]) - (held[-1] - 30)) <= 1


def test_several_places_where_none_stands_out(corpus):
    ranking = ranked(corpus, {10: 0.5, 70: 0.49, 110: 0.48}, share={10: 0.1})
    assert not bool(sure_of(ranking))
    made = views(ranking, 600)
    check(corpus, made, 600)
    assert {9, 10, 11, 69, 70, 71, 109, 110, 111} <= set(units_in(corpus, made))
    assert [view.document for view in made] == sorted(view.document for view in made)
    assert {view.document for view in made} == {0, 2}


def test_what_asks_for_several_things_gets_all_places(corpus):
    shares = {10: 0.3, 70: 0.2, 110: 0.15, 40: 0.05}
    made = views(ranked(corpus, dict.fromkeys(shares, 1.0), SEVERAL, shares), 600)
    check(corpus, made, 600)
    assert {10, 70, 110} <= set(units_in(corpus, made))
    assert 40 not in units_in(corpus, made), "that little is found there"
    alone = views(ranked(corpus, {10: 5.0}, ONE, shares), 600)
    assert 70 not in units_in(corpus, alone)
    together = views(ranked(corpus, {10: 5.0}, ONE, shares), 600, together=True)
    assert {10, 70, 110} <= set(units_in(corpus, together))


@pytest.mark.parametrize("budget", [200, 400, 768])
def test_of_many_places_none_is_cut_off_for_standing_late(corpus, budget):
    """They share the budget; where it is too small the lesser ones go, not the last ones."""
    places = list(range(4, 120, 8))
    scores = {unit: 1.0 + unit / 1000 for unit in places}  # the last ones are the best
    made = views(ranked(corpus, scores, SEVERAL, dict.fromkeys(places, 1 / 15)), budget)
    check(corpus, made, budget)
    held = set(units_in(corpus, made)) & set(places)
    assert max(places) in held
    assert held == set(places[-len(held) :])
    size = int((corpus.field[places, 5] - corpus.field[places, 4]).max())
    assert len(held) >= min(len(places), budget // size)


def test_several_things_without_the_heads_are_the_best_units(corpus):
    made = views(ranked(corpus, {10: 3.0, 70: 2.0}, SEVERAL), 300)
    check(corpus, made, 300)
    assert {10, 70} <= set(units_in(corpus, made))


def test_the_whole_is_a_spread_over_the_whole(corpus):
    made = views(ranked(corpus, {3: 9.0, 4: 9.0, 5: 9.0}, WHOLE), 800)
    check(corpus, made, 800)
    middles = {
        int((corpus.token_starts[v.document] + (v.first + v.last) / 2) * STRETCHES / corpus.tokens)
        for v in made
    }
    assert len(middles) >= STRETCHES - 1
    assert {view.document for view in made} == {0, 2}


@pytest.mark.parametrize("budget", [1, 5, 40, 100, 333, 1000])
@pytest.mark.parametrize("question", [ONE, SEVERAL, WHOLE])
@pytest.mark.parametrize("share", [None, {60: 0.5}, {60: 0.2, 99: 0.2, 100: 0.2}])
def test_never_more_than_the_budget(corpus, budget, question, share):
    for scores in ({60: 9.0}, {0: 1.0, 119: 1.0}, {}):
        made = views(ranked(corpus, scores, question, share), budget)
        check(corpus, made, budget)


def test_a_best_unit_longer_than_the_budget_is_read_as_far_as_it_goes(corpus):
    made = views(ranked(corpus, {60: 0.5, 61: 0.4}), 20)
    check(corpus, made, 20)
    assert made == (View(0, int(corpus.field[60, 4]), int(corpus.field[60, 4]) + 20),)


def test_a_window_stays_within_its_document(corpus):
    for unit, document in ((99, 0), (100, 2), (0, 0), (119, 2)):
        made = views(ranked(corpus, {unit: 9.0}), 600)
        check(corpus, made, 600)
        assert {view.document for view in made} == {document}
        assert unit in units_in(corpus, made)


def test_units_that_share_a_token_are_read_once(making):
    """Where the tokenizer joins what ends one unit with what begins the next."""
    index = making(" ".join(filler(30)))
    index.units = np.array(index.units)
    index.units[10, 5] += 2  # the blank, and the first token of the next
    corpus = Corpus([index])
    made = views(ranked(corpus, {10: 0.5}), 300)
    check(corpus, made, 300)
    assert {9, 10, 11} <= set(units_in(corpus, made))
    index.units[11, 4:6] = index.units[10, 5] - 1, index.units[10, 5]
    corpus = Corpus([index])
    made = views(ranked(corpus, {10: 0.5, 20: 0.4}), 300)
    check(corpus, made, 300)
    assert {9, 10, 11, 20} <= set(units_in(corpus, made))


def test_nothing_to_read(making):
    assert views(ranked(Corpus([making("", " ")]), {}), 100) == ()
    assert views(ranked(Corpus([]), {}), 100) == ()
