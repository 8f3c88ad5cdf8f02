"""`citrus ask` in a process, answered by the fake API: standard output and error apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_fake_api import FakeDocumentQA, make_answer
from cli_harness import Citrus

from citrus_cli.cli.ask import command as ask
from citrus_cli.cli.program import interrupts


def test_the_answer_alone_on_stdout(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "What?")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "What? -> some text\n", "")
    assert citrus.call["sources"] == ("doc.txt",)
    assert citrus.call["questions"] == ("What?",)


def test_only_what_is_given_reaches_the_api(citrus: Citrus, document: Path) -> None:
    citrus("ask", "doc.txt", "What?")
    assert citrus.call == {
        "model": "default",
        "sources": ("doc.txt",),
        "questions": ("What?",),
        "pages": None,
        "password": None,
        "encoding": None,
        "stdin": None,
    }


def test_every_setting_reaches_the_api(citrus: Citrus, document: Path) -> None:
    result = citrus(
        *["ask", "-m", "some/model", "-s", "Be brief.", "--pages", "5-10,14", "--password", "pw"],
        *[
            "--encoding",
            "cp1252",
            "--policy",
            "streaming",
            "--budget",
            "512",
            "--chunk-size",
            "128",
        ],
        *["--quantize", "4bit", "--device", "cpu", "--max-answer-tokens", "64"],
        *["doc.txt", "-q", "One?", "-q", "Two?"],
    )
    assert result.exit_code == 0
    assert citrus.call == {
        "model": "some/model",
        "system": "Be brief.",
        "policy": "streaming",
        "budget": 512,
        "chunk_size": 128,
        "quantize": "4bit",
        "device": "cpu",
        "max_answer_tokens": 64,
        "sources": ("doc.txt",),
        "questions": ("One?", "Two?"),
        "pages": "5-10,14",
        "password": "pw",
        "encoding": "cp1252",
        "stdin": None,
    }


def test_several_questions_in_a_pipe(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "-q", "One?", "-q", "Two?")
    assert result.stdout == "One? -> some text\n\nTwo? -> some text\n"


def test_questions_of_flags_come_before_those_of_the_file(citrus: Citrus, document: Path) -> None:
    Path("q.txt").write_text("\ufeff# two\nTwo?\n\nThree?\n", encoding="utf-8")
    citrus("ask", "doc.txt", "-f", "q.txt", "-q", "One?")
    assert citrus.call["questions"] == ("One?", "Two?", "Three?")


def test_json_is_one_object_with_the_keys_of_the_answer(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "What?", "--json")
    value = json.loads(result.stdout)
    expected = make_answer("What?", "What? -> some text").to_dict()
    assert value == json.loads(json.dumps(expected))
    assert list(value) == list(expected)
    assert result.stderr == ""


def test_json_of_several_questions_is_one_list(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "-q", "One?", "-q", "Two?", "--json")
    assert [answer["question"] for answer in json.loads(result.stdout)] == ["One?", "Two?"]


def test_json_lines(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "-q", "One?", "-q", "Two?", "--jsonl")
    lines = result.stdout.splitlines()
    assert [json.loads(line)["question"] for line in lines] == ["One?", "Two?"]


def test_json_is_harmless_on_a_terminal_and_means_the_same(citrus: Citrus, document: Path) -> None:
    document.write_text("\u009b2J \u202eover \u2028 é \x7f", encoding="utf-8")
    result = citrus("ask", "doc.txt", "What?", "--jsonl")
    assert not set("\u009b\u202e\u2028\x7f") & set(result.stdout)
    assert "é" in result.stdout
    assert "\u009b2J \u202eover \u2028 é \x7f" in json.loads(result.stdout)["answer"]


def test_warnings_go_to_stderr_once_each(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "-q", "One?", "-q", "Two?", env={"FAKE": "warnings"})
    assert result.stderr.splitlines() == [
        "warning: page 3 has no text",
        "warning: question 1 is odd",
        "warning: question 2 is odd",
    ]


def test_an_answer_at_its_token_limit_is_warned_about(
    citrus: Citrus, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = make_answer("What?", "A long", complete=False, answer_tokens=256)
    monkeypatch.setattr(FakeDocumentQA, "_answer", lambda *_: cut)
    result = citrus("ask", "doc.txt", "What?")
    assert (result.stdout, result.exit_code) == ("A long\n", 0)
    assert result.stderr == (
        "warning: the answer was cut off after 256 tokens; --max-answer-tokens allows more\n"
    )
    result = citrus("ask", "doc.txt", "-q", "One?", "-q", "Two?")
    assert result.stderr.startswith("warning: answer 1 was cut off after 256 tokens")


def test_quiet_leaves_only_the_answer(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "What?", "--quiet", env={"FAKE": "warnings"})
    assert (result.stdout, result.stderr) == ("What? -> some text\n", "")


def test_verbose_prints_the_receipt_to_stderr_in_a_pipe(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "What?", "-v")
    assert result.stdout == "What? -> some text\n"
    assert result.stderr.splitlines() == [
        "report.pdf: 34 pages, 18,220 tokens; no text on pages 3, 7-9",
        "read: 18,220 tokens in 20.0 s (911 tokens/s), 768 states kept per layer; "
        "model loaded in 2.0 s",
        "answer: 34 tokens in 1.7 s (20 tokens/s)",
        "method: policy citrus, budget 768, chunks of 256 tokens",
        "model: smollm2-135m-instruct, not quantized, on cpu",
        "memory: 1.2 GB at the peak",
    ]


@pytest.mark.parametrize(
    ("how", "code", "line"),
    [
        ("model", 4, "default: not found; citrus models lists what there is"),
        ("memory", 5, "12.1 GB needed, 8.0 GB free; lower --budget"),
        ("MemoryError", 5, "out of memory; choose a smaller model"),
        ("bug", 1, "unexpected RuntimeError: the matrix is singular (run again with --debug"),
        ("pipe", 1, "unexpected BrokenPipeError: a worker died (run again with --debug"),
    ],
)
def test_failures_are_one_line_and_a_code(
    citrus: Citrus, document: Path, how: str, code: int, line: str
) -> None:
    result = citrus("ask", "doc.txt", "What?", env={"FAKE": how})
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith(f"citrus: error: {line}")
    assert result.stderr.count("\n") == 1


def test_a_torch_error_for_memory_is_recognised_by_its_name(
    citrus: Citrus, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OutOfMemoryError(RuntimeError):
        """As torch names it."""

    def fail(self: FakeDocumentQA, how: str) -> None:
        raise OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(FakeDocumentQA, "_load", fail)
    assert citrus("ask", "doc.txt", "What?").exit_code == 5


def test_a_document_that_is_not_there(citrus: Citrus) -> None:
    result = citrus("ask", "gone.pdf", "What?")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "citrus: error: gone.pdf: no such file; check the name\n"


@pytest.mark.parametrize("where", [["ask", "--debug"], ["--debug", "ask"]])
def test_debug_shows_the_traceback(citrus: Citrus, document: Path, where: list[str]) -> None:
    result = citrus(*where, "doc.txt", "What?", env={"FAKE": "bug"})
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback")
    assert "in _load" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("citrus: error: unexpected RuntimeError")
    assert "--debug" not in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["ask"], "no document and no question given"),
        (["ask", "doc.txt"], "no question given: citrus ask doc.txt QUESTION"),
        (["ask", "doc.txt", ""], "the question is empty"),
        (["ask", "doc.txt", "What?", "--json", "--jsonl"], "--json and --jsonl exclude each other"),
        (["ask", "doc.txt", "What?", "-v", "--quiet"], "--verbose and --quiet exclude each other"),
        (["ask", "doc.txt", "What?", "--policy", "nonsense"], "unknown policy nonsense"),
        (["ask", "doc.txt", "-f", "gone.txt"], "cannot read the questions file gone.txt"),
        (["ask", "-", "-f", "-"], "standard input cannot be both"),
        (["ask", "-f", "-"], "standard input cannot be both"),
        (["ask", "doc.txt", "What?", "--password-file", "gone"], "cannot read the password file"),
    ],
)
def test_requests_that_make_no_sense(
    citrus: Citrus, document: Path, arguments: list[str], line: str
) -> None:
    result = citrus(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"citrus: error: {line}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        (["ask", "doc.txt", "What?", "--budgt", "3"], ["--budgt", "--budget"], "citrus ask --help"),
        (["ask", "doc.txt", "What?", "--budget", "many"], ["--budget"], "citrus ask --help"),
        (["ask", "doc.txt", "What?", "--color", "red"], ["--color"], "citrus ask --help"),
        (["ask", "doc.txt", "--budget"], ["--budget"], "citrus ask --help"),
        (["aks"], ["aks"], "citrus --help"),
        (["--nonsense"], ["--nonsense"], "citrus --help"),
    ],
)
def test_command_lines_that_cannot_be_parsed(
    citrus: Citrus, document: Path, arguments: list[str], words: list[str], hint: str
) -> None:
    result = citrus(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    error, where = result.stderr.splitlines()
    assert error.startswith("citrus: error: ")
    assert all(word in error for word in words)
    assert where == f"Try '{hint}'."


def test_password_file(citrus: Citrus, document: Path) -> None:
    Path("pw").write_bytes(b"\xef\xbb\xbf s3cret \r\nsecond line\n")
    citrus("ask", "doc.txt", "What?", "--password-file", "pw")
    assert citrus.call["password"] == " s3cret "
    both = citrus("ask", "doc.txt", "What?", "--password-file", "pw", "--password", "x")
    assert both.exit_code == 2
    Path("empty").touch()
    assert citrus("ask", "doc.txt", "What?", "--password-file", "empty").exit_code == 2


def test_finished_answers_survive_a_later_failure(citrus: Citrus, document: Path) -> None:
    questions = ["-q", "One?", "-q", "Two?", "-q", "Three?"]
    env = {"FAKE": "fails-at-second"}
    result = citrus("ask", "doc.txt", *questions, "--json", env=env)
    assert result.exit_code == 5
    assert [answer["question"] for answer in json.loads(result.stdout)] == ["One?"]
    assert "1 of 3 answers are complete" in result.stderr
    result = citrus("ask", "doc.txt", *questions, env=env)
    assert result.stdout == "One? -> some text\n"


def test_an_answer_cut_short_by_ctrl_c_is_marked_when_the_api_gives_it(
    citrus: Citrus, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: FakeDocumentQA, number: int, question: str, so_far: str) -> object:
        monkeypatch.setattr(interrupts, "_pressed", True)
        return make_answer(question, so_far, complete=False)

    monkeypatch.setattr(FakeDocumentQA, "_hang", interrupted)
    arguments = ["ask", "doc.txt", "-q", "One?", "-q", "Two?", "-q", "Three?", "--json"]
    result = citrus(*arguments, env={"FAKE": "endless-second"})
    assert result.exit_code == 130
    answers = json.loads(result.stdout)
    assert [(one["answer"], one["complete"]) for one in answers] == [
        ("One? -> some text", True),
        ("Two? -", False),
    ]
    assert result.stderr == "citrus: interrupted; 1 of 3 answers are complete\n"


def test_output_file(citrus: Citrus, document: Path, home: Path) -> None:
    result = citrus("ask", "doc.txt", "What?", "--output", "answer.txt")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert Path("answer.txt").read_text() == "What? -> some text\n"
    again = citrus("ask", "doc.txt", "Why?", "--output", "answer.txt")
    assert again.exit_code == 2
    assert "answer.txt: the file exists; --overwrite replaces it" in again.stderr
    assert Path("answer.txt").read_text() == "What? -> some text\n"
    citrus("ask", "doc.txt", "Why?", "--output", "answer.txt", "--overwrite", "--json")
    assert json.loads(Path("answer.txt").read_text())["question"] == "Why?"
    assert sorted(path.name for path in home.iterdir()) == ["answer.txt", "doc.txt"]


def test_output_dash_is_stdout(citrus: Citrus, document: Path) -> None:
    assert citrus("ask", "doc.txt", "What?", "--output", "-").stdout == "What? -> some text\n"


def test_a_failed_run_leaves_no_output_file(citrus: Citrus, document: Path, home: Path) -> None:
    result = citrus("ask", "doc.txt", "What?", "--output", "a.txt", env={"FAKE": "model"})
    assert result.exit_code == 4
    assert [path.name for path in home.iterdir()] == ["doc.txt"]


def test_a_run_that_fails_half_way_keeps_what_is_done_and_the_old_file(
    citrus: Citrus, document: Path
) -> None:
    Path("a.jsonl").write_text("old")
    result = citrus(
        *["ask", "doc.txt", "-q", "One?", "-q", "Two?", "--jsonl"],
        *["--output", "a.jsonl", "--overwrite"],
        env={"FAKE": "fails-at-second"},
    )
    assert result.exit_code == 5
    assert Path("a.jsonl").read_text() == "old"
    assert json.loads(Path("a.jsonl.incomplete").read_text())["question"] == "One?"
    assert "what is done is in" in result.stderr
    assert "a.jsonl.incomplete" in result.stderr


def test_nothing_is_imported_for_a_request_that_makes_no_sense(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> type[FakeDocumentQA]:
        raise AssertionError("the API was loaded")

    monkeypatch.setattr(ask, "load_document_qa", never)
    assert Citrus()("ask", "doc.txt").exit_code == 2
