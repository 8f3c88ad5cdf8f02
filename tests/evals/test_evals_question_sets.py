"""Question sets: every format that is read, and what is said of rows that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from citrus_cli.errors import UsageError
from citrus_cli.evals.questions.sets import read_question_set


def write(folder: Path, *rows: object) -> Path:
    path = folder / "set.jsonl"
    path.write_text("".join(f"{r if isinstance(r, str) else json.dumps(r)}\n" for r in rows))
    return path


def test_every_format_is_read(tmp_path):
    (tmp_path / "doc.txt").write_text("Doc.")
    path = write(
        tmp_path,
        {"text": "Abc.", "questions": ["Q1?", "Q2?"], "answers": [["a", "b"], "c"]},
        {"document": "doc.txt", "question": "Q3?", "answers": ["d"], "evidence_pages": [2, 1]},
        {"context": "Abc.", "input": "Q4?", "answers": ["e"], "length": 3, "all_classes": None},
        "",
        {"document": "doc.txt", "question": "Q5?", "answers": "f"},
    )
    found = read_question_set(path)
    assert (found.problems, found.skipped) == ((), 0)
    text, document = found.texts  # what is the same text is read once
    assert [(one.question, one.accepted) for one in text.questions] == [
        ("Q1?", ("a", "b")),
        ("Q2?", ("c",)),
        ("Q4?", ("e",)),
    ]
    assert document.document == tmp_path / "doc.txt"
    assert [one.evidence_pages for one in document.questions] == [{1, 2}, frozenset()]
    parts = [one.part for text in found.texts for one in text.questions]
    assert len(set(parts)) == len(parts) == 5


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{not json", "not JSON"),
        ("[1]", "not a JSON object"),
        ({"text": "x", "question": "Q?", "answers": []}, "list of answers is empty"),
        ({"text": "x", "question": "Q?", "answers": [" "]}, "list of answers is empty"),
        ({"text": "x", "question": "Q?"}, "must be a list of texts"),
        ({"text": "x", "question": "Q?", "answers": [1]}, "must be a list of texts"),
        ({"text": "x", "question": " ", "answers": ["a"]}, "no question"),
        ({"text": "x", "answers": ["a"]}, "no question"),
        ({"text": "x", "questions": ["Q?", "P?"], "answers": [["a"]]}, "each of its 2 questions"),
        ({"text": " ", "question": "Q?", "answers": ["a"]}, "text is empty"),
        ({"question": "Q?", "answers": ["a"]}, "no text, context or document"),
        ({"text": "x", "context": "y", "question": "Q?", "answers": ["a"]}, "text and context"),
        ({"document": "gone.pdf", "question": "Q?", "answers": ["a"]}, "gone.pdf cannot be read"),
        (
            {"text": "x", "question": "Q?", "answers": ["a"], "evidence_pages": ["1"]},
            "evidence_pages",
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_skipped(tmp_path, row, why):
    good = {"text": "y", "question": "Q?", "answers": ["a"]}
    found = read_question_set(write(tmp_path, good, row))
    (problem,) = found.problems
    assert "set.jsonl, line 2: " in problem
    assert why in problem
    assert found.skipped == len(found.texts) == 1
    with pytest.raises(UsageError, match="line 1"):
        read_question_set(write(tmp_path, row))


def test_a_limit_is_one_of_questions(tmp_path):
    rows = [{"text": t, "questions": ["A?", "B?"], "answers": ["a", "b"]} for t in "xyz"]
    found = read_question_set(write(tmp_path, *rows), limit=3)
    assert [len(text.questions) for text in found.texts] == [2, 1]


def test_files_that_are_no_sets_are_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_question_set(tmp_path / "gone.jsonl")
    (tmp_path / "x.jsonl").write_bytes(b"\xff\xfe{")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_question_set(tmp_path / "x.jsonl")
    with pytest.raises(UsageError, match="no row"):
        read_question_set(write(tmp_path, ""))
