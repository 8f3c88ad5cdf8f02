"""Paragraphs: which lines go on with the one before, and which start something new."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from statistics import median
from typing import Literal

from citrus_cli.documents.formats.pdf.geometry import Box
from citrus_cli.documents.formats.pdf.lines import Span

LINE_END = "\x1e"
"""Within a paragraph's text: a line ends here because it was full; the text runs on."""

_ITEM = re.compile(
    r"(?:[•◦▪▫●○■□‣⁃∙·➢➤✓✔\uf0b7\uf0a7*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|"
    r"\[\d{1,3}\]) ?(?=\S)"
)
_DOTS = re.compile(r"(?:[.·…] ?){4,}")


@dataclass(frozen=True)
class Paragraph:
    """A stretch of text of one kind; lines in it that run on end with `LINE_END`."""

    kind: Literal["heading", "paragraph", "list item"]
    text: str
    box: Box


@dataclass
class _Lines:
    spans: list[Span]
    right: float
    left: float
    leading: float
    size: float


def read_paragraphs(lines: list[list[Span]], body_size: float) -> list[Paragraph]:
    """The paragraphs of lines that stand below each other in one column."""
    if not lines:
        return []
    merged = [_merged(line) for line in lines]
    sizes = [span.size for span in merged]
    steps = [after.base - before.base for before, after in itertools.pairwise(merged)]
    size = median(sizes)
    close = [step for step in steps if 0 < step < 2.2 * size]
    block = _Lines(
        merged,
        right=max(span.right for span in merged),
        left=min(span.left for span in merged),
        leading=median(close) if close else 1.2 * size,
        size=size,
    )
    found: list[Paragraph] = []
    run = [merged[0]]
    for at in range(1, len(merged)):
        if _starts_new(block, merged[at - 1], merged[at], run):
            found.append(_paragraph(run, block, body_size))
            run = []
        run.append(merged[at])
    found.append(_paragraph(run, block, body_size))
    return found


def _merged(line: list[Span]) -> Span:
    """A line's spans as one."""
    if len(line) == 1:
        return line[0]
    first = max(line, key=lambda span: len(span.text))
    whole = Span(
        "\t".join(span.text for span in line)
        if any(b.left - a.right > 3 * a.size for a, b in itertools.pairwise(line))
        else " ".join(span.text for span in line),
        [piece for span in line for piece in span.pieces],
    )
    whole.base, whole.size = first.base, first.size
    whole.bold = all(span.bold for span in line)
    return whole


def _starts_new(block: _Lines, before: Span, after: Span, run: list[Span]) -> bool:
    """Whether a line starts another paragraph than the line before it."""
    step = after.base - before.base
    size = max(before.size, after.size)
    if step > max(1.3 * block.leading, 1.25 * size) or step < -0.5 * size:
        return True
    if abs(before.size - after.size) > 0.12 * size and step > 0.9 * min(before.size, after.size):
        return True
    if before.bold != after.bold and (after.bold or _is_short(block, before, after)):
        return True
    if _ITEM.match(after.text) and after.text[:1] not in "–—-" and _is_item_start(before, after):
        return True
    indented = after.left > before.left + 0.8 * size and after.left > block.left + 0.8 * size
    return indented and len(run) > 1 and not after.text[:1].islower()


def _is_item_start(before: Span, after: Span) -> bool:
    return (
        _ITEM.match(before.text) is not None
        or not before.text[-1:].isalnum()
        or (after.text[0] in "•◦▪▫●○■□‣⁃∙·➢➤✓✔\uf0b7\uf0a7")
    )


def _is_short(block: _Lines, before: Span, after: Span) -> bool:
    """Whether the first word of a line would have found room at the end of the one before."""
    word = len(after.text.split(" ", 1)[0]) + 1
    width = (after.right - after.left) / max(len(after.text), 1)
    return before.right + 0.9 * word * width + 0.5 * before.size < block.right


def _runs_on(block: _Lines, before: Span, after: Span) -> bool:
    """Whether a line goes on in the next: it is full, or its sentence is not at its end."""
    if "\t" in before.text or "\t" in after.text:
        return False
    if _is_short(block, before, after):
        return False
    if after.text[:1].islower() or not before.text.endswith((".", ":", ";", "!", "?")):
        return True
    return len(before.text.split()) > 5


def _paragraph(run: list[Span], block: _Lines, body_size: float) -> Paragraph:
    text = [run[0].text]
    for before, after in itertools.pairwise(run):
        text.append(LINE_END if _runs_on(block, before, after) else "\n")
        text.append(after.text)
    joined = _DOTS.sub("… ", "".join(text)).rstrip()
    box = (
        min(span.left for span in run), min(span.top for span in run),
        max(span.right for span in run), max(span.bottom for span in run),
    )  # fmt: skip
    return Paragraph(_kind(run, joined, body_size), joined, box)


def _kind(
    run: list[Span], text: str, body_size: float
) -> Literal["heading", "paragraph", "list item"]:
    large = all(span.size > 1.15 * body_size for span in run)
    short = len(text) < 200 and len(run) <= 3
    if short and (large or all(span.bold for span in run)) and not text.endswith((".", ",", ";")):
        return "heading" if any(map(str.isalpha, text)) else "paragraph"
    return "list item" if _ITEM.match(text) else "paragraph"
