"""`citrus ingest` and `citrus store`, with a tiny random model and the real API."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_harness import _runner
from tiny_models import make_model_folder
from typer.testing import Result

from citrus_cli.cli import app, ingest
from citrus_cli.cli.ask import command as ask
from citrus_cli.qa import DocumentQA
from citrus_cli.store.store import Store

Citrus = Callable[..., Result]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cli-store") / "tiny"
    return str(make_model_folder(folder, max_position_embeddings=4096))


@pytest.fixture
def citrus(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Citrus:
    monkeypatch.setattr(ask, "load_document_qa", lambda: DocumentQA)
    monkeypatch.setattr(ingest, "load_document_qa", lambda: DocumentQA)
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("CITRUS_MODEL", model)
    monkeypatch.setenv("CITRUS_POLICY", "citrus-individual")
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
    assert "will take" in done.stderr
    asked = json.loads(citrus("ask", "a.txt", "What?", "--json").stdout)
    assert asked["from_store"] is True
    assert "from the store" in citrus("ask", "a.txt", "What?", "-v").stderr
    afresh = json.loads(citrus("ask", "a.txt", "What?", "--json", "--no-store").stdout)
    assert afresh["from_store"] is False
    assert afresh["answer"] == asked["answer"]
    assert "was stored already" in citrus("ingest", "a.txt").stdout


def test_each_document_is_stored_on_its_own_unless_together(citrus):
    one, other = lines(citrus("ingest", "*.txt", "--json", "--quiet"))
    assert [one["documents"][0]["path"], other["documents"][0]["path"]] == ["a.txt", "b.txt"]
    assert json.loads(citrus("ask", "b.txt", "What?", "--json").stdout)["from_store"] is True
    assert json.loads(citrus("ask", "*.txt", "What?", "--json").stdout)["from_store"] is False
    (both,) = lines(citrus("ingest", "*.txt", "--together", "--json"))
    assert len(both["documents"]) == 2
    assert json.loads(citrus("ask", "*.txt", "What?", "--json").stdout)["from_store"] is True


def test_a_document_that_fails_does_not_stop_the_others(citrus, tmp_path):
    (tmp_path / "aa.txt").write_bytes(b"\x00\x01\x02" * 100)
    done = citrus("ingest", "a.txt", "aa.txt", "b.txt", "--json")
    assert done.exit_code == 6
    assert len(lines(done)) == 2
    assert "aa.txt" in done.stderr
    assert citrus("ingest", "aa.txt").exit_code == 3


def test_list_show_and_remove(citrus):
    assert "is empty" in citrus("store").stderr
    citrus("ingest", "a.txt", "b.txt")
    listed = citrus("store", "list")
    assert "a.txt" in listed.stdout
    assert "b.txt" in listed.stdout
    entries = json.loads(citrus("store", "--json").stdout)
    assert len(entries) == 2
    name = next(e["name"] for e in entries if e["documents"][0]["path"] == "a.txt")
    assert json.loads(citrus("store", "show", name, "--json").stdout)["name"] == name
    assert "document: a.txt" in citrus("store", "show", "a.txt").stdout
    removed = citrus("store", "remove", "a.txt")
    assert removed.exit_code == 0
    assert "removed 1 entry" in removed.stdout
    assert [e.documents[0].path for e in Store().entries()] == ["b.txt"]
    assert citrus("store", "remove", "a.txt").exit_code == 2
    assert citrus("store", "remove").exit_code == 2
    assert citrus("store", "remove", "--all", "b.txt").exit_code == 2
    assert citrus("store", "remove", "--all").exit_code == 0
    assert Store().entries() == []


def test_prune(citrus):
    citrus("ingest", "a.txt", "b.txt")
    (first, second) = Store().entries()
    (second.folder / "entry.json").write_text("{")
    assert "damaged" in citrus("store", "list").stderr
    assert "removed 1 entry" in citrus("store", "prune").stdout
    assert [e.key for e in Store().entries()] == [first.key]
    assert "removed 0 entries" in citrus("store", "prune", "--unused-for", "1").stdout
    assert "removed 1 entry" in citrus("store", "prune", "--max-store", "1KB").stdout
    assert Store().entries() == []


def test_an_entry_with_an_ambiguous_name_is_not_guessed(citrus):
    citrus("ingest", "a.txt", "b.txt")
    result = citrus("store", "remove", "")
    assert result.exit_code == 2
    assert len(Store().entries()) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "save it to a file"),
        (["a.txt", "--max-store", "many"], "not a size"),
        (["a.txt", "--max-store", "1KB"], "--max-store"),
        (["a.txt", "--store-dtype", "int4"], "int4"),
        (["a.txt", "--policy", "citrus"], "citrus-individual"),
    ],
)
def test_what_cannot_be_is_refused(citrus, arguments, said):
    result = citrus("ingest", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert Store().entries() == []
