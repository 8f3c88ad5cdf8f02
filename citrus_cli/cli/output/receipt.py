"""The receipt of a run, on standard error after the answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from citrus_cli.answer import Answer, DocumentReceipt
from citrus_cli.cli.output.streams import ColorMode, console, is_terminal, write_error
from citrus_cli.cli.output.text import document_name, one_line
from citrus_cli.wording import count, human_bytes, many, ranges, rate, seconds

Rows = list[tuple[str, str]]
_LISTED = 5


def print_receipt(answers: Sequence[Answer], *, verbose: bool, color: ColorMode) -> None:
    """Draw the receipt of all answers of a run: aligned on a terminal, `name: value` in a log."""
    if not answers:
        return
    rows = receipt_rows(answers, verbose=verbose)
    if is_terminal(sys.stderr):
        _draw(rows, color)
    else:
        write_error("".join(f"{name}: {value}\n" for name, value in rows))


def receipt_rows(answers: Sequence[Answer], *, verbose: bool) -> Rows:
    """What the receipt says, row by row; foreign text in it is already safe to print."""
    last = answers[-1]
    rows = _document_rows(last.documents, verbose) + _not_read(answers)
    rows += _work_rows(answers) if verbose or len(answers) <= _LISTED else [_total(answers)]
    policy = f"policy {one_line(last.policy)}, budget {count(last.budget)}"
    rows.append(("method", f"{policy}, chunks of {many(last.chunk_size, 'token')}"))
    rows.append(
        ("model", f"{one_line(last.model)}, {_precision(last)}, on {one_line(last.device)}")
    )
    rows.append(
        ("memory", f"{human_bytes(max(one.peak_memory_bytes for one in answers))} at the peak")
    )
    return rows


def _document_rows(documents: Sequence[DocumentReceipt], verbose: bool) -> Rows:
    """A row for each document; of many only those with something missing, unless `verbose`."""
    few = verbose or len(documents) <= _LISTED
    listed = [one for one in documents if few or one.pages_without_text or one.pages_failed]
    rows = [(document_name(one.path), _document(one)) for one in listed]
    if not few:
        pages = sum(one.pages for one in documents)
        tokens = sum(one.tokens for one in documents)
        total = f"{many(pages, 'page')}, {many(tokens, 'token')}"
        rows.append((many(len(documents), "document"), total))
    return rows


def _not_read(answers: Sequence[Answer]) -> Rows:
    """What is in the documents and was not read, each once."""
    from citrus_cli.documents.notices import Notice

    warnings = dict.fromkeys(warning for answer in answers for warning in answer.warnings)
    notices = [one for one in warnings if isinstance(one, Notice) and one.loss]
    return [("not read", one_line(notice.shown)) for notice in notices]


def _document(one: DocumentReceipt) -> str:
    text = f"{many(one.pages, 'page')}, {many(one.tokens, 'token')}"
    if one.pages_without_text:
        text += f"; no text on {_pages(one.pages_without_text)}"
    if one.pages_failed:
        text += f"; could not read {_pages(one.pages_failed)}"
    return text


def _pages(numbers: Sequence[int]) -> str:
    return f"{'page' if len(numbers) == 1 else 'pages'} {ranges(numbers)}"


def _work_rows(answers: Sequence[Answer]) -> Rows:
    """What each reading and each answer took; answers that share a reading share its row."""
    rows: Rows = []
    for number, answer in enumerate(answers, start=1):
        which = f" {number}" if len(answers) > 1 else ""
        if number == 1 or answer.seconds.read > 0:
            rows.append((f"read{which}", _read(answer)))
        rows.append((f"answer{which}", _answered(answer)))
    return rows


def _total(answers: Sequence[Answer]) -> tuple[str, str]:
    took = sum(one.seconds.load + one.seconds.read + one.seconds.answer for one in answers)
    return many(
        len(answers), "answer"
    ), f"{seconds(took)} in all ({seconds(took / len(answers))} each)"


def _read(answer: Answer) -> str:
    took = answer.seconds.read
    text = many(answer.tokens_read, "token") + (" from the store" if answer.from_store else "")
    text += f" in {seconds(took)}{_rate(answer.tokens_read, took)}"
    text += f", {many(answer.states_kept, 'state')} kept per layer"
    if answer.seconds.load >= 0.005:
        text += f"; model loaded in {seconds(answer.seconds.load)}"
    return text


def _answered(answer: Answer) -> str:
    took = answer.seconds.answer
    tokens = answer.answer_tokens
    text = f"{many(tokens, 'token')} in {seconds(took)}{_rate(tokens, took)}"
    return text if answer.complete else f"{text}; cut off"


def _precision(answer: Answer) -> str:
    given = one_line(answer.quantization)
    return "not quantized" if given == "none" else given


def _rate(tokens: int, took: float) -> str:
    return f" ({rate(tokens / took)} tokens/s)" if took > 0 and tokens else ""


def _draw(rows: Rows, color: ColorMode) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", max_width=40, overflow="fold")
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(Text(name), Text(value))
    screen = console(sys.stderr, color)
    screen.print()
    screen.print(grid)
