"""What `citrus text` says on standard error: what was not read."""

from __future__ import annotations

from dataclasses import dataclass, field

from citrus_cli.cli.output.streams import ColorMode, notice, warn
from citrus_cli.cli.output.text import document_name
from citrus_cli.cli.program.failures import report
from citrus_cli.cli.text.pages import DocumentRecord
from citrus_cli.wording import many, ranges


@dataclass
class Report:
    """Says it for each document when it has been read; `held`: once all have, after the pager."""

    color: ColorMode
    quiet: bool
    debug: bool
    held: bool
    _waiting: list[DocumentRecord] = field(default_factory=list, init=False)

    def add(self, record: DocumentRecord) -> None:
        """A document is done with."""
        self._waiting.append(record)
        if not self.held:
            self.show()

    def show(self) -> None:
        """Say what has not been said."""
        for record in self._waiting:
            self._show(record)
        self._waiting.clear()

    def _show(self, record: DocumentRecord) -> None:
        if record.failure is not None:
            report(record.failure, debug=self.debug, color=self.color)
        if self.quiet:
            return
        name = document_name(record.path)
        for warning in record.warnings:
            warn(warning.naming(name), self.color)
        if record.pages_without_text:
            pages = many(len(record.pages_without_text), "page").split()[1]
            listed = f"{pages} {ranges(record.pages_without_text)}"
            notice("citrus:", f"{name}: no text on {listed}", self.color, "2")
