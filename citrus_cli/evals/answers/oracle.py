"""Which questions the model answers at all: each asked with only its gold passage in view.

What a model cannot do with the answer before its eyes says nothing about how it was remembered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.evals.answers.scores import Score, ask
from citrus_cli.evals.answers.texts import EvalText, Question
from citrus_cli.evals.methods import PolicyMethod
from citrus_cli.evals.runs.journal import Record
from citrus_cli.run import Runner

ORACLE = "oracle"
ENOUGH_F1 = 0.5
"""A question counts as answered when its answer is right, or its F1 is so high."""


def ask_oracle(
    runner: Runner,
    text: EvalText,
    questions: Sequence[Question],
    chunk_size: int,
    answer_tokens: int,
    score: Score,
) -> Iterator[tuple[str, Record]]:
    """Ask questions about their own gold passages, in full attention.

    A record's `answerable` is None where nobody knows the passage.
    """
    for question in questions:
        ids = passage(text, question)
        if not ids:
            about = {**question.about, "question": question.question, "tokens": 0}
            yield question.part, {**about, "answerable": None}
            continue
        # a budget that nothing exceeds evicts nothing, whatever the policy
        settings = ReadingSettings(len(ids), min(chunk_size, len(ids)), answer_tokens)
        alone = replace(question, places=())
        asked = ask(runner, PolicyMethod("streaming"), settings, EvalText(ids, ()), [alone], score)
        for part, record in asked:
            yield part, {**record, "answerable": is_answered(record["scores"])}


def passage(text: EvalText, question: Question) -> list[int]:
    """The tokens of a question's passages, one after the other; those that overlap are one."""
    ids: list[int] = []
    end = 0
    for start, stop in sorted(question.passages):
        ids += text.ids[max(start, end) : stop]
        end = max(end, stop)
    return ids


def is_answered(scores: Mapping[str, float]) -> bool:
    """Whether scores are those of a question that was answered."""
    return bool(scores["right"]) or scores.get("f1", 0.0) >= ENOUGH_F1


def answered_by_oracle(
    records: Sequence[Record], answerable: Mapping[tuple[str, str], bool | None]
) -> tuple[Record, ...] | None:
    """The records of questions that the oracle answered; None when it was not asked about all.

    `answerable` says of a text and a part whether it was.
    """
    keys = [(one["text"], one["part"]) for one in records]
    if not all(key in answerable for key in keys):
        return None
    return tuple(one for one, key in zip(records, keys, strict=True) if answerable[key])
