"""`citrus chat`: a conversation about documents."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from citrus_cli.cli.chat.history import open_history
from citrus_cli.cli.chat.prompt import DumbLines, EditedLines, Lines, PipedLines
from citrus_cli.cli.chat.screen import ChatManner, ChatScreen
from citrus_cli.cli.chat.talk import Talk
from citrus_cli.cli.options.declaration import OUTPUT, grouped, option
from citrus_cli.cli.options.documents import DocumentOptions, StrictOptions, opening_of
from citrus_cli.cli.options.engine import (
    MethodOptions,
    ModelOptions,
    StoreOptions,
    engine_of,
    load_document_qa,
)
from citrus_cli.cli.options.general import GeneralOptions
from citrus_cli.cli.options.precedence import color_of, debug_of
from citrus_cli.cli.options.request import STDIN_NAME
from citrus_cli.cli.output.streams import (
    Stdin,
    can_animate,
    is_terminal,
    notice,
    stdin_kind,
    use_color,
)
from citrus_cli.cli.output.strictness import end_if_lost
from citrus_cli.cli.program.group import Command
from citrus_cli.cli.program.libraries import quiet_libraries
from citrus_cli.errors import UsageError
from citrus_cli.events import Loading

if TYPE_CHECKING:
    from citrus_cli.conversation import Conversation

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE...",
        help="PDF or text files, folders or patterns.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class ChatOptions:
    """How the chat behaves."""

    no_history: Annotated[
        bool,
        option(
            "--no-history",
            help="Neither read nor write the lines of earlier chats.",
            panel=OUTPUT,
        ),
    ] = False
    quiet: Annotated[
        bool,
        option(
            "--quiet",
            help="Only answers and errors: no greeting, progress, receipts or warnings.",
            panel=OUTPUT,
        ),
    ] = False


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("chat", cls=Command)(chat)


@grouped
def chat(
    *,
    context: typer.Context,
    sources: Sources = None,
    documents: DocumentOptions,
    model: ModelOptions,
    method: MethodOptions,
    store: StoreOptions,
    chatting: ChatOptions,
    strict: StrictOptions,
    general: GeneralOptions,
) -> None:
    """Talk about documents.

    They are read once; every answer knows what was said before it. A line that begins with / is a
    command, and /help lists them. Ctrl-C stops an answer, Ctrl-D ends the chat.

    In a pipe there is no prompt: questions come from standard input, one on each line, and the
    answers go to standard output with a blank line between them. The exit code is then that of
    the last question that failed.
    """
    names = _checked(sources or [])
    how = opening_of(documents)
    manner = _manner(context, stdin_kind(), chatting)
    piped = None if manner.edited else _piped(manner)
    screen = ChatScreen(manner)
    settings = engine_of(model, method, store)
    with _open(names, how, settings, screen) as conversation:
        talk = Talk(conversation, names, screen, settings.get("model", "citrus"))
        lines = piped or _typed(talk, manner, history=not chatting.no_history)
        code = talk.run(lines)
    if strict.strict and not code:
        end_if_lost(screen.warnings, manner.color)
    raise typer.Exit(code)


def _checked(sources: list[str]) -> tuple[str, ...]:
    if not sources:
        raise UsageError("no document given: citrus chat SOURCE")
    if any(not source for source in sources):
        raise UsageError("a document's name is empty")
    if STDIN_NAME in sources:
        raise UsageError(
            "- cannot be a document of a chat: its questions come from standard input; "
            "save the text to a file and name that"
        )
    return tuple(sources)


def _manner(context: typer.Context, kind: Stdin, chatting: ChatOptions) -> ChatManner:
    if kind is Stdin.ABSENT:
        raise UsageError(
            "there is no standard input to read questions from: start citrus chat in a terminal, "
            "or pipe questions into it"
        )
    color = color_of(context)
    shown = is_terminal(sys.stdout)
    return ChatManner(
        edited=shown and kind is Stdin.TERMINAL,
        for_terminal=shown,
        styled=use_color(sys.stdout, color),
        color=color,
        quiet=chatting.quiet,
        debug=debug_of(context),
    )


def _piped(manner: ChatManner) -> Lines:
    if is_terminal(sys.stdin) and not manner.quiet:
        notice("citrus:", "one question on each line; Ctrl-D ends the chat", manner.color, "2")
    return PipedLines(sys.stdin.buffer)


def _open(
    sources: tuple[str, ...], how: dict[str, Any], settings: dict[str, Any], screen: ChatScreen
) -> Conversation:
    """Everything slow: load the model, read the documents."""
    with screen.working():
        screen.listen(Loading(settings.get("model", "citrus"), "starting"))
        if not screen.manner.debug:
            quiet_libraries()
        qa = load_document_qa()(**settings, on_event=screen.listen)
        return qa.conversation(sources, **how)


def _typed(talk: Talk, manner: ChatManner, *, history: bool) -> Lines:
    if not can_animate(sys.stdout):
        return DumbLines()
    return EditedLines(
        talk.toolbar, open_history(keep=history, color=manner.color), color=manner.styled
    )
