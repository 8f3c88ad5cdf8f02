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

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from glob import iglob
from os.path import lexists

from citrus_cli.cli.streams import Stdin
from citrus_cli.errors import UsageError

STDIN_NAME = "-"


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
    try:
        return lexists(argument) or ("*" in argument and any(iglob(argument)))  # noqa: PTH207
    except (OSError, ValueError):
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
    if not sources and stdin is not Stdin.PIPED:
        raise UsageError(
            "no document given: name one, as in "
            f"{_spell(command, 'SOURCE', _short(last))}, or pipe text into citrus"
        )
    return Request(tuple(sources) or (STDIN_NAME,), (last,))


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
