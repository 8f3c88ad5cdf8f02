"""DocumentQA over a tiny random model: the run, its receipt, and what goes wrong."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
import torch
import transformers
from tiny_models import find_heads, make_model_folder, make_tokenizer

from citrus_cli import (
    DocumentError,
    DocumentQA,
    MemoryLimitError,
    ModelError,
    UsageError,
    run,
)
from citrus_cli.engine.policies import POLICIES
from citrus_cli.events import Loading, Reading, Writing
from citrus_cli.models.tokenizer import TextStream
from citrus_cli.tokens import DocumentTokens

TEXT = "The harbour was calm. Nothing happened on day %d.\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("qa") / "tiny"
    return str(make_model_folder(folder, max_position_embeddings=2048))


@pytest.fixture(scope="module")
def heads(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find_heads(model, tmp_path_factory.mktemp("found"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heads: Path) -> Path:
    """An empty cache, but for the model's heads."""
    cache = tmp_path / "cache"
    shutil.copytree(heads, cache / "heads")
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(cache))
    return cache


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "log.txt"
    path.write_text("".join(TEXT % day for day in range(40)))
    return path


def make_qa(model: str, **settings) -> DocumentQA:
    small = {"budget": 40, "chunk_size": 24, "max_answer_tokens": 6, "policy": "citrus"}
    # a random model finds nothing, or anything
    return DocumentQA(model, **{"always_answer": True, **small, **settings})


@pytest.mark.parametrize("policy", POLICIES)
def test_the_receipt_is_true(model, document, policy):
    answer = make_qa(model, policy=policy).ask(document, "What happened?")
    assert answer.policy == policy
    assert (answer.budget, answer.chunk_size) == (40, 24)
    assert answer.states_kept == 40
    assert answer.documents[0].path == str(document)
    assert answer.documents[0].pages == 1
    assert answer.tokens_read == answer.documents[0].tokens > 1000
    assert 0 < answer.answer_tokens <= 6
    assert answer.device == "cpu"
    assert answer.quantization == "none"
    assert answer.peak_memory_bytes > 50_000_000
    assert answer.seconds.read > 0
    assert json.loads(json.dumps(answer.to_dict()))["documents"][0]["pages_without_text"] == []


def test_every_token_of_the_text_is_read(model, document):
    qa = make_qa(model)
    answer = qa.ask(document, "What happened?")
    cleaned = document.read_text().strip() + "\n\n"  # a page ends with a blank line
    assert answer.tokens_read == len(qa.runner().encoder.encode(cleaned))


def test_a_document_that_fits_keeps_every_state(model, tmp_path):
    short = tmp_path / "short.txt"
    short.write_text("It rained on Monday.\n")
    answer = make_qa(model).ask(short, "When did it rain?")
    assert answer.states_kept == answer.tokens_read < 40


def test_events_tell_what_happens(model, document):
    events = []
    answer = make_qa(model, on_event=events.append).ask(document, "What happened?")
    assert isinstance(events[0], Loading)
    readings = [e for e in events if isinstance(e, Reading)]
    assert readings[-1].tokens == answer.tokens_read
    assert readings[-1].fraction == 1.0
    assert [r.tokens for r in readings] == sorted(r.tokens for r in readings)
    written = "".join(e.text for e in events if isinstance(e, Writing))
    assert written
    assert answer.answer.startswith(written.strip())


def test_several_documents_are_named_to_the_model(model, tmp_path, monkeypatch):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("It rained on Monday.\n")
    seen = []
    qa = make_qa(model, budget=200)
    original = DocumentTokens._encode

    def encode(self, place, text):
        seen.append((place.document, text))
        return original(self, place, text)

    monkeypatch.setattr(DocumentTokens, "_encode", encode)
    answer = qa.ask([tmp_path / "a.txt", tmp_path / "b.txt"], "When?")
    assert [d.path for d in answer.documents] == [str(tmp_path / n) for n in ("a.txt", "b.txt")]
    assert "[a.txt]" in seen[0][1]
    assert any(index == 1 and "[b.txt]" in text for index, text in seen)
    assert answer.tokens_read == sum(d.tokens for d in answer.documents)


@pytest.mark.parametrize(
    "policy",
    ["citrus", "citrus-individual", "h2o", "streaming"],
)
def test_several_questions_equal_single_ones(model, document, policy):
    qa = make_qa(model, policy=policy)
    questions = ["What happened?", "Who was there on day 7?", "Why?"]
    together = [a.answer for a in qa.ask_all(document, questions)]
    alone = [qa.ask(document, question).answer for question in questions]
    assert together == alone


@pytest.mark.parametrize("policy", ["citrus-individual", "standard", "sirllm"])
def test_a_policy_that_asks_no_question_on_the_way_needs_one_reading(model, document, policy):
    qa = make_qa(model, policy=policy)
    first, second = qa.ask_all(document, ["What happened?", "Why?"])
    assert first.seconds.read > 0
    assert second.seconds.read == 0


def test_standard_input_is_a_document(model):
    stdin = io.BytesIO(b"It rained on Monday.\n" * 30)
    one, two = make_qa(model).ask_all("-", ["When?", "Why?"], stdin=stdin)
    assert one.tokens_read == two.tokens_read > 500


