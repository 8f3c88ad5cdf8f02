"""Real pipes, files and signals, no terminal: what scripts meet."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cli_terminal import PROGRAM, CtrlC, run


def test_a_pipe_is_the_document(home: Path) -> None:
    ended = run("ask", "What?", stdin=b"piped text")
    assert (ended.stdout, ended.stderr, ended.code) == ("What? -> piped text\n", "", 0)
    assert run("ask", "-", "What?", stdin=b"piped text").stdout == "What? -> piped text\n"
    assert run("ask", "-q", "What?", stdin=b"piped text").stdout == "What? -> piped text\n"
    assert run("ask", "-", "-q", "What?", stdin=b"piped text").stdout == "What? -> piped text\n"


def test_a_redirected_file_is_piped_too(document: Path) -> None:
    with document.open("rb") as file:
        assert run("ask", "What?", stdin=file).stdout == "What? -> some text\n"


def test_piped_text_is_left_alone_when_documents_are_named(document: Path) -> None:
    # as inside `while read name; do citrus ask "$name" "What?"; done < list`
    script = f'{PROGRAM[0]} {PROGRAM[1]} ask doc.txt "What?"; cat'
    ended = run("-c", script, stdin=b"rest of the list", program=["bash"])
    assert ended.stdout == "What? -> some text\nrest of the list"


def test_a_question_that_is_also_a_file_is_not_guessed(document: Path) -> None:
    ended = run("ask", "doc.txt", stdin=b"piped text")
    assert (ended.stdout, ended.code) == ("", 2)
    assert "citrus ask doc.txt -q QUESTION" in ended.stderr
    assert "citrus ask - -q doc.txt" in ended.stderr


def test_dev_null_and_closed_input_are_no_document(home: Path) -> None:
    ended = run("ask", "What?")
    assert (ended.stdout, ended.code) == ("", 2)
    assert "no document given" in ended.stderr
    closed = run("-c", f"{PROGRAM[0]} {PROGRAM[1]} ask - 'What?' <&-", program=["bash"])
    assert (closed.stdout, closed.code) == ("", 2)
    assert "- is standard input, and that is closed" in closed.stderr


def test_questions_from_standard_input(document: Path) -> None:
    ended = run("ask", "doc.txt", "-f", "-", stdin=b"One?\n# no\nTwo?\n")
    assert ended.stdout == "One? -> some text\n\nTwo? -> some text\n"


def test_json_lines_come_out_as_each_answer_is_done(document: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "ask", "doc.txt", "-q", "One?", "-q", "Two?", "--jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "FAKE": "endless-second"},
    )
    assert process.stdout is not None
    try:
        assert json.loads(process.stdout.readline())["question"] == "One?"
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("how", ["--json", "--jsonl", "-v", "--no-stream"])
def test_a_reader_that_left_is_no_error(document: Path, how: str) -> None:
    script = f"{PROGRAM[0]} {PROGRAM[1]} ask doc.txt 'What?' {how} | true; echo ${{PIPESTATUS[0]}}"
    ended = run("-c", f"{{ {script}; }} 2>err", program=["bash"])
    assert ended.stdout == "141\n"
    assert Path("err").read_text() == ""


@pytest.mark.parametrize("arguments", ["--help", "ask --help", "--version", "models --json", ""])
def test_a_reader_that_left_help_and_lists(home: Path, arguments: str) -> None:
    # the second of sleep makes sure that the reader has left
    script = f"(sleep 1; {PROGRAM[0]} {PROGRAM[1]} {arguments}) | true; echo ${{PIPESTATUS[0]}}"
    ended = run("-c", f"{{ {script}; }} 2>err", program=["bash"])
    assert ended.stdout == "141\n"
    assert Path("err").read_text() == ""


def test_a_reader_that_takes_one_line(document: Path) -> None:
    document.write_text("\n".join(["line"] * 20_000))
    script = f"{PROGRAM[0]} {PROGRAM[1]} ask doc.txt 'What?' | head -n 1"
    ended = run("-c", script, program=["bash"])
    assert (ended.stdout, ended.stderr) == ("What? -> line\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout(document: Path) -> None:
    script = f"{PROGRAM[0]} {PROGRAM[1]} ask doc.txt 'What?' > /dev/full"
    ended = run("-c", script, program=["bash"])
    assert ended.code == 1
    assert ended.stderr == (
        "citrus: error: cannot write to standard output: No space left on device\n"
    )


def test_closed_stdout_and_stderr(document: Path) -> None:
    program = f"{PROGRAM[0]} {PROGRAM[1]} ask doc.txt"
    ended = run("-c", f"{program} 'What?' >&-", program=["bash"])
    assert (ended.stdout, ended.code) == ("", 1)
    assert ended.stderr.startswith("citrus: error: standard output is closed")
    ended = run("-c", f"{program} 'What?' -v 2>&-", program=["bash"])
    assert (ended.stdout, ended.code) == ("What? -> some text\n", 0)
    assert run("-c", f"{program} 2>&-", program=["bash"]).code == 2


def test_an_encoding_that_lacks_the_answers_characters(document: Path) -> None:
    document.write_text("naïve 日本", encoding="utf-8")
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ended = run("ask", "doc.txt", "What?", env=env)
    assert (ended.stdout, ended.code) == ("What? -> na\\xefve \\u65e5\\u672c\n", 0)
    ended = run("ask", "doc.txt", "What?", "--json", env=env)
    assert json.loads(ended.stdout)["answer"] == "What? -> naïve 日本"


def test_no_colour_spinner_or_panel_without_a_terminal(document: Path) -> None:
    ended = run("ask", "doc.txt", "What?", "-v", env={"FAKE": "warnings"})
    assert ended.code == 0
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "reading" not in ended.stderr
    for arguments in (["--help"], ["ask", "--help"], ["models"]):
        ended = run(*arguments)
        assert ended.code == 0
        assert not set("\x1b╭╮╰╯│─━") & set(ended.stdout)


def test_colour_can_be_forced_in_a_pipe(document: Path) -> None:
    ended = run("ask", "doc.txt", "What?", "--color", "always", env={"FAKE": "warnings"})
    assert ended.stdout == "What? -> some text\n"
    assert ended.stderr.startswith("\x1b[33mwarning:\x1b[0m page 3")


def _interrupted(*arguments: str, how: str, after: str) -> tuple[str, str, int]:
    """Interrupt a run in a pipe once a file of a fifo's reader shows that it got so far."""
    process = subprocess.Popen(
        [*PROGRAM, "ask", "doc.txt", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "FAKE": how, "FAKE_MARK": "mark"},
    )
    deadline = time.monotonic() + 20
    while not (Path("mark").exists() and after in Path("mark").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    return stdout.decode(), stderr.decode(), process.returncode


def test_ctrl_c_while_reading(document: Path) -> None:
    ended = _interrupted("What?", "--json", how="endless-reading", after="reading")
    assert ended == ("", "citrus: interrupted\n", 130)


def test_ctrl_c_while_answering_keeps_what_is_written(document: Path) -> None:
    stdout, stderr, code = _interrupted("What?", how="endless-answer", after="0")
    assert (stdout, code) == ("What?\n", 130)
    assert stderr == "citrus: interrupted; the answer is not complete\n"


def test_ctrl_c_prints_the_finished_answers_as_json(document: Path) -> None:
    stdout, stderr, code = _interrupted(
        "-q", "One?", "-q", "Two?", "--json", how="endless-second", after="1"
    )
    assert [one["question"] for one in json.loads(stdout)] == ["One?"]
    assert (stderr, code) == ("citrus: interrupted; 1 of 2 answers are complete\n", 130)


def test_ctrl_c_with_an_api_that_answers_anyway(document: Path) -> None:
    stdout, stderr, code = _interrupted(
        "-q", "One?", "-q", "Two?", "--json", how="polite", after="0"
    )
    assert [(one["question"], one["complete"]) for one in json.loads(stdout)] == [("One?", False)]
    assert (stderr, code) == ("citrus: interrupted; 0 of 2 answers are complete\n", 130)


def test_ctrl_c_keeps_a_part_beside_the_output_file(document: Path, home: Path) -> None:
    stdout, stderr, code = _interrupted(
        "What?", "--output", "answer.txt", how="endless-answer", after="0"
    )
    assert (stdout, code) == ("", 130)
    assert Path("answer.txt.incomplete").read_text() == "What?\n"
    assert "what is done is in" in stderr
    names = {path.name for path in home.iterdir()}
    assert names == {"doc.txt", "mark", "answer.txt.incomplete"}


def test_a_second_ctrl_c_ends_at_once(document: Path) -> None:
    ended = run(
        *["ask", "doc.txt", "What?"],
        env={"FAKE": "stubborn"},
        ctrl_c=CtrlC(after="stuck", times=2),
    )
    assert ended.code == 130
    assert "interrupted" not in ended.stderr
