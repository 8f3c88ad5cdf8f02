"""`citrus text`: pipes, terminals, JSON, and what is said of what was not read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_harness import Citrus
from cli_terminal import TERMINAL, run

from citrus_cli.cli.text.pages import whole_structure
from citrus_cli.documents import open_documents
from citrus_cli.documents.blocks import Part

PROGRAM = (sys.executable, "-m", "citrus_cli")


@pytest.fixture
def leaflet(home: Path) -> Path:
    """Three pages, the second without text."""
    path = home / "leaflet.txt"
    path.write_text("One.\n\nMore of it.\n\f \n\fThree \x1b]0;owned\x07äöü.\n", encoding="utf-8")
    return path


def given(path: Path) -> list[str]:
    """The pages' text as the model is given it."""
    pages: dict[int, str] = {}
    with open_documents([path])[0] as document:
        for block in document.blocks():
            pages[block.page] = pages.get(block.page, "") + block.text
    return [pages.get(number, "") for number in range(1, max(pages) + 1)]


def test_the_text_is_what_the_model_is_given(citrus: Citrus, leaflet: Path) -> None:
    result = citrus("text", "leaflet.txt")
    assert result.exit_code == 0
    assert result.stdout == "\f".join(given(leaflet))
    assert result.stdout.split("\f")[1] == ""
    assert result.stderr == "citrus: leaflet.txt: no text on page 2\n"


def test_pages_chooses_and_without_a_number_names(citrus: Citrus, leaflet: Path) -> None:
    assert citrus("text", "leaflet.txt", "--pages", "1").stdout == given(leaflet)[0]
    assert citrus("text", "leaflet.txt", "--pages", "1,3").stdout.count("\f") == 1
    named = citrus("text", "--names", "leaflet.txt").stdout
    assert named.startswith("==> leaflet.txt, page 1 <==\nOne.\n\nMore of it.\n\n\f==> leaflet.txt")
    assert named == citrus("text", "--pages", "leaflet.txt").stdout
    assert named == citrus("text", "leaflet.txt", "--pages").stdout
    both = citrus("text", "leaflet.txt", "--pages", "3", "--pages").stdout
    assert both.startswith("==> leaflet.txt, page 3 <==\n")
    assert citrus("text", "leaflet.txt", "--pages", "9").exit_code == 2


def test_json_has_pages_blocks_documents_and_warnings(citrus: Citrus, leaflet: Path) -> None:
    result = citrus("text", "leaflet.txt", "missing.txt", "--json")
    assert result.exit_code == 3
    got = json.loads(result.stdout)
    assert [page["page"] for page in got["pages"]] == [1, 2, 3]
    assert [page["text"] for page in got["pages"]] == given(leaflet)
    assert [block["text"] for block in got["pages"][0]["blocks"]] == ["One.", "More of it."]
    assert {block["kind"] for page in got["pages"] for block in page["blocks"]} == {"paragraph"}
    first, second = got["documents"]
    assert (first["path"], first["kind"], first["pages_without_text"]) == (
        "leaflet.txt",
        "text",
        [2],
    )
    assert "no such file" in second["error"]
    assert got["warnings"] == []
    assert json.loads(citrus("text", "missing.txt", "--json").stdout)["pages"] == []


def test_one_bad_file_in_a_folder_takes_no_other_with_it(citrus: Citrus, home: Path) -> None:
    (home / "mix").mkdir()
    (home / "mix/a.txt").write_text("Pier A.\n", encoding="utf-8")
    (home / "mix/b.pdf").write_bytes(b"%PDF-1.7\nnot much of a PDF\n")
    (home / "mix/c.txt").write_text("Pier C.\n", encoding="utf-8")
    result = citrus("text", "mix")
    assert (result.exit_code, result.stdout) == (0, "Pier A.\n\n\fPier C.\n\n")
    assert result.stderr.startswith("warning: b.pdf: ")
    assert result.stderr.endswith("[file-not-read]\n")
    assert citrus("text", "mix", "--strict").exit_code == 5
    assert citrus("text", "mix", "--quiet").stderr == ""
    [warning] = json.loads(citrus("text", "mix", "--json").stdout)["warnings"]
    assert (warning["code"], warning["document"]) == ("file-not-read", "mix/b.pdf")
    # a file that was named is another matter
    named = citrus("text", "mix/a.txt", "mix/b.pdf", "mix/c.txt", "mix/c.txt")
    assert (named.exit_code, named.stdout) == (3, result.stdout)
    assert "citrus: error: b.pdf: " in named.stderr
    alone = citrus("text", "mix/b.pdf", "--output", "out.txt")
    assert (alone.exit_code, alone.stdout) == (3, "")
    assert not (home / "out.txt").exists()


def test_a_file_of_text(citrus: Citrus, leaflet: Path, home: Path) -> None:
    assert citrus("text", "leaflet.txt", "--output", "out.txt").stdout == ""
    assert (home / "out.txt").read_text(encoding="utf-8") == "\f".join(given(leaflet))
    assert citrus("text", "leaflet.txt", "--output", "out.txt").exit_code == 2
    assert citrus("text", "leaflet.txt", "--output", "out.txt", "--overwrite").exit_code == 0


def test_a_pipe_in_and_a_pipe_out(leaflet: Path) -> None:
    ended = run("text", stdin=leaflet.read_bytes(), program=PROGRAM)
    assert ended.stderr == "citrus: standard input: no text on page 2\n"
    assert (ended.stdout, ended.code) == ("\f".join(given(leaflet)), 0)
    assert run("text", "-", "--encoding", "nope", stdin=b"x", program=PROGRAM).code == 2
    nothing = run("text", program=PROGRAM)
    assert (nothing.code, nothing.stdout) == (2, "")
    assert "no document given: citrus text FILE" in nothing.stderr


def test_on_a_terminal_it_goes_through_the_pager(leaflet: Path) -> None:
    env = {"PAGER": "sed 's/^/| /'"}
    ended = run("text", "leaflet.txt", stdout=TERMINAL, program=PROGRAM, env=env)
    assert ended.code == 0
    assert "| ==> leaflet.txt, page 1 <==\n| One.\n" in ended.stdout
    assert "äöü.\n" in ended.stdout
    assert "\x1b" not in ended.stdout
    direct = run("text", "leaflet.txt", stdout=TERMINAL, program=PROGRAM, env={"PAGER": ""})
    assert "äöü.\n" in direct.stdout
    assert "\x1b" not in direct.stdout


def test_a_pager_that_is_left_early_ends_the_reading(home: Path) -> None:
    (home / "long.txt").write_text("line\n" * 200_000, encoding="utf-8")
    ended = run("text", "long.txt", stdout=TERMINAL, program=PROGRAM, env={"PAGER": "head -n 2"})
    assert (ended.code, ended.stdout.count("line\n"), ended.stderr) == (0, 1, "")


def test_no_model_library_is_imported(leaflet: Path) -> None:
    script = (
        "import sys; from citrus_cli.cli import main; main(['text', 'leaflet.txt']); "
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_blocks_leave_nothing_of_a_page_out() -> None:
    text = "# Head\n\nOne.\n\nTwo,\ntwo.\n\n"
    found = whole_structure(text, [Part("heading", 0, 6, level=1)])
    assert [text[part.start : part.end] for part in found] == ["# Head", "One.", "Two,\ntwo."]
    assert [part.kind for part in found] == ["heading", "paragraph", "paragraph"]
