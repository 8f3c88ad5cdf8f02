"""What is stamped across a page, behind or over its text: no part of any sentence."""

from __future__ import annotations

from statistics import median

from citrus_cli.documents.formats.pdf.characters import Piece
from citrus_cli.documents.formats.pdf.geometry import Frame

_LARGE = 1.5
_HUGE = 2.5
_LIGHT = 150
_SHEER = 170


def part_watermarks(pieces: list[Piece]) -> tuple[list[Piece], list[str]]:
    """The pieces of the page's own text, and what is stamped across it."""
    straight = [piece.size for piece in pieces if piece.style.frame is not Frame.ASLANT]
    body = median(straight) if straight else 0.0
    if not any(piece.style.frame is Frame.ASLANT or piece.size > _HUGE * body for piece in pieces):
        return pieces, []
    kept: list[Piece] = []
    stamped: list[Piece] = []
    for piece in pieces:
        (stamped if _is_stamped(piece, pieces, body) else kept).append(piece)
    stamped.sort(key=lambda piece: piece.order)
    texts: list[str] = []
    last: Piece | None = None
    for piece in stamped:
        if last is None or piece.style != last.style or piece.order - last.order > 80:
            texts.append(piece.text)
        else:
            parted = piece.order > last.order + len(last.text)
            texts[-1] += f" {piece.text}" if parted else piece.text
        last = piece
    return kept, list(dict.fromkeys(texts))


def _is_stamped(piece: Piece, pieces: list[Piece], body: float) -> bool:
    if piece.style.frame is Frame.ASLANT:
        return piece.size > _LARGE * body or _is_pale(piece)
    return (
        piece.size > _HUGE * body
        and _is_pale(piece)
        and any(
            other.style.frame is piece.style.frame
            and other.size < piece.size / 2
            and other.left < piece.right
            and other.right > piece.left
            and piece.top < (other.top + other.bottom) / 2 < piece.bottom
            for other in pieces
        )
    )


def _is_pale(piece: Piece) -> bool:
    colour = piece.style.colour
    return colour is not None and (min(colour[:3]) > _LIGHT or colour[3] < _SHEER)
