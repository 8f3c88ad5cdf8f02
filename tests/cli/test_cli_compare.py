"""`citrus compare` with the work faked: what reaches it, and how its rows leave."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cli_fake_api import FakeDocumentQA
from cli_fake_comparing import FAILURE, FakeComparing
from cli_harness import Citrus
from cli_terminal import TERMINAL, CtrlC, Ended, run

from citrus_cli.cli.compare import command as compare
from citrus_cli.cli.compare.views import cited
from citrus_cli.cli.options.engine import complete_policies
from citrus_cli.evidence.model import Evidence
from citrus_cli.settings import DEFAULT_COMPARISON

ANSI = re.compile(r"\x1b\[[0-?]*[@-~]")
TWO = ("--policies", "citrus,full")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    monkeypatch.setattr(compare, "load_document_qa", lambda: FakeDocumentQA)
    monkeypatch.setattr(compare, "load_comparing", lambda: FakeComparing)
    monkeypatch.setattr(compare, "quiet_libraries", lambda: None)
    monkeypatch.setattr(FakeComparing, "calls", [])
    return FakeComparing.calls


def on_terminal(*arguments: str, columns: int = 80, **settings: Any) -> Ended:
    env = {"COLUMNS": str(columns), **settings.pop("env", {})}
    return run(*arguments, **{"stdout": TERMINAL, "stderr": TERMINAL, "env": env, **settings})


def test_a_block_for_each_policy_with_the_answer_first(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    result = citrus("compare", "doc.txt", "What?", *TWO)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "What? -> some text\n"
        "policy: citrus\n"
        "read: 20.0 s\n"
        "answered: 1.7 s\n"
        "kept: 768 states per layer\n"
        "memory: 1.2 GB at the peak\n"
        "pages: 7, 3\n"
        "\n"
        f"not answered: {FAILURE}\n"
        "policy: full\n"
    )


def test_what_reaches_the_work(citrus: Citrus, calls: list[dict[str, Any]], document: Path) -> None:
    citrus("compare", "doc.txt", "What?")
    assert calls == [
        {
            "sources": ("doc.txt",),
            "questions": ("What?",),
            "policies": DEFAULT_COMPARISON,
            "pages": None,
            "password": None,
            "encoding": None,
            "stdin": None,
        }
    ]
    assert FakeDocumentQA.calls[-1] == {"model": "default", "always_answer": True}
    citrus(
        *["compare", "doc.txt", "-q", "One?", "-q", "Two?", "--policies", " bm25, ,citrus,"],
        *["--pages", "2-3", "--password", "pw", "--encoding", "cp1252", "--no-sources"],
        *["-m", "some/model", "--budget", "64", "--chunk-size", "32", "--device", "cpu"],
        *["--max-answer-tokens", "9"],
    )
    assert calls[-1]["policies"] == ("bm25", "citrus")
    assert calls[-1]["questions"] == ("One?", "Two?")
    opened = {name: calls[-1][name] for name in ("pages", "password", "encoding")}
    assert opened == {"pages": "2-3", "password": "pw", "encoding": "cp1252"}
    assert FakeDocumentQA.calls[-1] == {
        "model": "some/model",
        "budget": 64,
        "chunk_size": 32,
        "device": "cpu",
        "max_answer_tokens": 9,
        "always_answer": True,
        "evidence": False,
    }


def test_a_policy_of_the_environment_is_for_ask_alone(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    env = {"CITRUS_POLICY": "streaming", "CITRUS_POLICIES": "standard,full"}
    assert citrus("compare", "doc.txt", "What?", env=env).exit_code == 0
    assert calls[-1]["policies"] == ("standard", "full")
    assert "policy" not in FakeDocumentQA.calls[-1]


def test_an_unknown_policy_is_a_usage_error_before_anything_is_read(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    result = citrus("compare", "doc.txt", "What?", "--policies", "citrus,nonsense")
    assert (result.exit_code, result.stdout, calls) == (2, "", [])
    assert "unknown policy 'nonsense'; choose from citrus, bm25, full" in result.stderr


def test_json_is_a_list_and_jsonl_lines(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    whole = citrus("compare", "doc.txt", "What?", *TWO, "--json")
    rows = json.loads(whole.stdout)
    assert [(row["policy"], row["answer"], row["failure"]) for row in rows] == [
        ("citrus", "What? -> some text", None),
        ("full", None, FAILURE),
    ]
    assert rows[0]["states_kept"] == 768
    assert rows[0]["seconds"] == {"load": 2.0, "read": 20.0, "answer": 1.7}
    assert [one["page"] for one in rows[0]["evidence"]] == [7, 3, 7]
    lines = citrus("compare", "doc.txt", "What?", *TWO, "--jsonl")
    assert [json.loads(line) for line in lines.stdout.splitlines()] == rows
    assert citrus("compare", "doc.txt", "What?", "--json", "--jsonl").exit_code == 2


def test_the_exit_code_is_0_if_one_answered(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    assert citrus("compare", "doc.txt", "What?", "--policies", "full,citrus").exit_code == 0
    result = citrus("compare", "doc.txt", "What?", env={"FAKE": "all-fail"})
    assert result.exit_code == 5
    assert result.stdout.count("not answered") == len(DEFAULT_COMPARISON)
    assert result.stderr == (
        f"citrus: error: no policy answered; {DEFAULT_COMPARISON[0]}: {FAILURE}\n"
    )
    assert citrus("compare", "doc.txt", "What?", env={"FAKE": "model"}).exit_code == 4
    assert citrus("compare", "gone.txt", "What?").exit_code == 3


def test_debug_shows_the_traceback_of_what_no_policy_should_meet(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    env = {"FAKE": "bug"}
    quiet = citrus("compare", "doc.txt", "What?", *TWO, env=env)
    assert "RuntimeError" not in quiet.stderr
    debug = citrus("compare", "doc.txt", "What?", *TWO, "--debug", env=env)
    assert "RuntimeError: the matrix is singular" in debug.stderr


def test_spellings_in_messages_are_of_this_command(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    assert "citrus compare SOURCE QUESTION" in citrus("compare").stderr
    assert "citrus compare doc.txt QUESTION" in citrus("compare", "doc.txt").stderr
    assert "citrus compare SOURCE 'What?'" in citrus("compare", "What?").stderr
    assert "citrus compare SOURCE -q QUESTION" in citrus("compare", "-q", "What?").stderr


def test_several_questions_and_documents_are_named(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    Path("more.txt").write_text("!", encoding="utf-8")
    result = citrus("compare", "doc.txt", "more.txt", "-q", "One?", "-q", "Two?", *TWO)
    blocks = result.stdout.split("\n\n")
    assert ["question: Two?" in block for block in blocks] == [False, True, False, True]
    assert "pages: doc.txt 7, 3" in blocks[0]


def test_text_without_pages_is_cited_by_its_lines() -> None:
    lines = Evidence("a.txt", 1, None, "some", 0, 4, 0.5, True, line=120, last_line=131)
    answer = SimpleNamespace(evidence=(lines, lines), documents=("one",))
    assert cited(answer) == "lines 120–131"  # type: ignore[arg-type]


def test_a_cut_answer_says_so_and_warnings_come_once(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    result = citrus("compare", "doc.txt", "What?", env={"FAKE": "cut"})
    assert "answered: 1.7 s, cut off after 34 tokens\n" in result.stdout
    loud = citrus("compare", "doc.txt", "What?", env={"FAKE": "warnings"})
    assert loud.stderr == "warning: page 3 has no text\n"
    assert citrus("compare", "doc.txt", "What?", "--quiet", env={"FAKE": "warnings"}).stderr == ""


def test_the_result_goes_to_a_file_that_is_whole(
    citrus: Citrus, calls: list[dict[str, Any]], document: Path
) -> None:
    result = citrus("compare", "doc.txt", "What?", *TWO, "--json", "--output", "out.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert len(json.loads(Path("out.json").read_text())) == 2
    again = citrus("compare", "doc.txt", "What?", *TWO, "--output", "out.json")
    assert again.exit_code == 2
    assert "--overwrite replaces it" in again.stderr


def test_a_piped_document(document: Path) -> None:
    ended = run("compare", "What?", *TWO, stdin=b"piped text")
    assert (ended.code, ended.stdout.splitlines()[0]) == (0, "What? -> piped text")


def test_a_table_on_a_terminal(document: Path) -> None:
    ended = on_terminal("compare", "doc.txt", "What?", *TWO, env={"FAKE": "slow-reading"})
    shown = ANSI.sub("", ended.stdout)
    words = " ".join(shown.replace("─", " ").split())
    assert ended.code == 0
    assert words.startswith("policy answer citrus What? -> some text read in 20.0 s, answered in")
    assert "768 states per layer, 1.2 GB at the peak, pages 7, 3" in words
    assert "full not answered: full attention to this text needs 9000 positions" in words
    assert max(map(len, shown.splitlines())) <= 80
    progress = ANSI.sub("", ended.stderr)
    assert re.search(r"citrus: reading [━╸╺]+ [1-3],000 tokens, \d+/s, 0:0\d left", progress)


def test_a_wide_table_has_a_column_for_each_figure(document: Path) -> None:
    ended = on_terminal("compare", "doc.txt", "-q", "One?", "-q", "Two?", *TWO, columns=140)
    lines = [line.split() for line in ANSI.sub("", ended.stdout).splitlines() if line.strip()]
    assert lines[0] == ["One?"]
    assert lines[1] == ["policy", "answer", "pages", "read", "answered", "states", "memory"]
    figures = ["7,", "3", "20.0", "s", "1.7", "s", "768", "1.2", "GB"]
    assert lines[3] == ["citrus", "One?", "->", "some", "text", *figures]
    assert ["Two?"] in lines


def test_foreign_text_cannot_act_on_the_terminal(document: Path) -> None:
    arguments = ("compare", "doc.txt", "What?", *TWO, "--color", "never")
    ended = on_terminal(*arguments, env={"FAKE": "hostile"})
    assert "\x1b" not in ended.stdout
    assert "red [bold]kept[/bold]" in ended.stdout


def test_ctrl_c_keeps_the_rows_that_are_done(document: Path) -> None:
    arguments = ("compare", "doc.txt", "What?", "--policies", "citrus,bm25,full")
    env = {"FAKE": "endless"}
    for form in ([], ["--json"], ["--jsonl"]):
        ended = run(*arguments, *form, env=env, stderr=TERMINAL, ctrl_c=CtrlC(after="bm25"))
        assert ended.code == 130
        assert ended.stdout.count("What? -> some text") == 1
    ended = on_terminal(*arguments, env=env, ctrl_c=CtrlC(after="bm25"))
    assert "What? -> some text" in ended.stdout
    ended = run(
        *(*arguments, "--output", "out.txt"), env=env, stderr=TERMINAL, ctrl_c=CtrlC(after="bm25")
    )
    assert "what is done is in" in ended.stderr
    assert not Path("out.txt").exists()
    assert "policy: citrus" in Path("out.txt.incomplete").read_text()


def test_the_last_of_several_names_is_completed() -> None:
    assert "citrus,bm25" in complete_policies("citrus,bm")
    assert complete_policies("ful") == ["full"]
