"""A conversation about documents: each question sees those before it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from citrus_cli.answer import Answer, DocumentReceipt, Seconds
from citrus_cli.answering import Answering
from citrus_cli.errors import UsageError
from citrus_cli.models.prompts import Exchange
from citrus_cli.run import memory_errors


@dataclass(frozen=True)
class Turn:
    """A question, and what was answered."""

    question: str
    answer: Answer


class Conversation:
    """Questions about the same documents, one after the other; a context manager.

    With the policy `index` the documents are read once, at the beginning, unless their indexes are
    kept from before; with another, each question reads them again.

    Attributes:
        documents: what was read; empty until it has been, with a policy that reads for a question.
        turns: the questions and answers so far, which those to come see.
        warnings: what the user should know about the documents.
    """

    def __init__(self, answering: Answering, context: ExitStack) -> None:
        """Have the documents' indexes, if it is these that are asked; `context` ends with this.

        Raises:
            DocumentError, MemoryLimitError: as for `DocumentQA.ask`.
        """
        self._answering = answering
        self._context = context
        self.turns: list[Turn] = []
        self.documents: tuple[DocumentReceipt, ...] = ()
        self.warnings: tuple[str, ...] = ()
        if answering.indexed is not None:
            with memory_errors(answering.runner.loaded):
                self.documents = answering.indexed.receipts
            self.warnings = answering.indexed.warnings

    def ask(self, question: str) -> Answer:
        """Answer a question that may refer to those before it.

        When interrupted (KeyboardInterrupt) while answering, the answer so far is returned with
        `complete` False.

        Raises:
            UsageError: the question is empty.
            DocumentError, MemoryLimitError: as for `DocumentQA.ask`.
        """
        question = question.strip()
        if not question:
            raise UsageError("the question is empty; say what you want to know")
        runner = self._answering.runner
        earlier = [Exchange(turn.question, turn.answer.answer) for turn in self.turns]
        instruction = runner.instruction(question, earlier)
        runner.check_room([instruction])
        with memory_errors(runner.loaded):
            kept = self._answering.keep([instruction])
            seconds = Seconds(0.0, kept.seconds, 0.0)
            answer, _ = self._answering.answer(
                kept, 0, question, 0, seconds, follows_up=bool(earlier)
            )
        self.documents = kept.documents
        self.turns.append(Turn(question, answer))
        return answer

    def forget(self) -> None:
        """Begin anew, with the same documents."""
        self.turns.clear()

    def close(self) -> None:
        """Let go of the documents; no more questions then."""
        self._context.close()

    def __enter__(self) -> Conversation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