def test_an_interrupted_answer_is_given_as_far_as_it_came(model, document):
    def interrupt(event):
        if isinstance(event, Writing):
            raise KeyboardInterrupt

    answers = make_qa(model, on_event=interrupt).ask_all(document, ["What?", "Why?"])
    first = next(answers)
    assert not first.complete
    assert 1 <= first.answer_tokens < 6
    with pytest.raises(KeyboardInterrupt):
        next(answers)


@pytest.mark.parametrize("question", ["", "  \n"])
def test_an_empty_question_is_refused(model, document, question):
    with pytest.raises(UsageError, match="question is empty"):
        make_qa(model).ask(document, question)


def test_a_bad_document_is_refused_before_the_model_is_loaded(tmp_path):
    (tmp_path / "empty.txt").touch()
    with pytest.raises(DocumentError, match="empty"):
        DocumentQA("no-such-model").ask(tmp_path / "empty.txt", "What?")


@pytest.mark.parametrize(
    "settings", [{"budget": 0}, {"chunk_size": -1}, {"max_answer_tokens": 0}, {"policy": "magic"}]
)
def test_settings_that_make_no_sense_are_refused_at_once(settings):
    with pytest.raises(UsageError):
        DocumentQA(**settings)


@pytest.mark.parametrize("policy", ["citrus-reread", "citrus-heads-wide"])
def test_a_policy_of_before_is_said_to_be_gone(policy):
    with pytest.raises(UsageError, match=rf"policy {policy} is gone: index"):
        DocumentQA(policy=policy)


def test_what_ingest_was_called_is_said(model, document):
    with pytest.raises(UsageError, match=r"DocumentQA\.index"):
        make_qa(model).ingest(document, dtype="int8")


def test_a_budget_beyond_the_models_positions_is_refused(model, document):
    with pytest.raises(UsageError, match="2048 positions"):
        make_qa(model, budget=2100).ask(document, "What?")


def test_a_cache_that_does_not_fit_is_refused_with_the_numbers(model, document, monkeypatch):
    monkeypatch.setattr(run, "free_memory", lambda device: 1000)
    with pytest.raises(MemoryLimitError, match="--budget"):
        make_qa(model).ask(document, "What?")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("no room"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte"),
        MemoryError("no room"),
    ],
)
@pytest.mark.parametrize("place", ["backbone.Backbone.forward", "states.StateCache.__init__"])
def test_running_out_of_memory_is_one_clear_error(model, document, monkeypatch, error, place):
    def fail(self, *args):
        raise error

    qa = make_qa(model)
    qa.runner()
    monkeypatch.setattr(f"citrus_cli.engine.{place}", fail)
    with pytest.raises(MemoryLimitError, match="ran out of memory"):
        qa.ask(document, "What?")


@pytest.mark.parametrize(
    ("name", "sizes", "reason"),
    [
        ("Bloom", {"hidden_size": 64, "n_head": 4, "n_layer": 2}, "attention"),
        (
            "OPT",
            {"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "ffn_dim": 96},
            "rotary",
        ),
    ],
)
def test_a_model_that_cannot_be_served_is_refused_by_name(tmp_path, document, name, sizes, reason):
    folder = make_model_folder(tmp_path / "another-kind")
    config = getattr(transformers, f"{name}Config")(vocab_size=260, **sizes)
    getattr(transformers, f"{name}ForCausalLM")(config).save_pretrained(folder)
    with pytest.raises(ModelError, match=rf"another-kind cannot be served.*{reason}"):
        make_qa(str(folder)).ask(document, "What?")


@pytest.mark.parametrize("text", ["naïve – 5 €", "日本語", "plain"])
def test_streamed_pieces_make_the_text(text):
    tokenizer = make_tokenizer()  # one token for each byte
    stream = TextStream(tokenizer)
    ids = tokenizer.encode(text, add_special_tokens=False)
    pieces = [stream.push(token) for token in ids]
    assert "".join(pieces) == stream.text == text
    assert all("\ufffd" not in piece for piece in pieces)


def test_bytes_that_are_no_character_do_not_stop_the_stream():
    tokenizer = make_tokenizer()
    broken = tokenizer.encode("é", add_special_tokens=False)[:1]
    stream = TextStream(tokenizer)
    assert "".join(stream.push(token) for token in broken * 8)


def test_heads_are_found_at_first_use_and_remembered(tmp_path, monkeypatch):
    own_cache = tmp_path / "empty"
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(own_cache))
    folder = str(make_model_folder(tmp_path / "roomy", max_position_embeddings=4096))
    steps = []

    def listen(event):
        if isinstance(event, Loading) and "heads" in event.step:
            steps.append(event.step)

    first = make_qa(folder, on_event=listen).runner().heads
    assert len(steps) == 12
    (remembered,) = (own_cache / "heads").iterdir()
    heads = json.loads(remembered.read_text())["heads"]
    assert len(heads) == len({tuple(head) for head in heads}) == 8  # all that there are
    steps.clear()
    second = make_qa(folder, on_event=listen).runner().heads
    assert not steps
    assert second == first
    remembered.write_text("{")  # damaged: found again, not an error
    assert make_qa(folder, on_event=listen).runner().heads == first
    assert len(steps) == 12


def test_what_the_package_exports_can_be_imported() -> None:
    import citrus_cli

    for name in citrus_cli.__all__:
        assert getattr(citrus_cli, name) is not None
        assert name in dir(citrus_cli)
    with pytest.raises(AttributeError, match="no attribute 'Anwser'"):
        citrus_cli.Anwser  # noqa: B018
