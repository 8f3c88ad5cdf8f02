"""Latency's rows are complete and agree with themselves; how fast anything is, no test says."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace

import pytest
import torch
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.errors import CitrusError, MemoryLimitError, ModelError, UsageError
from citrus_cli.evals.latency import process
from citrus_cli.evals.latency.measure import LatencyRow, latency
from citrus_cli.evals.latency.process import Job, Measured
from citrus_cli.run import Runner
from citrus_cli.settings import Settings

SIZES = {"budget": 64, "chunk_size": 48, "answer_tokens": 5}
RATIOS = ("reading_ratio", "first_token_ratio", "answer_ratio", "peak_ratio")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = tmp_path_factory.mktemp("latency") / "tiny"
    return str(make_model_folder(made, max_position_embeddings=4096))


@pytest.fixture(scope="module")
def runner(folder: str) -> Runner:
    return DocumentQA(folder).runner()


def check(row: LatencyRow, full: LatencyRow) -> None:
    """Every figure is there, and follows from the others."""
    assert row.missing == ""
    values = asdict(row)
    values.pop("budget")
    assert None not in values.values()
    assert min(value for value in values.values() if not isinstance(value, str)) > 0
    assert row.first_token_seconds > row.read_seconds
    assert row.read_tokens_per_second == pytest.approx(row.tokens / row.read_seconds)
    assert row.before_bytes <= row.peak_bytes
    assert row.reading_ratio == row.read_tokens_per_second / full.read_tokens_per_second
    assert row.first_token_ratio == full.first_token_seconds / row.first_token_seconds
    assert row.answer_ratio == row.answer_tokens_per_second / full.answer_tokens_per_second
    assert row.peak_ratio == row.peak_bytes / full.peak_bytes


def test_a_process_for_each_row(folder):
    seen = []
    settings = Settings(model=folder)
    rows = list(
        latency(settings, ["citrus", "full"], [300], **SIZES, on_progress=lambda *s: seen.append(s))
    )
    assert [(row.method, row.budget) for row in rows] == [("full", None), ("citrus", 64)]
    assert seen == [("full", 300), ("citrus", 300)]
    for row in rows:
        check(row, rows[0])
        assert (row.tokens, row.chunk_size, row.answer_tokens) == (300, 48, 5)
    assert [getattr(rows[0], name) for name in RATIOS] == [1, 1, 1, 1]


def test_full_attention_comes_first_at_every_length(runner):
    methods = ["streaming", "citrus-individual"]
    rows = list(latency(runner, methods, [200, 600], **SIZES, text="It rained. ", rounds=2))
    assert [(row.method, row.tokens) for row in rows] == [
        (method, tokens) for tokens in (200, 600) for method in ("full", *methods)
    ]
    for row, full in zip(rows, [rows[0]] * 3 + [rows[3]] * 3, strict=True):
        check(row, full)
    small, large = (row.cache_bytes for row in rows if row.method == "full")
    # 400 more keys and values in two layers, two heads of 16 dimensions each; in bfloat16, or where
    # the processor has none in float32
    assert large - small == 400 * 2 * 2 * 2 * 16 * runner.loaded.dtype.itemsize
    streaming = [row.cache_bytes for row in rows if row.method == "streaming"]
    assert streaming[0] == streaming[1]  # memory that does not grow


def test_full_attention_reads_and_answers_as_generate_does(runner, monkeypatch):
    """Its steps are those of transformers' own `generate`, token by token."""
    ids, instruction = list(range(5, 150)), runner.instruction(process.QUESTION)
    model, prompt = runner.loaded.model, [*runner.prompt.prefix, *ids, *instruction.ids]
    batch = torch.tensor([prompt])
    expected = model.generate(
        batch, attention_mask=torch.ones_like(batch), do_sample=False, min_new_tokens=6,
        max_new_tokens=6, pad_token_id=0, eos_token_id=None,
    )  # fmt: skip
    inputs = []
    hook = model.register_forward_pre_hook(
        lambda module, args, options: inputs.append(args[0][0].tolist()), with_kwargs=True
    )
    process._full(runner, ids, instruction, ReadingSettings(64, 48, 6))
    hook.remove()
    assert [token for step in inputs for token in step] == expected[0].tolist()[:-1]
    assert [len(step) for step in inputs[2:]] == [1] * 5


