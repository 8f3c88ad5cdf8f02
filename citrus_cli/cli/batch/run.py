"""One run of `citrus batch`: outcomes become rows, and whatever stops it, finished rows stay."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field

from citrus_cli.batch.answering import Answering, Outcomes
from citrus_cli.batch.resuming import Match
from citrus_cli.batch.rows import FAILED, KEY, OUTCOME, Row, RowMaker
from citrus_cli.batch.work import Item, WorkList
from citrus_cli.cli.batch.output import Output
from citrus_cli.cli.batch.progress import BatchDisplay, Tally
from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.output.streams import ColorMode, OutputClosedError, notice, warn, write_error
from citrus_cli.cli.output.text import one_line
from citrus_cli.cli.program import interrupts
from citrus_cli.events import Event, Loading
from citrus_cli.wording import count, duration, many


@dataclass(frozen=True)
class BatchManner:
    """How talkative a batch is on standard error."""

    color: ColorMode
    quiet: bool
    debug: bool


@dataclass
class BatchRun:
    """Works through what is not done yet of a work list."""

    work: WorkList
    match: Match
    maker: RowMaker
    output: Output
    display: BatchDisplay
    tally: Tally
    manner: BatchManner
    _rows: dict[str, Row] = field(default_factory=dict, init=False)
    _warned: set[str] = field(default_factory=set, init=False)
    _tokens: int = field(default=0, init=False)
    _cut_off: int = field(default=0, init=False)

    def run(self, answering: Answering) -> ExitCode:
        """Answer everything, write everything, say how it went."""
        started = time.monotonic()
        try:
            self._begin()
            self._answer(answering)
            self.output.finish(self._all_rows())
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt("; ".join(self._stopped())) from error
        except BaseException as error:
            for note in [] if isinstance(error, OutputClosedError) else self._stopped():
                notice("citrus:", note, self.manner.color, "33")
            raise
        finally:
            self.display.hide()
        if not self.manner.quiet:
            self._summary(time.monotonic() - started)
        return ExitCode.ROWS_FAILED if self.tally.failed else ExitCode.ANSWERED

    @property
    def supported(self) -> bool:
        """Whether every answer, of earlier runs too, is in the documents and rests on them."""
        answered = [row for row in self._rows.values() if row["status"] != FAILED]
        return not any(
            row["found"] is False or row["support"] == "weak" or not row["answer"]
            for row in answered
        )

    @property
    def warnings(self) -> list[str]:
        """Those of every row, of earlier runs too, and of looking for documents."""
        rows = (text for row in self._rows.values() for text in row["warnings"] or ())
        return [*self.work.notes, *rows]

    def listen(self, event: Event) -> None:
        """The listener for the API."""
        self.display.show(event)

    def unexpected(self, error: Exception) -> None:
        """An exception that no message was written for; its rows fail like those of any other."""
        if self.manner.debug:
            self.display.hide()
            write_error("".join(traceback.format_exception(error)))

    def _begin(self) -> None:
        """Take over what an earlier run has done, as this one would write it."""
        items = {item.key: item for item in self.work.items}
        for key, earlier in self.match.done.items():  # in the order of the file
            outcome = {name: earlier.get(name) for name in OUTCOME}
            self._rows[key] = self.maker.row(items[key], outcome, earlier[KEY])
        kept = [*self._rows.values(), *self.match.kept]
        self.output.begin(kept, len(self.work.items) - len(self._rows))
        for note in self.work.notes:
            self._warn(note)

    def _answer(self, answering: Answering) -> None:
        groups = self.work.groups(self._rows)
        if not groups:
            return
        self.display.show(Loading("citrus", "starting"))
        left = {target.path: len(items) for target, items in groups}
        for outcomes in answering.outcomes(groups):
            self._finish(outcomes)
            target = outcomes[0][0].target
            left[target.path] -= len(outcomes)
            self.tally.documents_done += not left[target.path]
            if interrupts.pressed():  # whoever caught it; nothing is to follow
                raise KeyboardInterrupt

    def _finish(self, outcomes: Outcomes) -> None:
        """Put rows out before anything else can go wrong."""
        rows = {item.key: self.maker.row(item, outcome) for item, outcome in outcomes}
        failed = outcomes[0][1]["status"] == FAILED
        with interrupts.held():
            self.output.add(list(rows.values()))
            self._rows |= rows
            self.tally.done += len(rows)
            self.tally.failed += len(rows) if failed else 0
        for (item, outcome), row in zip(outcomes, rows.values(), strict=True):
            if outcome["seconds_read"]:  # else it was answered from an earlier row's reading
                self._tokens += outcome["tokens_read"]
            self._cut_off += not outcome["complete"] and row["status"] != FAILED
            for text in outcome["warnings"]:
                self._warn(f"{item.name}: {text}" if item.name not in text else text)
        first, outcome = outcomes[0]
        if failed:
            self._warn(_failure(first, outcome["error"], len(rows)))

    def _all_rows(self) -> list[Row]:
        return [*(self._rows[item.key] for item in self.work.items), *self.match.kept]

    def _warn(self, text: str) -> None:
        if not self.manner.quiet and text not in self._warned:
            self._warned.add(text)
            self.display.hide()
            warn(text, self.manner.color)

    def _stopped(self) -> list[str]:
        """What somebody whose run ended early wants to know."""
        self.display.hide()
        if not self._rows:
            return []
        done = len(self._rows) - self.tally.failed
        notes = [f"{count(done)} of {many(len(self.work.items), 'row')} are done"]
        where = self.output.kept_in()
        return [*notes, where] if where is not None else notes

    def _summary(self, took: float) -> None:
        rows = len(self.work.items)
        text = f"{many(rows, 'row')}: {count(rows - self.tally.failed)} ok"
        if self.tally.failed:
            text += f", {count(self.tally.failed)} failed"
        if self.tally.earlier:
            text += f", {count(self.tally.earlier)} of them from before"
        if self.match.kept:
            text += f", beside {count(len(self.match.kept))} about documents that are gone"
        if self._cut_off:
            text += f", {count(self._cut_off)} cut off (--max-answer-tokens allows more)"
        text += f"; {many(self._tokens, 'token')} read in {duration(took)}"
        where = self.output.result()
        style = "33" if self.tally.failed else "32"
        notice("citrus:", f"{text}; {where}" if where else text, self.manner.color, style)


def _failure(item: Item, why: str, rows: int) -> str:
    """A warning for rows that failed: it names the document, and the question or their number."""
    known = any(part in why for part in (item.name, item.target.path))
    why = why if known else f"{item.name}: {why}"
    which = f"row {item.question.id}" if rows == 1 else many(rows, "row")
    return f"{one_line(why)} ({which} failed)"
