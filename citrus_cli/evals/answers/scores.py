"""Questions about a text, answered from what a method remembers of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from torch import Tensor

from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.evals.answers.citations import cited_pages
from citrus_cli.evals.answers.retention import retention
from citrus_cli.evals.answers.texts import EvalText, Question
from citrus_cli.evals.methods import Method, Remembered
from citrus_cli.evals.results.metrics import is_right
from citrus_cli.evals.runs.journal import Record
from citrus_cli.keeping import groups
from citrus_cli.models.hardware import free_memory, peak_memory, reset_peak_memory
from citrus_cli.run import Runner

MEMORY_SHARE = 0.5
"""The part of the free memory that the caches of questions asked together may take."""

Score = Callable[[str, Question], dict[str, float]]


def right(answer: str, question: Question) -> dict[str, float]:
    """Whether everything that is needed stands in the answer."""
    return {"right": float(all(is_right(answer, spellings) for spellings in question.needed))}


def ask(
    runner: Runner,
    method: Method,
    settings: ReadingSettings,
    text: EvalText,
    questions: Sequence[Question],
    score: Score = right,
) -> Iterator[tuple[str, Record]]:
    """Ask some of a text's questions; all are handed to the method at once, if memory allows.

    Yields each question's part with its record. `read_seconds` is what had to be read for a
    question that was not read for one before it.
    """
    by_instruction = [(runner.instruction(one.question), one) for one in questions]
    instructions = [instruction for instruction, _ in by_instruction]
    number = 0
    size = _size(runner, method, settings)
    for group in groups(instructions, size, _room(runner)):
        # a method that knows what it needs refuses before it reads
        method.check_room(runner, len(text.ids), group, settings)
        reset_peak_memory(runner.loaded.device)
        remembered = iter(method.remember(runner, text.ids, group, settings))
        for _ in group:
            started = time.perf_counter()
            kept = next(remembered)
            read = kept.read_before + time.perf_counter() - started
            question = by_instruction[number][1]
            record = _answered(runner, settings, text, question, kept, read, score)
            del kept  # its memory is free before the next is made
            yield question.part, record
            number += 1


def _answered(
    runner: Runner,
    settings: ReadingSettings,
    text: EvalText,
    question: Question,
    kept: Remembered,
    read_seconds: float,
    score: Score,
) -> Record:
    started = time.perf_counter()
    ids = generate(
        runner.backbone,
        kept.cache,
        kept.instruction,
        settings.answer_tokens,
        runner.loaded.eos_token_ids,
    )
    seconds = time.perf_counter() - started
    answer = runner.loaded.tokenizer.decode(ids).strip()
    record: Record = {
        "question": question.question,
        "accepted": list(question.accepted),
        "answer": answer,
        "answer_tokens": len(ids),
        "scores": score(answer, question),
        "retention": retention(kept.origins, question.places),
        "tokens": len(text.ids),
        "states": states(kept.origins),
        "read_seconds": read_seconds,
        "answer_seconds": seconds,
        "peak_memory_bytes": peak_memory(runner.loaded.device),
        **question.about,
    }
    pages = question.about.get("evidence_pages")
    if pages and text.paged is not None:
        cited = cited_pages(runner, kept, ids, text.paged)
        record |= {"cited_pages": cited, "page_cited": bool(set(cited) & set(pages))}
    return record


def states(origins: Tensor) -> int:
    """How many states of the text there are in a layer, rounded: heads may have other ones."""
    rows = origins.reshape(-1, origins.shape[-1])
    return round(float((rows >= 0).sum(dim=1).float().mean())) if rows.numel() else 0


def _size(
    runner: Runner, method: Method, settings: ReadingSettings
) -> Callable[[Instruction], int]:
    """The bytes that a question needs beside the others; none where one cache answers them all."""
    pinned = len(runner.prompt.prefix)

    def size(instruction: Instruction) -> int:
        if not method.budgeted:
            return 0
        slots = settings.capacity(pinned, len(instruction.ids), settings.budget)
        return runner.backbone.cache_shape(slots).bytes

    return size


def _room(runner: Runner) -> int:
    return int(MEMORY_SHARE * free_memory(runner.loaded.device))
