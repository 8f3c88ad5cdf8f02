"""Question sets in files: texts or documents, questions about them, and accepted answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citrus_cli.errors import UsageError
from citrus_cli.models.cache import checksum


@dataclass(frozen=True)
class SetQuestion:
    """A question of a set; `line` is its row's, `part` tells it from the others of its text."""

    line: int
    part: str
    question: str
    accepted: tuple[str, ...]
    evidence_pages: frozenset[int] = frozenset()


@dataclass
class SetText:
    """A text of a set, or the document that holds it, and all questions about it.

    `key` is made of its content, `name` is what a person knows it by.
    """

    key: str
    name: str
    text: str | None
    document: Path | None
    questions: list[SetQuestion] = field(default_factory=list)


@dataclass(frozen=True)
class QuestionSet:
    """A set's texts in the order of their first question, and what is wrong with its other rows.

    Each of `problems` names its line; `skipped` is how many rows they are about.
    """

    texts: tuple[SetText, ...]
    problems: tuple[str, ...]
    skipped: int
    sha256: str


class _RowError(Exception):
    """Why a row cannot be used."""


def read_question_set(path: Path, limit: int | None = None) -> QuestionSet:
    """Read a set; of its questions only the first `limit`.

    Rows are objects with `text`, or `document` (a path beside the file), `question` or `questions`,
    `answers` (a list; a list of lists for several questions), and optionally `evidence_pages`; or
    LongBench's, with `context`, `input` and `answers`. Texts that are alike are one.

    Raises:
        UsageError: the file cannot be read, or no row of it can be used.
    """
    try:
        data = path.read_bytes()
        lines = data.decode("utf-8-sig").split("\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 (byte {error.start}); save it as that") from error
    texts: dict[str, SetText] = {}
    problems = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            _add(_parsed(line), number, path.parent, texts)
        except _RowError as error:
            problems.append(f"{path}, line {number}: {error}")
    if not texts:
        why = f": {problems[0]}" if problems else ""
        raise UsageError(f"{path} has no row that can be used{why}")
    found = tuple(_limited(texts, limit))
    return QuestionSet(found, tuple(problems), len(problems), hashlib.sha256(data).hexdigest())


def _limited(texts: dict[str, SetText], limit: int | None) -> Iterator[SetText]:
    left = limit if limit is not None else sum(len(text.questions) for text in texts.values())
    for text in texts.values():
        text.questions = text.questions[:left]
        left -= len(text.questions)
        if text.questions:
            yield text


def _parsed(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise _RowError("not JSON") from None
    if not isinstance(row, dict):
        raise _RowError("not a JSON object")
    return row


def _add(row: dict[str, Any], line: int, folder: Path, texts: dict[str, SetText]) -> None:
    asked = _questions(row)
    accepted = _answers(row, len(asked))
    pages = _pages(row)
    new = _source(row, folder, line)
    text = texts.setdefault(new.key, new)
    for index, (question, answers) in enumerate(zip(asked, accepted, strict=True)):
        text.questions.append(SetQuestion(line, f"{line}.{index + 1}", question, answers, pages))


def _source(row: dict[str, Any], folder: Path, line: int) -> SetText:
    given = [name for name in ("text", "context", "document") if row.get(name) is not None]
    if len(given) != 1:
        what = f"{' and '.join(given)} at once" if given else "no text, context or document"
        raise _RowError(f"it has {what}; a row needs one of them")
    value = row[given[0]]
    if not isinstance(value, str) or not value.strip():
        raise _RowError(f"{given[0]} is empty, or no text")
    name = str(row.get("id") or row.get("_id") or f"line {line}")
    if given[0] != "document":
        key = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return SetText(key, name, value, None)
    document = folder / value
    try:
        key = checksum(document)[:16]
    except OSError as error:
        raise _RowError(f"document {value} cannot be read ({error.strerror})") from None
    return SetText(key, value, None, document)


def _questions(row: dict[str, Any]) -> list[str]:
    if "questions" in row:
        asked = row["questions"]
    else:
        asked = [row["question"] if "question" in row else row.get("input")]
    good = isinstance(asked, list) and asked
    if not good or not all(isinstance(one, str) and one.strip() for one in asked):
        raise _RowError("it has no question, or an empty one")
    return [one.strip() for one in asked]


def _answers(row: dict[str, Any], questions: int) -> list[tuple[str, ...]]:
    answers = row.get("answers")
    lists: Any = answers if "questions" in row else [answers]
    if not isinstance(lists, list) or len(lists) != questions:
        raise _RowError(f"it needs answers for each of its {questions} questions")
    made = []
    for one in lists:
        spellings = [one] if isinstance(one, str) else one
        if not isinstance(spellings, list) or not all(isinstance(text, str) for text in spellings):
            raise _RowError("answers must be a list of texts (for several questions, one for each)")
        accepted = tuple(text.strip() for text in spellings if text.strip())
        if not accepted:
            raise _RowError("the list of answers is empty")
        made.append(accepted)
    return made


def _pages(row: dict[str, Any]) -> frozenset[int]:
    pages = row.get("evidence_pages") or row.get("pages") or []
    if not isinstance(pages, list) or not all(type(page) is int and page > 0 for page in pages):
        raise _RowError("evidence_pages must be a list of page numbers")
    return frozenset(pages)
