"""Text that a line is drawn through: it has been deleted."""

from __future__ import annotations

from bisect import bisect_left

from citrus_cli.documents.formats.pdf.characters import Piece
from citrus_cli.documents.formats.pdf.paint import Rule

_LOW, _HIGH = 0.13, 0.5
"""A line through letters runs this far above their base line, in letter sizes."""

_THICK = 0.16
_BEYOND = 0.9
"""How far such a line may start before its text, or end behind it, in letter sizes."""


def leave_struck(pieces: list[Piece], rules: list[Rule]) -> tuple[list[Piece], int]:
    """The pieces without characters that are struck out, and how many those are."""
    lines = [rule for rule in rules if rule.across and rule.colour != (255, 255, 255)]
    if not lines:
        return pieces, 0
    lines.sort(key=lambda rule: rule.box[1])
    heights = [rule.box[1] for rule in lines]
    marked: dict[int, list[Rule]] = {}
    by_rule: dict[int, list[Piece]] = {}
    for piece in pieces:
        if heights[-1] < piece.base - _HIGH * piece.size or (
            heights[0] > piece.base - _LOW * piece.size
        ):
            continue
        for rule in _through(piece, lines, heights):
            marked.setdefault(id(piece), []).append(rule)
            by_rule.setdefault(id(rule), []).append(piece)
    if not marked:
        return pieces, 0
    snug = {key for key, struck in by_rule.items() if _fits(struck, lines, key)}
    kept: list[Piece] = []
    gone = 0
    for piece in pieces:
        through = [rule for rule in marked.get(id(piece), ()) if id(rule) in snug]
        parts = _remaining(piece, through) if through else [piece]
        gone += len(piece.text) - sum(len(part.text) for part in parts)
        kept += parts
    return kept, gone


def _through(piece: Piece, lines: list[Rule], heights: list[float]) -> list[Rule]:
    first = bisect_left(heights, piece.base - _HIGH * piece.size)
    found = []
    lowest = piece.base - _LOW * piece.size
    for at in range(first, len(lines)):
        if heights[at] > lowest:
            break
        rule = lines[at]
        left, top, right, bottom = rule.box
        thick = bottom - top
        if thick < _THICK * piece.size and left < piece.right - 0.5 and right > piece.left + 0.5:
            found.append(rule)
    return found


def _fits(struck: list[Piece], lines: list[Rule], key: int) -> bool:
    """Whether a line starts and ends with the text that it runs through, as no border does."""
    rule = next(rule for rule in lines if id(rule) == key)
    beyond = _BEYOND * max(piece.size for piece in struck)
    left = min(piece.left for piece in struck)
    right = max(piece.right for piece in struck)
    return rule.box[0] > left - beyond and rule.box[2] < right + beyond


def _remaining(piece: Piece, rules: list[Rule]) -> list[Piece]:
    """The parts of a piece that no line runs through."""
    parts: list[Piece] = []
    start: int | None = None
    for at in range(len(piece.text) + 1):
        stays = at < len(piece.text) and not any(
            rule.box[0] - 0.5 < (piece.edges[at] + piece.edges[at + 1]) / 2 < rule.box[2] + 0.5
            for rule in rules
        )
        if stays and start is None:
            start = at
        elif not stays and start is not None:
            parts.append(piece.part(start, at))
            start = None
    return parts
