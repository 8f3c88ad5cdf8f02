"""How sure: support under the answer, answers that are not there, and the exit code for both."""

from __future__ import annotations

import json

import pytest
from cli_fake_api import FakeDocumentQA, make_answer
from cli_harness import Citrus

from citrus_cli.answering import NOT_FOUND
from citrus_cli.batch.rows import answered
from citrus_cli.cli.output.sources import doubts, print_sources, support_line
from citrus_cli.cli.output.streams import ColorMode
from citrus_cli.evidence.model import Evidence
from citrus_cli.evidence.support import Support

STRONG = Support(0.9, "strong", 1.2, -0.1)
WEAK = Support(0.1, "weak", 0.0, -0.9)
ONE = Evidence("report.pdf", 9, "6", "Sales rose.", 0, 11, 0.41, True, drop=0.7)
REFUSED = {"answer": NOT_FOUND, "found": False, "evidence": (ONE,)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"support": STRONG}, "strong: without its sources the answer is 3.3 times less likely"),
        ({"support": WEAK}, "weak: without its sources the answer is as likely"),
        (
            {"support": Support(0.9, "strong", 99.0, -0.1)},
            "strong: without its sources the answer is 1e+06 times less likely",
        ),
        ({"found": False}, "none: the question finds nothing to rest on"),
        ({"found": False, "support": WEAK}, "weak: without its sources"),
    ],
)
def test_support_is_said_in_words(changes, said):
    line = support_line(make_answer("What?", "It rose.", **changes))
    assert line.startswith(said)
    assert bool(line) == bool(said)


def test_a_log_has_the_support_and_what_each_source_does(capsys):
    print_sources(
        make_answer("What?", "It rose.", evidence=(ONE,), support=STRONG), ColorMode.NEVER
    )
    err = capsys.readouterr().err
    assert "source: page 9 (printed 6), 41%, 2 times less likely per token without: Sales" in err
    assert "support: strong: without its sources the answer is 3.3 times less likely" in err


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, citrus: Citrus):
    """The program, and what its API answers to each question."""
    given: dict[str, dict] = {}

    def answer(self, how, number, question, text):
        changes = {"answer": "It rose.", **given[question]}
        return make_answer(question, changes.pop("answer"), **changes)

    monkeypatch.setattr(FakeDocumentQA, "_answer", answer)
    return given


def test_unsupported_answers_end_a_pipeline_if_they_are_to(citrus, answers, document):
    answers |= {"Good?": {"support": STRONG}, "Weak?": {"support": WEAK}, "Not there?": REFUSED}
    answers["Silent?"] = {"answer": ""}
    for question, code in (("Good?", 0), ("Weak?", 7), ("Not there?", 7), ("Silent?", 7)):
        assert citrus("ask", "doc.txt", question).exit_code == 0
        result = citrus("ask", "doc.txt", question, "--fail-if-unsupported")
        assert result.exit_code == code
        assert result.stdout.strip() == answers[question].get("answer", "It rose.")
    several = citrus("ask", "doc.txt", "-q", "Weak?", "-q", "Good?", "--fail-if-unsupported")
    assert several.exit_code == 7
    assert several.stdout.count("It rose.") == 2


def test_the_output_file_is_written_all_the_same(citrus, answers, document, tmp_path):
    answers["Not there?"] = REFUSED
    result = citrus(
        "ask", "doc.txt", "Not there?", "--json", "--output", "a.json", "--fail-if-unsupported"
    )
    assert result.exit_code == 7
    written = json.loads((document.parent / "a.json").read_text())
    assert (written["found"], written["support"]) == (False, None)
    assert written["evidence"][0]["drop"] == 0.7


def test_options_reach_the_api(citrus, answers, document):
    answers["Good?"] = {}
    FakeDocumentQA.calls.clear()
    citrus("ask", "doc.txt", "Good?", "--always-answer", "--explain")
    citrus("ask", "doc.txt", "Good?")
    assert FakeDocumentQA.calls[0]["always_answer"] is True
    assert FakeDocumentQA.calls[0]["explain"] is True
    assert not {"always_answer", "explain"} & set(FakeDocumentQA.calls[1])


@pytest.mark.parametrize("flag", ["--explain", "--fail-if-unsupported"])
def test_what_needs_sources_says_so(citrus, document, flag):
    result = citrus("ask", "doc.txt", "What?", "--no-sources", flag)
    assert result.exit_code == 2
    assert f"{flag} needs the sources" in result.stderr


def test_an_answer_that_was_forced_is_doubted(citrus, answers, document):
    forced = make_answer("Who?", "A king.", found=False, support=WEAK)
    assert doubts(forced) == ["the document does not seem to hold an answer to: Who?"]
    assert doubts(make_answer("Who?", NOT_FOUND, found=False)) == []
    answers["Who?"] = {"found": False, "support": WEAK}
    assert "does not seem to hold an answer" in citrus("ask", "doc.txt", "Who?").stderr


def test_a_batch_row_says_how_sure(citrus):
    row = answered(make_answer("What?", "It rose.", support=WEAK))
    assert (row["found"], row["support"]) == (True, "weak")
    assert answered(make_answer("What?", NOT_FOUND, found=False))["found"] is False
