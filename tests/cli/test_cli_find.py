"""`citrus find`: a grep by meaning, in pipes, on terminals, as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_harness import Citrus
from tiny_models import make_model_folder

from citrus_cli.cli import find as find_command
from citrus_cli.errors import ModelError
from citrus_cli.pipeline import tools

TEXT = (
    "The pump is oiled each spring.\n\nNobody knows why.\n"
    "\fThe escrow agent is Lockhart\nRepository \x1b]0;owned\x07.\n"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_model_folder(tmp_path_factory.mktemp("model") / "tiny"))


@pytest.fixture
def words(home: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document of two pages, found in by words alone."""
    monkeypatch.setenv("CITRUS_MODEL", model)
    monkeypatch.setenv("CITRUS_FIND", "words")
    monkeypatch.setattr(find_command, "quiet_libraries", lambda: None)
    path = home / "leaflet.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_pipe_gets_a_line_for_each_passage(citrus: Citrus, words: Path) -> None:
    result = citrus("find", "leaflet.txt", "Who is the escrow agent?")
    assert (result.exit_code, result.stderr) == (0, "")
    first, *others = result.stdout.splitlines()
    assert first == "leaflet.txt, page 2: The escrow agent is Lockhart Repository ."
    assert len(others) == 1
    assert others[0].startswith("leaflet.txt, page 1: The pump")
    again = citrus("find", "leaflet.txt", "Who is the escrow agent?", "-n", "1")
    assert again.stdout == first + "\n"
    quoted = citrus("find", "leaflet.txt", "-q", "Who is the escrow agent?", "-n", "1")
    assert quoted.stdout == first + "\n"


def test_text_without_pages_is_told_by_its_lines(citrus: Citrus, words: Path) -> None:
    words.write_text("One.\n\nThe pump is oiled.\n\nThree.\n", encoding="utf-8")
    result = citrus("find", "leaflet.txt", "pump", "-n", "9")
    assert result.stdout.startswith("leaflet.txt:1: One. The pump is oiled. Three.")


def test_json_is_a_list_of_objects(citrus: Citrus, words: Path) -> None:
    result = citrus("find", "leaflet.txt", "Who is the escrow agent?", "--json")
    assert result.exit_code == 0
    got = json.loads(result.stdout)
    assert isinstance(got, list)
    assert len(got) == 2
    for one in got:
        assert {"document", "page", "quote", "score", "start", "end"} <= one.keys()
    best = got[0]
    assert (best["document"], best["page"]) == ("leaflet.txt", 2)
    assert best["quote"].startswith("The escrow agent")
    assert best["score"] > got[1]["score"]
    page = json.loads(citrus("text", "leaflet.txt", "--json").stdout)["pages"][1]["text"]
    assert page[best["start"] : best["end"]] == best["quote"]


def test_a_folder_and_an_index_kept_between_runs(citrus: Citrus, words: Path, home: Path) -> None:
    (home / "mix").mkdir()
    (home / "mix/a.txt").write_text("Nothing of the kind.")
    (home / "mix/b.txt").write_text("An escrow agent was named.")
    first = citrus("find", "mix", "leaflet.txt", "escrow agent", "-n", "2")
    assert sorted(first.stdout.splitlines()) == [
        "leaflet.txt, page 2: The escrow agent is Lockhart Repository .",
        "mix/b.txt:1: An escrow agent was named.",
    ]
    kept = list((home / "cache" / "library").rglob("units.column"))
    assert len(kept) == 3
    assert citrus("find", "mix", "leaflet.txt", "escrow agent", "-n", "2").stdout == first.stdout
    assert list((home / "cache" / "library").rglob("units.column")) == kept


@pytest.mark.parametrize("how", [("--no-store",), ("--password", "x")])
def test_nothing_is_kept_where_nothing_may_be(citrus: Citrus, words: Path, home, how) -> None:
    result = citrus("find", "leaflet.txt", "escrow", *how)
    assert "escrow" in result.stdout
    assert [one for one in (home / "cache").rglob("*") if one.suffix == ".column"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("leaflet.txt", "x", "--find", "words,telepathy"), 2, "there is no finder 'telepathy'"),
        (("leaflet.txt", "x", "--find", ""), 2, "no finder is named"),
        (("leaflet.txt", "x", "-n", "0"), 2, "at least one passage must be wanted, not 0"),
        (("leaflet.txt", "  "), 2, "the question is empty"),
        (("leaflet.txt", "-q", " "), 2, "the question is empty"),
        ((), 2, "no document and no question given: citrus find SOURCE QUESTION"),
        (("leaflet.txt",), 2, "no question given: citrus find leaflet.txt QUESTION"),
        (
            ("leaflet.txt", "leaflet.txt"),
            2,
            "leaflet.txt is a file. To ask about it: citrus find leaflet.txt leaflet.txt -q",
        ),
        (("What is it?",), 2, "no document given"),
        (("missing.txt", "x"), 3, "missing.txt"),
        (("blank.txt", "x"), 3, "blank.txt"),
        (("leaflet.txt", "x", "-m", "./nowhere"), 4, "nowhere"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    citrus: Citrus, words: Path, home: Path, arguments, code, message
) -> None:
    (home / "blank.txt").write_text(" \n")
    result = citrus("find", *arguments)
    assert result.exit_code == code
    assert message in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_a_question_that_is_a_files_name_can_be_asked(citrus: Citrus, words: Path) -> None:
    words.write_text("See leaflet.txt for more.")
    result = citrus("find", "leaflet.txt", "-q", "leaflet.txt")
    assert (result.exit_code, result.stdout) == (0, "leaflet.txt:1: See leaflet.txt for more.\n")


def test_without_an_embedder_the_others_find(
    citrus: Citrus, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_, **__):
        raise ModelError("all-minilm-l6-v2 cannot be reached; connect to a network")

    monkeypatch.setattr(tools, "load_embedder", fails)
    result = citrus("find", "leaflet.txt", "escrow agent", "--find", "meaning,words", "-n", "1")
    assert result.exit_code == 0
    assert "page 2: The escrow agent" in result.stdout
    assert "found without an embedder, by words: all-minilm-l6-v2 cannot be" in result.stderr
    quiet = citrus("find", "leaflet.txt", "escrow", "--find", "meaning,words", "--quiet")
    assert quiet.stderr == ""
    alone = citrus("find", "leaflet.txt", "escrow agent", "--find", "meaning")
    assert (alone.exit_code, alone.stdout) == (4, "")
    assert "all-minilm-l6-v2 cannot be reached" in alone.stderr


def test_on_a_terminal_a_passage_stands_below_its_place(
    citrus: Citrus, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # in this process: one of its own would spend its time on importing torch
    monkeypatch.setattr(find_command, "is_terminal", lambda stream: True)
    result = citrus("find", "leaflet.txt", "Who is the escrow agent?", "--color", "always")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("\x1b[1;36mleaflet.txt, page 2  (")
    assert "\n  The escrow agent is Lockhart\n  Repository ." in result.stdout
    assert "owned" not in result.stdout
    assert "1 document read, found in 0." in result.stdout
    again = citrus("find", "leaflet.txt", "escrow", "--color", "never")
    assert "\x1b" not in again.stdout
    assert "document read" not in again.stdout
