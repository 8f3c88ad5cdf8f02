"""What one reading for many questions saves, and what an index costs: times and sizes."""

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
from citrus_cli.index.corpus import Corpus
from citrus_cli.library.library import Library
from citrus_cli.pipeline.finding import find
from citrus_cli.pipeline.indexes import Indexes
from citrus_cli.pipeline.tools import Tools
from citrus_cli.run import Runner

QUESTION_COUNTS = (1, 2, 5, 10, 20)


@dataclass(frozen=True)
class ManyQuestions:
    """Wall seconds of one run, reading and answers, with so many questions."""

    tokens: int
    questions: int
    seconds: float


@dataclass(frozen=True)
class IndexTimes:
    """Seconds to make a document's index, and to find in it what a question asks for."""

    tokens: int
    make_seconds: float
    find_seconds: float
    bytes_per_token: float


def many_questions(runner: Runner, tokens: int, counts: Sequence[int]) -> Iterator[ManyQuestions]:
    """Ask a text of about `tokens` tokens more and more questions at once; each run reads it."""
    tools = runner.tools() if runner.by_index else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.txt"
        write_entries(path, tokens)
        _ask(runner, tools, path, _questions(1))  # warms up
        for count in counts:
            started = time.perf_counter()
            read = _ask(runner, tools, path, _questions(count))
            yield ManyQuestions(read, count, time.perf_counter() - started)


def index_times(runner: Runner, tokens: int, rounds: int = 3) -> IndexTimes:
    """Make the index of a text of about `tokens` tokens, and find in it; all in one run."""
    tools = runner.tools()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.txt"
        write_entries(path, tokens)
        with (
            open_documents([path])[0] as document,
            Library.temporary() as library,
            Indexes(tools, (), library) as indexes,
        ):
            started = time.perf_counter()
            (entry,) = indexes.kept([document])
            took = time.perf_counter() - started
            corpus, (question,) = Corpus(indexes.of([document])), _questions(1)
            asked = []
            for _ in range(rounds):
                started = time.perf_counter()
                find(corpus, question, tools)
                asked.append(time.perf_counter() - started)
            return IndexTimes(entry.tokens, took, median(asked), entry.bytes / entry.tokens)


def _ask(runner: Runner, tools: Tools | None, path: Path, questions: Sequence[str]) -> int:
    """Ask, keep nothing, and throw the answers away; the tokens read."""
    with open_documents([path])[0] as document:
        if tools is None:
            return _read(Answering(runner, [document]), questions)
        with Indexes(tools, (), None) as indexes:
            return _read(Answering(runner, [document], indexes), questions)


def _read(answering: Answering, questions: Sequence[str]) -> int:
    answers = list(answering.answers(questions, 0.0))
    return answers[0].tokens_read


def _questions(count: int) -> list[str]:
    return [f"What happened in entry {37 * number}?" for number in range(1, count + 1)]