def test_why_full_attention_is_missing(runner, monkeypatch):
    full, citrus = latency(runner, ["citrus"], [400], **SIZES, full_limit=399)
    assert full.missing == "full attention is measured up to 399 tokens"
    assert full.read_seconds is full.peak_bytes is full.peak_ratio is None
    assert citrus.missing == ""
    assert citrus.read_seconds > 0
    assert [getattr(citrus, name) for name in RATIOS] == [None] * 4
    monkeypatch.setattr(process, "free_memory", lambda device: 1_000_000)
    full, citrus = latency(runner, ["citrus"], [4_000], **SIZES)
    assert "beside the model, and cpu has 1 MB free" in full.missing
    assert citrus.read_seconds > 0


def test_a_job_survives_its_way_to_the_process(folder):
    job = Job(Settings(model=folder), "citrus", 9, ReadingSettings(8, 4, 2), (5, 6, 7), 2)
    assert Job.from_json(job.to_json()) == job
    spoken = replace(job, text="naïve – “text”\n")
    assert Job.from_json(spoken.to_json()) == spoken


class Done:
    """What `subprocess.run` gives back."""

    def __init__(self, code: int, out: str = "", err: str = "") -> None:
        self.returncode, self.stdout, self.stderr = code, out, err


@pytest.mark.parametrize(
    ("done", "kind", "message"),
    [
        (Done(-9), MemoryLimitError, "killed"),
        (Done(137), MemoryLimitError, "killed"),
        (Done(1, "", "Traceback\nValueError: no"), CitrusError, "over 9 tokens failed: ValueErr"),
        (Done(0, "", ""), CitrusError, "exit code 0"),
        (Done(0, 'noise\n{"error": "no such model", "exit_code": 4}\n'), ModelError, "no such"),
        (Done(0, '{"error": "too much", "exit_code": 5}\n'), MemoryLimitError, "too much"),
    ],
)
def test_what_a_process_says_when_it_fails(monkeypatch, done, kind, message):
    monkeypatch.setattr(process.subprocess, "run", lambda *args, **options: done)
    job = Job(Settings(), "citrus", 9, ReadingSettings(8, 4, 2), "text", 1)
    with pytest.raises(kind, match=message) as error:
        process.in_own_process(job)
    assert type(error.value) is kind


def test_a_process_that_is_killed_is_a_row_that_says_so(monkeypatch):
    """And the other rows are measured."""
    found = Measured(2.0, 3.0, 7.0, 10, 20, 30)

    def run(job: Job) -> Measured:
        if job.method == "full" and job.tokens == 200:
            raise MemoryLimitError("the process was killed")
        return found

    monkeypatch.setattr("citrus_cli.evals.latency.measure.in_own_process", run)
    rows = list(latency(Settings(), ["citrus"], [100, 200], **SIZES))
    assert [row.missing for row in rows] == ["", "", "the process was killed", ""]
    assert rows[1].read_tokens_per_second == 50
    assert rows[1].answer_tokens_per_second == 1  # four more tokens in four seconds
    assert rows[3].first_token_seconds == 3
    assert rows[3].first_token_ratio is None


def test_a_process_says_what_it_cannot_do(tmp_path, monkeypatch, capsys):
    job = Job(Settings(model=str(tmp_path / "none")), "citrus", 9, ReadingSettings(8, 4, 2), "t", 1)
    monkeypatch.setattr(process.sys, "stdin", io.StringIO(job.to_json()))
    process._main()
    found = json.loads(capsys.readouterr().out)
    assert str(tmp_path / "none") in found["error"]
    assert found["exit_code"] == ModelError.exit_code


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["bm52"]}, "unknown method 'bm52'; choose of citrus, .*full"),
        ({"lengths": [100, 0]}, "at least 1"),
        ({"rounds": 0}, "at least 1"),
        ({"answer_tokens": 1}, "two tokens"),
        ({"text": ""}, "empty"),
        ({"text": []}, "empty"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_loaded(change, message):
    options = {"methods": ["citrus"], "lengths": [100], **SIZES, **change}
    with pytest.raises(UsageError, match=message):
        latency(Settings(model="/nowhere"), **options)
