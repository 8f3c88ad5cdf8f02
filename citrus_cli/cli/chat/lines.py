"""What a line of a chat means: a question, or a command that begins with a slash."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from citrus_cli.errors import UsageError

HELP = {
    "help": "this list",
    "pages": "what was read: documents, pages, tokens, and pages without text",
    "sources": "the pages that the last answer was read from",
    "save FILE": "write the conversation as Markdown, or as JSON to a name that ends in .json",
    "save! FILE": "the same, replacing a file that exists",
    "forget": "start a new conversation about the same documents",
    "quit": "end the chat; so does Ctrl-D",
}
COMMANDS = tuple(shown.partition(" ")[0] for shown in HELP)
_WITH_FILE = frozenset(shown.partition(" ")[0] for shown in HELP if " " in shown)


@dataclass(frozen=True)
class Question:
    """Something to ask the documents."""

    text: str


@dataclass(frozen=True)
class Command:
    """A command, by its name without the slash; `argument` is empty where it takes none."""

    name: str
    argument: str


def parse(line: str) -> Question | Command | None:
    """What a line means; None when it is blank.

    `//` begins a question that begins with `/`, and a text of several lines is always a question.

    Raises:
        UsageError: there is no such command, or not with this argument.
    """
    # a terminal hands undecodable bytes on as lone surrogates, which no tokenizer takes
    text = line.encode("utf-8", "replace").decode("utf-8").strip()
    if not text:
        return None
    if text.startswith("//"):
        return Question(text[1:])
    if not text.startswith("/") or "\n" in text:
        return Question(text)
    name, _, argument = text[1:].partition(" ")
    return _command(name, argument.strip())


def _command(given: str, argument: str) -> Command:
    name = given.lower()
    if name not in COMMANDS:
        begun = [known for known in COMMANDS if name and known.startswith(name)]
        near = get_close_matches(name, COMMANDS, n=1) or begun
        cure = f"did you mean /{near[0]}?" if near else "/help lists what there is"
        raise UsageError(f"/{given}: no such command; {cure}")
    if name in _WITH_FILE and not argument:
        raise UsageError(f"/{name} needs the name of a file, as in /{name} chat.md")
    if argument and name not in _WITH_FILE:
        raise UsageError(f"/{name} takes nothing after it; // begins a question that begins with /")
    return Command(name, _unquoted(argument))


def _unquoted(argument: str) -> str:
    """A name as a person writes it in a shell, where one with spaces stands in quotes."""
    quoted = len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "'\""
    return argument[1:-1] if quoted else argument
