"""What the benchmarks compare with is what they say it is, and their results are kept."""

from __future__ import annotations

import json

import pytest
import torch
from tiny import QUESTION, text
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.bench.sections import Figure
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.reader import Reading
from citrus_cli.evals.methods import METHODS
from citrus_cli.evals.runs.task import Scope, cells
from tests.benchmarks import kills, large, plan, results
from tests.benchmarks.__main__ import main
from tests.benchmarks.two_pass import TwoPassReader, over_two_pass


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
    model = large.random_nf4_model(shape, torch.device("cpu"))
    assert type(model.model.layers[0].mlp.up_proj).__name__ == "Linear4bit"
    backbone = Backbone(model)
    run = large.read_large(backbone, 300, budget=64, chunk_size=32)
    assert run.tokens == 300
    assert run.tokens_per_second > 0
    assert large.read_large_full(backbone, 300).way == "full attention"


def test_two_passes_are_timed(tmp_path):
    folder = str(make_model_folder(tmp_path / "tiny"))
    runner = DocumentQA(folder, policy="citrus").runner()
    assert over_two_pass(runner, budget=40, chunk_size=24, rounds=2) > 0


@pytest.mark.parametrize("test", [kills.batch_kills, kills.ingest_kills])
def test_kills_lose_and_double_nothing(roomy, monkeypatch, test):
    monkeypatch.setattr(kills, "DOCUMENT_TOKENS", 200)
    monkeypatch.setenv("CITRUS_FIND", "heads,words")
    monkeypatch.setenv("CITRUS_BUDGET", "40")
    monkeypatch.setenv("CITRUS_CHUNK_SIZE", "48")
    assert test(roomy, 1) == kills.Kills(1, lost=0, doubled=0)


def test_rows_measured_again_replace_those_of_before(tmp_path):
    command = "python -m tests.benchmarks facts"
    for of, value in (("citrus | 2k", "1/12"), ("full", "5/12"), ("citrus | 2k", "2/12")):
        results.add([results.Row.of(Figure("facts", of, value), command)], tmp_path)
    rows = results.read(tmp_path)
    assert [(row.what, row.value) for row in rows] == [("citrus | 2k", "2/12"), ("full", "5/12")]
    table = (tmp_path / "figures.md").read_text("utf-8")
    assert f"| citrus / 2k | 2/12 |  | `{command}` |" in table
    assert rows[0].machine in table


def test_the_command(roomy, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "cache"))
    assert main(["--list"]) == 0
    assert {"startup", "claims", "facts", "passkey"} <= set(capsys.readouterr().out.split())
    assert main(["nothing"]) == 2
    small = ("--model", roomy, "--results", str(tmp_path), "--budget", "40", "--chunk-size", "24")
    assert main(["two-pass", "--rounds", "1", *small]) == 0
    (row,) = results.read(tmp_path)
    assert row.section == "two-pass"
    assert row.command.startswith("python -m tests.benchmarks two-pass --rounds 1 --model ")


def test_a_part_of_the_plan(roomy, tmp_path, monkeypatch):
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "cache"))
    questions = tmp_path / "small.jsonl"
    rows = [{"text": "It rained. " * 60, "questions": ["When?"], "answers": ["On Monday"]}]
    questions.write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setattr("tests.benchmarks.plan.PEERS", ("streaming",))
    assert (
        main(["small", "--model", roomy, "--sets", str(questions), "--results", str(tmp_path)]) == 0
    )
    figures = {row.what: row.value for row in results.read(tmp_path)}
    assert any(what.startswith("streaming, 512 states") for what in figures)


def test_the_plan_compares_every_policy() -> None:
    parts = plan.parts([])
    compared = {name for part in parts for name in part.policies}
    assert compared == set(METHODS)
    assert len({part.name for part in parts}) == len(parts)
    for part in parts:  # every part can be made
        made = cells(part.policies, part.budgets)
        assert part.make(Scope(made, 256)).units()
