"""`-v` on a terminal: which pages were kept, drawn under the answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_fake_api import make_answer, make_picture
from cli_terminal import PIPE, TERMINAL, run

from citrus_cli.cli.ask.strip import print_strip
from citrus_cli.cli.output.streams import ColorMode

ANSI = re.compile(r"\x1b\[[0-?]*[@-~]")
ASK = ("ask", "doc.txt", "What?")


def strip_of(stderr: str) -> list[str]:
    """The lines of the strip, without styles."""
    lines = ANSI.sub("", stderr).replace("\r", "").splitlines()
    return [line for line in lines if re.match(r" *(all|1|2|source|page) |[▲^] ", line)]


def test_the_strip_is_drawn_under_the_answer(document: Path) -> None:
    ended = run(*ASK, "-v", stdout=TERMINAL, stderr=TERMINAL)
    assert (ended.stdout, ended.code) == ("What? -> some text\n", 0)
    strip = strip_of(ended.stderr)
    assert [line.split()[0] for line in strip] == ["all", "1", "2", "source", "page", "▲"]
    assert strip[0] == f"   all {' ' * 8}████{' ' * 32}████"
    assert strip[3] == f"source {' ' * 8}▲▲▲▲"
    assert strip[5] == "▲ page 3"
    assert "\x1b[33m" in ended.stderr
    shown = ANSI.sub("", ended.stderr)
    assert shown.index("all ") < shown.index("peak")  # the receipt ends the run


def test_of_several_answers_each_has_its_own(document: Path) -> None:
    ended = run("ask", "doc.txt", "-q", "A?", "-q", "B?", "-v", stdout=TERMINAL, stderr=TERMINAL)
    first, second = (line for line in strip_of(ended.stderr) if line.startswith("   all"))
    assert (first.count("█"), second.count("█")) == (8, 6)  # 12 pages, and 24


@pytest.mark.parametrize("given", [(), ("--quiet",)])
def test_it_is_drawn_only_where_it_was_asked_for(document: Path, given: tuple[str, ...]) -> None:
    ended = run(*ASK, *given, stdout=TERMINAL, stderr=TERMINAL)
    assert ended.code == 0
    assert strip_of(ended.stderr) == []


def test_a_pipe_has_none(document: Path) -> None:
    ended = run(*ASK, "-v", stdout=TERMINAL, stderr=PIPE)
    assert strip_of(ended.stderr) == []
    assert "budget 768" in ended.stderr
    drawn = run(*ASK, "-v", stdout=PIPE, stderr=TERMINAL)
    assert drawn.stdout == "What? -> some text\n"
    assert strip_of(drawn.stderr)


@pytest.mark.parametrize(
    ("arguments", "env", "colored"),
    [
        ((), {"NO_COLOR": "1"}, False),
        (("--color", "never"), {}, False),
        (("--color", "always"), {}, True),
        ((), {"TERM": "dumb"}, False),
    ],
)
def test_it_is_coloured_as_everything_is(
    document: Path, arguments: tuple[str, ...], env: dict[str, str], colored: bool
) -> None:
    ended = run(*ASK, "-v", *arguments, env=env, stdout=TERMINAL, stderr=TERMINAL)
    (line,) = (line for line in ended.stderr.splitlines() if "source " in line and "#" not in line)
    assert ("\x1b[33m" in line) is colored
    assert ("^" in line, "▲" in line) == ((True, False) if "TERM" in env else (False, True))


@pytest.mark.parametrize("columns", [8, 20, 50, 200])
def test_no_line_is_wider_than_the_terminal(document: Path, columns: int) -> None:
    env = {"COLUMNS": str(columns)}
    ended = run(*ASK, "-v", env=env, stdout=TERMINAL, stderr=TERMINAL)
    strip = strip_of(ended.stderr)
    assert len(strip) == 6
    assert max(map(len, strip)) <= columns
    pages = min(12, columns - 7)
    assert len(strip[0]) == 7 + pages * min(4, (columns - 7) // pages)


def test_a_document_of_one_page_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    answer = make_answer("What?", "x")
    print_strip(make_picture(answer, pages=12), ColorMode.NEVER)
    assert "source" in capsys.readouterr().err
    one = make_picture(answer, pages=3)
    print_strip(type(one)(answer, (), (), None, one.pages[:1], ((1.0,),)), ColorMode.NEVER)
    assert capsys.readouterr().err == ""
