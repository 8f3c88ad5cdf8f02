"""The rule that tells documents from the question, and the questions file."""

from __future__ import annotations

from pathlib import Path

import pytest

from citrus_cli.cli.options.questions import read_questions
from citrus_cli.cli.options.request import Request, names_a_file, resolve
from citrus_cli.cli.output.streams import Stdin
from citrus_cli.errors import UsageError

PIPED, TERMINAL, ABSENT = Stdin.PIPED, Stdin.TERMINAL, Stdin.ABSENT
FILES = {"a.pdf", "b.pdf", "notes"}


def rule(arguments: str, questions: list[str] | None, stdin: Stdin) -> Request:
    return resolve(
        arguments.split("|") if arguments else [], questions, stdin=stdin, exists=FILES.__contains__
    )


@pytest.mark.parametrize("stdin", [PIPED, TERMINAL, ABSENT])
@pytest.mark.parametrize(
    ("arguments", "questions", "sources", "asked"),
    [
        ("a.pdf|What?", None, ["a.pdf"], ["What?"]),
        ("a.pdf|b.pdf|What?", None, ["a.pdf", "b.pdf"], ["What?"]),
        ("missing.pdf|What?", None, ["missing.pdf"], ["What?"]),
        ("-|What?", None, ["-"], ["What?"]),
        ("a.pdf|-|What?", None, ["a.pdf", "-"], ["What?"]),
        ("a.pdf", ["What?"], ["a.pdf"], ["What?"]),
        ("a.pdf|b.pdf", ["One?", "Two?"], ["a.pdf", "b.pdf"], ["One?", "Two?"]),
        ("-", ["What?"], ["-"], ["What?"]),
        ("a.pdf", ["notes"], ["a.pdf"], ["notes"]),
    ],
)
def test_the_same_whatever_standard_input_is(
    arguments: str, questions: list[str] | None, sources: list[str], asked: list[str], stdin: Stdin
) -> None:
    assert rule(arguments, questions, stdin) == Request(tuple(sources), tuple(asked))


@pytest.mark.parametrize(("arguments", "questions"), [("What?", None), ("", ["What?"])])
def test_a_pipe_is_the_document_when_none_is_named(
    arguments: str, questions: list[str] | None
) -> None:
    assert rule(arguments, questions, PIPED) == Request(("-",), ("What?",))


@pytest.mark.parametrize(
    ("arguments", "questions", "stdin", "says"),
    [
        ("", None, TERMINAL, ["no document and no question", "citrus ask SOURCE QUESTION"]),
        ("", None, ABSENT, ["no document and no question"]),
        ("", None, PIPED, ["no question given", "citrus ask QUESTION"]),
        ("What?", None, TERMINAL, ["no document given", "citrus ask SOURCE 'What?'"]),
        ("What?", None, ABSENT, ["no document given"]),
        ("a.pdf", None, TERMINAL, ["no question given", "citrus ask a.pdf QUESTION"]),
        ("a.pdf", None, PIPED, ["citrus ask a.pdf -q QUESTION", "citrus ask - -q a.pdf"]),
        ("-", None, PIPED, ["no question given", "citrus ask - -q QUESTION"]),
        ("-", None, TERMINAL, ["no question given"]),
        ("a.pdf|b.pdf", None, TERMINAL,
         ["b.pdf is a file", "citrus ask a.pdf b.pdf -q QUESTION", "citrus ask a.pdf -q b.pdf"]),
        ("a.pdf|b.pdf", None, PIPED, ["b.pdf is a file"]),
        ("a.pdf|-", None, PIPED, ["no question given: - is standard input"]),
        ("a.pdf| ", None, TERMINAL, ["the question is empty"]),
        (" ", None, PIPED, ["the question is empty"]),
        ("a.pdf", ["  "], TERMINAL, ["the question is empty"]),
        ("a.pdf", ["What?", ""], TERMINAL, ["the question is empty"]),
        ("", ["What?"], TERMINAL, ["no document given"]),
        ("", ["What?"], ABSENT, ["no document given"]),
        ("-|-|What?", None, PIPED, ["more than once"]),
        ("a.pdf|", ["What?"], TERMINAL, ["a document's name is empty"]),
    ],
)  # fmt: skip
def test_a_doubt_is_refused_with_the_spelling_that_works(
    arguments: str, questions: list[str] | None, stdin: Stdin, says: list[str]
) -> None:
    with pytest.raises(UsageError) as refused:
        rule(arguments, questions, stdin)
    assert "\n" not in str(refused.value)
    for words in says:
        assert words in str(refused.value)


def test_what_counts_as_a_file(home: Path) -> None:
    (home / "a.md").touch()
    (home / "folder").mkdir()
    (home / "broken").symlink_to("nowhere")
    for name in ("a.md", "folder", "broken", "*.md", str(home / "*.md")):
        assert names_a_file(name), name
    for name in ("What?", "*.pdf", "is 2*3 six?", "b.md", "q" * 5000, "", "what? [a]"):
        assert not names_a_file(name), name


@pytest.mark.parametrize(
    "data",
    [
        b"One?\nTwo?\n",
        b"\xef\xbb\xbfOne?\r\n\r\n# a comment\r\n  Two?  \r\n",
        b"\n\n  # indented comment\nOne?\rTwo?",
        "One?\nTwo?".encode("utf-16"),
    ],
)
def test_questions_file(home: Path, data: bytes) -> None:
    (home / "q.txt").write_bytes(data)
    assert read_questions("q.txt") == ("One?", "Two?")


def test_large_questions_file(home: Path) -> None:
    (home / "q.txt").write_text("".join(f"Question {n}?\n" for n in range(100_000)))
    questions = read_questions("q.txt")
    assert len(questions) == 100_000
    assert questions[-1] == "Question 99999?"


@pytest.mark.parametrize("data", [b"", b"\n \n", b"# only\n# comments\n", b"\xef\xbb\xbf"])
def test_questions_file_without_questions(home: Path, data: bytes) -> None:
    (home / "q.txt").write_bytes(data)
    with pytest.raises(UsageError, match=r"^q\.txt: no questions"):
        read_questions("q.txt")


def test_questions_file_that_cannot_be_read(home: Path) -> None:
    with pytest.raises(UsageError, match=r"questions file gone\.txt: No such file"):
        read_questions("gone.txt")
    (home / "latin.txt").write_bytes(b"Qu\xe9?")
    with pytest.raises(UsageError, match=r"latin\.txt: not UTF-8 at byte 2"):
        read_questions("latin.txt")
    with pytest.raises(UsageError, match="Is a directory"):
        read_questions(".")
