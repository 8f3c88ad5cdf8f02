"""The same questions about the same documents, answered by one method after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from citrus_cli.answer import Answer, Seconds
from citrus_cli.answering import Answering
from citrus_cli.basis import kept_states
from citrus_cli.documents import Document, open_documents
from citrus_cli.documents.document import warnings_of
from citrus_cli.engine.instruction import Instruction
from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.evals.compared import Compared
from citrus_cli.evals.methods import METHODS, Method, Remembered
from citrus_cli.events import Loading
from citrus_cli.keeping import Kept, check_all_was_read, receipts
from citrus_cli.models.hardware import reset_peak_memory
from citrus_cli.qa import DocumentQA
from citrus_cli.run import Runner, memory_errors
from citrus_cli.settings import DEFAULT_COMPARISON
from citrus_cli.tokens import DocumentTokens


@dataclass(frozen=True)
class _Text:
    """Documents as tokens, read from their files once, and what finds a token's page again."""

    documents: Sequence[Document]
    ids: list[int]
    tokens: DocumentTokens


def compare(
    qa: DocumentQA,
    sources: Sequence[str],
    questions: Sequence[str],
    policies: Sequence[str] = DEFAULT_COMPARISON,
    *,
    pages: str | None = None,
    password: str | None = None,
    encoding: str | None = None,
    stdin: BinaryIO | None = None,
    on_unexpected: Callable[[Exception], None] = lambda error: None,
) -> Iterator[Compared]:
    """Answer questions by several methods; yields each answer, or failure, as it is finished.

    The documents' text is extracted once. The methods run one after the other, each for all
    questions, and each fails alone.

    Args:
        qa: the model and the settings; its policy and the store are not used.
        sources: documents, as for `DocumentQA.ask`.
        questions: what to ask.
        policies: names from `citrus_cli.evals.methods.METHODS`.
        pages, password, encoding, stdin: as for `DocumentQA.ask`.
        on_unexpected: called with an error that no method should meet, before its rows come.

    Raises:
        UsageError: a method is unknown, or a question empty.
        DocumentError, ModelError, MemoryLimitError: as for `DocumentQA.ask`, where they concern
            every method.
    """
    methods = [METHODS[name] for name in known(policies)]
    asked = [question.strip() for question in questions]
    if not asked or not all(asked):
        raise UsageError("the question is empty; say what you want to know")
    with ExitStack() as stack:
        documents = open_documents(
            list(sources), pages=pages, password=password, encoding=encoding, stdin=stdin
        )
        for document in documents:
            stack.callback(document.close)
        runner = qa.runner()
        text = _extract(runner, documents)
        for method in methods:
            yield from _rows(runner, method, text, asked, on_unexpected)


def known(policies: Sequence[str]) -> tuple[str, ...]:
    """The names of methods, each once.

    Raises:
        UsageError: one is not known, or there is none.
    """
    unknown = [name for name in policies if name not in METHODS]
    if unknown or not policies:
        what = f"unknown policy {unknown[0]!r}" if unknown else "no policy to compare"
        raise UsageError(f"{what}; choose from {', '.join(METHODS)}")
    return tuple(dict.fromkeys(policies))


def _extract(runner: Runner, documents: Sequence[Document]) -> _Text:
    tokens = DocumentTokens(documents, runner.encoder)

    def runs() -> Iterator[list[int]]:
        for run in tokens:
            runner.on_event(Loading(tokens.document, f"taking the text of page {tokens.page}"))
            yield run

    ids = list(chain.from_iterable(runs()))
    check_all_was_read(len(ids), tokens, documents)
    return _Text(documents, ids, tokens)


def _rows(
    runner: Runner,
    method: Method,
    text: _Text,
    questions: Sequence[str],
    on_unexpected: Callable[[Exception], None],
) -> Iterator[Compared]:
    """A method's row for each question; those that it did not come to say why."""
    done = 0
    try:
        for answer, interrupted in _answers(runner, method, text, questions):
            yield Compared(method.name, questions[done], answer)
            done += 1
            if interrupted:
                raise KeyboardInterrupt
        return
    except CitrusError as error:
        failure, code = str(error), error.exit_code
    except Exception as error:
        on_unexpected(error)
        failure, code = f"unexpected {type(error).__name__}: {error}", CitrusError.exit_code
    for question in questions[done:]:
        yield Compared(method.name, question, None, failure, code)


def _answers(
    runner: Runner, method: Method, text: _Text, questions: Sequence[str]
) -> Iterator[tuple[Answer, bool]]:
    """A method's answers, and whether each was interrupted."""
    instructions = [runner.instruction(question) for question in questions]
    settings = runner.reading_settings
    method.check_room(runner, len(text.ids), instructions, settings)
    reset_peak_memory(runner.loaded.device)
    answering = Answering(runner, text.documents)
    started = time.perf_counter()
    with memory_errors(runner.loaded):
        remembered = iter(method.remember(runner, text.ids, instructions, settings))
        for number, question in enumerate(questions):
            one = next(remembered)
            seconds = Seconds(0.0, time.perf_counter() - started, 0.0)
            runner.on_event(Loading(method.name, "answering"))
            kept = _kept(runner, one, text)
            answer, interrupted = answering.answer(kept, 0, question, number, seconds)
            budget = settings.budget if method.budgeted else len(text.ids)
            del one, kept  # their memory is free before the next is made
            yield replace(answer, policy=method.name, budget=budget), interrupted
            started = time.perf_counter()


def _kept(runner: Runner, one: Remembered, text: _Text) -> Kept:
    instructions: list[Instruction] = [one.instruction]
    return Kept(
        bases=kept_states(runner, [one.cache], instructions),
        documents=receipts(text.documents, text.tokens.counts),
        warnings=tuple(warnings_of(text.documents)),
        pages=text.tokens.pages,
        text=text.tokens.log,
        tokens_read=len(text.ids),
        chunk_size=runner.reading_settings.chunk_size,
        seconds=0.0,
        from_store=False,
    )
