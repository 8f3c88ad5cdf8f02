"""One run of `citrus compare`: rows go to the screen, the pipe or the file as they are done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from citrus_cli.cli.compare.views import ComparisonView
from citrus_cli.cli.output.files import ResultFile
from citrus_cli.cli.output.progress import ProgressDisplay
from citrus_cli.cli.output.streams import ColorMode, OutputClosedError, is_terminal, notice, warn
from citrus_cli.cli.program import interrupts
from citrus_cli.errors import CitrusError
from citrus_cli.events import Event, Note, Writing

if TYPE_CHECKING:
    from citrus_cli.evals.compared import Compared


class CompareRun:
    """Listens to the work, hands rows to the view, and keeps what is done when it is stopped."""

    def __init__(
        self,
        view: ComparisonView,
        progress: ProgressDisplay,
        file: ResultFile | None,
        color: ColorMode,
        *,
        quiet: bool,
    ) -> None:
        self._view = view
        self._progress = progress
        self._file = file
        self._color = color
        self._quiet = quiet
        self._rows: list[Compared] = []
        self._warned: set[str] = set()

    def listen(self, event: Event) -> None:
        """The listener for the work; an answer is shown when it is complete."""
        if not isinstance(event, Writing | Note):
            self._progress.show(event)

    def hide(self) -> None:
        """Take progress away before something else is written to standard error."""
        self._progress.hide()

    def show(self, rows: Iterator[Compared]) -> int:
        """Show every row; whatever stops this, what is done is kept and then it goes on.

        Returns:
            The exit code: 0 if any policy answered, otherwise that of the first failure.
        """
        try:
            for row in rows:
                self._finish(row)
                if interrupts.pressed():
                    raise KeyboardInterrupt
            self._progress.hide()
            self._view.done()
            if self._file is not None:
                self._file.commit()
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt("; ".join(self._salvage(error))) from error
        except BaseException as error:
            for note in self._salvage(error):
                notice("citrus:", note, self._color, "33")
            raise
        if self._file is not None and not self._quiet and is_terminal(sys.stderr):
            notice("citrus:", f"the result is in {self._file.path}", self._color, "32")
        return self._code()

    @property
    def warnings(self) -> list[str]:
        """Those of every answer."""
        return [text for row in self._rows if row.answer for text in row.answer.warnings]

    def _finish(self, row: Compared) -> None:
        self._progress.hide()
        self._rows.append(row)
        self._view.row(row)
        for text in row.answer.warnings if row.answer else ():
            if not self._quiet and text not in self._warned:
                self._warned.add(text)
                warn(text, self._color)

    def _code(self) -> int:
        if any(row.answer for row in self._rows):
            return 0
        first = self._rows[0]
        notice(
            "citrus: error:",
            f"no policy answered; {first.policy}: {first.failure}",
            self._color,
            "1;31",
        )
        return first.exit_code

    def _salvage(self, error: BaseException) -> list[str]:
        """Put out and keep what is done; says what that is."""
        self._progress.hide()
        if isinstance(error, OutputClosedError):
            return []
        # when it is the output that failed, the error at hand says so already
        with suppress(CitrusError, OutputClosedError):
            self._view.done()
        kept = self._file.keep_incomplete() if self._file is not None else None
        return [f"what is done is in {kept}"] if kept is not None else []
