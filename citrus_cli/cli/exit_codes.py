"""The exit codes of `citrus`, in one place: the help, the README and the tests read them here."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command can end."""

    ANSWERED = 0
    FAILED = 1
    USAGE = 2
    DOCUMENT = 3
    MODEL = 4
    MEMORY = 5
    NOT_ALL_READ = 5  # with --strict only, so that 5 means nothing new to whoever does not ask
    ROWS_FAILED = 6
    UNSUPPORTED = 7
    INTERRUPTED = 130
    PIPE_CLOSED = 141


MEANINGS: dict[ExitCode, str] = {
    ExitCode.ANSWERED: "answered",
    ExitCode.FAILED: "failed",
    ExitCode.USAGE: "the command line, the environment or the config file makes no sense",
    ExitCode.DOCUMENT: "a document cannot be read, or has no text",
    ExitCode.MODEL: "a model cannot be had, loaded or served",
    ExitCode.MEMORY: "out of memory; with --strict also: something of a document was not read",
    ExitCode.ROWS_FAILED: "some rows of a batch, or parts of an evaluation, failed",
    ExitCode.UNSUPPORTED: "an answer is not in the documents or hardly rests on them "
    "(--fail-if-unsupported)",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
    ExitCode.PIPE_CLOSED: "whoever read the output went away; silent",
}


def epilog() -> str:
    """The codes as one paragraph for `--help`."""
    listed = "; ".join(f"{code.value} {MEANINGS[code]}" for code in ExitCode)
    return f"Exit codes: {listed}."


def markdown_table() -> str:
    """The codes as the README shows them."""
    rows = [f"| {code.value} | {MEANINGS[code]} |" for code in ExitCode]
    return "\n".join(["| code | meaning |", "| --- | --- |", *rows])
