"""A stand-in for the Python API as `citrus batch` uses it: what is asked says what happens."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cli_fake_api import make_answer

from citrus_cli.answer import Answer, DocumentReceipt
from citrus_cli.errors import DocumentError, MemoryLimitError, ModelError
from citrus_cli.events import Loading, Reading, Writing, ignore
from citrus_cli.settings import Settings

FAILURES = {
    "!memory": MemoryLimitError("no memory for this; lower --budget"),
    "!bug": RuntimeError("the matrix\nis singular"),
    "!model": ModelError("the weights are gone"),
    "!damaged": DocumentError("the document is damaged"),
}


class FakeBatchQA:
    """Answers with the question and the document's text, or does what a word with ! in it says.

    `FAKE_DELAY` seconds pass before each answer; `FAKE_LOG` names a file that gets a line for each
    question that is begun; `FAKE_LOAD` is the failure of loading the model.
    """

    asked: list[tuple[str, tuple[str, ...]]] = []  # noqa: RUF012 - what the tests look at
    opening: dict[str, Any] = {}  # noqa: RUF012
    loads = 0

    def __init__(self, *, store: bool = True, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.on_event = ignore

    def runner(self) -> None:
        type(self).loads += 1
        self.on_event(Loading("fake", "converting"))
        if failure := os.environ.get("FAKE_LOAD"):
            raise FAILURES[failure]

    def ask_all(
        self, sources: Sequence[str], questions: Sequence[str], **opening: Any
    ) -> Iterator[Answer]:
        (source,) = sources
        type(self).asked.append((source, tuple(questions)))
        type(self).opening = opening
        if not Path(source).exists():
            raise DocumentError(f"{source}: there is no such file")
        text = Path(source).read_text(encoding="utf-8").strip()
        for number, question in enumerate(questions):
            yield self._answer(source, number, question, text)

    def _answer(self, source: str, number: int, question: str, text: str) -> Answer:
        log(f"{question} {text}")
        self.on_event(Reading(source, 1, 5000, 2.0, 0.5))
        for word, error in FAILURES.items():
            if word in question + text:
                raise error
        time.sleep(float(os.environ.get("FAKE_DELAY", "0")))
        self.on_event(Writing(number, "…"))
        complete = "!cut" not in question
        while "!stubborn" in question:  # something that does not let go when it is asked to
            with suppress(KeyboardInterrupt):
                print("stuck", file=sys.stderr, flush=True)
                time.sleep(60)
        if "!hang" in question:
            complete = hang()
        return make_answer(
            question,
            f"{question} -> {text}",
            documents=(DocumentReceipt(source, 3, 100),),
            model=self.settings.model,
            policy=self.settings.policy,
            budget=self.settings.budget,
            complete=complete,
            warnings=("page 3 has no text",) if "!warn" in text else (),
            found="!nothing" not in text,
        )


def hang() -> bool:
    """Wait for Ctrl-C, then give what there is, as the real API does."""
    try:
        while True:
            time.sleep(0.02)
    except KeyboardInterrupt:
        return False


def log(line: str) -> None:
    """Note that a question was begun."""
    if name := os.environ.get("FAKE_LOG"):
        with Path(name).open("a") as file:
            file.write(f"{line}\n")
