"""A stand-in for a conversation: it answers with the question, the turns so far and the text."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from citrus_cli.answer import Answer, DocumentReceipt, KeptPage, Seconds
from citrus_cli.errors import MemoryLimitError
from citrus_cli.events import Note, Writing

HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07[bold]kept[/bold] \u202edone\x9b2J\rnext"
PAGES = ((22, "20", 0.6), (3, None, 0.25), (23, "21", 0.1), (9, None, 0.05))


@dataclass(frozen=True)
class Turn:
    """As in citrus_cli.conversation, which brings libraries that take seconds to import."""

    question: str
    answer: Answer


class FakeConversation:
    """What a question says decides how it is answered: `endless`, `fail`, `bug`, `hostile`, …"""

    def __init__(
        self, sources: Sequence[str], text: str, how: str, on_event: Callable[[Any], None]
    ) -> None:
        self._text = text
        self._on_event = on_event
        self.documents = tuple(
            DocumentReceipt(f"\x1b]0;title\x07{source}" if how == "hostile" else source, *pages)
            for source in sources
            for pages in ([(34, 18220, (3, 7, 8, 9), (12,))] if how != "one-page" else [(1, 20)])
        )
        self._read = self.documents
        if how == "reads-each-time":  # a policy without individual caches
            self.documents = ()
        self.turns: list[Turn] = []
        self.warnings = ("page 3 has no text",) if how == "warnings" else ()
        self._closed = False

    def __enter__(self) -> FakeConversation:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def ask(self, question: str) -> Answer:
        """Answer in pieces of three characters, so that words and escape sequences are cut."""
        assert not self._closed
        if "fail" in question:
            raise MemoryLimitError("no memory for this answer; lower --budget")
        if "bug" in question:
            raise RuntimeError("the matrix\nis singular")
        self.documents = self._read
        if "hasty" in question:  # interrupted before the answer can begin
            self._wait("hasty")
        if "note" in question:
            self._on_event(Note("1.2 MB \x1b[31mto read"))
        answer = self._wording(question)
        try:
            for start in range(0, len(answer), 3):
                self._on_event(Writing(0, answer[start : start + 3]))
            if "break" in question:
                raise MemoryLimitError("no memory for the rest; lower --budget")
            if "endless" in question:
                self._wait(None)
        except KeyboardInterrupt:
            return self._answered(question, answer, complete=False)
        return self._answered(question, answer, complete="limit" not in question)

    def forget(self) -> None:
        self.turns.clear()

    def close(self) -> None:
        self._closed = True

    def _wording(self, question: str) -> str:
        if "hostile" in question:
            return HOSTILE
        if "empty" in question:
            return ""
        return f"{question} -> {self._text} after {len(self.turns)}"

    def _wait(self, mark: str | None) -> None:
        if mark is not None:
            self._on_event(Writing(0, mark))
        while True:
            time.sleep(0.02)

    def _answered(self, question: str, text: str, *, complete: bool) -> Answer:
        several = len(self.documents) > 1
        kept = tuple(
            KeptPage(self.documents[number % 2 if several else 0].path, page, label, share)
            for number, (page, label, share) in enumerate(PAGES)
        )
        answer = Answer(
            question=question,
            answer=text,
            documents=self.documents,
            model="smollm2-135m-instruct",
            quantization="none",
            device="cpu",
            policy="citrus-individual",
            budget=768,
            chunk_size=256,
            tokens_read=18220,
            states_kept=768,
            answer_tokens=34,
            seconds=Seconds(0.0, 0.0, 1.7),
            peak_memory_bytes=1_210_000_000,
            complete=complete,
            warnings=self.warnings,
            kept=() if "unknown" in question else kept,
        )
        self.turns.append(Turn(question, answer))
        return answer
