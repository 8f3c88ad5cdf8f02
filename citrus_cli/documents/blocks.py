"""The unit that documents hand on, and where long text is cut into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from citrus_cli.documents.clean import safe_cut

BLOCK_LIMIT = 16_384
"""Most characters that one block holds, before its page's end is added."""


PartKind = Literal["heading", "paragraph", "list item", "table", "note", "header", "foot"]


@dataclass(frozen=True)
class Part:
    """A piece of a page's structure.

    Attributes:
        kind: what it is. "header" and "foot" run over many pages, and are not in the page's text.
        start, end: where it stands in the page's cleaned text, in characters; equal for what is
            not in the text.
        box: where it stands on the page: left, top, right, bottom in points from the page's upper
            left corner as it is shown; None where the format has no boxes.
        level: of a heading or list item, from 1; None where it has none.
        text: what it says, where that is not in the page's text.
    """

    kind: PartKind
    start: int
    end: int
    box: tuple[float, float, float, float] | None = None
    level: int | None = None
    text: str | None = None


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
        parts: the structure of the page, as far as it is known: those parts that start here.
    """

    text: str
    page: int
    label: str | None
    line: int
    start: int
    fraction: float | None
    jumps: tuple[tuple[int, int], ...] = ()
    parts: tuple[Part, ...] = ()


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
