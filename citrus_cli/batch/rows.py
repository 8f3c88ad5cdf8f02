"""The rows of a batch's output: the question's columns, the answer or the failure, the receipt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from citrus_cli.answer import Answer
from citrus_cli.batch.questions import Question
from citrus_cli.batch.records import COLUMNS
from citrus_cli.batch.work import Item
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import CitrusError
from citrus_cli.evals.results.metrics import f1, is_right
from citrus_cli.evidence.model import Evidence
from citrus_cli.wording import lines_name

Row = dict[str, Any]
Outcome = dict[str, Any]

OK, FAILED = "ok", "failed"
RESULT = ("answer", "status", "error", "exit_code")
SCORES = ("right", "f1")
RECEIPT = (
    "pages",
    "tokens_read",
    "states_kept",
    "model",
    "policy",
    "budget",
    "seconds_read",
    "seconds_answer",
    "complete",
    "warnings",
    "sources",
    "not_found",
    "found",
    "support",
)
KEY = "key"
RESERVED = frozenset((*COLUMNS, *RESULT, *SCORES, *RECEIPT, KEY))
OUTCOME = (*RESULT, *RECEIPT)


def answered(answer: Answer) -> Outcome:
    """What a row says of an answer."""
    return {
        "answer": answer.answer,
        "status": OK,
        "error": None,
        "exit_code": None,
        "pages": sum(one.pages for one in answer.documents),
        "tokens_read": answer.tokens_read,
        "states_kept": answer.states_kept,
        "model": answer.model,
        "policy": answer.policy,
        "budget": answer.budget,
        "seconds_read": round(answer.seconds.read, 3),
        "seconds_answer": round(answer.seconds.answer, 3),
        "complete": answer.complete,
        "warnings": [Notice.of(warning).shown for warning in answer.warnings],
        "sources": list(dict.fromkeys(map(_place, answer.evidence))),
        "not_found": [claim.text for claim in answer.claims if not claim.found],
        "found": answer.found,
        "support": answer.support.level if answer.support else None,
    }


def _place(one: Evidence) -> int | str:
    """A page's number; of a text without pages its lines."""
    return one.page if one.line is None else lines_name(one.line, one.last_line)


def failed(reason: str, exit_code: int) -> Outcome:
    """What a row says when there is no answer."""
    receipt: Outcome = dict.fromkeys(RECEIPT)
    result = {"answer": None, "status": FAILED, "error": reason, "exit_code": exit_code}
    return result | receipt | {"complete": False, "warnings": [], "sources": [], "not_found": []}


def reason(error: Exception) -> tuple[str, int]:
    """An exception as one line and the exit code that it would end `citrus ask` with."""
    if isinstance(error, CitrusError):
        return " ".join(str(error).split()), error.exit_code
    # torch's own exception by its name, since torch may not be imported
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "out of memory; lower --budget or --chunk-size, or use --quantize 4bit", 5
    text = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}{f': {text}' if text else ''}", 1


class RowMaker:
    """Makes rows for a set of questions, all with the same names for carried-through columns."""

    def __init__(self, questions: Iterable[Question]) -> None:
        own = dict.fromkeys(name for one in questions for name in one.extra)
        self._names = _names(list(own))

    def row(self, item: Item, outcome: Mapping[str, Any], key: str | None = None) -> Row:
        """The row of an item; `key` when the outcome was stored under another one."""
        question = item.question
        row: Row = {"id": question.id, "question": question.text, "document": item.name}
        row |= {self._names[name]: value for name, value in question.extra.items()}
        if question.answers:
            row["answers"] = list(question.answers)
        row |= {name: outcome.get(name) for name in RESULT}
        if question.answers:
            row |= _scores(row["answer"], question.answers)
        row |= {name: outcome.get(name) for name in RECEIPT}
        row[KEY] = key or item.key
        return row


def _scores(answer: str | None, accepted: Sequence[str]) -> dict[str, Any]:
    """How right an answer is; a row that failed has nothing to score."""
    if answer is None:
        return dict.fromkeys(SCORES)
    return {"right": is_right(answer, accepted), "f1": round(f1(answer, accepted), 4)}


def _names(own: Sequence[str]) -> dict[str, str]:
    """What the input's columns are called in the output: as they were, where citrus lets them."""
    names = {name: name for name in own if name not in RESERVED}
    for name in own:
        if name in RESERVED:
            other = f"input_{name}"
            while other in names.values():
                other = f"input_{other}"
            names[name] = other
    return names
