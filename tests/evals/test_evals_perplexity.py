"""Perplexity: every token counted once, equal to transformers' own where nothing is evicted."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from tiny import FAMILIES, HEADS, QUESTION, build, text
from tiny_models import make_model_folder
from torch.nn import functional

from citrus_cli import DocumentQA
from citrus_cli.engine import head, reader
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.head import latest_rows
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.engine.policies import POLICIES, Citrus, Streaming
from citrus_cli.errors import MemoryLimitError, UsageError
from citrus_cli.evals.perplexity import measure as module
from citrus_cli.evals.perplexity.measure import PerplexityRow, block_stderr, perplexity, token_nll
from citrus_cli.run import Runner

SHARED = [name for name, policy in POLICIES.items() if policy.document_policy is None]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A tiny model with room for any policy's cache, and heads that need not be looked for."""
    folder = tmp_path_factory.mktemp("perplexity") / "tiny"
    made = make_model_folder(folder, max_position_embeddings=4096, initializer_range=0.2)
    runner = DocumentQA(str(made)).runner()
    runner.__dict__["heads"] = HEADS[1:]
    return runner


def own_loss(model, ids):
    """Each token's negative log likelihood by the model itself, all in one pass."""
    with torch.inference_mode():
        logits = model(torch.tensor([ids]), use_cache=False).logits[0, :-1]
    return functional.cross_entropy(logits.float(), torch.tensor(ids[1:]), reduction="none")


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_of_any_rows_are_the_models_own(family):
    model, ids = build(family), torch.tensor([text(40)])
    with torch.inference_mode(), latest_rows(model) as latest:
        whole = model(ids, use_cache=False).logits[0]
        for rows in (slice(0, 7), slice(30, 40), slice(0, 40)):
            torch.testing.assert_close(latest.logits(rows), whole[rows])
        torch.testing.assert_close(model(ids, use_cache=False).logits[0], whole)
    assert not model.base_model._forward_hooks
    assert "forward" not in model.base_model.__dict__


def test_an_error_in_the_head_leaves_the_model_as_it_was(llama, monkeypatch):
    base, forward = llama.model.base_model, llama.model.base_model.forward
    monkeypatch.setitem(base.__dict__, "forward", forward)  # as accelerate does
    with torch.inference_mode(), latest_rows(llama.model) as latest:
        llama.model(torch.tensor([text(9)]), use_cache=False)
        monkeypatch.setattr(llama.model.lm_head, "forward", None)
        with pytest.raises(TypeError):
            latest.logits(slice(0, 2))
    assert base.__dict__["forward"] == forward


