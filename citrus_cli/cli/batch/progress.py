"""The progress of a batch, drawn on standard error for a person while it runs."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from citrus_cli.cli.output.streams import ColorMode, can_animate, console
from citrus_cli.cli.output.text import document_name, one_line
from citrus_cli.events import Event, Fetching, Loading, Reading, Writing
from citrus_cli.wording import count, duration, human_bytes, rate

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table


@dataclass
class Tally:
    """How far a batch is. `earlier` rows were there before it began."""

    rows: int
    documents: int
    earlier: int = 0
    done: int = 0
    failed: int = 0
    documents_done: int = 0

    @property
    def finished(self) -> int:
        """The rows that are there now."""
        return self.earlier + self.done

    def seconds_left(self, elapsed: float) -> float | None:
        """How long the rest takes at the pace so far; None while nothing is done."""
        if not self.done or elapsed <= 0:
            return None
        return elapsed / self.done * (self.rows - self.finished)


class BatchDisplay(Protocol):
    """Shows events and the tally; `hide` clears it, and the next event shows it again."""

    def show(self, event: Event) -> None:
        """Draw an event."""

    def hide(self) -> None:
        """Leave the terminal as it was."""


class NoDisplay:
    """For logs, pipes and `--quiet`."""

    def show(self, event: Event) -> None:
        """Draw nothing."""

    def hide(self) -> None:
        """There is nothing to clear."""


def batch_display(tally: Tally, *, quiet: bool, color: ColorMode) -> BatchDisplay:
    """The display that fits where standard error goes."""
    if quiet or not can_animate(sys.stderr):
        return NoDisplay()
    return LiveDisplay(tally, color)


class LiveDisplay:
    """A small table that is redrawn as things happen, and gone at the end."""

    def __init__(self, tally: Tally, color: ColorMode) -> None:
        self._tally = tally
        self._color = color
        self._live: Live | None = None
        self._lock = threading.Lock()  # a download reports from a thread of its own
        self._now = "starting"
        self._speed = 0.0
        self._began: float | None = None

    def show(self, event: Event) -> None:
        """Remember what happens; it is drawn a few times a second."""
        with self._lock:
            self._note(event)
            if self._live is None:
                self._live = self._start()

    def hide(self) -> None:
        """Remove the table, and give the cursor back."""
        with self._lock:
            live, self._live = self._live, None
        if live is not None:
            live.stop()

    def table(self) -> Table:
        """What is drawn."""
        from rich.table import Table
        from rich.text import Text

        tally = self._tally
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        for name, value in (
            ("documents", f"{count(tally.documents_done)} of {count(tally.documents)}"),
            ("questions", f"{count(tally.finished)} of {count(tally.rows)}"),
            ("failed", count(tally.failed)),
            ("speed", f"{rate(self._speed)} tokens/s" if self._speed else "-"),
            ("time left", self._left()),
            ("now", self._now),
        ):
            grid.add_row(Text(name), Text(value))
        return grid

    def _left(self) -> str:
        elapsed = time.monotonic() - self._began if self._began is not None else 0.0
        left = self._tally.seconds_left(elapsed)
        return "-" if left is None else duration(left)

    def _note(self, event: Event) -> None:
        if isinstance(event, Fetching):
            known = f" of {human_bytes(event.total_bytes)}" if event.total_bytes else ""
            self._now = f"fetching {one_line(event.model)}, {human_bytes(event.done_bytes)}{known}"
        elif isinstance(event, Loading):
            self._now = f"{one_line(event.model)}: {one_line(event.step)}"
        elif isinstance(event, Reading):
            self._begin()
            share = f", {event.fraction:.0%}" if event.fraction is not None else ""
            self._now = f"reading {document_name(event.document)}, page {event.page}{share}"
            if event.seconds > 0:
                self._speed = event.tokens / event.seconds
        elif isinstance(event, Writing):
            self._begin()
            self._now = "answering"

    def _begin(self) -> None:
        """The clock of the pace starts when the model is there."""
        if self._began is None:
            self._began = time.monotonic()

    def _start(self) -> Live:
        from rich.live import Live

        live = Live(
            get_renderable=self.table,
            console=console(sys.stderr, self._color),
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start(refresh=True)
        return live
