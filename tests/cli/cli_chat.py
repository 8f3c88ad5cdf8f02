"""`citrus chat` on a terminal of its own, driven as a person would: type, and wait for text."""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path
from types import TracebackType

import pexpect

PROGRAM = str(Path(__file__).with_name("cli_fake_citrus.py"))
LIMIT = 30
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
UP, TAB, ENTER, CTRL_C, CTRL_D = "\x1b[A", "\t", "\r", "\x03", "\x04"
# what the editor sends when it begins to listen; a dumb terminal has only the words
_PROMPT = r"\x1b\[\?2004h.*?citrus>"
_DUMB_PROMPT = "citrus> "


class Chat:
    """A chat in a process. The end of the `with` block is the end of the process."""

    def __init__(
        self, *arguments: str, env: dict[str, str] | None = None, shell: str | None = None
    ) -> None:
        environment = {**os.environ, "COLUMNS": "80", "PROMPT_TOOLKIT_NO_CPR": "1", **(env or {})}
        program = [sys.executable, PROGRAM, "chat", *arguments]
        if shell is not None:  # with {} for the program: redirections need a shell
            program = ["/bin/sh", "-c", shell.format(" ".join(program))]
        self._dumb = environment["TERM"] == "dumb"
        self._log = io.StringIO()
        self.process = pexpect.spawn(
            program[0],
            program[1:],
            env=environment,  # type: ignore[arg-type]
            encoding="utf-8",
            timeout=LIMIT,
            dimensions=(24, 100),
        )
        self.process.delaybeforesend = None
        self.process.logfile_read = self._log

    def __enter__(self) -> Chat:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.close(force=True)

    @property
    def raw(self) -> str:
        """All that the terminal got until now."""
        return self._log.getvalue()

    def prompt(self) -> str:
        """Wait for the prompt; what came before it, without escape sequences."""
        pattern = _DUMB_PROMPT if self._dumb else _PROMPT
        self.process.expect(re.compile(pattern, re.DOTALL))
        return _plain(self.process.before)

    def send(self, text: str) -> None:
        self.process.send(text)

    def wait_for(self, text: str) -> str:
        """Wait for a text; what came before it."""
        self.process.expect_exact(text)
        return _plain(self.process.before)

    def enter(self, line: str) -> str:
        """Type a line at the prompt; what is said until the next prompt."""
        self.send(line + ENTER)
        if not self._dumb:
            self.wait_for("\x1b[?2004l")  # the editor no longer listens: what follows is output
        return self.prompt()

    def end(self) -> tuple[str, int]:
        """Wait for the end of the process: what it said last, and its exit code."""
        self.process.expect(pexpect.EOF)
        text = _plain(self.process.before)
        self.process.close()
        assert self.process.exitstatus is not None, f"signal {self.process.signalstatus}"
        return text, self.process.exitstatus


def _plain(text: object) -> str:
    return ANSI.sub("", str(text)).replace("\r\n", "\n").replace("\r", "")
