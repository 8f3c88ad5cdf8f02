"""Every finder finds alone, and all of them together."""

from __future__ import annotations

import numpy as np
import pytest
from made_index import FakeEmbedder, FakeKeys, ask, filler, queries, text_of

from citrus_cli.index.corpus import Corpus
from citrus_cli.index.question import asked
from citrus_cli.index.ranking import FOUND, found, standard

FACT = "The escrow agent is Lockhart Repository ~."
EMBEDDER = FakeEmbedder()
QUESTION = asked("Who is the escrow agent?")


@pytest.fixture(scope="module")
def corpus(making_once):
    """The fact is unit 50, the last of page 2; only it has a tilde, for the heads."""
    pages = (" ".join(filler(30)), " ".join([*filler(20, 30), FACT]), " ".join(filler(30, 60)))
    return Corpus([making_once(*pages, embedder=EMBEDDER, keys=FakeKeys("~"))])


def best(ranking) -> str:
    index, unit = ranking.corpus.of_unit(int(np.argmax(ranking.units)))
    return text_of(index, unit)


def test_each_finder_finds_alone(corpus):
    heads = ask(corpus, QUESTION, queries=queries(9), use_words=False)
    meaning = ask(corpus, QUESTION, EMBEDDER, use_words=False)
    said = ask(corpus, QUESTION)
    for ranking in (heads, meaning):
        assert best(ranking) == FACT
        assert int(np.argmax(ranking.pages)) == 1
    assert heads.share[50] > 0.5
    assert heads.share.sum() == pytest.approx(1)
    assert (heads.cosine, meaning.share, said.cosine, said.share) == (None,) * 4
    assert meaning.cosine[50] == meaning.cosine.max() > 0.5
    # words know passages, no sentences
    assert said.units[50] == said.units.max() > said.units[0]
    assert int(np.argmax(said.pages)) == 1


def test_together_they_are_surer(corpus):
    together = ask(corpus, QUESTION, EMBEDDER, queries=queries(9))
    assert best(together) == FACT
    lead = np.sort(together.units)[-1] - np.sort(together.units)[-2]
    alone = ask(corpus, QUESTION, EMBEDDER, use_words=False)
    assert lead > np.sort(alone.units)[-1] - np.sort(alone.units)[-2] > 0
    assert together.best()[0] == 50
    assert sorted(together.best()) == list(range(corpus.units))


def test_nothing_to_look_with_ranks_all_alike(corpus):
    nothing = ask(corpus, QUESTION, use_words=False)
    assert not nothing.units.any()
    assert not nothing.pages.any()
    assert nothing.peak == 0


def test_an_amount_is_looked_for_where_digits_are(making):
    pages = ("The price list follows.", "| Pump | 1,204 | 988 |\n| Kiln | 77 | 12 |", "No price.")
    corpus = Corpus([making(*pages)])
    amount = ask(corpus, asked("How much did it cost?"))
    assert int(np.argmax(amount.pages)) == 1
    assert not ask(corpus, asked("Whose is it?")).pages.any()


def test_an_empty_corpus_is_ranked(making):
    for corpus in (Corpus([]), Corpus([making("", " ")])):
        ranking = ask(corpus, QUESTION, EMBEDDER, queries=queries(1))
        assert len(ranking.units) == 0
        assert found(ranking) == 0.0
        assert list(ranking.best()) == []


@pytest.mark.parametrize("text", ["!", "a", "A.", "…\n\n?"])
def test_a_document_of_hardly_anything_is_ranked(making, text):
    corpus = Corpus([making(text, embedder=EMBEDDER, keys=FakeKeys("~"))])
    ranking = ask(corpus, QUESTION, EMBEDDER, queries=queries(1))
    assert np.isfinite(ranking.units).all()
    assert 0 < found(ranking) < 1
    # beside one that has words
    two = Corpus([*corpus.indexes, making(FACT, embedder=EMBEDDER, keys=FakeKeys("~"))])
    assert best(ask(two, QUESTION, EMBEDDER, queries=queries(9))) == FACT


def test_what_is_asked_in_odd_ways_is_ranked(corpus):
    for text in ("?", "agent", "what is it about?", "第三四半期の売上高", "word " * 3000):
        ranking = ask(corpus, asked(text), EMBEDDER, queries=queries(1))
        assert np.isfinite(ranking.units).all()
        assert np.isfinite(ranking.pages).all()


def test_found_tells_a_question_that_is_answered_from_one_that_is_not(corpus):
    here = found(ask(corpus, QUESTION, EMBEDDER, queries=queries(9)))
    absent = asked("Which colour has the submarine's telescope?")
    nowhere = found(ask(corpus, absent, EMBEDDER, queries=queries(0)))
    assert here > FOUND > nowhere
    assert here > found(ask(corpus, QUESTION, EMBEDDER)) > nowhere


def test_a_document_scores_alike_beside_itself(making):
    """The order of documents decides nothing but between equals."""
    pages = [" ".join(filler(8)), f"{FACT} {' '.join(filler(5, 9))}"]
    one = making(pages[0], embedder=EMBEDDER, keys=FakeKeys("~"))
    two = making(pages[1], embedder=EMBEDDER, keys=FakeKeys("~"))
    ahead = ask(Corpus([one, two]), QUESTION, EMBEDDER, queries=queries(9))
    behind = ask(Corpus([two, one]), QUESTION, EMBEDDER, queries=queries(9))
    np.testing.assert_allclose(ahead.units[8:], behind.units[:6], rtol=1e-5)
    np.testing.assert_allclose(ahead.units[:8], behind.units[6:], rtol=1e-5)


def test_standard_scores():
    scores = standard(np.array([1.0, 2.0, 3.0]))
    assert (scores.mean(), scores.std()) == pytest.approx((0, 1))
    assert not standard(np.full(5, 3.3)).any()
    assert len(standard(np.zeros(0))) == 0
