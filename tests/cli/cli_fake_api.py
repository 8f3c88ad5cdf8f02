"""A stand-in for the Python API: no model, but the same events, answers and errors."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cli_fake_conversation import HOSTILE, FakeConversation

from citrus_cli.answer import Answer, DocumentReceipt, Seconds
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import DocumentError, MemoryLimitError, ModelError, UsageError
from citrus_cli.events import Fetching, Loading, Reading, Writing, ignore
from citrus_cli.evidence.model import Evidence, PageText
from citrus_cli.pictures.model import KeptPageText, Picture


def make_answer(question: str, text: str, **changes: Any) -> Answer:
    """An answer with a full receipt."""
    values: dict[str, Any] = {
        "question": question,
        "answer": text,
        "documents": (DocumentReceipt("report.pdf", 34, 18220, (3, 7, 8, 9)),),
        "model": "smollm2-135m-instruct",
        "quantization": "none",
        "device": "cpu",
        "policy": "citrus",
        "budget": 768,
        "chunk_size": 256,
        "tokens_read": 18220,
        "states_kept": 768,
        "answer_tokens": 34,
        "seconds": Seconds(2.0, 20.0, 1.7),
        "peak_memory_bytes": 1_210_000_000,
        "warnings": (),
    }
    return Answer(**{**values, **changes})


def make_picture(answer: Answer, pages: int) -> Picture:
    """Of a document whose third and last pages were kept."""
    texts = [PageText("report.pdf", page, None, f"Page {page}.") for page in range(1, pages + 1)]
    row = [0.0] * pages
    row[2] = row[-1] = 0.5
    kept = tuple(KeptPageText(text, ()) for text in texts)
    evidence = (Evidence("report.pdf", 3, None, "Page 3.", 0, 7, 0.5, True),)
    return Picture(answer, evidence, (), None, kept, (tuple(row), tuple(row)))


class FakeDocumentQA:
    """Answers with the question and the text it read; `FAKE` in the environment says how."""

    calls: list[dict[str, Any]] = []  # noqa: RUF012 - what the tests look at

    def __init__(
        self, model: str = "default", *, on_event: Callable[[Any], None] = ignore, **settings: Any
    ) -> None:
        if settings.get("policy") == "nonsense":
            raise UsageError("unknown policy nonsense; known: citrus, streaming")
        self.on_event = on_event
        self.model = model
        self.on_picture = settings.get("on_picture")
        type(self).calls.append({"model": model, **settings})

    def ask_all(
        self, sources: Sequence[str], questions: Sequence[str], **opening: Any
    ) -> Iterator[Answer]:
        type(self).calls[-1] |= {"sources": sources, "questions": questions, **opening}
        text = "".join(self._open(source, opening) for source in sources)
        how = os.environ.get("FAKE", "")
        self._load(how)
        for number, question in enumerate(questions):
            self._read(how)
            answer = self._answer(how, number, question, text)
            if self.on_picture is not None:
                self.on_picture(make_picture(answer, pages=12 * (number + 1)))
            yield answer

    def conversation(self, sources: Sequence[str], **opening: Any) -> FakeConversation:
        type(self).calls[-1] |= {"sources": sources, **opening}
        text = " ".join(self._open(source, opening) for source in sources)
        how = os.environ.get("FAKE", "")
        self._load(how)
        self._read(how)
        return FakeConversation(sources, text, how, self.on_event)

    def _open(self, source: str, opening: dict[str, Any]) -> str:
        if source == "-":
            data: bytes = opening["stdin"].read()
            return data.decode().strip()
        if not Path(source).exists():
            raise DocumentError(f"{source}: no such file; check the name")
        return Path(source).read_text(encoding="utf-8").strip()

    def _load(self, how: str) -> None:
        self.on_event(Fetching(self.model, 40_000_000, 98_000_000))
        self.on_event(Loading(self.model, "converting"))
        failures = {
            "model": ModelError(f"{self.model}: not found; citrus models lists what there is"),
            "memory": MemoryLimitError("12.1 GB needed, 8.0 GB free; lower --budget"),
            "MemoryError": MemoryError(),
            "bug": RuntimeError("the matrix\nis singular"),
            "pipe": BrokenPipeError("a worker died"),
        }
        if how in failures:
            raise failures[how]

    def _read(self, how: str) -> None:
        for step in range(4):
            fraction = None if how == "unknown-length" else (step + 1) / 4
            self.on_event(
                Reading("report.pdf", 9 * step + 1, 5000 * (step + 1), step + 1.5, fraction)
            )
            time.sleep(0.15 if how == "slow-reading" else 0)
        if how == "endless-reading":
            self._mark("reading")
        while how == "endless-reading":
            time.sleep(0.02)
        while how == "stubborn":  # something that does not let go when it is asked to
            with suppress(KeyboardInterrupt):
                print("stuck", file=sys.stderr, flush=True)
                time.sleep(60)

    def _answer(self, how: str, number: int, question: str, text: str) -> Answer:
        answer = HOSTILE if how == "hostile" else f"{question} -> {text}"
        if how == "fails-at-second" and number == 1:
            raise MemoryLimitError("no memory for the second question; lower --budget")
        # pieces of three characters: escape sequences and words are cut
        for start in range(0, len(answer), 3):
            self.on_event(Writing(number, answer[start : start + 3]))
            if start >= 3 and how == "endless-second" and number == 1:
                return self._hang(number, question, answer[:6])
            if start >= 3 and how in ("endless-answer", "polite"):
                return self._hang(number, question, answer[:6])
        warnings: tuple[str, ...] = ("page 3 has no text", f"question {number + 1} is odd")
        if how == "lost":
            warnings = (Notice("pages 3 and 4 could not be extracted", "pages-failed"),)
        if how == "kept":
            warnings = (Notice("the index is not kept: the disk is full", "not-kept"),)
        warned = how in ("warnings", "lost", "kept")
        return make_answer(question, answer, warnings=warnings if warned else ())

    def _mark(self, text: str) -> None:
        """Show a test that it got so far."""
        if "FAKE_MARK" in os.environ:
            Path(os.environ["FAKE_MARK"]).write_text(text)

    def _hang(self, number: int, question: str, so_far: str) -> Answer:
        """Write no more until Ctrl-C; `polite` gives what it has, the others let it through."""
        self._mark(str(number))
        try:
            while True:
                time.sleep(0.02)
        except KeyboardInterrupt:
            if os.environ["FAKE"] != "polite":
                raise
        return make_answer(question, so_far, complete=False)
