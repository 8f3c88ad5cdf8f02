"""Where the lines of a chat come from: an editor on a terminal, a dumb terminal, or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, BinaryIO, Protocol

from citrus_cli.cli.chat.lines import COMMANDS
from citrus_cli.cli.output.streams import write_out
from citrus_cli.cli.program import interrupts
from citrus_cli.errors import CitrusError, UsageError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import History
    from prompt_toolkit.styles import Style

PROMPT = "citrus> "
HINT = "Ctrl-D or /quit ends the chat"


class Lines(Protocol):
    """The lines that a person types, or a program sends."""

    def read(self) -> str | None:
        """The next line; None when there are no more."""


class EditedLines:
    """A terminal: lines are edited, completed and remembered."""

    def __init__(self, toolbar: Callable[[], str], history: History, *, color: bool) -> None:
        self._session = _session(toolbar, history, color)

    def read(self) -> str | None:
        """The line that was entered; Ctrl-C drops what was typed and begins another."""
        while True:
            try:
                return self._session.prompt()
            except EOFError:
                return None
            except KeyboardInterrupt:
                interrupts.settle()
                if not self._session.default_buffer.text:
                    write_out(f"{HINT}\n")


class DumbLines:
    """A terminal that cannot move its cursor: it edits its own lines, and nothing is drawn."""

    def read(self) -> str | None:
        """The line that was entered; Ctrl-C drops what was typed and begins another."""
        while True:
            try:
                write_out(PROMPT)
                line = sys.stdin.buffer.readline()
            except KeyboardInterrupt:
                interrupts.settle()
                write_out(f"\n{HINT}\n")
                continue
            if not line:
                write_out("\n")
                return None
            return line.decode("utf-8", "replace")


class PipedLines:
    """Standard input without a prompt: one question on each line.

    The first is waited for at construction: without any, nothing need be read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._number = 0
        self._first = self._next()
        if self._first is None:
            raise UsageError("no question came in: send questions, one on each line")

    def read(self) -> str | None:
        """The next line that is not blank."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return self._next()

    def _next(self) -> str | None:
        while True:
            try:
                data = self._stream.readline()
            except OSError as error:
                raise CitrusError(f"cannot read standard input: {error.strerror}") from None
            if not data:
                return None
            self._number += 1
            line = self._decode(data).strip()
            if line:
                return line

    def _decode(self, data: bytes) -> str:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            where = f"line {self._number} of standard input"
            raise UsageError(f"{where} is not UTF-8; send questions as UTF-8 text") from None


def _session(toolbar: Callable[[], str], history: History, color: bool) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import get_app
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.output import ColorDepth

    # The menu of commands opens by itself, but nothing moves below an ordinary question.
    commanding = Condition(lambda: get_app().current_buffer.text.startswith("/"))
    session: PromptSession[str] = PromptSession(
        [("class:prompt", PROMPT)],
        history=history,
        completer=_completer(),
        complete_while_typing=commanding,
        bottom_toolbar=toolbar,
        style=_style(color),
        include_default_pygments_style=False,
        color_depth=ColorDepth.DEPTH_4_BIT if color else ColorDepth.DEPTH_1_BIT,
        enable_suspend=True,
    )
    # it would print a warning into the chat; all that is lost there is the toolbar
    session.app.renderer.cpr_not_supported_callback = None
    return session


def _style(color: bool) -> Style:
    from prompt_toolkit.styles import Style

    if not color:
        return Style.from_dict({"bottom-toolbar": "noreverse"})
    return Style.from_dict(
        {"prompt": "ansigreen bold", "bottom-toolbar": "noreverse ansibrightblack"}
    )


def _completer() -> Completer:
    from prompt_toolkit.completion import Completer, Completion, PathCompleter
    from prompt_toolkit.document import Document

    paths = PathCompleter(expanduser=True)

    class Commands(Completer):
        """Commands at the start of a line, and the file that /save takes."""

        def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
            text = document.text_before_cursor
            command, blank, argument = text.partition(" ")
            if blank and command in ("/save", "/save!"):
                yield from paths.get_completions(Document(argument), event)
            elif text.startswith("/") and not blank:
                for name in COMMANDS:
                    if f"/{name}".startswith(text):
                        yield Completion(f"/{name}", start_position=-len(text))

    return Commands()
