"""`citrus store` over the library."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_harness import _runner
from typer.testing import Result

from citrus_cli.cli import app
from citrus_cli.documents.notices import Notice
from citrus_cli.library.entry import Entry, Receipt
from citrus_cli.library.identity import Identity, digest
from citrus_cli.library.library import Library
from citrus_cli.library.pages import PageRecord

Citrus = Callable[..., Result]
RECEIPT = Receipt("", "", "pdf", tokens=1200, model="tiny", dtype="int8", embedder="minilm")


@pytest.fixture
def citrus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Citrus:
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "cache"))

    def run(*arguments: str) -> Result:
        return _runner().invoke(app.build(), ["store", *arguments])

    return run


def put(path: str, **changes: object) -> Entry:
    receipt = dataclasses.replace(RECEIPT, path=path, name=Path(path).name, **changes)
    with Library().writing(Identity(digest(path) * 2, "how", "who")) as writer:
        writer.add_page(PageRecord(1, None, "Some text."))
        writer.append("keys", np.zeros((1200, 4), np.int8))
        return writer.finish(receipt)


def test_list_and_show(citrus: Citrus) -> None:
    empty = citrus()
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "is empty" in empty.stderr
    assert json.loads(citrus("--json").stdout) == []
    warnings = (Notice("page 2 holds no text", "pages-without-text"),)
    entry = put("reports/a.pdf", warnings=warnings, pages_without_text=(2,))
    put("b.pdf")
    listed = citrus("list")
    assert "a.pdf" in listed.stdout
    assert "b.pdf" in listed.stdout
    assert "2 entries, 10 kB" in listed.stderr
    second, first = json.loads(citrus("list", "--json").stdout)
    assert (first["document"], second["document"]) == ("reports/a.pdf", "b.pdf")
    assert (first["tokens"], first["pages"], first["bytes"]) == (1200, 1, 4810)
    shown = citrus("show", "reports/a.pdf")
    assert "warnings: page 2 holds no text\n" in shown.stdout
    assert "pages_without_text: 2\n" in shown.stdout
    assert json.loads(citrus("show", entry.key[:8], "--json").stdout) == first


def test_remove(citrus: Citrus) -> None:
    put("a.pdf"), put("b.pdf"), put("c.pdf")
    assert citrus("remove", "a.pdf").stdout == "removed 1 entry, 5 kB\n"
    assert [entry.path for entry in Library().entries()] == ["c.pdf", "b.pdf"]
    name = Library().entries()[0].key[:12]
    removed = json.loads(citrus("remove", name, "--json").stdout)
    assert removed == {"removed": [removed["removed"][0]], "bytes": 4810}
    assert name.startswith(removed["removed"][0]) or removed["removed"][0].startswith(name)
    for arguments in (["a.pdf"], [], ["--all", "b.pdf"]):
        refused = citrus("remove", *arguments)
        assert refused.exit_code == 2
        assert len(refused.stderr.strip().splitlines()) == 1
    assert "removed 1 entry" in citrus("remove", "--all").stdout
    assert Library().entries() == []


def test_a_name_that_stands_for_several_is_not_guessed(citrus: Citrus) -> None:
    put("a.pdf"), put("b.pdf")
    result = citrus("remove", "")
    assert result.exit_code == 2
    assert "stands for 2 entries" in result.stderr
    assert len(Library().entries()) == 2


def test_what_is_damaged_is_said_and_pruned(citrus: Citrus) -> None:
    damaged, sound = put("a.pdf"), put("b.pdf")
    (damaged.folder / "keys.column").write_bytes(b"")
    listed = citrus("list")
    assert "a.pdf" not in listed.stdout
    assert "keys.column has 0 bytes instead of 4800" in listed.stderr
    shown = citrus("show", damaged.key[:8])
    assert shown.exit_code == 2
    assert "citrus store remove" in shown.stderr
    assert "removed 1 entry" in citrus("prune").stdout
    assert [entry.key for entry in Library().entries()] == [sound.key]


def test_prune(citrus: Citrus) -> None:
    put("a.pdf"), put("b.pdf")
    assert "removed 0 entries" in citrus("prune", "--unused-for", "1").stdout
    assert citrus("prune", "--unused-for", "-1").exit_code == 2
    pruned = json.loads(citrus("prune", "--max-store", "6KB", "--json").stdout)
    assert (len(pruned["removed"]), pruned["bytes"]) == (1, 4810)
    assert [entry.path for entry in Library().entries()] == ["b.pdf"]
    assert "removed 1 entry" in citrus("prune", "--unused-for", "0").stdout


def test_a_damaged_catalogue_and_an_old_store_go_with_all(citrus: Citrus, tmp_path: Path) -> None:
    put("a.pdf")
    old = tmp_path / "cache" / "store" / "0123"
    old.mkdir(parents=True)
    (old / "entry.json").write_text("{}")
    assert "store of an older citrus" in citrus("list").stderr
    (tmp_path / "cache" / "library" / "catalogue.sqlite").write_bytes(b"x" * 5000)
    broken = citrus("list")
    assert broken.exit_code == 1
    assert "store remove --all" in broken.stderr
    assert citrus("remove", "--all").exit_code == 0
    again = citrus("list")
    assert (again.exit_code, "older citrus" in again.stderr) == (0, False)