@pytest.mark.parametrize("policy", SHARED)
@pytest.mark.parametrize("chunk", [1, 7, 50, 120, 500])
def test_what_fits_is_predicted_as_by_the_model_itself_whatever_the_chunk(llama, policy, chunk):
    ids = text(120)
    settings = ReadingSettings(120, chunk, answer_tokens=1)
    found = token_nll(llama, POLICIES[policy](), settings, QUESTION, ids)
    torch.testing.assert_close(found.float(), own_loss(llama.model, ids), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", ["granite", "cohere-interleaved", "gpt-neox-partial"])
def test_models_that_scale_their_logits(family):
    backbone, ids = Backbone(build(family)), text(60)
    settings = ReadingSettings(60, 16, answer_tokens=1)
    found = token_nll(backbone, Citrus(), settings, QUESTION, ids)
    expected = own_loss(backbone.model, ids)
    torch.testing.assert_close(found.float(), expected, rtol=1e-4, atol=1e-4)


def test_the_head_takes_rows_in_pieces(llama, monkeypatch):
    ids, settings = text(90), ReadingSettings(90, 32, answer_tokens=1)
    whole = token_nll(llama, Streaming(), settings, QUESTION, ids)
    sizes = []
    logits = head.LatestRows.logits

    def counted(self, rows):
        found = logits(self, rows)
        sizes.append(found.shape)
        return found

    monkeypatch.setattr(head.LatestRows, "logits", counted)
    monkeypatch.setattr(head, "LOGIT_BLOCK_BYTES", 5 * 4 * 256)
    # the sums are float64, what is summed float32: products of other shapes differ in the last bits
    pieces = token_nll(llama, Streaming(), settings, QUESTION, ids)
    torch.testing.assert_close(pieces, whole, rtol=1e-5, atol=1e-5)
    assert {rows for rows, _ in sizes} == {5, 2}
    assert sum(rows for rows, _ in sizes) == 89


@pytest.mark.parametrize("length", [97, 96, 33])
def test_streaming_predicts_from_sinks_the_recent_and_the_chunk(length):
    """One layer: a state knows its own token alone, so the kept tokens, read again, predict alike.

    Sixteen positions are all that the model knows; the text is many times longer.
    """
    model = build("llama", num_hidden_layers=1)
    ids, budget, chunk = text(length), 8, 8
    settings = ReadingSettings(budget, chunk, answer_tokens=1)
    found = token_nll(Backbone(model), Streaming(), settings, QUESTION, ids)
    expected = []
    held: list[int] = []
    for start in range(0, length, chunk):
        fresh = ids[start : start + chunk]
        following = ids[start + len(fresh) : start + len(fresh) + 1]
        losses = own_loss(model, held + fresh + following)
        first = len(held)
        expected.append(losses[first : first + len(fresh)])
        # what was there before is judged once the chunk has been read, the chunk is not
        held = (held if len(held) <= budget else held[:4] + held[4 - budget :]) + fresh
    torch.testing.assert_close(found.float(), torch.cat(expected), rtol=1e-4, atol=1e-4)


def test_running_out_of_memory_counts_no_token_twice(llama, monkeypatch):
    ids, settings = text(150), ReadingSettings(150, 64, answer_tokens=1)
    monkeypatch.setattr(reader, "MIN_CHUNK", 4)
    expected = own_loss(llama.model, ids)
    surprisal, failures = head.LatestRows.surprisal, []

    def failing(latest, targets):
        if len(targets) > 40:
            failures.append(len(targets))
            raise torch.OutOfMemoryError("out of memory")
        return surprisal(latest, targets)

    monkeypatch.setattr(head.LatestRows, "surprisal", failing)
    found = token_nll(llama, Streaming(), settings, QUESTION, ids)
    torch.testing.assert_close(found.float(), expected, rtol=1e-4, atol=1e-4)
    assert failures


def test_every_policy_gives_a_row_for_every_budget(runner):
    ids = text(700)
    names = [*POLICIES, "full"]
    progress = []
    rows = list(perplexity(runner, ids, names, [32, 64], 48, lambda *seen: progress.append(seen)))
    expected = [(name, budget) for name in POLICIES for budget in (32, 64)]
    assert [(row.policy, row.budget) for row in rows] == [*expected, ("full", 700)]
    assert {row.tokens for row in rows} == {699}
    assert all(math.isfinite(row.nll) and 0 < row.stderr < 1 for row in rows)
    assert all(row.perplexity == pytest.approx(math.exp(row.nll)) for row in rows)
    by_name = {(row.policy, row.budget): row for row in rows}
    # what an individual cache's document is read through knows no question
    assert by_name["citrus-individual", 64].nll == by_name["standard", 64].nll
    assert by_name["citrus", 32].nll != by_name["streaming", 32].nll
    assert by_name["citrus", 32].held == 32
    for name, budget in by_name:
        # what citrus-individual reads through is measured as standard, and the other way round
        if name not in ("citrus-individual", "standard", "full"):
            assert (name, budget, 700, 700) in progress


def test_the_curve_goes_past_the_models_window(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WINDOW", 100)
    made = make_model_folder(tmp_path / "tiny", max_position_embeddings=192)
    runner = DocumentQA(str(made)).runner()
    ids = text(1_050)
    streaming, full = perplexity(runner, ids, ["streaming", "full"], [16], 8, full_limit=900)
    assert streaming.tokens == 1_049
    assert [at for at, _ in streaming.windows] == list(range(1, 1_050, 100))
    weighted = sum(mean * min(100, 1_050 - at) for at, mean in streaming.windows)
    assert weighted / 1_049 == pytest.approx(streaming.nll)
    assert (full.tokens, full.budget, full.held) == (899, 900, 900)
    assert all(math.isfinite(mean) for row in (streaming, full) for _, mean in row.windows)
    with pytest.raises(UsageError, match=r"sees 192 positions, and streaming with a budget of 180"):
        perplexity(runner, ids, ["streaming"], [180], 8)


def test_full_is_what_the_model_itself_says_past_its_positions(tmp_path):
    made = make_model_folder(tmp_path / "tiny", max_position_embeddings=192)
    runner = DocumentQA(str(made)).runner()
    ids = text(400)
    (row,) = perplexity(runner, ids, ["full"], [], 64)
    expected = own_loss(runner.loaded.model, ids).mean()
    assert row.nll == pytest.approx(float(expected), abs=2e-3)
    assert row.budget == row.held == 400


def test_a_cache_that_does_not_fit_is_refused(runner, monkeypatch):
    monkeypatch.setattr(module, "free_memory", lambda device: 100_000)
    with pytest.raises(MemoryLimitError, match=r"full: the cache of 5\d\d\d states"):
        perplexity(runner, text(5_000), ["full"], [], 48)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"policies": ["h2o?"]}, "unknown policy 'h2o\\?'; choose of citrus, .*, full"),
        ({"budgets": [0]}, "at least 1"),
        ({"chunk_size": 0}, "at least 1"),
        ({"text": [5, 6]}, "a text of 2 tokens"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(runner, change, message):
    options = {"text": text(50), "policies": ["streaming"], "budgets": [16], "chunk_size": 8}
    with pytest.raises(UsageError, match=message):
        perplexity(runner, **{**options, **change})


def test_the_standard_error_knows_that_neighbours_are_alike():
    generator = torch.Generator().manual_seed(0)
    independent = torch.randn(16_384, generator=generator).double()
    assert block_stderr(independent) == pytest.approx(1 / 128, rel=0.2)
    repeated = independent[:1_024].repeat_interleave(16)  # no more is known than of 1,024
    assert block_stderr(repeated) == pytest.approx(1 / 32, rel=0.25)
    assert block_stderr(torch.tensor([1.0, 3.0])) == pytest.approx(1.0)


def test_a_rows_perplexity_has_an_error_too():
    row = PerplexityRow("streaming", 9, 99, 1.0, 0.1, math.e, ((1, 1.0),), 1.0, 9)
    assert row.perplexity_stderr == pytest.approx(0.1 * math.e)


def test_by_perplexity_evicting_looks_fine_on_the_real_model(smollm2):
    """A third of the states are kept, by no question: less than 0.3 nats per token are lost."""
    runner = smollm2.runner()
    source = Path(__file__).parents[2] / "sample_docs" / "manual.md"
    ids = runner.encoder.encode(source.read_text("utf-8"))[:768]
    streaming, full = perplexity(runner, ids, ["streaming", "full"], [256], 128)
    assert full.nll < streaming.nll < full.nll + 0.3
    assert 1 < full.nll < 4
