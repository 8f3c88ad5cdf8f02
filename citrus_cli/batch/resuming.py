"""Going on with an earlier run: which of its rows count, and which belong to something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from citrus_cli.batch.rows import KEY, OK, Row
from citrus_cli.batch.work import Item, WorkList


@dataclass(frozen=True)
class Match:
    """Rows of an earlier run, set against a work list.

    `done` are those that answer an item, by the item's key; `kept` answer the same questions about
    a document that is gone and was not named this time; `foreign` are of another run.
    Failed rows are in none of them: their items are tried again.
    """

    done: dict[str, Row] = field(default_factory=dict)
    kept: list[Row] = field(default_factory=list)
    foreign: list[Row] = field(default_factory=list)


def match(work: WorkList, rows: Sequence[Row]) -> Match:
    """Find the item of every row: by its key, or by name where the document cannot be read now."""
    result = Match()
    items = {item.key: item for item in work.items}
    unreadable = {
        (item.name, *item.key.split("-")[1:]): item
        for item in work.items
        if item.target.problem is not None
    }
    asked = {tuple(item.key.split("-")[1:3]) for item in work.items}
    for row in rows:
        _, *parts = row[KEY].split("-")
        item = items.get(row[KEY]) or unreadable.get((str(row.get("document")), *parts))
        if item is not None:
            if row["status"] == OK:
                result.done.setdefault(item.key, row)
        elif tuple(parts[:2]) not in asked:
            result.foreign.append(row)
        elif row["status"] == OK:
            (result.foreign if _exists(row.get("document")) else result.kept).append(row)
    return result


def difference(work: WorkList, row: Row, *, policy: str, budget: int) -> str:
    """Why a foreign row is of another run, in words."""
    _, *parts = row[KEY].split("-")
    settings = {item.key.split("-")[2] for item in work.items}
    if len(parts) > 1 and parts[1] not in settings:
        for what, now in (("policy", policy), ("budget", budget)):
            if row.get(what) not in (None, now):
                return f"its {what} was {row[what]}, now it is {now}"
        return f"it was made with another model or other settings (its model: {row.get('model')})"
    if tuple(parts[:2]) not in {tuple(item.key.split("-")[1:3]) for item in work.items}:
        return f"its question {_short(row.get('question'))} is not asked now"
    document = row.get("document")
    if any(document == item.name for item in _of(work, row)):
        return f"the document {document} has changed since"
    return f"its document {document} is not among the documents now"


def _of(work: WorkList, row: Row) -> list[Item]:
    return [item for item in work.items if item.name == row.get("document")]


def _short(question: object) -> str:
    text = str(question)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _exists(document: object) -> bool:
    try:
        return Path(str(document)).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False
