"""Which line of its source each line of cleaned text is: cleaning leaves blank lines out."""

from __future__ import annotations

import re

from citrus_cli.documents.clean import clean_characters

_LINE = re.compile(r"[^\n]+")


def jumps(raw: str, first: int, text: str) -> tuple[tuple[int, int], ...]:
    """Where counting the lines of `text` goes wrong, as (characters into it, right line).

    `raw` is what `text` was cleaned from, and `first` the line on which `raw` starts, from 1. Lines
    are counted from the one before each jump; the first is where `text` starts.
    """
    numbers = [
        first + index
        for index, line in enumerate(raw.split("\n"))
        for part in clean_characters(line).split("\n")
        if part.strip()
    ]
    starts = [match.start() for match in _LINE.finditer(text) if match.group().strip()]
    if not numbers or len(numbers) != len(starts):
        return ((0, first),)
    found = [(0, numbers[0] - text.count("\n", 0, starts[0]))]
    at, line = found[0]
    for start, number in zip(starts, numbers, strict=True):
        # from the line before, not from the last jump: blocks may be all short lines
        line += text.count("\n", at, start)
        if line != number:
            found.append((start, number))
        at, line = start, number
    return tuple(found)
