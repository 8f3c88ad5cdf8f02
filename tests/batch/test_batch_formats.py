"""Rows in every format, and back again."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from citrus_cli.batch.formats import NotOursError, line, parse, render
from citrus_cli.batch.questions import Question
from citrus_cli.batch.rows import OUTCOME, RowMaker, answered, failed
from citrus_cli.batch.work import Item, Target

HOSTILE = (
    "<script>alert(1)</script> | *a* `b` [c](javascript:d) --> </script> \x1b[31m\u202e -- é日"
)
FORMATS = ("json", "csv", "md", "html")


def answer(text: str, **changes: Any) -> dict[str, Any]:
    receipt = {
        "pages": 3,
        "tokens_read": 100,
        "states_kept": 10,
        "model": "m",
        "policy": "p",
        "budget": 256,
        "seconds_read": 1.5,
        "seconds_answer": 0.25,
        "complete": True,
        "warnings": ["page 3: no text", "b; c"],
        "sources": [9, 12],
        "not_found": ["17 | crowns"],
    }
    result = {"answer": text, "status": "ok", "error": None, "exit_code": None}
    return {**result, **receipt, **changes}


def rows(*outcomes: dict[str, Any], **question: Any) -> list[dict[str, Any]]:
    questions = [
        Question(f"Question {n}?", f"q{n}", f"line {n}", **question) for n in range(len(outcomes))
    ]
    maker = RowMaker(questions)
    items = [Item(one, Target("d.pdf", "0"), "d.pdf", f"0-{one.id}-s") for one in questions]
    return [maker.row(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]


MIXED = rows(
    answer("yes"),
    answer(HOSTILE, complete=False),
    answer("=1+1"),
    answer("'=1+1"),
    answer("-5"),
    answer(""),
    failed("it | broke", 3),
    answers=("yes",),
    extra={"note": HOSTILE, "n": -5},
)


@pytest.mark.parametrize("format", FORMATS)
def test_what_resume_needs_survives_every_format(format: str) -> None:
    back = parse(render(MIXED, format), format)
    assert [row["key"] for row in back] == [row["key"] for row in MIXED]
    for name in OUTCOME:
        before = [row[name] for row in MIXED if row["status"] == "ok"]
        assert [row[name] for row in back if row["status"] == "ok"] == before, name


def test_json_is_whole_and_safe_on_a_terminal() -> None:
    assert json.loads(render(MIXED, "json")) == MIXED
    assert [json.loads(text) for text in render(MIXED, "jsonl").splitlines()] == MIXED
    assert not set("\x1b\u202e") & set(render(MIXED, "json") + line(MIXED[1]))


def test_the_order_of_columns() -> None:
    header = render(MIXED, "csv").splitlines()[0].split(",")
    assert header[:6] == ["id", "question", "document", "note", "n", "answers"]
    assert header[6:12] == ["answer", "status", "error", "exit_code", "right", "f1"]
    assert header[12:14] == ["pages", "tokens_read"]
    assert header[-1] == "key"
    assert list(MIXED[0]) == header


def test_csv_cells_are_no_formulas_but_numbers_stay() -> None:
    table = list(csv.DictReader(io.StringIO(render(MIXED, "csv"), newline="")))
    assert [row["answer"] for row in table[2:5]] == ["'=1+1", "''=1+1", "-5"]
    assert table[0]["n"] == "-5"
    for start in "=+-@\t":
        (row,) = rows(answer(f"{start}cmd"), extra={f"{start}x": "1"})
        table = list(csv.DictReader(io.StringIO(render([row], "csv"), newline="")))
        assert table[0]["answer"] == f"'{start}cmd"
        assert f"'{start}x" in table[0]


def test_scores_and_failures() -> None:
    first, *_, last = MIXED
    assert (first["right"], first["f1"]) == (True, 1.0)
    assert (last["right"], last["f1"], last["answer"]) == (None, None, None)
    assert (last["status"], last["error"], last["exit_code"]) == ("failed", "it | broke", 3)
    (row,) = rows(answer("yes"))
    assert not {"right", "f1", "answers"} & set(row)


def test_columns_that_clash_are_kept_under_another_name() -> None:
    extra = {"pages": [7], "key": "k", "input_key": "i", "own": "o"}
    (row,) = rows(answer("yes"), extra=extra)
    assert (row["input_pages"], row["pages"]) == ([7], 3)
    assert (row["input_input_key"], row["input_key"], row["own"]) == ("k", "i", "o")
    assert row["key"] == "0-q0-s"


def test_markdown_has_one_line_for_each_row_and_nothing_live_in_it() -> None:
    text = render(MIXED, "md")
    table = [one for one in text.splitlines() if one.startswith("|")]
    assert len(table) == len(MIXED) + 2
    for one in table:
        assert len(re.findall(r"(?<!\\)\|", one)) == 9
    assert r"\<script\>" in table[3]
    assert r"\[c\]\(javascript:d\)" in table[3]
    assert not set("\x1b\u202e") & set(text)
    assert text.count("-->") == 1
    assert "1 failed" in text
    assert "of 6 right" in text


class Page(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_one_page_in_which_nothing_foreign_acts() -> None:
    text = render(MIXED, "html")
    page = Page(text)
    assert page.tags.count("article") == len(MIXED)
    assert page.tags.count("script") == 1  # the data
    assert "alert(1)</script> | *a*" in page.text
    assert not {"src", "href", "onclick"} & set(page.attributes)
    assert not set("\x1b\u202e") & set(text)
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "failed: it | broke" in page.text


def test_a_page_without_scores() -> None:
    assert "F1" not in Page(render(rows(answer("yes")), "html")).text
    assert "F1" in Page(render(MIXED, "html")).text


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", ["", "x", "[1]", '[{"key": "k"}]', "{}", "a,b\n1,2\n", "[" * 9**6])
def test_what_is_not_ours_is_known(format: str, text: str) -> None:
    with pytest.raises(NotOursError):
        parse(text, format)


def test_an_answer_becomes_an_outcome() -> None:
    from citrus_cli.answer import Answer, DocumentReceipt, Seconds

    documents = DocumentReceipt("a", 2, 10), DocumentReceipt("b", 3, 10)
    given = Answer(
        *("q", "yes", documents, "m", "none", "cpu", "p", 256, 64, 20, 8, 5),
        seconds=Seconds(1, 2.00049, 3),
        peak_memory_bytes=1,
        warnings=("w",),
    )
    expected = {
        "pages": 5,
        "tokens_read": 20,
        "states_kept": 8,
        "seconds_read": 2.0,
        "answer": "yes",
    }
    outcome = answered(given)
    assert outcome | expected | {"answer": "yes"} == outcome
    assert set(outcome) == set(OUTCOME)
