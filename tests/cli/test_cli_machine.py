"""`citrus doctor` and `citrus models`, with machines made up for the purpose."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_harness import Citrus
from cli_terminal import TERMINAL, run

from citrus_cli.cli import models as models_command
from citrus_cli.cli.doctor import command as doctor
from citrus_cli.errors import ModelError
from citrus_cli.events import Fetching
from citrus_cli.models import embedders, sources
from citrus_cli.models.catalogue import CATALOGUE, DEFAULT_MODEL
from citrus_cli.models.doctor import Device, Facts, Fit, Problem
from citrus_cli.models.embedders import DEFAULT_EMBEDDER, EMBEDDERS, EmbedderFiles

GB = 10**9


def fit(model: str, quantization: str, needed: float, parameters: int, **changes: Any) -> Fit:
    values = {
        "model": model,
        "quantization": quantization,
        "needed_bytes": int(needed * GB),
        "fits": needed <= 8,
        "is_here": model == DEFAULT_MODEL,
        "licence": "MIT",
        "parameters": parameters,
        "note": "needs the hub",
    }
    return Fit(**{**values, **changes})


FACTS = Facts(
    python="3.12.1",
    system="Linux 6.1 (x86_64)",
    cpu_cores=8,
    cpu_features=("avx2", "avx512f"),
    packages={"torch": "2.9.0", "pypdf": "6.0", "bitsandbytes": "0.50"},
    devices=(
        Device("cpu", "Some \x1b[31mprocessor", 16 * GB, 8 * GB, "float32", True),
        Device("mps", "Other", GB, GB, "bfloat16", False),
    ),
    cache_folder="/home/someone/.cache/citrus",
    cache_bytes=98_000_000,
    cache_writable=True,
    disk_free_bytes=40 * GB,
    budget=768,
    chunk_size=256,
    fits=tuple(
        fit(model, quantization, needed, parameters)
        for model, parameters, needs in (
            (DEFAULT_MODEL, 135_000_000, (0.2, 0.3, 0.4)),
            ("middle-3b", 3_000_000_000, (2.0, 3.5, 7.5)),
            ("large-7b", 7_000_000_000, (5.0, 8.5, 15.5)),
        )
        for quantization, needed in zip(("4bit", "8bit", "none"), needs, strict=True)
    ),
    problems=(),
)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Facts]:
    """The machine that the doctor examines; a test may put another in its place."""
    holder = {"facts": FACTS}
    monkeypatch.setattr(doctor, "quiet_libraries", lambda: None)
    monkeypatch.setattr(doctor, "collect_facts", lambda: holder["facts"])
    return holder


def test_the_report(citrus: Citrus, machine: dict[str, Facts]) -> None:
    result = citrus("doctor")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert "  8 processor cores (avx2, avx512f)" in lines
    assert (
        "  cpu: Some processor, 8.0 GB free of 16.0 GB, computes in float32; --device auto picks it"
    ) in lines
    assert "  mps: Other, 1.0 GB free of 1.0 GB, computes in bfloat16" in lines
    assert "  98 MB used, 40.0 GB free on disk" in lines
    table = [line.split() for line in lines]
    assert [DEFAULT_MODEL, "200", "MB", "300", "MB", "400", "MB", "yes"] in table
    assert ["large-7b", "5.0", "GB", "(8.5", "GB)", "(15.5", "GB)", "no"] in table
    assert "  in brackets: does not fit" in lines
    assert "Problems" not in lines


def test_the_models_that_fit_are_recommended_largest_first(
    citrus: Citrus, machine: dict[str, Facts]
) -> None:
    def ready() -> list[str]:
        return citrus("doctor").stdout.partition("\nReady\n")[2].splitlines()

    assert ready() == [
        "  citrus ask SOURCE QUESTION: 400 MB, MIT, here",
        "  citrus ask -m middle-3b SOURCE QUESTION: 7.5 GB, MIT, needs the hub",
    ]
    gpu = replace(FACTS.devices[0], name="cuda:0")
    machine["facts"] = replace(FACTS, devices=(gpu,))
    assert ready() == [
        "  citrus ask SOURCE QUESTION: 200 MB, MIT, here",
        "  citrus ask -m large-7b SOURCE QUESTION: 5.0 GB, MIT, needs the hub",
        "  citrus ask -m middle-3b SOURCE QUESTION: 2.0 GB, MIT, needs the hub",
    ]


def test_json(citrus: Citrus, machine: dict[str, Facts]) -> None:
    result = citrus("doctor", "--json")
    value = json.loads(result.stdout)
    assert (value["can_answer"], value["in_the_way"]) == (True, [])
    assert value["devices"][0]["free_bytes"] == 8 * GB
    assert len(value["fits"]) == len(FACTS.fits)
    assert value["packages"] == FACTS.packages
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"packages": {"torch": "2.9.0", "pypdf": None}}, "pypdf is not installed"),
        (
            {"fits": tuple(replace(one, fits=False) for one in FACTS.fits)},
            "the default model needs 200 MB of memory",
        ),
        (
            {
                "cache_writable": False,
                "fits": tuple(replace(one, is_here=False) for one in FACTS.fits),
            },
            "the default model cannot be put into the cache folder",
        ),
        (
            {"problems": (Problem("a file is damaged",
                                  f"citrus models pull --force {DEFAULT_MODEL}"),)},
            "a file is damaged",
        ),
    ],
)  # fmt: skip
def test_what_keeps_the_default_model_from_answering(
    citrus: Citrus, machine: dict[str, Facts], changes: dict[str, Any], says: str
) -> None:
    machine["facts"] = replace(FACTS, **changes)
    result = citrus("doctor")
    assert result.exit_code == 1
    assert f"  {says}" in result.stdout.partition("Not ready\n")[2].splitlines()
    value = json.loads(citrus("doctor", "--json").stdout)
    assert (value["can_answer"], value["in_the_way"]) == (False, [says])


@pytest.mark.parametrize(
    "changes",
    [
        {"packages": {"torch": "2.9.0", "bitsandbytes": None}},
        {"cache_writable": False},
        {"problems": (Problem("x is damaged", "citrus models pull --force other"),)},
    ],
)
def test_what_does_not_keep_it(
    citrus: Citrus, machine: dict[str, Facts], changes: dict[str, Any]
) -> None:
    machine["facts"] = replace(FACTS, **changes)
    assert citrus("doctor").exit_code == 0


def test_problems_come_with_their_cure(citrus: Citrus, machine: dict[str, Facts]) -> None:
    machine["facts"] = replace(FACTS, problems=(Problem("x is\nmissing", "pip install x"),))
    lines = citrus("doctor").stdout.splitlines()
    place = lines.index("Problems")
    assert lines[place + 1 : place + 3] == ["  x is missing", "    cure: pip install x"]


def test_a_missing_package_is_named(citrus: Citrus, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> Facts:
        raise ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")

    monkeypatch.setattr(doctor, "quiet_libraries", lambda: None)
    monkeypatch.setattr("citrus_cli.models.doctor.collect", broken)
    result = citrus("doctor")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("citrus: error: torch is missing or damaged")


def test_the_real_machine(citrus: Citrus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "quiet_libraries", lambda: None)
    result = citrus("doctor", "--json")
    value = json.loads(result.stdout)
    assert result.exit_code == (0 if value["can_answer"] else 1)
    assert {one["model"] for one in value["fits"]} == {model.name for model in CATALOGUE}
    assert any(device["name"] == "cpu" for device in value["devices"])


def test_models_lists_the_catalogue(citrus: Citrus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "is_here", lambda name: name == DEFAULT_MODEL)
    header, *rows = citrus("models").stdout.splitlines()
    assert header.split() == [
        "name", "parameters", "licence", "download", "memory", "in", "4", "bit", "here"
    ]  # fmt: skip
    names = [*(model.name for model in CATALOGUE), *(known.name for known in EMBEDDERS)]
    assert [row.split()[0] for row in rows] == names
    here = {row.split()[0]: row.split()[-1] for row in rows if row.split()[0] != DEFAULT_EMBEDDER}
    assert here.pop(DEFAULT_MODEL) == "yes"
    assert set(here.values()) == {"no"}
    assert citrus("models", "list").stdout.splitlines()[0] == header


@pytest.mark.parametrize(
    "arguments", [["models", "--json"], ["models", "list", "--json"], ["models", "--json", "list"]]
)
def test_models_as_json(
    citrus: Citrus, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(sources, "is_here", lambda name: False)
    first, *_, last = json.loads(citrus(*arguments).stdout)
    assert (first["kind"], last["kind"], last["name"]) == ("model", "embedder", DEFAULT_EMBEDDER)
    assert (first["name"], first["licence"], first["here"]) == (DEFAULT_MODEL, "Apache-2.0", False)
    assert 134_000_000 < first["parameters"] < 136_000_000
    assert first["size_bytes"] < first["memory_4bit_bytes"] < first["memory_bytes"]


def test_models_on_a_terminal_keeps_names_whole(home: Path) -> None:
    ended = run("models", stdout=TERMINAL)
    assert ended.code == 0
    for model in CATALOGUE:
        assert f"{model.name} " in ended.stdout
    assert all(len(line) <= 80 for line in re.sub("\x1b.*?m", "", ended.stdout).splitlines())


def test_models_pull(citrus: Citrus, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def pull(name: str, *, force: bool, on_event: Any) -> Path:
        on_event(Fetching(name, 1, None))
        calls.append((name, force))
        return home / name

    monkeypatch.setattr(models_command, "quiet_libraries", lambda: None)
    monkeypatch.setattr(sources, "pull", pull)
    result = citrus("models", "pull", "some-model")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{home}/some-model\n", "")
    citrus("models", "pull", "--force", "some-model")
    assert calls == [("some-model", False), ("some-model", True)]


def test_models_pull_that_fails(citrus: Citrus, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(*_: object, **__: object) -> Path:
        raise ModelError("x: no network; connect and run it again")

    monkeypatch.setattr(models_command, "quiet_libraries", lambda: None)
    monkeypatch.setattr(sources, "pull", pull)
    result = citrus("models", "pull", "x")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == "citrus: error: x: no network; connect and run it again\n"


def test_models_pull_without_a_name_has_all_that_the_first_question_needs(
    citrus: Citrus, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(name: str, **_: object) -> EmbedderFiles:
        return EmbedderFiles(name, home / "embedder", "")

    monkeypatch.setattr(models_command, "quiet_libraries", lambda: None)
    monkeypatch.setattr(sources, "pull", lambda name, **_: home / name)
    monkeypatch.setattr(embedders, "fetched", fetched)
    both = citrus("models", "pull")
    assert (both.exit_code, both.stdout) == (0, f"{home / DEFAULT_MODEL}\n{home / 'embedder'}\n")
    assert citrus("models", "pull", DEFAULT_EMBEDDER).stdout == f"{home / 'embedder'}\n"
