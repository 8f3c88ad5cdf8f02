"""How a comparison leaves: a table for a person, blocks of text in a pipe, JSON for a program."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from citrus_cli.cli.output.answers import Emit, Form, dump
from citrus_cli.cli.output.streams import ColorMode, console
from citrus_cli.cli.output.text import clean_for_terminal, document_name, one_line
from citrus_cli.wording import count, human_bytes, lines_name, many, seconds

if TYPE_CHECKING:
    from rich.table import Table

    from citrus_cli.answer import Answer
    from citrus_cli.evals.compared import Compared

WIDE = 110
"""From so many columns on, a table has a column for each figure; else all are under the answer."""


class ComparisonView(Protocol):
    """Shows the rows of one comparison."""

    def row(self, row: Compared) -> None:
        """A policy answered a question, or failed to."""

    def done(self) -> None:
        """The run is over, or was stopped. What is done must be out now."""


def comparison_view(
    form: Form, emit: Emit, questions: Sequence[str], *, color: ColorMode | None
) -> ComparisonView:
    """The view in the form that was asked for; text is for a person where there is a `color`."""
    if form is Form.JSON:
        return JsonView(emit)
    if form is Form.JSON_LINES:
        return JsonLinesView(emit)
    if color is not None:
        return TableView(emit, questions, color)
    return BlockView(emit, several=len(questions) > 1)


def figures(answer: Answer) -> dict[str, str]:
    """What an answer cost and where it is from, each in a few words."""
    cut = "" if answer.complete else f", cut off after {many(answer.answer_tokens, 'token')}"
    rows = {
        "read": seconds(answer.seconds.read),
        "answered": seconds(answer.seconds.answer) + cut,
        "kept": f"{many(answer.states_kept, 'state')} per layer",
        "memory": f"{human_bytes(answer.peak_memory_bytes)} at the peak",
    }
    pages = cited(answer)
    return {**rows, "pages": pages} if pages else rows


def cited(answer: Answer) -> str:
    """The pages that an answer comes from, the best first; of several documents, with names.

    Text without pages is cited by its lines.
    """
    places: dict[str, dict[str, None]] = {}
    for one in answer.evidence:
        place = str(one.page) if one.line is None else lines_name(one.line, one.last_line)
        places.setdefault(one.document, {})[place] = None
    listed = {name: ", ".join(some) for name, some in places.items()}
    if len(answer.documents) < 2:
        return "".join(listed.values())
    return "; ".join(f"{document_name(name)} {numbers}" for name, numbers in listed.items())


class BlockView:
    """A block of text for each row: the answer, then a line for each figure."""

    def __init__(self, emit: Emit, *, several: bool) -> None:
        self._emit = emit
        self._several = several
        self._begun = False

    def row(self, row: Compared) -> None:
        """Print the row's block."""
        answer = row.answer
        text = f"not answered: {one_line(row.failure or '')}" if answer is None else answer.answer
        lines = [text.strip(), f"policy: {row.policy}"]
        if self._several:
            lines.append(f"question: {one_line(row.question)}")
        if answer is not None:
            lines += [f"{name}: {value}" for name, value in figures(answer).items()]
        before = "\n" if self._begun else ""
        self._begun = True
        self._emit(before + "\n".join(lines) + "\n")

    def done(self) -> None:
        """Everything is out already."""


class JsonView:
    """One list, when everything is done."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._rows: list[dict[str, Any]] = []

    def row(self, row: Compared) -> None:
        """Keep it until the list is complete."""
        self._rows.append(row.to_dict())

    def done(self) -> None:
        """Print what is finished; nothing at all if nothing is."""
        if self._rows:
            self._emit(dump(self._rows, indent=2) + "\n")


class JsonLinesView:
    """One line for each row, as it is finished."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def row(self, row: Compared) -> None:
        """Print its line."""
        self._emit(dump(row.to_dict()) + "\n")

    def done(self) -> None:
        """Everything is out already."""


class TableView:
    """A table for each question, when everything is done."""

    def __init__(self, emit: Emit, questions: Sequence[str], color: ColorMode) -> None:
        self._emit = emit
        self._questions = questions
        self._color = color
        self._rows: list[Compared] = []

    def row(self, row: Compared) -> None:
        """Keep it: a table is as wide as its widest row."""
        self._rows.append(row)

    def done(self) -> None:
        """Draw what there is."""
        from rich.text import Text

        screen = console(sys.stdout, self._color)
        width, buffer = screen.width, io.StringIO()
        screen.file = buffer
        for question in dict.fromkeys(row.question for row in self._rows):
            rows = [row for row in self._rows if row.question == question]
            if len(self._questions) > 1:
                screen.print(Text(one_line(question), style="bold"), width=width)
            screen.print(_wide(rows) if width >= WIDE else _narrow(rows), width=width)
        if self._rows:
            self._emit(buffer.getvalue())


def _narrow(rows: Sequence[Compared]) -> Table:
    """The figures under each answer."""
    from rich.text import Text

    table = _table()
    for row in rows:
        cell = _answer(row)
        if row.answer is not None:
            told = figures(row.answer)
            pages = f", pages {told['pages']}" if "pages" in told else ""
            figured = (
                f"read in {told['read']}, answered in {told['answered']}, {told['kept']}, "
                f"{told['memory']}{pages}"
            )
            cell = Text.assemble(cell, "\n", (figured, "dim"))
        table.add_row(Text(row.policy), cell)
    return table


def _wide(rows: Sequence[Compared]) -> Table:
    """A column for each figure."""
    from rich.text import Text

    table = _table()
    table.add_column("pages", overflow="fold", max_width=24)
    for name in ("read", "answered", "states", "memory"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        answer = row.answer
        told: list[str] = []
        if answer is not None:
            told = [
                cited(answer),
                seconds(answer.seconds.read),
                seconds(answer.seconds.answer),
                count(answer.states_kept),
                human_bytes(answer.peak_memory_bytes),
            ]
        table.add_row(Text(row.policy), _answer(row), *map(Text, told))
    return table


def _table() -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_lines=True)
    table.add_column("policy", no_wrap=True)
    table.add_column("answer", overflow="fold")
    return table


def _answer(row: Compared) -> Any:
    """The answer, safe to print; or, dim, why there is none."""
    from rich.text import Text

    if row.answer is None:
        return Text(f"not answered: {one_line(row.failure or '')}", style="dim")
    return Text(clean_for_terminal(row.answer.answer).strip())
