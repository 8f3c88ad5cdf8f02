"""Question sets with accepted answers, such as `sample_docs/questions.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from citrus_cli.errors import UsageError
from citrus_cli.evals.results.metrics import is_right
from citrus_cli.qa import DocumentQA

SAMPLES = Path("sample_docs/questions.jsonl")


@dataclass(frozen=True)
class SampleResult:
    """One question: what was answered, and whether an accepted answer appears in it."""

    document: str
    question: str
    answer: str
    right: bool


def ask_samples(qa: DocumentQA, questions: Path = SAMPLES) -> Iterator[SampleResult]:
    """Ask every question of a set; the documents lie beside it.

    Raises:
        UsageError: there is no such file.
    """
    if not questions.exists():
        raise UsageError(f"{questions} is not here; run this in a checkout of the project")
    rows = [json.loads(line) for line in questions.read_text("utf-8").splitlines() if line.strip()]
    for document in dict.fromkeys(row["document"] for row in rows):
        of_document = [row for row in rows if row["document"] == document]
        answers = qa.ask_all(questions.parent / document, [r["question"] for r in of_document])
        for row, answer in zip(of_document, answers, strict=True):
            right = is_right(answer.answer, row["answers"])
            yield SampleResult(document, row["question"], answer.answer, right)
