"""Where the rows of `citrus batch` go: a file that a later run can go on with, or a pipe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from citrus_cli.batch.formats import SUFFIXES, NotOursError, parse, render
from citrus_cli.batch.rows import Row
from citrus_cli.cli.batch.journal import Journal, lock, read_journal
from citrus_cli.cli.output.answers import dump
from citrus_cli.cli.output.files import ResultFile, check_target
from citrus_cli.cli.output.streams import write_out
from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.wording import human_bytes

_ROW_BYTES = 4096
_SPARE_BYTES = 4 * 2**20


class Output(Protocol):
    """Takes rows as they are finished."""

    @property
    def files(self) -> tuple[Path, ...]:
        """What it writes: no document to ask about."""

    def earlier(self) -> list[Row]:
        """The rows of an earlier run to go on with."""

    def begin(self, kept: Sequence[Row], rows: int) -> None:
        """Start, with the earlier rows that count, and `rows` to come. Says now if it will fail."""

    def add(self, rows: Sequence[Row]) -> None:
        """Keep finished rows, at once."""

    def finish(self, rows: Sequence[Row]) -> None:
        """All rows are known: here they are, in their order."""

    def close(self) -> None:
        """The run is over, however it ended."""

    def kept_in(self) -> str | None:
        """What to tell somebody whose run ended early: where the finished rows are."""

    def result(self) -> str | None:
        """What to tell somebody whose run ended well: where the rows are."""


class PipeOutput:
    """JSON lines on standard output, each as soon as it is there."""

    files: tuple[Path, ...] = ()

    def earlier(self) -> list[Row]:
        """A pipe has none."""
        return []

    def begin(self, kept: Sequence[Row], rows: int) -> None:
        """Nothing can be known of a pipe in advance."""

    def add(self, rows: Sequence[Row]) -> None:
        """Print them."""
        for row in rows:
            write_out(dump(row) + "\n")

    def finish(self, rows: Sequence[Row]) -> None:
        """Everything is out already."""

    def close(self) -> None:
        """It is not ours to close."""

    def kept_in(self) -> str | None:
        """Whoever reads the pipe has them."""
        return None

    def result(self) -> str | None:
        """Nowhere else."""
        return None


class FileOutput:
    """A file. Its journal is the file itself for JSON lines, for other formats one beside it."""

    def __init__(self, given: str, *, resume: bool, overwrite: bool) -> None:
        """Refuse a target that cannot be written, or that should not be replaced.

        Raises:
            UsageError: as said; the message names the option that allows it.
        """
        self.path = Path(os.path.realpath(given))
        found = SUFFIXES.get(self.path.suffix.lower())
        if found is None:
            known = ", ".join(SUFFIXES)
            raise UsageError(f"--output {given}: the name says the format; let it end in {known}")
        self._given = given
        self._format = found
        self._direct = found == "jsonl"
        self._journal_path = (
            self.path if self._direct else self.path.with_name(f"{self.path.name}.partial.jsonl")
        )
        self._resume, self._overwrite = resume, overwrite
        self._journal: Journal | None = None
        self._held: int | None = None
        self._check()

    def _check(self) -> None:
        self._mode = check_target(self.path, self._given, overwrite=True)
        begun = not self._direct and self._journal_path.exists()
        if not (self._resume or self._overwrite):
            cure = "--resume goes on with it, --overwrite replaces it"
            if begun:
                raise UsageError(
                    f"--output {self._given}: an unfinished run is in {self._journal_path.name}; "
                    f"{cure}"
                )
            if self.path.exists():
                raise UsageError(f"--output {self._given}: the file exists; {cure}")
        with suppress(OSError):  # not there, or not readable: `earlier` says so if it matters
            self._held = os.open(self._journal_path, os.O_RDONLY)
        if self._held is not None:
            lock(self._held, self._journal_path)

    @property
    def files(self) -> tuple[Path, ...]:
        """The output and its journal."""
        return self.path, self._journal_path

    def earlier(self) -> list[Row]:
        """The journal's rows if there is one, else the finished file's."""
        if not self._resume:
            return []
        try:
            if self._journal_path.exists():
                return read_journal(self._journal_path)
            if self.path.exists():
                return parse(self.path.read_text("utf-8"), self._format)
        except (NotOursError, UnicodeDecodeError) as error:
            raise UsageError(
                f"--output {self._given}: not an output of citrus batch ({error}); give another "
                "name, or --overwrite to replace it"
            ) from None
        except OSError as error:
            raise UsageError(f"--output {self._given}: {error.strerror}") from None
        return []

    def begin(self, kept: Sequence[Row], rows: int) -> None:
        """Make sure that there is room, and write the earlier rows into a new journal."""
        needed = rows * _ROW_BYTES * (1 if self._direct else 2) + _SPARE_BYTES
        free = shutil.disk_usage(self.path.parent).free
        if free < needed:
            raise CitrusError(
                f"--output {self._given}: {human_bytes(free)} are free on that disk, and {rows:,} "
                f"rows may need {human_bytes(needed)}; make room, or write somewhere else"
            )
        replace = self._resume or self._overwrite
        self._journal = Journal(self._journal_path, self._mode, replace=replace, rows=kept)
        if kept:
            self._journal.publish()

    def add(self, rows: Sequence[Row]) -> None:
        """Append them to the journal."""
        self._begun().append(rows)

    def finish(self, rows: Sequence[Row]) -> None:
        """Render the file from all rows, then drop the journal; JSON lines are there already."""
        journal = self._begun()
        if self._direct:
            journal.publish()
            return
        try:
            file = ResultFile(str(self.path), overwrite=True)
            try:
                file.write(render(rows, self._format))
                file.commit()
            except BaseException:
                file.discard()
                raise
        except CitrusError as error:
            raise CitrusError(f"{error}; go on with --resume") from None
        journal.delete()

    def close(self) -> None:
        """Let other runs have the file."""
        if self._journal is not None:
            self._journal.close()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def kept_in(self) -> str | None:
        """The journal, if there is something in it."""
        if self._journal is None or not self._journal.published:
            return None
        where = self._given if self._direct else self._journal_path
        return f"they are in {where}; go on with --resume"

    def result(self) -> str | None:
        """The file."""
        return f"the rows are in {self._given}"

    def _begun(self) -> Journal:
        if self._journal is None:
            raise RuntimeError("begin() comes first")
        return self._journal
