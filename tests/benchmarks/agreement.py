"""Do stored documents answer as a reading does, word for word?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from citrus_cli.answering import Answering
from citrus_cli.documents import Document, open_documents
from citrus_cli.errors import UsageError
from citrus_cli.ingesting import StoreSettings, ingest
from citrus_cli.run import Runner
from citrus_cli.store.codec import StoreDtype
from citrus_cli.store.entry import Identity
from citrus_cli.store.store import Store


@dataclass(frozen=True)
class Agreement:
    """Of `questions`, how many were answered word for word as by a reading."""

    dtype: StoreDtype
    questions: int
    same: int


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
