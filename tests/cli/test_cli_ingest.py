"""`citrus ingest`, with a tiny random model and the real API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_harness import _runner
from tiny_models import find_heads, make_model_folder
from typer.testing import Result

from citrus_cli.cli import app, ingest
from citrus_cli.cli.ask import command as ask
from citrus_cli.library.library import Library
from citrus_cli.qa import DocumentQA

Citrus = Callable[..., Result]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cli-ingest") / "tiny"
    return str(make_model_folder(folder, max_position_embeddings=4096))


@pytest.fixture(scope="module")
def heads(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find_heads(model, tmp_path_factory.mktemp("found"))


@pytest.fixture
def citrus(model: str, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Citrus:
    monkeypatch.setattr(ask, "load_document_qa", lambda: DocumentQA)
    monkeypatch.setattr(ingest, "load_document_qa", lambda: DocumentQA)
    shutil.copytree(heads, tmp_path / "cache" / "heads")
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("CITRUS_MODEL", model)
    monkeypatch.setenv("CITRUS_FIND", "heads,words")
    monkeypatch.setenv("CITRUS_BUDGET", "40")
    monkeypatch.setenv("CITRUS_CHUNK_SIZE", "48")
    monkeypatch.setenv("CITRUS_MAX_ANSWER_TOKENS", "4")
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"Nothing happened in {name}.\n" * 60)

    def run(*arguments: str) -> Result:
        return _runner().invoke(app.build(), list(arguments))

    return run


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_ingest_then_ask(citrus):
    done = citrus("ingest", "a.txt")
    assert done.exit_code == 0, done.stderr
    assert "a.txt: " in done.stdout
    assert "stored as" in done.stdout
    asked = json.loads(citrus("ask", "a.txt", "What?", "--json").stdout)
    assert asked["from_store"] is True
    afresh = json.loads(citrus("ask", "a.txt", "What?", "--json", "--no-store").stdout)
    assert afresh["from_store"] is False
    assert afresh["answer"] == asked["answer"]
    assert "was stored already" in citrus("ingest", "a.txt").stdout
    assert "was stored already" not in citrus("ingest", "a.txt", "--again").stdout
    assert len(Library().entries()) == 1


def test_each_document_has_a_line(citrus, model):
    one, other = lines(citrus("ingest", "*.txt", "a.txt", "--json", "--quiet"))
    assert [one["documents"][0]["path"], other["documents"][0]["path"]] == ["a.txt", "b.txt"]
    assert (one["new"], one["dtype"]) == (True, "int8")
    assert Path(model).name in one["model"]
    assert one["tokens"] == one["documents"][0]["tokens"] > 1000
    assert one["bytes"] > one["tokens"]
    assert json.loads(citrus("ask", "*.txt", "What?", "--json").stdout)["from_store"] is True
    assert [line["new"] for line in lines(citrus("ingest", "*.txt", "--json"))] == [False, False]


def test_a_document_that_fails_does_not_stop_the_others(citrus, tmp_path):
    (tmp_path / "aa.txt").write_bytes(b"\x00\x01\x02" * 100)
    done = citrus("ingest", "a.txt", "missing.txt", "aa.txt", "b.txt", "--json")
    assert done.exit_code == 6
    assert len(lines(done)) == 2
    assert "aa.txt" in done.stderr
    assert "missing.txt" in done.stderr
    assert citrus("ingest", "aa.txt").exit_code == 3


def test_the_least_recently_used_make_room(citrus):
    (made,) = lines(citrus("ingest", "a.txt", "--json"))
    bound = str(int(1.5 * made["bytes"]))
    done = citrus("ingest", "b.txt", "--max-store", bound)
    assert "removed from the library, as least recently used: a.txt" in done.stderr
    assert [entry.path for entry in Library().entries()] == ["b.txt"]
    # what one question is asked about stays, whatever the bound
    asked = citrus("ask", "a.txt", "b.txt", "What?", "--json", "--max-store", bound)
    assert asked.exit_code == 0, asked.stderr
    assert {entry.path for entry in Library().entries()} == {"a.txt", "b.txt"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "save it to a file"),
        (["a.txt", "--max-store", "many"], "not a size"),
        (["a.txt", "--max-store", "1KB"], "--max-store"),
        (["a.txt", "--store-dtype", "int8"], "--store-dtype is gone"),
        (["a.txt", "--together"], "--together is gone"),
        (["a.txt", "--policy", "citrus"], "only index does"),
        (["a.txt", "--password", "secret"], "password"),
    ],
)
def test_what_cannot_be_is_refused(citrus, arguments, said):
    result = citrus("ingest", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert Library().entries() == []
