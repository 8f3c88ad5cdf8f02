"""What one reading for many questions saves, and the store: times, sizes, and equal answers."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from citrus_cli.answering import Answering
from citrus_cli.documents import Document, open_documents
from citrus_cli.errors import UsageError
from citrus_cli.evals.processes import write_entries
from citrus_cli.ingesting import StoreSettings, ingest
from citrus_cli.run import Runner
from citrus_cli.store.codec import StoreDtype
from citrus_cli.store.entry import Identity
from citrus_cli.store.store import Store

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


@dataclass(frozen=True)
class Agreement:
    """Of `questions`, how many were answered word for word as by a reading."""

    dtype: StoreDtype
    questions: int
    same: int


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


def agreement(
    runner: Runner, questions: Path, dtypes: Sequence[StoreDtype], limit: int
) -> Iterator[Agreement]:
    """Answer a question set from a reading, and from stores of several dtypes.

    `questions` is JSON Lines, each with `text` and `questions`; `limit` of each text's are asked.

    Raises:
        UsageError: the file is not such a set.
    """
    same = dict.fromkeys(dtypes, 0)
    total = 0
    for text, asked in _question_set(questions, limit):
        total += len(asked)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "text.txt"
            path.write_text(text, "utf-8")
            with open_documents([path])[0] as document:
                expected = _answers(Answering(runner, [document], (), None), asked)
                for dtype in dtypes:
                    answers = _stored_answers(runner, document, Path(folder) / dtype, dtype, asked)
                    same[dtype] += sum(a == b for a, b in zip(expected, answers, strict=True))
    for dtype in dtypes:
        yield Agreement(dtype, total, same[dtype])


def _stored_answers(
    runner: Runner, document: Document, folder: Path, dtype: StoreDtype, questions: Sequence[str]
) -> list[str]:
    identity = Identity((), "", "")
    entry = ingest(runner, [document], Store(folder), identity, StoreSettings(dtype))
    return _answers(Answering.of_entry(runner, [document], entry), questions)


def _answers(answering: Answering, questions: Sequence[str]) -> list[str]:
    return [answer.answer for answer in answering.answers(questions, 0.0)]


def _ask(runner: Runner, path: Path, questions: Sequence[str]) -> int:
    """Ask, and throw the answers away; the tokens read."""
    with open_documents([path])[0] as document:
        answers = list(Answering(runner, [document], (), None).answers(questions, 0.0))
    return answers[0].tokens_read


def _questions(count: int) -> list[str]:
    return [f"What happened in entry {37 * number}?" for number in range(1, count + 1)]


def _question_set(path: Path, limit: int) -> Iterator[tuple[str, list[str]]]:
    try:
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                yield row["text"], list(map(str, row["questions"]))[:limit]
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not lines of JSON with text and questions") from error
