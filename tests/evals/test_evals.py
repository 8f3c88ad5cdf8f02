"""What the benchmarks compare with is what they say it is."""

from __future__ import annotations

import json

import pytest
import torch
from tiny import QUESTION, text
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.engine.reader import Reading
from citrus_cli.errors import UsageError
from citrus_cli.evals import kills, large, speed, stored
from citrus_cli.evals.bench import Bench, Settings
from citrus_cli.evals.passkey import passkey, passkey_tokens
from citrus_cli.evals.two_pass import TwoPassReader


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model with room for two caches' worth of positions."""
    folder = tmp_path_factory.mktemp("evals") / "tiny"
    return str(make_model_folder(folder, max_position_embeddings=4096))


def test_two_passes_keep_what_one_pass_keeps(llama, read, monkeypatch):
    """The baseline does the same work: position-free keys of its cache equal ours, one by one."""
    ids, chunk = text(400), 16
    reader = TwoPassReader(llama, 48, QUESTION.ids)
    with llama.attached():
        for start in range(0, len(ids), chunk):
            reader.step(torch.tensor(ids[start : start + chunk]))
    monkeypatch.setattr(Reading, "_close", lambda self: None)
    ours = read(llama, ids, budget=48, chunk=chunk).caches[0]
    assert reader.length == ours.length == 48 + chunk
    for layer in range(llama.layers):
        theirs = reader.keys[layer]
        torch.testing.assert_close(
            ours.keys[layer, :, :, : ours.length], theirs, rtol=1e-3, atol=1e-3
        )


@pytest.mark.parametrize("depth", [0.1, 0.5, 0.9])
def test_the_passkey_lies_at_its_depth_once(depth):
    filler, needle = [7] * 19, [1, 2, 3]
    ids = passkey_tokens((filler, needle), 1000, depth)
    assert abs(len(ids) - 1000) < 25
    assert ids.count(2) == 1
    assert abs(ids.index(1) / len(ids) - depth) < 0.03


def test_a_large_shape_is_made_in_nf4_and_reads():
    shape = {
        **large.LLAMA_8B,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "vocab_size": 500,
    }
    from citrus_cli.engine.backbone import Backbone

    model = large.random_nf4_model(shape, torch.device("cpu"))
    assert type(model.model.layers[0].mlp.up_proj).__name__ == "Linear4bit"
    backbone = Backbone(model)
    run = large.read_large(backbone, 300, budget=64, chunk_size=32)
    assert run.tokens == 300
    assert run.tokens_per_second > 0
    assert large.read_large_full(backbone, 300).way == "full attention"


def test_an_unknown_section_is_refused():
    with pytest.raises(UsageError, match="startup, reading"):
        list(Bench(Settings("smollm2")).run(("speed",)))


def test_passkeys_are_found_by_the_question_and_lost_without_it(smollm2):
    """Information neglect on the real model: the same budget, the same text."""
    policies = ("citrus-heads", "citrus-heads-individual", "streaming")
    # two depths, both further from the end than what streaming keeps
    results = list(passkey(smollm2.runner(), policies, [640], 96, 160, trials=2, seed=1))
    found = {result.policy: result.found for result in results}
    assert found == {"citrus-heads": 2, "citrus-heads-individual": 2, "streaming": 0}


def test_speeds_are_measured_on_the_same_work(tmp_path):
    folder = str(make_model_folder(tmp_path / "tiny"))
    runner = DocumentQA(folder, policy="citrus").runner()
    reading = speed.reading_speed(runner, budget=40, chunk_size=24, rounds=2)
    assert reading.of_bare_forward == reading.bare_seconds / reading.citrus_seconds > 0
    assert reading.over_two_pass == reading.two_pass_seconds / reading.citrus_seconds > 0
    full = speed.against_full_attention(runner, 200, budget=40, chunk_size=24, answer_tokens=4)
    assert full.ratio == full.full_seconds / full.citrus_seconds > 0


def test_one_reading_for_many_questions_is_measured(roomy):
    runner = DocumentQA(roomy, policy="citrus-individual", budget=40, chunk_size=48).runner()
    runs = list(stored.many_questions(runner, 200, (1, 3)))
    assert [run.questions for run in runs] == [1, 3]
    assert runs[0].tokens == runs[1].tokens > 200
    assert all(run.seconds > 0 for run in runs)


def test_the_store_is_measured(roomy):
    runner = DocumentQA(roomy, policy="citrus-individual", budget=40, chunk_size=48).runner()
    times = stored.store_times(runner, 400, rounds=1)
    states = 2 * runner.backbone.layers * runner.backbone.kv_heads * runner.backbone.head_dim
    assert times.bytes_per_token == pytest.approx(states * runner.backbone.dtype.itemsize, rel=0.3)
    assert min(times.read_seconds, times.ingest_seconds, times.ask_seconds) > 0


def test_stored_answers_are_compared_with_those_of_a_reading(roomy, tmp_path):
    runner = DocumentQA(
        roomy, policy="citrus-individual", budget=40, chunk_size=48, max_answer_tokens=6
    ).runner()
    questions = tmp_path / "set.jsonl"
    rows = [{"text": "It rained.\n" * 99, "questions": ["When?", "Why?", "Who?"]}] * 2
    questions.write_text("\n".join(map(json.dumps, rows)))
    (exact, rounded) = stored.agreement(runner, questions, ("auto", "int8"), limit=2)
    assert (exact.questions, exact.same) == (4, 4)
    assert 0 <= rounded.same <= 4
    with pytest.raises(UsageError, match=r"missing\.jsonl"):
        list(stored.agreement(runner, tmp_path / "missing.jsonl", ("auto",), limit=2))


@pytest.mark.parametrize("test", [kills.batch_kills, kills.ingest_kills])
def test_kills_lose_and_double_nothing(roomy, monkeypatch, test):
    monkeypatch.setattr(kills, "DOCUMENT_TOKENS", 200)
    monkeypatch.setenv("CITRUS_POLICY", "citrus-individual")
    monkeypatch.setenv("CITRUS_BUDGET", "40")
    monkeypatch.setenv("CITRUS_CHUNK_SIZE", "48")
    assert test(roomy, 1) == kills.Kills(1, lost=0, doubled=0)
