"""The progress of fetching, loading and reading, drawn on standard error for a person."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, Protocol

from citrus_cli.cli.output.streams import ColorMode, can_animate, console
from citrus_cli.cli.output.text import document_name, one_line
from citrus_cli.events import Event, Fetching, Loading, Measuring, Reading, Remembering
from citrus_cli.wording import count, duration, human_bytes, rate

if TYPE_CHECKING:
    from rich.progress import Progress

_NAME_WIDTH = 32


class ProgressDisplay(Protocol):
    """Something that shows events; `hide` clears it, and the next event shows it again."""

    def show(self, event: Event) -> None:
        """Draw an event."""

    def hide(self) -> None:
        """Leave the terminal as it was."""


class NoProgress:
    """For logs, pipes and `--quiet`."""

    def show(self, event: Event) -> None:
        """Draw nothing."""

    def hide(self) -> None:
        """There is nothing to clear."""


def progress_display(*, quiet: bool, color: ColorMode) -> ProgressDisplay:
    """The display that fits where standard error goes."""
    if quiet or not can_animate(sys.stderr):
        return NoProgress()
    return ProgressBar(color)


class ProgressBar:
    """One line that says what is going on; it is gone when the answer begins."""

    def __init__(self, color: ColorMode) -> None:
        self._color = color
        self._progress: Progress | None = None
        self._lock = threading.Lock()  # a download reports from a thread of its own

    def show(self, event: Event) -> None:
        """Draw an event; pieces of an answer are not progress."""
        with self._lock:
            self._show(event)

    def _show(self, event: Event) -> None:
        if isinstance(event, Fetching):
            self._fetching(event)
        elif isinstance(event, Loading):
            self._draw(f"{_short(event.model)}: {one_line(event.step)}", None, "")
        elif isinstance(event, Reading):
            name = _short(document_name(event.document))
            self._reading(
                f"reading {name}, page {event.page}", event.tokens, event.seconds, event.fraction
            )
        elif isinstance(event, Remembering):
            fraction = event.tokens / event.total if event.total else None
            self._reading(f"{event.method}: reading", event.tokens, event.seconds, fraction)
        elif isinstance(event, Measuring):
            self._measuring(event)

    def hide(self) -> None:
        """Remove the line, and give the cursor back."""
        with self._lock:
            if self._progress is not None:
                self._progress.stop()
                self._progress = None

    def _fetching(self, event: Fetching) -> None:
        known = event.total_bytes
        details = human_bytes(event.done_bytes) + (f" of {human_bytes(known)}" if known else "")
        fraction = event.done_bytes / known if known else None
        self._draw(f"fetching {_short(event.model)}", fraction, details, bar=True)

    def _reading(
        self, description: str, tokens: int, seconds: float, fraction: float | None
    ) -> None:
        details = f"{count(tokens)} tokens"
        if seconds > 0:
            details += f", {rate(tokens / seconds)}/s"
        left = _time_left(seconds, fraction)
        if left is not None:
            details += f", {duration(left)} left"
        self._draw(description, fraction, details, bar=True)

    def _measuring(self, event: Measuring) -> None:
        details = f"{count(event.done)} of {count(event.total)}"
        if event.now and event.seconds >= 1:
            left = event.seconds / event.now * (event.total - event.done)
            details += f", {duration(left)} left"
        fraction = event.done / event.total if event.total else None
        self._draw(one_line(event.label), fraction, details, bar=True)

    def _draw(
        self, description: str, fraction: float | None, details: str, *, bar: bool = False
    ) -> None:
        values: dict[str, Any] = {
            "description": description,
            "completed": min(fraction or 0.0, 1.0),
            "total": 1.0 if fraction is not None else None,
        }
        if self._progress is None:
            self._progress = _new_progress(self._color)
            self._progress.add_task(**values, details=details, bar=bar)
            self._progress.start()
            return
        task = self._progress.tasks[0]
        task.total = values.pop("total")  # update() takes None for "as before"
        self._progress.update(task.id, **values, details=details, bar=bar)


def _new_progress(color: ColorMode) -> Progress:
    from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Bar(BarColumn):
        """A bar where there is something to measure; a pulse while its end is unknown."""

        def render(self, task: Task) -> Text:  # type: ignore[override]
            return super().render(task) if task.fields.get("bar") else Text()  # type: ignore[return-value]

    one_row = Column(no_wrap=True, overflow="ellipsis")
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=one_row),
        Bar(bar_width=24),
        TextColumn("{task.fields[details]}", markup=False, table_column=one_row.copy()),
        console=console(sys.stderr, color),
        transient=True,
        redirect_stdout=False,
    )


def _time_left(seconds: float, fraction: float | None) -> float | None:
    """Seconds until all is read, from the pace so far; None while that would be a guess."""
    if fraction is None or fraction < 0.01 or seconds < 1:
        return None
    return seconds * (1 - fraction) / fraction


def _short(name: str) -> str:
    """A name that leaves room for the numbers: its end says more than its beginning."""
    name = one_line(name)
    return name if len(name) <= _NAME_WIDTH else f"…{name[-_NAME_WIDTH + 1 :]}"
