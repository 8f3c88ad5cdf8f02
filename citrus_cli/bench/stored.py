"""What one reading for many questions saves, and what the store does: times and sizes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from citrus_cli.answering import Answering
from citrus_cli.bench.processes import write_entries
from citrus_cli.documents import open_documents
from citrus_cli.run import Runner

QUESTION_COUNTS = (1, 2, 5, 10, 20)


@dataclass(frozen=True)
class ManyQuestions:
    """Wall seconds of one run, reading and answers, with so many questions."""

    tokens: int
    questions: int
    seconds: float


@dataclass(frozen=True)
class StoreTimes:
    """Seconds to read and store a document, to read it alone, and for a question from the store."""

    tokens: int
    read_seconds: float
    ingest_seconds: float
    ask_seconds: float
    bytes_per_token: float


def many_questions(runner: Runner, tokens: int, counts: Sequence[int]) -> Iterator[ManyQuestions]:
    """Ask a text of about `tokens` tokens more and more questions at once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.txt"
        write_entries(path, tokens)
        _ask(runner, path, _questions(1))  # warms up
        for count in counts:
            started = time.perf_counter()
            read = _ask(runner, path, _questions(count))
            yield ManyQuestions(read, count, time.perf_counter() - started)


def store_times(runner: Runner, tokens: int, rounds: int = 3) -> StoreTimes:
    """Read a text of about `tokens` tokens, store it, and ask it from there; all in one run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.txt"
        write_entries(path, tokens)
        with open_documents([path])[0] as document:
            answering = Answering(runner, [document], (), None)
            instruction = runner.instruction(_questions(1)[0])
            read = answering.keep([instruction])
            started = time.perf_counter()
            entry = answering.ingest_into(Path(folder))
            took = time.perf_counter() - started
            asked = [answering.keep([instruction]).seconds for _ in range(rounds)]
        return StoreTimes(
            entry.tokens, read.seconds, took, median(asked), entry.bytes / entry.tokens
        )


def _ask(runner: Runner, path: Path, questions: Sequence[str]) -> int:
    """Ask, and throw the answers away; the tokens read."""
    with open_documents([path])[0] as document:
        answers = list(Answering(runner, [document], (), None).answers(questions, 0.0))
    return answers[0].tokens_read


def _questions(count: int) -> list[str]:
    return [f"What happened in entry {37 * number}?" for number in range(1, count + 1)]
