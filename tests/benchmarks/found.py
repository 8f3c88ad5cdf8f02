"""Does citrus say so when a document does not hold the answer? And what do sources cost?"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from citrus_cli.errors import UsageError
from citrus_cli.evals.results.metrics import is_right
from citrus_cli.qa import DocumentQA


@dataclass(frozen=True)
class Trade:
    """How questions about one document fared: its own, and those of the other documents.

    `refused` of the `own` questions were not answered, and `refused_right` of the `right` ones that
    the model answers rightly when it must; `invented` of the `foreign` questions were answered.
    `weak` of those answers came with weak support.
    """

    document: str
    own: int
    refused: int
    right: int
    refused_right: int
    foreign: int
    invented: int
    weak: int


def trades(qa: DocumentQA, questions: Path, seed: int = 0) -> Iterator[Trade]:
    """Ask each document of a set its own questions, and as many of the others' as it has.

    `questions` is JSON Lines with `document` (beside the file), `question` and `answers`. `qa` must
    always answer: whether it would have refused stands in each answer.

    Raises:
        UsageError: there is no such file, or only one document.
    """
    if not questions.exists():
        raise UsageError(f"{questions} is not here; run this in a checkout of the project")
    rows = [json.loads(line) for line in questions.read_text("utf-8").splitlines() if line.strip()]
    documents = list(dict.fromkeys(row["document"] for row in rows))
    if len(documents) < 2:
        raise UsageError(f"{questions}: questions of another document need another document")
    rng = random.Random(seed)
    for document in documents:
        own = [row for row in rows if row["document"] == document]
        others = [row for row in rows if row["document"] != document]
        foreign = rng.sample(others, min(len(own), len(others)))
        asked = [row["question"] for row in (*own, *foreign)]
        answers = list(qa.ask_all(questions.parent / document, asked))
        mine, theirs = answers[: len(own)], answers[len(own) :]
        right = [a for a, row in zip(mine, own, strict=True) if is_right(a.answer, row["answers"])]
        invented = [answer for answer in theirs if answer.found]
        yield Trade(
            document,
            len(own),
            sum(not answer.found for answer in mine),
            len(right),
            sum(not answer.found for answer in right),
            len(foreign),
            len(invented),
            sum(not answer.supported for answer in invented),
        )


@dataclass(frozen=True)
class SourcesCost:
    """Median seconds of a whole run without sources, with them, and with `--explain`."""

    document: str
    without: float
    with_sources: float
    explained: float


def sources_cost(qa: DocumentQA, document: Path, question: str, rounds: int) -> SourcesCost:
    """Ask the same question in three ways, in turn, `rounds` times over; the model is loaded."""
    runner = qa.runner()
    plain = replace(runner.settings, evidence=False, always_answer=True)
    ways = (plain, replace(plain, evidence=True), replace(plain, evidence=True, explain=True))
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for seconds, settings in zip(taken, ways, strict=True):
            runner.settings = settings
            started = time.perf_counter()
            qa.ask(document, question)
            seconds.append(time.perf_counter() - started)
    middle = [sorted(seconds)[len(seconds) // 2] for seconds in taken]
    return SourcesCost(document.name, *middle)
