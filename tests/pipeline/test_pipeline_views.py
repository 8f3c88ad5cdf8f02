"""`--policy index`: what is found is read afresh, alone; asking changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_index import HEADS

from citrus_cli import DocumentQA, run
from citrus_cli.documents import open_documents
from citrus_cli.engine.retrieval import Head, Retrieval
from citrus_cli.library.library import Library
from citrus_cli.pipeline.indexes import Indexes
from citrus_cli.pipeline.views import IndexedDocuments
from citrus_cli.run import Runner

FACT = "The escrow agent is Lockhart Repository."
QUESTION = "Who is the escrow agent?"


def make_qa(model: Path, **settings) -> DocumentQA:
    small = {"budget": 200, "max_answer_tokens": 6, "evidence": False}
    return DocumentQA(str(model), policy="index", always_answer=True, **small, **settings)


@pytest.fixture(scope="module")
def runner(original: Path) -> Runner:
    """The heads are given: to find them takes seconds."""
    heads = tuple(Head(layer, head) for layer, head in HEADS.heads)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "known_retrieval", lambda loaded: Retrieval(heads, 0.5))
        loaded = make_qa(original).runner()
        assert loaded.heads == heads
        return loaded


@pytest.fixture
def qa(original: Path, runner: Runner, embedder) -> DocumentQA:
    made = make_qa(original)
    made._runner = runner
    return made


@pytest.fixture
def kept(qa, folder):
    """kept(*questions) → what is kept for them, of all three documents."""
    with Indexes(qa.runner().tools(), (None, None), None) as indexes:
        documents = open_documents([folder])
        of = IndexedDocuments(qa.runner(), documents, indexes)
        yield lambda *questions: of.keep([qa.runner().instruction(one) for one in questions])


def origins_of(made, at: int = 0) -> list[int]:
    (origins, *others) = made.bases[at].origins()
    assert all(one == origins for one in others)
    return origins


def test_origins_ascend_and_are_what_was_found(kept, folder):
    made = kept(QUESTION)
    origins = origins_of(made)
    assert 0 < len(origins) <= 200
    assert origins == sorted(set(origins))
    pages = [page for name in "abc" for page in (folder / f"{name}.txt").read_text().split("\f")]
    assert made.tokens_read == sum(one.tokens for one in made.documents) > origins[-1]
    # tokens are letters here: the origins spell the fact
    places = [made.pages.place(one) for one in origins]
    assert (1, 2) in {(place.document, place.page) for place in places}
    pieces = {made.text.piece(one) for one in origins}
    said = "".join(made.text.text(piece) for piece in sorted(pieces, key=lambda p: p.start))
    assert FACT in said
    assert all(made.text.text(piece).strip() in "".join(pages) for piece in pieces)
    assert len(made.bases) == 1
    assert 0 < made.bases[0].found() < 1


def test_questions_together_are_as_apart(kept):
    questions = (QUESTION, "Who looked after the harbour?", "Summarize the text.")
    together = kept(*questions)
    for at, one in enumerate(questions):
        alone = kept(one)
        ours, theirs = together.bases[at], alone.bases[0]
        assert ours.size == theirs.size > 0
        assert ours.origins() == theirs.origins()
        assert ours.found() == theirs.found()
        assert ours.write(8, (), lambda token: None) == theirs.write(8, (), lambda token: None)


def test_asking_again_gives_the_same_from_the_index(qa, folder, original, runner):
    first = qa.ask(folder, QUESTION)
    second = qa.ask(folder, QUESTION)
    unkept = make_qa(original, store=False)
    unkept._runner = runner
    fresh = unkept.ask(folder, QUESTION)
    assert len(Library().entries()) == 3
    for other in (second, fresh):
        assert other.answer == first.answer
        assert other.states_kept == first.states_kept
        assert other.documents == first.documents
    assert first.tokens_read == sum(one.tokens for one in first.documents)
