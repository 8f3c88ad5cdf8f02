"""How answers leave `citrus ask`: streamed to a person, plain to a pipe, JSON to a program."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Protocol

from citrus_cli.answer import Answer
from citrus_cli.cli.output.text import TerminalCleaner, clean_for_terminal, one_line
from citrus_cli.events import Writing
from citrus_cli.wording import json_text

Emit = Callable[[str], None]


class AnswerView(Protocol):
    """Shows the answers of one run, in the order of the questions."""

    def writing(self, event: Writing) -> None:
        """A piece of an answer."""

    def answered(self, answer: Answer) -> None:
        """An answer is finished."""

    def done(self, *, early: bool) -> None:
        """The run is over; `early` when something stopped it. What is done must be out now."""


class TextView:
    """Every answer when it is finished, and what was written of the one that was stopped."""

    def __init__(self, emit: Emit, *, for_terminal: bool, headings: Sequence[str] = ()) -> None:
        self._emit = emit
        self._for_terminal = for_terminal
        self._headings = headings
        self._finished = 0
        self._partial = ""

    def writing(self, event: Writing) -> None:
        """Keep the piece, in case the run is stopped."""
        if event.question == self._finished:
            self._partial += event.text

    def answered(self, answer: Answer) -> None:
        """Print it, a blank line before all but the first."""
        self._print(answer.answer)
        self._finished += 1
        self._partial = ""

    def done(self, *, early: bool) -> None:
        """Print what there is of the answer that was being written."""
        if early and self._partial.strip():
            self._print(self._partial)

    def _print(self, answer: str) -> None:
        text = clean_for_terminal(answer) if self._for_terminal else answer
        before = "\n" if self._finished else ""
        if self._headings:
            before += f"{self._headings[self._finished]}\n"
        self._emit(f"{before}{text.strip()}\n")


class StreamView:
    """Answers on a terminal while they are written, piece by piece."""

    def __init__(self, emit: Emit, *, headings: Sequence[str] = ()) -> None:
        self._emit = emit
        self._headings = headings
        self._current = 0
        self._waiting: defaultdict[int, str] = defaultdict(str)
        self._open = False
        self._begin()

    def writing(self, event: Writing) -> None:
        """Print the piece; one of a later question waits for its turn."""
        if event.question == self._current:
            self._show(event.text)
        elif event.question > self._current:
            self._waiting[event.question] += event.text

    def answered(self, answer: Answer) -> None:
        """End the answer; whatever of it was not streamed is printed now."""
        streamed, whole = self._streamed.strip(), answer.answer.strip()
        if whole.startswith(streamed):
            self._show(whole[len(self._streamed.lstrip()) :])
        if not self._open:  # an empty answer still has its place
            self._emit(self._heading())
            self._open = True
        self._end()
        self._current += 1
        self._begin()
        self._show(self._waiting.pop(self._current, ""))

    def done(self, *, early: bool) -> None:
        """Leave the cursor at the start of a line."""
        self._end()

    def _begin(self) -> None:
        self._cleaner = TerminalCleaner()
        self._streamed = ""
        self._blanks = ""

    def _show(self, piece: str) -> None:
        self._streamed += piece
        self._put(self._cleaner.feed(piece))

    def _put(self, text: str) -> None:
        """Print without the white space that models like to begin and end with."""
        text = self._blanks + text
        if not self._open:
            text = text.lstrip()
        printed = text.rstrip()
        self._blanks = text[len(printed) :]
        if not printed:
            return
        if not self._open:
            self._open = True
            printed = self._heading() + printed
        self._emit(printed)

    def _end(self) -> None:
        self._put(self._cleaner.flush())
        if self._open:
            self._emit("\n")
            self._open = False

    def _heading(self) -> str:
        blank = "\n" if self._current else ""
        return f"{blank}{self._headings[self._current]}\n" if self._headings else blank


class JsonView:
    """One object, or for several questions one list when all are answered."""

    def __init__(self, emit: Emit, *, several: bool) -> None:
        self._emit = emit
        self._several = several
        self._answers: list[dict[str, Any]] = []

    def writing(self, event: Writing) -> None:
        """An object is printed whole."""

    def answered(self, answer: Answer) -> None:
        """Keep it until the list is complete."""
        self._answers.append(answer.to_dict())

    def done(self, *, early: bool) -> None:
        """Print what is finished; nothing at all if nothing is."""
        if self._answers:
            value = self._answers if self._several else self._answers[0]
            self._emit(dump(value, indent=2) + "\n")


class JsonLinesView:
    """One line for each answer, as it is finished."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def writing(self, event: Writing) -> None:
        """A line is printed whole."""

    def answered(self, answer: Answer) -> None:
        """Print its line."""
        self._emit(dump(answer.to_dict()) + "\n")

    def done(self, *, early: bool) -> None:
        """Everything is out already."""


def dump(value: Any, indent: int | None = None) -> str:
    """JSON that is readable in every script, yet safe on a terminal and in every encoding."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    return json_text(value, ascii_only=not encoding.startswith("utf"), indent=indent)


class Form(Enum):
    """What answers look like."""

    TEXT = "text"
    JSON = "json"
    JSON_LINES = "jsonl"


def answer_view(
    form: Form,
    emit: Emit,
    questions: Sequence[str],
    *,
    terminal: bool,
    stream: bool,
    color: bool,
) -> AnswerView:
    """The view in the form that was asked for; text is for a person when `terminal` is set."""
    if form is Form.JSON:
        return JsonView(emit, several=len(questions) > 1)
    if form is Form.JSON_LINES:
        return JsonLinesView(emit)
    above = _headings(questions, color=color) if terminal else []
    if terminal and stream:
        return StreamView(emit, headings=above)
    return TextView(emit, for_terminal=terminal, headings=above)


def _headings(questions: Sequence[str], *, color: bool) -> list[str]:
    """What stands above each answer on a terminal, when there are several."""
    if len(questions) < 2:
        return []
    bold, plain = ("\x1b[1m", "\x1b[0m") if color else ("", "")
    return [f"{bold}{one_line(question)}{plain}" for question in questions]
