"""What the benchmarks compare with is what they say it is."""

from __future__ import annotations

import pytest
import torch
from tiny import QUESTION, text
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.engine.reader import Reading
from citrus_cli.errors import UsageError
from citrus_cli.evals import large, speed
from citrus_cli.evals.bench import Bench, Settings
from citrus_cli.evals.passkey import passkey, passkey_tokens
from citrus_cli.evals.two_pass import TwoPassReader


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
    results = list(passkey(smollm2.runner(), policies, [1_500], 256, 256, trials=3, seed=1))
    found = {result.policy: result.found for result in results}
    assert found["citrus-heads"] == found["citrus-heads-individual"] == 3
    assert found["streaming"] <= 1


def test_speeds_are_measured_on_the_same_work(tmp_path):
    folder = str(make_model_folder(tmp_path / "tiny"))
    runner = DocumentQA(folder, policy="citrus").runner()
    reading = speed.reading_speed(runner, budget=40, chunk_size=24, rounds=2)
    assert reading.of_bare_forward == reading.bare_seconds / reading.citrus_seconds > 0
    assert reading.over_two_pass == reading.two_pass_seconds / reading.citrus_seconds > 0
    full = speed.against_full_attention(runner, 200, budget=40, chunk_size=24, answer_tokens=4)
    assert full.ratio == full.full_seconds / full.citrus_seconds > 0
