"""The work of `citrus compare`, on a tiny random model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.documents import open_documents
from citrus_cli.errors import DocumentError, UsageError
from citrus_cli.evals import comparison as comparing
from citrus_cli.evals.comparison import compare
from citrus_cli.evals.methods import METHODS, PolicyMethod
from citrus_cli.events import Loading, Remembering

QUESTIONS = ["What happened?", "Why?"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("comparing") / "tiny"
    return str(make_model_folder(folder, max_position_embeddings=2048))


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "log.txt"
    path.write_text("".join(f"It rained on day {day}. Nothing else.\n" for day in range(20)))
    return path


def make_qa(model: str, **settings: object) -> DocumentQA:
    small = {"budget": 40, "chunk_size": 24, "max_answer_tokens": 6, "store": False}
    # a random model finds nothing, or anything
    settings = {"always_answer": True, **small, **settings}
    return DocumentQA(model, **settings)  # type: ignore[arg-type]


def test_every_method_answers_with_a_true_receipt(model, document):
    rows = list(compare(make_qa(model), [str(document)], QUESTIONS, list(METHODS)))
    order = [(row.policy, row.question) for row in rows]
    assert order == [(name, question) for name in METHODS for question in QUESTIONS]
    for row in rows:
        answer = row.answer
        assert answer is not None
        assert (row.failure, row.exit_code) == (None, 0)
        assert (answer.policy, answer.question) == (row.policy, row.question)
        assert answer.tokens_read == answer.documents[0].tokens > 600
        kept = 40 if METHODS[row.policy].budgeted else answer.tokens_read
        assert kept / 2 < answer.states_kept <= kept
        assert answer.budget == kept
        assert answer.seconds.answer > 0
        assert answer.peak_memory_bytes > 50_000_000
        assert {one.document for one in answer.evidence} == {str(document)}
        assert json.loads(json.dumps(row.to_dict()))["states_kept"] == answer.states_kept


@pytest.mark.parametrize("policy", ["citrus", "streaming"])
def test_a_policy_answers_as_for_ask(model, document, policy):
    asked = list(make_qa(model, policy=policy).ask_all(document, QUESTIONS))
    rows = list(compare(make_qa(model), [str(document)], QUESTIONS, [policy]))
    for expected, row in zip(asked, rows, strict=True):
        assert row.answer is not None
        for field in ("answer", "states_kept", "evidence", "kept", "claims", "documents"):
            assert getattr(row.answer, field) == getattr(expected, field)


def test_cited_pages_are_those_of_the_document(model, tmp_path, monkeypatch):
    """What was read afresh finds its way back to the page that it is from."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("It rained all day.\n" * 40)
    second.write_text("The red lantern hangs in the boathouse.\n")
    asked = "Where does the red lantern hang?"
    (row,) = compare(make_qa(model, budget=60), [str(first), str(second)], [asked], ["bm25"])
    assert row.answer is not None
    kept = {page.document: page.share for page in row.answer.kept}
    assert kept[str(second)] > 0.6
    assert any("lantern" in one.quote for one in row.answer.evidence)


def test_the_text_is_taken_once_for_all(model, document, monkeypatch):
    taken = []
    original = comparing._extract
    monkeypatch.setattr(comparing, "_extract", lambda *a: taken.append(a) or original(*a))
    events = []
    qa = make_qa(model, on_event=events.append)
    list(compare(qa, [str(document)], QUESTIONS, ["citrus", "full", "bm25"]))
    assert len(taken) == 1
    read = [event for event in events if isinstance(event, Remembering)]
    assert [*dict.fromkeys(event.method for event in read)] == ["citrus", "full", "bm25"]
    assert any(isinstance(event, Loading) and event.step == "answering" for event in events)


def test_a_text_beyond_what_the_model_knows_fails_full_attention_alone(model, tmp_path):
    long = tmp_path / "long.txt"
    long.write_text("It rained.\n" * 250)
    one, two = compare(make_qa(model), [str(long)], ["Why?"], ["full", "bm25"])
    assert one.answer is None
    assert one.exit_code == 2
    assert "tiny knows 2048" in (one.failure or "")
    assert one.to_dict() == {
        "policy": "full",
        "question": "Why?",
        "answer": None,
        "failure": one.failure,
    }
    assert two.answer is not None


def test_what_breaks_breaks_alone_and_is_reported(model, document, monkeypatch):
    original = PolicyMethod.remember

    def breaks(self, runner, text, instructions, settings):
        yield from original(self, runner, text, instructions[:1], settings)
        raise RuntimeError("the matrix is singular")

    monkeypatch.setattr(PolicyMethod, "remember", breaks)
    met: list[Exception] = []
    rows = list(
        compare(
            make_qa(model),
            [str(document)],
            QUESTIONS,
            ["citrus", "bm25"],
            on_unexpected=met.append,
        )
    )
    assert [row.answer is not None for row in rows] == [True, False, True, True]
    assert rows[1].failure == "unexpected RuntimeError: the matrix is singular"
    assert rows[1].exit_code == 1
    assert [str(error) for error in met] == ["the matrix is singular"]


def test_an_interrupted_answer_is_the_last_row(model, document, monkeypatch):
    qa = make_qa(model)
    qa.runner()

    def press(event):
        if type(event).__name__ == "Writing":
            raise KeyboardInterrupt

    qa.runner().on_event = press
    rows = compare(qa, [str(document)], QUESTIONS, ["citrus", "bm25"])
    first = next(rows)
    assert first.answer is not None
    assert not first.answer.complete
    with pytest.raises(KeyboardInterrupt):
        next(rows)


def test_documents_are_closed_whatever_happens(model, document, monkeypatch):
    closed = []

    def opened(*sources, **how):
        (one,) = open_documents(*sources, **how)
        close = one.close
        monkeypatch.setattr(one, "close", lambda: closed.append(one) or close())
        return [one]

    monkeypatch.setattr(comparing, "open_documents", opened)
    rows = compare(make_qa(model), [str(document)], QUESTIONS, ["citrus"])
    next(rows)
    rows.close()
    assert len(closed) == 1


def test_what_makes_no_sense_is_refused(model, document, tmp_path):
    qa = make_qa("no/such-model")
    with pytest.raises(UsageError, match=r"unknown policy 'fulll'; choose from .*standard"):
        list(compare(qa, [str(document)], QUESTIONS, ["citrus", "fulll"]))
    with pytest.raises(UsageError, match="no policy to compare; choose from"):
        list(compare(qa, [str(document)], QUESTIONS, []))
    with pytest.raises(UsageError, match="the question is empty"):
        list(compare(qa, [str(document)], ["  "], ["citrus"]))
    assert comparing.known(["bm25", "full", "bm25"]) == ("bm25", "full")
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    with pytest.raises(DocumentError, match=r"empty\.txt"):
        list(compare(make_qa(model), [str(empty)], QUESTIONS, ["citrus"]))
