"""An answer in pieces, with what was looked up in the document marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citrus_cli.evidence.model import Claim

SHOWN_PLACES = 3


@dataclass(frozen=True)
class Piece:
    """A part of the answer's text; `claim` is None where nothing was looked up."""

    text: str
    claim: Claim | None = None


def pieces(answer: str, claims: Sequence[Claim]) -> tuple[tuple[Piece, ...], tuple[Claim, ...]]:
    """The answer's text in pieces, and the claims that could not be placed in it.

    A claim that overlaps one before it, or whose text is not where it says, is not placed.
    """
    placed: list[Piece] = []
    left: list[Claim] = []
    at = 0
    for claim in sorted(claims, key=lambda one: (one.start, -one.end)):
        if not (at <= claim.start < claim.end <= len(answer)):
            left.append(claim)
            continue
        if claim.start > at:
            placed.append(Piece(answer[at : claim.start]))
        placed.append(Piece(answer[claim.start : claim.end], claim))
        at = claim.end
    if at < len(answer):
        placed.append(Piece(answer[at:]))
    return tuple(placed), tuple(left)
