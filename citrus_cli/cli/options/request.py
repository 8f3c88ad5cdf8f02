"""Which of the arguments of `citrus ask` (or `compare`) are documents, and what is the question.

| -q or -f | arguments | standard input | meaning |
| --- | --- | --- | --- |
| no | two or more | any | the last is the question, the others are the documents |
| no | one, not a file | piped | the pipe is the document, the argument the question |
| yes | one or more | any | all are documents |
| yes | none | piped | the pipe is the document |

`-` among the documents is standard input. Everything else is refused with the spelling that works.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from glob import iglob
from os.path import lexists
from pathlib import Path
from typing import Annotated

import typer

from citrus_cli.cli.options.declaration import DOCUMENTS, option, variable
from citrus_cli.cli.options.questions import read_questions
from citrus_cli.cli.output.streams import ColorMode, Stdin, notice, stdin_kind
from citrus_cli.errors import DocumentError, UsageError

STDIN_NAME = "-"

Arguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE... QUESTION",
        help="PDF or text files, folders, patterns or - for standard input; then the question.",
        show_default=False,
    ),
]
Questions = Annotated[
    list[str] | None,
    option(
        "--question",
        "-q",
        help="A question; may be repeated. All arguments are then documents. "
        "CITRUS_QUESTION may hold several, one on each line.",
        panel=DOCUMENTS,
        metavar="TEXT",
        env=False,
    ),
]
QuestionsFile = Annotated[
    str | None,
    option(
        "--file",
        "-f",
        help="A file of questions, one on each line (blank lines and # comments are left out), or "
        ".csv, .tsv, .xlsx, .json, .jsonl or .yaml as for citrus batch. All arguments are then "
        "documents.",
        panel=DOCUMENTS,
        metavar="FILE",
    ),
]


@dataclass(frozen=True)
class Request:
    """What to read and what to ask."""

    sources: tuple[str, ...]
    questions: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.sources.count(STDIN_NAME) > 1:
            raise UsageError("- is given more than once, but standard input can be read only once")
        if any(not question.strip() for question in self.questions):
            raise UsageError("the question is empty")


def names_a_file(argument: str) -> bool:
    """Whether an argument is the name of something on disk, or a pattern that matches something."""
    from citrus_cli.documents.file_names import on_disk

    try:
        if lexists(argument) or ("*" in argument and any(iglob(argument))):  # noqa: PTH207
            return True
        return bool(argument) and on_disk(Path(argument)) is not None
    except (OSError, ValueError, DocumentError):
        return False


def resolve(
    arguments: Sequence[str],
    questions: Sequence[str] | None,
    *,
    stdin: Stdin,
    exists: Callable[[str], bool] = names_a_file,
    command: str = "ask",
) -> Request:
    """Apply the rule; `questions` are those of -q and -f, None when neither is given.

    `command` is what the spellings in messages begin with.
    """
    if questions is not None:
        return Request(_sources(arguments, stdin, command), tuple(questions))
    if not arguments:
        raise UsageError(_nothing_given(stdin, command))
    *sources, last = arguments
    if last == STDIN_NAME or exists(last):
        raise UsageError(_no_question(sources, last, stdin, command))
    if not last.strip():
        raise UsageError("the question is empty")
    if not sources:
        _check_no_address(last)
    if not sources and stdin is not Stdin.PIPED:
        raise UsageError(
            "no document given: name one, as in "
            f"{_spell(command, 'SOURCE', _short(last))}, or pipe text into citrus"
        )
    return Request(tuple(sources) or (STDIN_NAME,), (last,))


def _check_no_address(last: str) -> None:
    from citrus_cli.documents.file_names import is_web_address, missing

    if is_web_address(last):
        raise UsageError(str(missing(last, Path(last))))


def _sources(arguments: Sequence[str], stdin: Stdin, command: str) -> tuple[str, ...]:
    if any(not argument for argument in arguments):
        raise UsageError("a document's name is empty")
    if arguments:
        return tuple(arguments)
    if stdin is Stdin.PIPED:
        return (STDIN_NAME,)
    raise UsageError(
        f"no document given: name one, as in citrus {command} SOURCE -q QUESTION, or pipe text "
        "into citrus"
    )


def _nothing_given(stdin: Stdin, command: str) -> str:
    if stdin is Stdin.PIPED:
        return f"no question given: text is piped in, ask it with citrus {command} QUESTION"
    return f"no document and no question given: citrus {command} SOURCE QUESTION"


def _no_question(sources: Sequence[str], last: str, stdin: Stdin, command: str) -> str:
    """The last argument is a document: say what the two ways out are."""
    as_document = _spell(command, *sources, last, "-q", "QUESTION")
    if last == STDIN_NAME:
        return f"no question given: - is standard input, so ask with {as_document}"
    if sources:
        as_question = _spell(command, *sources, "-q", last)
        return (
            f"no question given: {last} is a file. To ask about it: {as_document}; "
            f"if it is the question: {as_question}"
        )
    if stdin is Stdin.PIPED:
        as_question = _spell(command, STDIN_NAME, "-q", last)
        return (
            f"text is piped in, but {last} is also a file. To ask about the file: {as_document}; "
            f"to ask {last} about the piped text: {as_question}"
        )
    return f"no question given: {_spell(command, last, 'QUESTION')}"


def _spell(command: str, *arguments: str) -> str:
    return f"citrus {command} {shlex.join(arguments)}"


def _short(question: str) -> str:
    return question if len(question) <= 60 else f"{question[:57]}..."


def request_of(
    arguments: list[str],
    questions: list[str] | None,
    file: str | None,
    command: str = "ask",
) -> Request:
    """Apply the rule to a command line, its files of questions and the environment.

    Raises:
        UsageError: it leaves a doubt about what is a document, and what the question.
    """
    given: tuple[str, ...] | None = tuple(questions or _from_environment()) or None
    if file is not None:
        if file == STDIN_NAME and (STDIN_NAME in arguments or not arguments):
            raise UsageError("standard input cannot be both the questions and the document")
        given = (*(given or ()), *read_questions(file))
    kind = stdin_kind()
    request = resolve(arguments, given, stdin=kind, command=command)
    if STDIN_NAME in request.sources:
        _check_stdin(kind)
    return request


def _from_environment() -> tuple[str, ...]:
    lines = os.environ.get(variable("--question"), "").splitlines()
    return tuple(line.strip() for line in lines if line.strip())


def _check_stdin(kind: Stdin) -> None:
    if sys.stdin is None:
        raise UsageError("- is standard input, and that is closed: pipe the document into citrus")
    if kind is Stdin.TERMINAL:
        notice(
            "citrus:", "reading from the terminal; end the text with Ctrl-D", ColorMode.AUTO, "2"
        )
