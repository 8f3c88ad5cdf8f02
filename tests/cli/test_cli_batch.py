"""`citrus batch` in the process of the tests: rows, failures, refusals, `--resume`."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cli_fake_batch import FakeBatchQA
from cli_harness import Citrus
from typer.testing import Result

from citrus_cli.cli.batch import command as batch
from citrus_cli.settings import DEFAULT_BUDGET


@pytest.fixture(autouse=True)
def documents(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "load_document_qa", lambda: FakeBatchQA)
    monkeypatch.setattr(batch, "quiet_libraries", lambda: None)  # it would silence the tests too
    monkeypatch.setattr(FakeBatchQA, "asked", [])
    monkeypatch.setattr(FakeBatchQA, "loads", 0)
    for name in ("FAKE_LOAD", "FAKE_LOG", "FAKE_DELAY"):
        monkeypatch.delenv(name, raising=False)
    for name in "ab":
        (home / f"{name}.txt").write_text(f"text {name}")
    (home / "q.txt").write_text("One?\nTwo?\n")


def rows_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def rows_in(name: str) -> list[dict[str, Any]]:
    if name.endswith(".csv"):
        with Path(name).open(newline="") as file:
            return list(csv.DictReader(file))
    text = Path(name).read_text()
    return rows_of(text) if name.endswith(".jsonl") else json.loads(text)


def answers(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["answer"] for row in rows]


def run(citrus: Citrus, *arguments: str, code: int = 0) -> Result:
    """Run, and check what holds for every run: the code, no traceback, no empty line."""
    result = citrus("batch", *arguments)
    assert result.exit_code == code, result.stderr
    assert "Traceback" not in result.stderr
    assert all(result.stderr.splitlines())
    return result


def refused(citrus: Citrus, *arguments: str, code: int = 2) -> str:
    """Run what is refused before anything slow: one line, nothing loaded, nothing asked."""
    result = run(citrus, *arguments, code=code)
    (line,) = [one for one in result.stderr.splitlines() if not one.startswith("Try ")]
    assert line.startswith("citrus: error: ")
    assert (FakeBatchQA.loads, FakeBatchQA.asked, result.stdout) == (0, [], "")
    return line


ALL = ["One? -> text a", "One? -> text b", "Two? -> text a", "Two? -> text b"]


def test_json_lines_on_standard_output(citrus: Citrus) -> None:
    result = run(citrus, "q.txt", "a.txt", "b.txt")
    rows = rows_of(result.stdout)
    assert sorted(answers(rows)) == ALL
    assert rows[0]["id"] == "q1"
    assert rows[0]["document"] == "a.txt"
    assert result.stderr.startswith("citrus: 4 rows: 4 ok; ")
    assert result.stderr.count("\n") == 1
    assert rows_of(run(citrus, "q.txt", "a.txt", "--output", "-").stdout)


def test_one_reading_for_all_questions_about_a_document(citrus: Citrus) -> None:
    run(citrus, "q.txt", "a.txt", "b.txt")
    assert FakeBatchQA.asked == [("a.txt", ("One?", "Two?")), ("b.txt", ("One?", "Two?"))]
    assert FakeBatchQA.loads == 1


@pytest.mark.parametrize("name", ["o.json", "o.csv"])
def test_rendered_files_are_in_the_order_of_the_questions(citrus: Citrus, name: str) -> None:
    run(citrus, "q.txt", "a.txt", "b.txt", "--output", name)
    assert answers(rows_in(name)) == ALL


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "md", "html"])
def test_every_format_is_whole_and_leaves_nothing_beside_it(
    citrus: Citrus, home: Path, suffix: str
) -> None:
    before = {path.name for path in home.iterdir()}
    result = run(citrus, "q.txt", "a.txt", "--output", f"o.{suffix}")
    assert result.stdout == ""
    assert result.stderr.endswith(f"; the rows are in o.{suffix}\n")
    assert {path.name for path in home.iterdir()} - before == {f"o.{suffix}"}
    assert Path(f"o.{suffix}").stat().st_mode & 0o777 == Path("q.txt").stat().st_mode & 0o777
    text = Path(f"o.{suffix}").read_text()
    assert "One?" in text
    assert "Two?" in text


def test_rows_name_their_documents_and_carry_their_columns(citrus: Citrus, home: Path) -> None:
    (home / "sub").mkdir()
    (home / "sub" / "c.txt").write_text("text c")
    (home / "sub" / "q.csv").write_text(
        "id,question,document,answers,pages\nx,One?,c.txt,one? -> text c|no,7\ny,Two?,a.txt,no,8\n"
    )
    rows = rows_of(run(citrus, "sub/q.csv").stdout)
    assert [(row["id"], row["document"], row["answer"]) for row in rows] == [
        ("x", "c.txt", "One? -> text c"),
        ("y", "a.txt", "Two? -> text a"),
    ]
    assert [(row["right"], row["f1"], row["input_pages"]) for row in rows] == [
        (True, 1.0, "7"),
        (False, 0.0, "8"),
    ]


def test_standard_input_has_the_questions(citrus: Citrus, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    class Fake:
        buffer = io.BytesIO(b'["One?"]')

    monkeypatch.setattr(sys, "stdin", Fake())
    from citrus_cli.cli.options.questions import load_questions

    assert [one.text for one in load_questions("-", "json")] == ["One?"]


def test_options_reach_the_api(citrus: Citrus) -> None:
    more = ["--model", "m", "--budget", "9", "--pages", "1-3", "--encoding", "cp1252"]
    (row, _) = rows_of(run(citrus, "q.txt", "a.txt", *more).stdout)
    assert (row["model"], row["budget"]) == ("m", 9)
    opening = FakeBatchQA.opening
    assert (opening["pages"], opening["encoding"], opening["password"]) == ("1-3", "cp1252", None)


def test_quiet(citrus: Citrus) -> None:
    Path("a.txt").write_text("!warn")
    assert run(citrus, "q.txt", "a.txt").stderr.count("warning: a.txt: page 3 has no text") == 1
    assert run(citrus, "q.txt", "a.txt", "--quiet").stderr == ""


@pytest.mark.parametrize(
    ("word", "error", "code"),
    [
        ("!damaged", "the document is damaged", 3),
        ("!memory", "no memory for this; lower --budget", 5),
        ("!bug", "unexpected RuntimeError: the matrix is singular", 1),
    ],
)
def test_a_document_that_fails_does_not_end_the_run(
    citrus: Citrus, word: str, error: str, code: int
) -> None:
    Path("a.txt").write_text(word)
    result = run(citrus, "q.txt", "a.txt", "b.txt", code=6)
    rows = rows_of(result.stdout)
    failed = [row for row in rows if row["status"] == "failed"]
    assert [(row["document"], row["error"], row["exit_code"]) for row in failed] == [
        ("a.txt", error, code)
    ] * 2
    assert answers([row for row in rows if row["status"] == "ok"]) == [ALL[1], ALL[3]]
    assert f"a.txt: {error}" in result.stderr
    assert "4 rows: 2 ok, 2 failed" in result.stderr


def test_a_traceback_only_with_debug(citrus: Citrus) -> None:
    Path("a.txt").write_text("!bug")
    result = citrus("batch", "q.txt", "a.txt", "--debug")
    assert result.exit_code == 6
    assert "RuntimeError: the matrix" in result.stderr
    assert "Traceback" in result.stderr


def test_a_question_that_fails_does_not_take_the_others_along(citrus: Citrus) -> None:
    Path("q.txt").write_text("One?\n!memory?\nThree?\n!memory\nFive?\n")
    rows = rows_of(run(citrus, "q.txt", "a.txt", code=6).stdout)
    assert [row["status"] for row in rows] == ["ok", "failed", "ok", "failed", "ok"]


def test_a_document_is_given_up_after_three_failures(citrus: Citrus) -> None:
    Path("a.txt").write_text("!memory")
    Path("q.txt").write_text("".join(f"Question {n}?\n" for n in range(50)))
    rows = rows_of(run(citrus, "q.txt", "a.txt", "b.txt", code=6).stdout)
    assert [row["status"] for row in rows].count("failed") == 50
    assert [row["status"] for row in rows].count("ok") == 50
    assert len([one for one in FakeBatchQA.asked if one[0] == "a.txt"]) == 3


def test_documents_that_are_not_there(citrus: Citrus) -> None:
    result = run(citrus, "q.txt", "gone.txt", "*.pdf", "b.txt", code=6)
    rows = rows_of(result.stdout)
    assert [row["status"] for row in rows].count("failed") == 4
    assert "gone.txt: there is no such file" in rows[0]["error"]
    assert {row["exit_code"] for row in rows} == {3, None}
    assert (
        "warning: gone.txt: there is no such file; did you mean q.txt? (2 rows failed)"
        in result.stderr
    )


def test_without_a_readable_document_no_model_is_loaded(citrus: Citrus) -> None:
    run(citrus, "q.txt", "gone.txt", code=6)
    assert FakeBatchQA.loads == 0


@pytest.mark.parametrize(("how", "code"), [("!model", 4), ("!memory", 5)])
def test_a_model_that_cannot_be_had_ends_the_run(
    citrus: Citrus, monkeypatch: pytest.MonkeyPatch, how: str, code: int
) -> None:
    monkeypatch.setenv("FAKE_LOAD", how)
    result = run(citrus, "q.txt", "a.txt", "--output", "o.jsonl", code=code)
    assert result.stderr.count("\n") == 1
    assert FakeBatchQA.asked == []
    assert not Path("o.jsonl").exists()


def test_a_model_that_is_lost_on_the_way_ends_the_run_and_rows_stay(citrus: Citrus) -> None:
    Path("b.txt").write_text("!model")
    result = run(citrus, "q.txt", "a.txt", "b.txt", "--output", "o.csv", code=4)
    assert "2 of 4 rows are done" in result.stderr
    assert "o.csv.partial.jsonl; go on with --resume" in result.stderr
    assert "citrus: error: the weights are gone" in result.stderr
    assert answers(rows_in("o.csv.partial.jsonl")) == [ALL[0], ALL[2]]
    assert not Path("o.csv").exists()


def test_an_answer_that_was_cut_off_is_an_answer(citrus: Citrus) -> None:
    Path("q.txt").write_text("One !cut?\n")
    result = run(citrus, "q.txt", "a.txt")
    (row,) = rows_of(result.stdout)
    assert (row["status"], row["complete"]) == ("ok", False)
    assert "1 cut off" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.csv", "a.txt"], "cannot read the questions file gone.csv"),
        (["q.txt"], "q.txt, line 1: the row names no document"),
        (["q.txt", "-"], "its documents must be files"),
        (["q.txt", "a.txt", "--resume"], "name it with --output FILE"),
        (["q.txt", "a.txt", "--output", "o.xlsx"], ".jsonl, .json, .csv, .md, .html"),
        (["q.txt", "a.txt", "--output", "no/o.csv"], "there is no folder"),
        (["q.txt", "a.txt", "--output", "folder.csv"], "not a file"),
        (["q.txt", "a.txt", "--pages", "x"], "pages"),
        (["q.txt", "a.txt", "--encoding", "x"], "encoding 'x' is not known"),
        (["q.txt", "a.txt", "--budget", "0"], "budget must be at least 1"),
        (["q.txt", "a.txt", "--questions-format", "x"], "--questions-format x: not known"),
        (["q.txt", "a.txt", "--password", "x", "--password-file", "y"], "exclude each other"),
        ([], "QUESTIONS"),
    ],
)
def test_what_is_refused(citrus: Citrus, arguments: list[str], message: str) -> None:
    Path("folder.csv").mkdir()
    assert message in refused(citrus, *arguments)


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv"])
def test_a_file_that_exists_is_not_replaced_unasked(citrus: Citrus, name: str) -> None:
    Path(name).write_text("precious")
    line = refused(citrus, "q.txt", "a.txt", "--output", name)
    assert "the file exists; --resume goes on with it, --overwrite replaces it" in line
    assert Path(name).read_text() == "precious"
    run(citrus, "q.txt", "a.txt", "--output", name, "--overwrite")
    assert answers(rows_in(name)) == [ALL[0], ALL[2]]


def test_overwriting_keeps_the_old_file_until_there_is_a_row(
    citrus: Citrus, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("o.jsonl").write_text("precious")
    monkeypatch.setenv("FAKE_LOAD", "!model")
    names = {path.name for path in home.iterdir()}
    run(citrus, "q.txt", "a.txt", "--output", "o.jsonl", "--overwrite", code=4)
    assert Path("o.jsonl").read_text() == "precious"
    assert {path.name for path in home.iterdir()} == names


def test_an_unfinished_run_is_not_replaced_unasked(citrus: Citrus) -> None:
    Path("o.csv.partial.jsonl").write_text("")
    line = refused(citrus, "q.txt", "a.txt", "--output", "o.csv")
    assert "an unfinished run is in o.csv.partial.jsonl; --resume" in line
    run(citrus, "q.txt", "a.txt", "--output", "o.csv", "--overwrite")
    assert not Path("o.csv.partial.jsonl").exists()


def test_a_full_disk_is_seen_before_the_model_is_loaded(
    citrus: Citrus, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(".")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    line = refused(citrus, "q.txt", "a.txt", "--output", "o.csv", code=1)
    assert "o.csv: 1 kB are free on that disk, and 2 rows may need 4 MB; make room" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(citrus: Citrus, home: Path) -> None:
    (home / "closed").mkdir(mode=0o500)
    assert "o.csv" in refused(citrus, "q.txt", "a.txt", "--output", "closed/o.csv", code=1)


def test_a_disk_that_is_full_half_way(citrus: Citrus, monkeypatch: pytest.MonkeyPatch) -> None:
    from citrus_cli.cli.batch import journal as batch_journal

    write, written = os.write, []

    def full(descriptor: int, data: Any) -> int:
        written.append(len(data))
        if len(written) <= 2:
            return write(descriptor, data)
        if len(written) == 3:
            return write(descriptor, data[:20])  # a torn line
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(batch_journal.os, "write", full)
        result = run(citrus, "q.txt", "a.txt", "b.txt", "--output", "o.jsonl", code=1)
    assert "2 of 4 rows are done" in result.stderr
    cure = "No space left on device; make room on the disk, then go on with --resume"
    assert cure in result.stderr
    assert len(rows_in("o.jsonl")) == 2  # the torn line is gone
    FakeBatchQA.asked.clear()
    run(citrus, "q.txt", "a.txt", "b.txt", "--output", "o.jsonl", "--resume")
    assert FakeBatchQA.asked == [("b.txt", ("One?", "Two?"))]
    assert sorted(answers(rows_in("o.jsonl"))) == ALL


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "md", "html"])
def test_resuming_a_finished_run_tries_only_what_failed(citrus: Citrus, suffix: str) -> None:
    name = f"o.{suffix}"
    Path("b.txt").rename("c.txt")
    run(citrus, "q.txt", "a.txt", "b.txt", "--output", name, code=6)
    Path("c.txt").rename("b.txt")
    FakeBatchQA.asked.clear()
    result = run(citrus, "q.txt", "a.txt", "b.txt", "--output", name, "--resume")
    assert FakeBatchQA.asked == [("b.txt", ("One?", "Two?"))]
    assert "4 rows: 4 ok, 2 of them from before" in result.stderr
    text = Path(name).read_text()
    assert '"status": "failed"' not in text
    assert "no such file" not in text
    if suffix in ("jsonl", "json", "csv"):
        assert sorted(answers(rows_in(name))) == ALL
    FakeBatchQA.asked.clear()
    run(citrus, "q.txt", "a.txt", "b.txt", "--output", name, "--resume")
    assert FakeBatchQA.asked == []
    assert Path(name).read_text() == text


def test_a_row_that_fails_again_is_there_once(citrus: Citrus) -> None:
    for more in ([], ["--resume"], ["--resume"]):
        run(citrus, "q.txt", "gone.txt", "a.txt", "--output", "o.jsonl", *more, code=6)
    rows = rows_in("o.jsonl")
    assert sorted((row["id"], row["document"]) for row in rows) == [
        ("q1", "a.txt"),
        ("q1", "gone.txt"),
        ("q2", "a.txt"),
        ("q2", "gone.txt"),
    ]


def test_resuming_what_was_never_begun_begins_it(citrus: Citrus) -> None:
    run(citrus, "q.txt", "a.txt", "--output", "o.csv", "--resume")
    assert answers(rows_in("o.csv")) == [ALL[0], ALL[2]]


@pytest.mark.parametrize("torn", ['{"id": "q2", "quest', "{", '{"id": "q2"}\x00'])
def test_a_torn_last_line_is_done_again(citrus: Citrus, torn: str) -> None:
    run(citrus, "q.txt", "a.txt", "--output", "o.jsonl")
    first, _ = Path("o.jsonl").read_text().splitlines()
    Path("o.jsonl").write_text(f"{first}\n{torn}")
    FakeBatchQA.asked.clear()
    run(citrus, "q.txt", "a.txt", "--output", "o.jsonl", "--resume")
    assert FakeBatchQA.asked == [("a.txt", ("Two?",))]
    assert answers(rows_in("o.jsonl")) == [ALL[0], ALL[2]]


def test_a_first_line_that_is_torn(citrus: Citrus) -> None:
    Path("o.jsonl").write_text('{"id": "q1", "que')
    run(citrus, "q.txt", "a.txt", "--output", "o.jsonl", "--resume")
    assert answers(rows_in("o.jsonl")) == [ALL[0], ALL[2]]


def test_a_line_whose_end_alone_is_missing_counts(citrus: Citrus) -> None:
    run(citrus, "q.txt", "a.txt", "--output", "o.jsonl")
    Path("o.jsonl").write_text(Path("o.jsonl").read_text().rstrip("\n"))
    Path("q.txt").write_text("One?\nTwo?\nThree?\n")
    run(citrus, "q.txt", "a.txt", "--output", "o.jsonl", "--resume")
    assert answers(rows_in("o.jsonl")) == [ALL[0], ALL[2], "Three? -> text a"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("o.jsonl", "precious\n"),
        ("o.jsonl", '{"precious": 1}\n'),
        ("o.jsonl", '{"precious": 1}\n{"also": 2}'),
        ("o.csv", "precious\n1\n"),
        ("o.json", '{"precious": 1}'),
        ("o.json", b"\xff\xfe\xff"),
        ("o.md", "# precious"),
        ("o.html", "<p>precious"),
    ],
)
def test_a_file_of_something_else_is_never_gone_on_with(
    citrus: Citrus, name: str, text: str | bytes
) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    Path(name).write_bytes(data)
    assert "citrus batch" in refused(citrus, "q.txt", "a.txt", "--output", name, "--resume")
    assert Path(name).read_bytes() == data


def test_another_run_is_named_and_may_be_dropped(citrus: Citrus) -> None:
    output = ["--output", "o.csv"]
    run(citrus, "q.txt", "a.txt", *output)
    before = Path("o.csv").read_text()
    FakeBatchQA.asked.clear()
    FakeBatchQA.loads = 0
    line = refused(citrus, "q.txt", "a.txt", *output, "--resume", "--budget", "7")
    assert (
        f"2 rows of the output are of another run: its budget was {DEFAULT_BUDGET}, now it is 7"
        in line
    )
    Path("a.txt").write_text("new text")
    line = refused(citrus, "q.txt", "a.txt", *output, "--resume")
    assert "the document a.txt has changed since" in line
    assert Path("o.csv").read_text() == before
    run(citrus, "q.txt", "a.txt", *output, "--resume", "--overwrite")
    assert answers(rows_in("o.csv")) == ["One? -> new text", "Two? -> new text"]


def test_what_was_added_is_asked_and_the_rest_kept(citrus: Citrus) -> None:
    Path("q.csv").write_text("question\nTwo?\n")
    run(citrus, "q.csv", "a.txt", "--output", "o.json")
    Path("q.csv").write_text("question,answers,note\nOne?,,x\nTwo?,two? -> text a,y\n")
    FakeBatchQA.asked.clear()
    run(citrus, "q.csv", "a.txt", "--output", "o.json", "--resume")
    assert FakeBatchQA.asked == [("a.txt", ("One?",))]
    rows = rows_in("o.json")
    assert answers(rows) == [ALL[0], ALL[2]]
    assert [(row["id"], row["note"]) for row in rows] == [("q1", "x"), ("q2", "y")]
    assert rows[1]["right"] is True


def test_an_output_among_the_documents_is_none_of_them(citrus: Citrus, home: Path) -> None:
    (home / "sub").mkdir()
    for name in ("a.txt", "q.txt"):
        (home / name).rename(home / "sub" / name)
    for more in ([], ["--resume"]):
        result = run(citrus, "sub/q.txt", "sub", "--output", "sub/o.md", *more)
        assert "2 rows: 2 ok" in result.stderr
        assert "sub/q.txt: left out" in result.stderr
    assert {source for source, _ in FakeBatchQA.asked} == {"sub/a.txt"}


def test_rows_about_a_document_that_left_its_folder_stay(citrus: Citrus, home: Path) -> None:
    (home / "sub").mkdir()
    for name in ("a.txt", "b.txt"):
        (home / name).rename(home / "sub" / name)
    run(citrus, "q.txt", "sub", "--output", "o.json")
    before = rows_in("o.json")
    (home / "sub" / "b.txt").unlink()
    result = run(citrus, "q.txt", "sub", "--output", "o.json", "--resume")
    assert "beside 2 about documents that are gone" in result.stderr
    assert sorted(answers(rows_in("o.json"))) == sorted(answers(before)) == ALL


def test_a_document_that_vanished_is_a_failed_row(citrus: Citrus) -> None:
    Path("b.txt").write_text("!model")
    run(citrus, "q.txt", "a.txt", "b.txt", "--output", "o.csv", code=4)
    Path("b.txt").unlink()
    Path("a.txt").unlink()
    result = run(citrus, "q.txt", "a.txt", "b.txt", "--output", "o.csv", "--resume", code=6)
    rows = rows_in("o.csv")
    assert [row["status"] for row in rows] == ["ok", "failed", "ok", "failed"]
    assert "no such file" in rows[1]["error"]
    assert "2 rows failed" in result.stderr


def test_the_same_question_under_two_ids_has_two_rows(citrus: Citrus) -> None:
    Path("q.csv").write_text("id,question\nx,One?\ny,One?\n")
    run(citrus, "q.csv", "a.txt", "--output", "o.jsonl")
    rows = rows_in("o.jsonl")
    assert [row["id"] for row in rows] == ["x", "y"]
    assert len({row["key"] for row in rows}) == 2


def test_two_runs_at_once(citrus: Citrus) -> None:
    import fcntl

    run(citrus, "q.txt", "a.txt", "--output", "o.jsonl")
    FakeBatchQA.asked.clear()
    FakeBatchQA.loads = 0
    with Path("o.jsonl").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        line = refused(citrus, "q.txt", "b.txt", "--output", "o.jsonl", "--overwrite")
    assert "another citrus batch is writing it" in line
    run(citrus, "q.txt", "b.txt", "--output", "o.jsonl", "--overwrite")  # and lets go of it
    run(citrus, "q.txt", "b.txt", "--output", "o.jsonl", "--resume")


def test_ask_reads_the_same_files(citrus: Citrus) -> None:
    Path("q.csv").write_text("id,question\nx,One?\n")
    Path("q.dat").write_text("Two?\n")
    result = citrus("ask", "a.txt", "-f", "q.csv")
    assert result.stdout == "One? -> text a\n"
    assert citrus("ask", "a.txt", "-f", "q.dat").stdout == "Two? -> text a\n"


@pytest.mark.parametrize("output", ["out.jsonl", "out.csv"])
def test_unsupported_rows_end_a_pipeline_if_they_are_to(citrus: Citrus, output: str) -> None:
    run(citrus, "q.txt", "a.txt", "--fail-if-unsupported")
    Path("a.txt").write_text("!nothing")
    run(citrus, "q.txt", "a.txt", "--output", output)
    assert {str(row["found"]).lower() for row in rows_in(output)} == {"false"}
    # rows of an earlier run count as well
    run(citrus, "q.txt", "a.txt", "--output", output, "--resume", "--fail-if-unsupported", code=7)
