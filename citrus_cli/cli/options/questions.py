"""`-f FILE` of `citrus ask`: the questions of a file in any format that `citrus batch` reads."""

from __future__ import annotations

import sys

from citrus_cli.batch import questions
from citrus_cli.batch.questions import Question


def read_questions(name: str) -> tuple[str, ...]:
    """The texts of a file's questions; what is none of the known formats is one on each line."""
    return tuple(one.text for one in load_questions(name, fallback="txt"))


def load_questions(
    name: str, format: str | None = None, *, fallback: str | None = None
) -> list[Question]:
    """The questions of a file, or of standard input when it is called `-`."""
    stdin = sys.stdin.buffer if sys.stdin is not None else None
    return questions.read_questions(name, format, stdin=stdin, fallback=fallback)
