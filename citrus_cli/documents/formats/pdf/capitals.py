"""Initials that are set large over several lines belong to the first of those lines."""

from __future__ import annotations

from statistics import median

from citrus_cli.documents.formats.pdf.characters import Piece

_LARGE = 1.9
_WORDS = ("A", "I", "O")


def set_initials(pieces: list[Piece]) -> None:
    """Gives each large initial the base line and size of the line that it begins."""
    if len(pieces) < 4:
        return
    body = median(piece.size for piece in pieces)
    for piece in pieces:
        if piece.size < _LARGE * body or len(piece.text) > 2 or not piece.text[-1:].isalpha():
            continue
        beside = [
            other
            for other in pieces
            if other.size < piece.size / 1.6
            and -0.3 * other.size < other.left - piece.right < 1.6 * other.size
            and piece.base - 0.95 * piece.size < other.base < piece.base + 0.35 * other.size
        ]
        levels = sorted({round(other.base) for other in beside})
        if len(levels) < 2 or levels[-1] - levels[0] < 0.8 * body:
            continue
        first = min(beside, key=lambda other: (other.base, other.left))
        piece.base, piece.size = first.base, first.size
        piece.top, piece.bottom = first.top, first.bottom
        gap = first.left - piece.right
        alone = piece.text in _WORDS and gap > 0.2 * first.size
        if gap < first.size and not alone and first.text[:1].isalpha():
            piece.edges[-1] = piece.right = first.left
