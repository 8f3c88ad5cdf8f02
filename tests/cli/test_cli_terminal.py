"""On a terminal: the answer streams, progress comes and goes, nothing foreign takes effect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_terminal import PIPE, TERMINAL, CtrlC, Ended, run

ANSI = re.compile(r"\x1b\[[0-?]*[@-~]")


def on_terminal(*arguments: str, **settings: object) -> Ended:
    return run(*arguments, **{"stdout": TERMINAL, "stderr": TERMINAL, **settings})  # type: ignore[arg-type]


def test_the_answer_then_the_receipt(document: Path) -> None:
    ended = on_terminal("ask", "doc.txt", "What?")
    assert (ended.stdout, ended.code) == ("What? -> some text\n", 0)
    receipt = ANSI.sub("", ended.stderr)
    for words in (
        "34 pages",
        "no text on pages 3, 7-9",
        "18,220 tokens",
        "768 states",
        "20.0 s",
        "911 tokens/s",
        "1.2 GB at the peak",
        "smollm2-135m-instruct",
    ):
        assert words in receipt


def test_the_answer_is_streamed(document: Path) -> None:
    # it is interrupted in the middle: what was written by then is on the screen
    env = {"FAKE": "endless-answer"}
    ended = on_terminal("ask", "doc.txt", "What?", env=env, ctrl_c=CtrlC(after="What?"))
    assert (ended.stdout, ended.code) == ("What?\n", 130)
    assert ANSI.sub("", ended.stderr).endswith("citrus: interrupted; the answer is not complete\n")


def test_no_stream_prints_the_answer_when_it_is_complete(document: Path) -> None:
    env = {"FAKE": "polite"}
    ended = on_terminal("ask", "doc.txt", "What?", env=env, ctrl_c=CtrlC(after="starting"))
    assert ended.code == 130
    ended = on_terminal("ask", "doc.txt", "What?", "--no-stream")
    assert ended.stdout == "What? -> some text\n"


@pytest.mark.parametrize("more", [[], ["--no-stream"]])
def test_several_questions_have_headings(document: Path, more: list[str]) -> None:
    ended = on_terminal("ask", "doc.txt", "-q", "One?", "-q", "Two?", *more)
    assert ended.stdout == (
        "\x1b[1mOne?\x1b[0m\nOne? -> some text\n\n\x1b[1mTwo?\x1b[0m\nTwo? -> some text\n"
    )
    assert "answer 2" in ended.stderr


@pytest.mark.parametrize("more", [[], ["--no-stream"]])
def test_foreign_text_cannot_act_on_the_terminal(document: Path, more: list[str]) -> None:
    ended = on_terminal("ask", "doc.txt", "What?", *more, env={"FAKE": "hostile"})
    assert ended.stdout == "red [bold]kept[/bold] done\nnext\n"


def test_a_hostile_name_cannot_act_on_the_terminal(home: Path) -> None:
    ended = on_terminal("ask", "\x1b]0;title\x07\x1b[31m[bold]gone.pdf", "What?")
    assert ended.code == 3
    assert "[bold]gone.pdf: no such file" in ended.stderr
    assert "\x1b]" not in ended.stderr
    assert "\x1b[31m" not in ended.stderr


def test_progress_is_drawn_and_removed(document: Path) -> None:
    ended = on_terminal("ask", "doc.txt", "What?", env={"FAKE": "slow-reading"})
    drawn = ANSI.sub("", ended.stderr)
    assert "starting" in drawn
    assert "reading report.pdf, page 10" in drawn
    assert "10,000 tokens, 4,000/s, 0:02 left" in drawn
    assert ended.stderr.count("\x1b[?25l") == ended.stderr.count("\x1b[?25h") == 1
    after = ended.stderr.rpartition("\x1b[?25h")[2]
    assert after.startswith("\r\x1b[1A\x1b[2K")  # the line is erased
    assert "reading" not in after


def test_progress_of_unknown_length_has_no_time_left(document: Path) -> None:
    ended = on_terminal("ask", "doc.txt", "What?", env={"FAKE": "unknown-length"})
    assert "20,000 tokens, 4,444/s" in ended.stderr
    assert "left" not in ended.stderr


def test_progress_beside_a_piped_answer(document: Path) -> None:
    ended = run(
        "ask", "doc.txt", "What?", stdout=PIPE, stderr=TERMINAL, env={"FAKE": "slow-reading"}
    )
    assert ended.stdout == "What? -> some text\n"
    assert "reading report.pdf" in ended.stderr
    assert "at the peak" not in ended.stderr


def test_receipt_beside_a_redirected_stderr(document: Path) -> None:
    ended = run("ask", "doc.txt", "What?", stdout=TERMINAL, stderr=PIPE)
    assert ended.stdout == "What? -> some text\n"
    assert "memory: 1.2 GB at the peak\n" in ended.stderr
    assert "\x1b" not in ended.stderr


def test_json_on_a_terminal_is_json_alone(document: Path) -> None:
    ended = on_terminal("ask", "doc.txt", "What?", "--json", env={"FAKE": "hostile"})
    assert ended.stdout.startswith("{\n")
    assert not set("\x1b\x9b\u202e\x07") & set(ended.stdout)
    assert "at the peak" not in ended.stderr


def test_quiet_on_a_terminal(document: Path) -> None:
    ended = on_terminal("ask", "doc.txt", "What?", "--quiet", env={"FAKE": "warnings"})
    assert (ended.stdout, ended.stderr) == ("What? -> some text\n", "")


@pytest.mark.parametrize(
    ("arguments", "env", "coloured"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "always"], {"TERM": "dumb"}, True),
        ([], {"CITRUS_COLOR": "never"}, False),
    ],
)
def test_colour(document: Path, arguments: list[str], env: dict[str, str], coloured: bool) -> None:
    ended = on_terminal(
        "ask", "doc.txt", "-q", "One?", "-q", "Two?", *arguments, env={"FAKE": "warnings", **env}
    )
    assert ended.code == 0
    style = re.compile(r"\x1b\[[0-9;]+m")
    assert bool(style.search(ended.stdout)) == coloured
    assert bool(style.search(ended.stderr)) == coloured


def test_a_dumb_terminal_has_no_moving_cursor(document: Path) -> None:
    ended = on_terminal("ask", "doc.txt", "What?", env={"TERM": "dumb", "FAKE": "slow-reading"})
    assert ended.stdout == "What? -> some text\n"
    assert "\x1b" not in ended.stderr
    assert "reading" not in ended.stderr


def test_terminal_input_without_a_document(document: Path) -> None:
    ended = on_terminal("ask", "What?", stdin=TERMINAL)
    assert ended.code == 2
    assert "no document given" in ended.stderr
    assert on_terminal("ask", "doc.txt", stdin=TERMINAL).code == 2


def test_help_is_drawn_in_panels(home: Path) -> None:
    ended = on_terminal("ask", "--help")
    assert ended.code == 0
    for panel in ("Documents", "Model", "Method", "Output", "General"):
        assert f"╭─ {panel}" in ANSI.sub("", ended.stdout)


def test_second_ctrl_c_gives_the_cursor_back(document: Path) -> None:
    ended = on_terminal(
        "ask", "doc.txt", "What?", env={"FAKE": "stubborn"}, ctrl_c=CtrlC(after="stuck", times=2)
    )
    assert ended.code == 130
    assert ended.stderr.rpartition("\x1b[?25l")[2].count("\x1b[?25h") == 1


def test_the_result_file_is_named(document: Path, home: Path) -> None:
    ended = on_terminal("ask", "doc.txt", "What?", "--output", "a.txt")
    assert ended.stdout == ""
    assert "the result is in" in ended.stderr
    assert Path("a.txt").read_text() == "What? -> some text\n"
