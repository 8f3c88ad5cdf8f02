"""The receipt of an answer as rows of a table."""

from __future__ import annotations

from citrus_cli.answer import Answer, DocumentReceipt
from citrus_cli.pictures.words import one_line
from citrus_cli.wording import count, human_bytes, many, ranges, seconds


def receipt(answer: Answer) -> list[tuple[str, str]]:
    """What was read, kept and spent, each with its name."""
    rows = [(one_line(one.path), _document(one)) for one in answer.documents]
    took = answer.seconds
    rows += [
        ("tokens read", f"{count(answer.tokens_read)}{', from the store' * answer.from_store}"),
        (
            "states kept",
            f"{count(answer.states_kept)} per layer (budget {count(answer.budget)}, "
            f"chunks of {count(answer.chunk_size)})",
        ),
        ("policy", answer.policy),
        ("model", f"{answer.model}, quantization {answer.quantization}, on {answer.device}"),
        (
            "answer",
            many(answer.answer_tokens, "token") + ("" if answer.complete else ", cut short"),
        ),
        (
            "time",
            f"load {seconds(took.load)}, read {seconds(took.read)}, answer {seconds(took.answer)}",
        ),
        ("peak memory", human_bytes(answer.peak_memory_bytes)),
    ]
    return rows


def _document(one: DocumentReceipt) -> str:
    said = f"{many(one.pages, 'page')}, {many(one.tokens, 'token')}"
    if one.pages_without_text:
        said += f"; without text: {ranges(one.pages_without_text)}"
    if one.pages_failed:
        said += f"; could not be read: {ranges(one.pages_failed)}"
    return said
