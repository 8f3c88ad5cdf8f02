"""Sources under the answer, what stands nowhere, and the files that show what was kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli_fake_api import FakeDocumentQA, make_answer
from cli_harness import Citrus

from citrus_cli.answer import DocumentReceipt
from citrus_cli.batch.rows import answered
from citrus_cli.cli.output.sources import not_found, page_name, print_sources, source_lines
from citrus_cli.cli.output.streams import ColorMode
from citrus_cli.evidence.model import Claim, Evidence
from citrus_cli.pictures import Picture
from citrus_cli.pictures.report import sources

ONE = Evidence("report.pdf", 9, "6", "Sales rose\nby 4 %.", 0, 18, 0.41, True)
TWO = Evidence("report.pdf", 12, None, "\x1b[31mCosts\x1b[0m fell.", 5, 30, 0.2, True)
FOUND = Claim("4 %", "number", 0, 3, True, (("report.pdf", 9),))
LOST = Claim("17 crowns", "number", 5, 14, False, ())


def test_sources_are_lines_in_a_log(capsys):
    print_sources(make_answer("What?", "It rose.", evidence=(ONE, TWO)), ColorMode.NEVER)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "source: page 9 (printed 6), 41%: Sales rose by 4 %.\nsource: page 12, 20%: Costs fell.\n"
    )


def test_several_documents_are_named(capsys):
    documents = (DocumentReceipt("report.pdf", 1, 9), DocumentReceipt("other.pdf", 1, 9))
    answer = make_answer("What?", "It rose.", evidence=(ONE,), documents=documents)
    print_sources(answer, ColorMode.NEVER)
    assert "source: report.pdf, page 9 (printed 6)" in capsys.readouterr().err


def test_no_evidence_is_no_output(capsys):
    print_sources(make_answer("What?", "It rose."), ColorMode.NEVER)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ((), []),
        ((FOUND,), []),
        ((FOUND, LOST), ["17 crowns: stands nowhere in the document"]),
        ((LOST, LOST), ["17 crowns, 17 crowns: stand nowhere in the document"]),
    ],
)
def test_what_stands_nowhere_is_said(claims, said):
    assert not_found(make_answer("What?", "It rose.", claims=claims)) == said


@pytest.mark.parametrize(
    ("line", "last", "where"), [(120, 120, "line 120"), (120, 131, "lines 120–131")]
)
def test_a_text_without_pages_has_lines(line, last, where):
    one = replace(ONE, page=1, label=None, line=line, last_line=last)
    answer = make_answer("What?", "x", evidence=(one,))
    assert source_lines(answer) == [f"{where}, 41%: Sales rose by 4 %."]
    assert answered(answer)["sources"] == [where]
    assert [source.where for source in sources(Picture(answer, (one,), (), None, (), ()))] == [
        where
    ]


def test_page_names():
    assert page_name(3, None) == "page 3"
    assert page_name(3, "i\x1b[1mi") == "page 3 (printed ii)"


@pytest.fixture
def sourced(monkeypatch: pytest.MonkeyPatch, citrus: Citrus) -> Citrus:
    """The program, with an API whose answers have sources."""

    def answer(self, how, number, question, text):
        return make_answer(question, "It rose.", evidence=(ONE,), claims=(FOUND, LOST))

    monkeypatch.setattr(FakeDocumentQA, "_answer", answer)
    return citrus


def test_ask_gives_them_apart_from_the_answer(sourced, document):
    result = sourced("ask", "doc.txt", "What?", "-v")
    assert result.stdout == "It rose.\n"
    assert "source: page 9 (printed 6), 41%" in result.stderr
    assert "warning: 17 crowns: stands nowhere in the document" in result.stderr
    plain = sourced("ask", "doc.txt", "What?")
    assert "source:" not in plain.stderr
    assert "warning: 17 crowns" in plain.stderr
    assert sourced("ask", "doc.txt", "What?", "--quiet").stderr == ""


def test_json_has_them_all(sourced, document):
    answer = json.loads(sourced("ask", "doc.txt", "What?", "--json").stdout)
    assert answer["evidence"][0] == {
        "document": "report.pdf",
        "page": 9,
        "label": "6",
        "quote": "Sales rose\nby 4 %.",
        "start": 0,
        "end": 18,
        "score": 0.41,
        "verified": True,
        "drop": None,
        "line": None,
        "last_line": None,
    }
    assert [claim["found"] for claim in answer["claims"]] == [True, False]


def test_they_can_be_left_out(sourced, document):
    sourced("ask", "doc.txt", "What?", "--no-sources")
    assert sourced.call["evidence"] is False
    sourced("ask", "doc.txt", "What?")
    assert "evidence" not in sourced.call


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--report", "out.pdf"], "must end in .html"),
        (["--heatmap", "out.jpg"], "must end in .png or .svg"),
        (["--highlight", "out.pdf"], "marks one PDF"),
        (["--report", "no/such/out.html"], "there is no folder"),
        (["--report", "there.html"], "the file exists"),
        (["--report", "out.html", "-q", "Why?"], "ask one question"),
    ],
)
def test_pictures_that_cannot_be_are_refused_before_anything_slow(
    citrus, document, home: Path, arguments, said
):
    (home / "there.html").write_text("mine")
    rest = ["-q", "What?"] if "-q" in arguments else ["What?"]
    result = citrus("ask", "doc.txt", *rest, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert FakeDocumentQA.calls == []
    assert (home / "there.html").read_text() == "mine"
