"""One run of `citrus ask`: the API's events and answers go to the screen, the pipe or the file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from citrus_cli.answer import Answer
from citrus_cli.cli.ask.strip import print_strip
from citrus_cli.cli.output.answers import AnswerView
from citrus_cli.cli.output.files import ResultFile
from citrus_cli.cli.output.progress import ProgressDisplay
from citrus_cli.cli.output.receipt import print_receipt
from citrus_cli.cli.output.sources import doubts, not_found, print_sources
from citrus_cli.cli.output.streams import ColorMode, OutputClosedError, is_terminal, notice, warn
from citrus_cli.cli.program import interrupts
from citrus_cli.errors import CitrusError
from citrus_cli.events import Event, Note, Writing
from citrus_cli.wording import many

if TYPE_CHECKING:
    from citrus_cli.pictures import Picture


@dataclass(frozen=True)
class Manner:
    """How talkative a run is on standard error."""

    color: ColorMode
    quiet: bool
    verbose: bool
    receipt: bool

    @property
    def strip(self) -> bool:
        """Whether to draw which pages were kept: for a person who asked for more."""
        return self.verbose and not self.quiet and is_terminal(sys.stderr)


class Run:
    """Listens to the API, hands answers to the view, and keeps what is done when it is stopped."""

    def __init__(
        self,
        view: AnswerView,
        progress: ProgressDisplay,
        file: ResultFile | None,
        manner: Manner,
        questions: int,
    ) -> None:
        self._view = view
        self._progress = progress
        self._file = file
        self._manner = manner
        self._questions = questions
        self._answers: list[Answer] = []
        self._done = 0
        self._begun = False  # an answer was begun, and is not finished
        self._warned: set[str] = set()
        self._picture: Picture | None = None

    def listen(self, event: Event) -> None:
        """The listener for the API: progress goes away when an answer begins."""
        if isinstance(event, Writing):
            self._progress.hide()
            self._begun = True
            self._view.writing(event)
        elif isinstance(event, Note):
            self._note(event)
        else:
            self._progress.show(event)

    def picture(self, picture: Picture) -> None:
        """What was kept for the answer that comes next."""
        self._picture = picture

    def _note(self, event: Note) -> None:
        """Said to a person who waits; a log has the receipt."""
        if not self._manner.quiet and (self._manner.verbose or is_terminal(sys.stderr)):
            self._progress.hide()
            notice("citrus:", event.text, self._manner.color, "2")

    @property
    def wants_pictures(self) -> bool:
        """Whether `picture` is to be called."""
        return self._manner.strip

    def show(self, answers: Iterator[Answer]) -> None:
        """Show every answer; whatever stops this, what is finished is kept and then it goes on."""
        try:
            for answer in answers:
                self._finish(answer)
                if interrupts.pressed():  # the API made the best of it; nothing is to follow
                    raise KeyboardInterrupt
            self._progress.hide()
            self._view.done(early=False)
            if self._file is not None:
                self._file.commit()
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt("; ".join(self._salvage(error))) from error
        except BaseException as error:
            for note in self._salvage(error):
                notice("citrus:", note, self._manner.color, "33")
            raise
        if self._file is not None and not self._manner.quiet and is_terminal(sys.stderr):
            notice("citrus:", f"the result is in {self._file.path}", self._manner.color, "32")
        if self._manner.receipt:
            print_receipt(self._answers, verbose=self._manner.verbose, color=self._manner.color)

    @property
    def supported(self) -> bool:
        """Whether every answer is in the documents, and rests on them."""
        return all(answer.supported for answer in self._answers)

    @property
    def warnings(self) -> list[str]:
        """Those of every answer."""
        return [warning for answer in self._answers for warning in answer.warnings]

    def _finish(self, answer: Answer) -> None:
        self._progress.hide()
        self._view.answered(answer)
        self._answers.append(answer)
        self._begun = interrupts.pressed() and not answer.complete
        self._done += not self._begun
        if self._manner.receipt:
            print_sources(answer, self._manner.color)
        if self._manner.strip and self._picture is not None:
            print_strip(self._picture, self._manner.color)
        self._picture = None
        self._warn(answer)

    def _warn(self, answer: Answer) -> None:
        """Each warning once, though every answer of a run repeats those about the document."""
        for text in (
            *answer.warnings,
            *self._cut_off(answer),
            *doubts(answer),
            *not_found(answer),
        ):
            if not self._manner.quiet and text not in self._warned:
                self._warned.add(text)
                warn(text, self._manner.color)

    def _cut_off(self, answer: Answer) -> list[str]:
        if answer.complete or self._begun:
            return []
        which = f"answer {len(self._answers)}" if self._questions > 1 else "the answer"
        limit = many(answer.answer_tokens, "token")
        return [f"{which} was cut off after {limit}; --max-answer-tokens allows more"]

    def _salvage(self, error: BaseException) -> list[str]:
        """Put out and keep what is done; says what that is."""
        self._progress.hide()
        if isinstance(error, OutputClosedError):
            return []
        # when it is the output that failed, the error at hand says so already
        with suppress(CitrusError, OutputClosedError):
            self._view.done(early=True)
        kept = self._file.keep_incomplete() if self._file is not None else None
        notes = []
        if self._questions > 1 and (self._answers or self._begun):
            notes.append(f"{self._done} of {self._questions} answers are complete")
        elif self._begun and isinstance(error, KeyboardInterrupt):
            notes.append("the answer is not complete")
        if kept is not None:
            notes.append(f"what is done is in {kept}")
        return notes
