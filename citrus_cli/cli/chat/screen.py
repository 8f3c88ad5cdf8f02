"""Where a chat is seen: a terminal, or a pipe that gets the answers and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from citrus_cli.answer import Answer
from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.output import streams
from citrus_cli.cli.output.answers import AnswerView, StreamView, TextView
from citrus_cli.cli.output.progress import progress_display
from citrus_cli.cli.output.streams import ColorMode, write_error, write_out
from citrus_cli.cli.program import failures
from citrus_cli.events import Event, Note, Writing


@dataclass(frozen=True)
class ChatManner:
    """How a chat looks.

    `edited` when a person sits at both ends; `for_terminal` when answers are shown on a terminal,
    wherever the questions come from; `styled` when they may be in colour.
    """

    edited: bool
    for_terminal: bool
    styled: bool
    color: ColorMode
    quiet: bool
    debug: bool


class ChatScreen:
    """Listens to the API; shows answers as they are written, and everything else around them."""

    def __init__(self, manner: ChatManner) -> None:
        self.manner = manner
        self._progress = progress_display(quiet=manner.quiet, color=manner.color)
        self._view: AnswerView | None = None
        self._shown = 0
        self.warnings: dict[str, None] = {}
        """What there was to warn of, said or not."""

    def listen(self, event: Event) -> None:
        """The listener for the API: progress goes away when an answer begins."""
        if isinstance(event, Note):
            self._note(event)
        elif not isinstance(event, Writing):
            self._progress.show(event)
        elif self._view is not None:
            self._progress.hide()
            self._view.writing(event)

    def _note(self, event: Note) -> None:
        """Said to a person who waits, not to a log."""
        if not self.manner.quiet and streams.is_terminal(sys.stderr):
            self._progress.hide()
            streams.notice("citrus:", event.text, self.manner.color, "2")

    def hide_progress(self) -> None:
        """Make room for what is printed next."""
        self._progress.hide()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Inside, progress is shown; it is gone afterwards, whatever happens."""
        try:
            yield
        finally:
            self.hide_progress()

    @contextmanager
    def answering(self) -> Iterator[AnswerView]:
        """Inside, an answer is written; what there is of it is out afterwards, whatever happens."""
        emit = partial(self._emit, self._shown)
        if self.manner.for_terminal:
            view: AnswerView = StreamView(emit)
        else:
            view = TextView(emit, for_terminal=False)
        self._view = view
        try:
            with self.working():
                yield view
        except streams.OutputClosedError:
            raise
        except BaseException:
            view.done(early=True)
            raise
        finally:
            self._view = None

    def say(self, text: str) -> None:
        """What a command prints: in a pipe it is kept apart from the answers."""
        (write_out if self.manner.edited else write_error)(text)

    def aside(self, text: str) -> None:
        """A line of little weight, for a person alone."""
        if self.manner.edited and not self.manner.quiet:
            dim = bool(text) and self.manner.styled
            write_out(f"\x1b[2m{text}\x1b[0m\n" if dim else f"{text}\n")

    def warn(self, texts: Iterable[str]) -> None:
        """Each warning once, though every answer of a chat repeats those about the document."""
        for text in texts:
            if not self.manner.quiet and text not in self.warnings:
                streams.warn(text, self.manner.color)
            self.warnings[text] = None

    def cut_off(self, answer: Answer) -> None:
        """In a pipe, an answer that reached its limit is said to have."""
        if not self.manner.edited and not self.manner.quiet:
            text = f"the answer to {answer.question} was cut off; --max-answer-tokens allows more"
            streams.warn(text, self.manner.color)

    def failed(self, error: Exception) -> ExitCode:
        """Say what went wrong, in one line."""
        return failures.report(error, debug=self.manner.debug, color=self.manner.color)

    def _emit(self, before: int, text: str) -> None:
        """Print a piece of an answer; in a pipe a blank line stands before all but the first."""
        if before == self._shown:
            self._shown += 1
            if before and not self.manner.edited:
                text = f"\n{text}"
        write_out(text)
