"""A conversation about documents: they are read once, and each question sees those before it."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from citrus_cli.answer import Answer, DocumentReceipt, Seconds
from citrus_cli.answering import Answering
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import CitrusError, DocumentError, MemoryLimitError, UsageError
from citrus_cli.ingesting import StoreSettings
from citrus_cli.models.prompts import Exchange
from citrus_cli.run import memory_errors
from citrus_cli.store.entry import Entry


@dataclass(frozen=True)
class Turn:
    """A question, and what was answered."""

    question: str
    answer: Answer


class Conversation:
    """Questions about the same documents, one after the other; a context manager.

    Where the policy allows it, the documents' states are stored (see `DocumentQA.ingest`), so that
    a question costs only its own few tokens; otherwise each question reads the documents again.

    Attributes:
        documents: what was read; empty until it has been, with a policy that reads for a question.
        turns: the questions and answers so far, which those to come see.
        warnings: what the user should know about the documents.
    """

    def __init__(self, answering: Answering, context: ExitStack) -> None:
        """Read the documents, or find them in the store; `context` is closed with this."""
        self._answering = answering
        self._context = context
        self.turns: list[Turn] = []
        self.documents: tuple[DocumentReceipt, ...] = ()
        self.warnings: tuple[str, ...] = ()
        if answering.runner.individual:
            entry = self._read()
            self.documents, self.warnings = entry.documents, entry.warnings

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

    def _read(self) -> Entry:
        """The documents' states: in the store, or where that cannot be, in a temporary folder."""
        if self._answering.storable:
            try:
                return self._answering.ingest(StoreSettings())
            except (DocumentError, MemoryLimitError):
                raise
            except CitrusError as error:
                self._answering.warnings.append(Notice(f"not stored: {error}", "not-stored"))
        folder = self._context.enter_context(tempfile.TemporaryDirectory(prefix="citrus-"))
        return self._answering.ingest_into(Path(folder))

    def __enter__(self) -> Conversation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
