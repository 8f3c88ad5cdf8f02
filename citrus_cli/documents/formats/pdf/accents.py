"""Accents that are drawn on their own, before or after the letter that they stand on."""

from __future__ import annotations

import unicodedata

from citrus_cli.documents.formats.pdf.characters import Piece

_COMBINING = {
    "\u00a8": "\u0308", "\u00b4": "\u0301", "\u02ca": "\u0301", "`": "\u0300", "\u02cb": "\u0300",
    "\u02c6": "\u0302", "^": "\u0302", "\u02dc": "\u0303", "~": "\u0303", "\u00af": "\u0304",
    "\u02c9": "\u0304", "\u02d8": "\u0306", "\u02d9": "\u0307", "\u02da": "\u030a",
    "\u00b0": "\u030a", "\u02dd": "\u030b", "\u02c7": "\u030c", "\u00b8": "\u0327",
    "\u02db": "\u0328",
}  # fmt: skip
_DOTLESS = {"\u0131": "i", "\u0237": "j"}
_OVERLAP = 0.5


def join_accents(pieces: list[Piece]) -> list[Piece]:
    """The pieces with every accent that lies on a letter made one with it."""
    accents = [
        (piece, at)
        for piece in pieces
        if not piece.text.isascii() or any(sign in piece.text for sign in "`^~")
        for at, character in enumerate(piece.text)
        if character in _COMBINING or "\u0300" <= character <= "\u036f"
    ]
    if not accents:
        return pieces
    taken: dict[int, set[int]] = {}
    for piece, at in accents:
        found = _letter(pieces, piece, at)
        if found is None:
            continue
        host, place = found
        mark = _COMBINING.get(piece.text[at], piece.text[at])
        letter = host.text[place]
        whole = unicodedata.normalize("NFC", _DOTLESS.get(letter, letter) + mark)
        if len(whole) > 1 and piece.text[at] in _COMBINING:
            continue
        host.text = host.text[:place] + whole[0] + host.text[place + 1 :]
        taken.setdefault(id(piece), set()).add(at)
    return [part for piece in pieces for part in _without(piece, taken.get(id(piece), set()))]


def _letter(pieces: list[Piece], accent: Piece, at: int) -> tuple[Piece, int] | None:
    """The letter beneath an accent."""
    left, right = sorted(accent.edges[at : at + 2])
    best: tuple[float, Piece, int] | None = None
    for piece in pieces:
        if piece.right < left or piece.left > right:
            continue
        if abs(piece.base - accent.base) > 0.6 * max(piece.size, accent.size):
            continue
        for place, letter in enumerate(piece.text):
            if not letter.isalpha() or (piece is accent and place == at):
                continue
            start, end = sorted(piece.edges[place : place + 2])
            shared = min(end, right) - max(start, left)
            share = shared / max(min(end - start, right - left), 0.1)
            if share > _OVERLAP and (best is None or share > best[0]):
                best = (share, piece, place)
    return best and (best[1], best[2])


def _without(piece: Piece, taken: set[int]) -> list[Piece]:
    """What remains of a piece without some of its characters."""
    if not taken:
        return [piece]
    parts, start = [], 0
    for at in [*sorted(taken), len(piece.text)]:
        if at > start:
            parts.append(piece.part(start, at))
        start = at + 1
    return parts
