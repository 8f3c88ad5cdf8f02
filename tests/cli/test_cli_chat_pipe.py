"""`citrus chat` without a person at both ends: questions in by the line, answers out, no more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cli_chat import CTRL_C, CTRL_D, Chat
from cli_terminal import PIPE, PROGRAM, TERMINAL, CtrlC, run


def test_questions_in_answers_out(document: Path) -> None:
    ended = run("chat", "doc.txt", stdin=b"One?\n\n  \nTwo?")
    assert ended.stdout == "One? -> some text after 0\n\nTwo? -> some text after 1\n"
    assert (ended.stderr, ended.code) == ("", 0)


def test_a_byte_order_mark_and_windows_line_ends(document: Path) -> None:
    ended = run("chat", "doc.txt", stdin="\ufeffGrüße?\r\nTwo?\r\n".encode())
    assert ended.stdout == "Grüße? -> some text after 0\n\nTwo? -> some text after 1\n"


def test_each_answer_is_out_before_the_next_question(document: Path) -> None:
    # a program that asks, and asks on when it has the answer
    process = subprocess.Popen(
        [*PROGRAM, "chat", "doc.txt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"One?\n")
        assert process.stdout.readline() == b"One? -> some text after 0\n"
        process.stdin.write(b"Two?\n")
        assert process.stdout.readline() == b"\n"
        assert process.stdout.readline() == b"Two? -> some text after 1\n"


def test_the_last_error_is_the_exit_code(document: Path) -> None:
    ended = run("chat", "doc.txt", stdin=b"fail\nOne?\n/pagse\nTwo?\nfail\nThree?\n")
    assert ended.stdout == "".join(
        f"{blank}{name}? -> some text after {number}\n"
        for number, (blank, name) in enumerate([("", "One"), ("\n", "Two"), ("\n", "Three")])
    )
    assert [line.partition(";")[0] for line in ended.stderr.splitlines()] == [
        "citrus: error: no memory for this answer",
        "citrus: error: /pagse: no such command",
        "citrus: error: no memory for this answer",
    ]
    assert ended.code == 5
    assert run("chat", "doc.txt", stdin=b"fail\n/pagse\nOne?\n").code == 2


def test_commands_do_not_mix_with_answers(document: Path) -> None:
    ended = run("chat", "doc.txt", stdin=b"One?\n/sources\n/save chat.md\n/quit\nTwo?\n")
    assert ended.stdout == "One? -> some text after 0\n"
    assert "page 22 (printed 20)" in ended.stderr
    assert "## One?" in Path("chat.md").read_text()
    assert ended.code == 0


def test_warnings_and_limits_go_to_stderr(document: Path) -> None:
    ended = run("chat", "doc.txt", stdin=b"limit\n", env={"FAKE": "warnings"})
    assert ended.stderr.splitlines() == [
        "warning: page 3 has no text",
        "warning: the answer to limit was cut off; --max-answer-tokens allows more",
    ]
    assert (
        run("chat", "doc.txt", "--quiet", stdin=b"limit\n", env={"FAKE": "warnings"}).stderr == ""
    )


def test_notes_stay_out_of_a_log(document: Path) -> None:
    ended = run("chat", "doc.txt", stdin=b"note?\n")
    assert (ended.stdout, ended.stderr) == ("note? -> some text after 0\n", "")


def test_colour_and_styles_stay_out_of_a_pipe(document: Path) -> None:
    ended = run("chat", "doc.txt", "--color", "always", stdin=b"One?\n")
    assert ended.stdout == "One? -> some text after 0\n"


def test_answers_to_a_pipe_shown_on_a_terminal_are_cleaned(document: Path) -> None:
    ended = run("chat", "doc.txt", stdin=b"hostile\nTwo?\n", stdout=TERMINAL, stderr=PIPE)
    assert ended.stdout == "red [bold]kept[/bold] done\nnext\n\nTwo? -> some text after 1\n"


def test_a_terminal_in_and_a_file_out(document: Path) -> None:
    with Chat("doc.txt", shell="exec {} > out.txt") as chat:
        chat.wait_for("one question on each line; Ctrl-D ends the chat")
        chat.send(f"One?\nTwo?\n{CTRL_D}")
        assert chat.end()[1] == 0
        assert "citrus> " not in chat.raw
    answers = "One? -> some text after 0\n\nTwo? -> some text after 1\n"
    assert Path("out.txt").read_text() == answers


def test_ctrl_c_in_a_pipe_keeps_what_there_is(document: Path) -> None:
    ended = run(
        *["chat", "doc.txt"],
        stdin=b"One?\nendless\nTwo?\n",
        stdout=TERMINAL,
        ctrl_c=CtrlC(after="endless -> some text after 1"),
    )
    assert ended.stdout == "One? -> some text after 0\n\nendless -> some text after 1\n"
    assert ended.stderr == "citrus: interrupted; the answer is not complete\n"
    assert ended.code == 130


def test_ctrl_c_keeps_the_half_answer_in_a_file(document: Path) -> None:
    with Chat("doc.txt", shell="exec {} > out.txt") as chat:
        chat.wait_for("one question on each line")
        chat.send("endless\n")
        chat.wait_for("looking for the answer")
        chat.wait_for("\x1b[?25h")  # progress is gone: the answer has begun
        chat.send(CTRL_C)
        text, code = chat.end()
        assert text.endswith("citrus: interrupted; the answer is not complete\n")
        assert code == 130
    assert Path("out.txt").read_text().startswith("endless")


def test_ctrl_c_while_reading_a_pipes_documents(document: Path) -> None:
    ended = run(
        *["chat", "doc.txt"],
        stdin=b"One?\n",
        stderr=TERMINAL,
        env={"FAKE": "endless-reading"},
        ctrl_c=CtrlC(after="reading report.pdf"),
    )
    assert (ended.stdout, ended.code) == ("", 130)


def test_a_reader_that_leaves_is_no_error(document: Path) -> None:
    questions = "yes What? 2>/dev/null"
    with Chat("doc.txt", shell=f"{questions} | {{}} 2>err.txt | head -n 1; echo done") as chat:
        assert chat.end() == ("What? -> some text after 0\ndone\n", 0)
    assert Path("err.txt").read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (["-"], b"One?\n", "- cannot be a document of a chat"),
        (["doc.txt", "-"], b"One?\n", "- cannot be a document of a chat"),
        ([], b"One?\n", "no document given: citrus chat SOURCE"),
        ([""], b"One?\n", "a document's name is empty"),
        (["doc.txt"], b"", "no question came in"),
        (["doc.txt"], b"\n \n", "no question came in"),
        (["doc.txt"], None, "there is no standard input to read questions from"),
        (["doc.txt"], b"One?\n\xff\n", "line 2 of standard input is not UTF-8"),
        (["doc.txt", "--policy", "nonsense"], b"One?\n", "unknown policy nonsense"),
    ],
)
def test_refusals(document: Path, arguments: list[str], stdin: bytes | None, says: str) -> None:
    ended = run("chat", *arguments, stdin=stdin)
    assert ended.stderr.startswith(f"citrus: error: {says}")
    assert ended.stderr.count("\n") == 1
    assert ended.code == 2


def test_errors_before_the_chat_have_their_codes(document: Path) -> None:
    assert run("chat", "gone.pdf", stdin=b"One?\n").code == 3
    for how, code in (("model", 4), ("memory", 5), ("bug", 1)):
        ended = run("chat", "doc.txt", stdin=b"One?\n", env={"FAKE": how})
        assert (ended.code, ended.stdout, ended.stderr.count("\n")) == (code, "", 1)
