"""The conversation itself: line after line, a question or a command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from citrus_cli.cli.chat.lines import Command, Question, parse
from citrus_cli.cli.chat.notes import save
from citrus_cli.cli.chat.prompt import Lines
from citrus_cli.cli.chat.screen import ChatScreen
from citrus_cli.cli.chat.text import (
    greeting,
    help_text,
    pages_text,
    receipt_line,
    sources_text,
    toolbar,
)
from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.output.streams import OutputClosedError
from citrus_cli.cli.output.text import one_line
from citrus_cli.cli.program import interrupts
from citrus_cli.events import Loading

if TYPE_CHECKING:
    from citrus_cli.answer import Answer
    from citrus_cli.conversation import Conversation


class Talk:
    """A chat about documents that were read. An error ends an answer, never the chat."""

    def __init__(
        self,
        conversation: Conversation,
        sources: Sequence[str],
        screen: ChatScreen,
        model: str,
    ) -> None:
        self._conversation = conversation
        self._sources = sources
        self._screen = screen
        self._model = model
        self._ended = False
        self._code = ExitCode.ANSWERED

    def run(self, lines: Lines) -> ExitCode:
        """Talk until there are no more lines; returns how a pipe's questions went."""
        edited = self._screen.manner.edited
        if edited and not self._screen.manner.quiet:
            self._screen.say(greeting(self._conversation.documents, self._sources))
        self._screen.warn(self._conversation.warnings)
        while not self._ended and (line := lines.read()) is not None:
            try:
                self._take(line)
            except OutputClosedError:
                raise
            except KeyboardInterrupt:
                if not edited:
                    raise
                self._screen.aside("stopped")
            except Exception as error:
                self._code = self._screen.failed(error)
            if edited:
                interrupts.settle()
                self._screen.aside("")  # air before the next prompt
        return ExitCode.ANSWERED if edited else self._code

    def toolbar(self) -> str:
        """What stands below the prompt now."""
        conversation = self._conversation
        return toolbar(conversation.documents, self._sources, len(conversation.turns))

    def _take(self, line: str) -> None:
        meant = parse(line)
        if isinstance(meant, Question):
            self._ask(meant.text)
        elif isinstance(meant, Command):
            self._obey(meant)

    def _ask(self, question: str) -> None:
        with self._screen.answering() as view:
            self._screen.listen(Loading(self._model, "looking for the answer"))
            answer = self._conversation.ask(question)
            self._screen.hide_progress()
            view.answered(answer)
        self._after(answer)

    def _after(self, answer: Answer) -> None:
        stopped = interrupts.pressed() and not answer.complete
        cut = "stopped" if stopped else "cut off, --max-answer-tokens allows more"
        self._screen.aside(receipt_line(answer, cut))
        self._screen.warn(answer.warnings)
        if interrupts.pressed() and not self._screen.manner.edited:
            raise KeyboardInterrupt("the answer is not complete" if stopped else "")
        if not answer.complete and not stopped:
            self._screen.cut_off(answer)

    def _obey(self, command: Command) -> None:
        conversation, say = self._conversation, self._screen.say
        if command.name == "help":
            say(help_text())
        elif command.name == "pages":
            say(pages_text(conversation.documents))
        elif command.name == "sources":
            turns = conversation.turns
            say(sources_text(turns[-1].answer) if turns else "there is no answer yet\n")
        elif command.name == "forget":
            conversation.forget()
            say("a new conversation about the same documents\n")
        elif command.name == "quit":
            self._ended = True
        else:
            self._save(command)

    def _save(self, command: Command) -> None:
        turns = self._conversation.turns
        replace = command.name == "save!"
        path = save(command.argument, self._conversation.documents, turns, overwrite=replace)
        self._screen.say(f"the conversation is in {one_line(str(path))}\n")
