"""`/save`: a conversation as a file for a person (Markdown) or a program (JSON)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from citrus_cli.answer import DocumentReceipt
from citrus_cli.cli.chat.text import pages_text, receipt_line
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.files import ResultFile, Spelling
from citrus_cli.cli.output.text import clean_for_terminal, one_line
from citrus_cli.errors import UsageError

if TYPE_CHECKING:
    from citrus_cli.conversation import Turn

SAVE = Spelling("/save", "/save!")


def save(
    target: str, documents: Sequence[DocumentReceipt], turns: Sequence[Turn], *, overwrite: bool
) -> Path:
    """Write the conversation, and say where it is.

    Raises:
        UsageError: there is nothing to write, or the file may not be written.
        CitrusError: it could not be written; an older file is as it was.
    """
    if not turns:
        raise UsageError("there is nothing to save yet: ask something first")
    # no shell stands between the keyboard and this name
    name = str(Path(target).expanduser()) if target.startswith("~") else target
    form = as_json if name.lower().endswith(".json") else as_markdown
    text = form(documents, turns)
    file = ResultFile(name, overwrite=overwrite, spelling=SAVE)
    file.write(text)
    file.commit()
    return file.path


def as_json(documents: Sequence[DocumentReceipt], turns: Sequence[Turn]) -> str:
    """The documents, and every answer as `citrus ask --json` prints it."""
    value = {
        "documents": [asdict(one) for one in documents],
        "turns": [{**turn.answer.to_dict(), "question": turn.question} for turn in turns],
    }
    return dump(value, indent=2) + "\n"


def as_markdown(documents: Sequence[DocumentReceipt], turns: Sequence[Turn]) -> str:
    """The documents, then every question as a heading above its answer."""
    parts = ["# Conversation\n", f"```text\n{pages_text(documents)}```\n"]
    for number, turn in enumerate(turns, start=1):
        parts += [_question(number, turn.question), _answer(turn)]
    return "\n".join(parts)


def _question(number: int, question: str) -> str:
    lines = clean_for_terminal(question).strip().split("\n")
    if len(lines) == 1:
        return f"## {one_line(question)}\n"
    return f"## Question {number}\n\n" + "".join(f"> {line}".rstrip() + "\n" for line in lines)


def _answer(turn: Turn) -> str:
    text = clean_for_terminal(turn.answer.answer).strip()
    return f"{text}\n\n*{receipt_line(turn.answer, 'not complete')}*\n"
