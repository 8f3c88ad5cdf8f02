"""The unit that documents hand on, and where long text is cut into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from citrus_cli.documents.clean import safe_cut

BLOCK_LIMIT = 16_384
"""Most characters that one block holds, before its page's end is added."""


@dataclass(frozen=True)
class Block:
    """A run of clean text from one page.

    The blocks of a page, joined, are the page's cleaned text, which ends with a blank line.

    Attributes:
        text: the text, cut only at the end of a line (in longer lines at white space, and only
            where there is none, between two characters).
        page: 1-based number of the page. In plain text, form feeds separate pages.
        label: the page label that a PDF prints or declares, where it differs from `page`.
        line: 1-based line of the source on which the block starts (1 for PDF).
        start: where the block starts in its page's cleaned text, in characters.
        fraction: share of its document that is read when this block ends; None when the length
            is unknown (a stream read for the first time).
        jumps: where counting lines from `line` goes wrong, since blank lines of the source were
            left out: (characters into the text, line of the source there).
    """

    text: str
    page: int
    label: str | None
    line: int
    start: int
    fraction: float | None
    jumps: tuple[tuple[int, int], ...] = ()


def cut_position(text: str, limit: int) -> int:
    """Where the first block of `text` ends: after a line break, else white space, else anywhere.

    `text` must be longer than `limit`.
    """
    line_end = text.rfind("\n", 0, limit)
    if line_end >= 0:
        return line_end + 1
    space = max(text.rfind(" ", 0, limit), text.rfind("\t", 0, limit))
    if space >= 0:
        return space + 1
    return safe_cut(text, limit)


def cut(text: str, limit: int = BLOCK_LIMIT) -> Iterator[tuple[int, str]]:
    """The blocks of a whole page's cleaned text, each with its start."""
    start = 0
    while len(text) - start > limit:
        piece = text[start : start + limit + 1]
        end = start + cut_position(piece, limit)
        yield start, text[start:end]
        start = end
    if start < len(text):
        yield start, text[start:]
