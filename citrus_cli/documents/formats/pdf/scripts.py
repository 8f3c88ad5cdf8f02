"""Right-to-left scripts: from what stands side by side to the order in which it is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from citrus_cli.documents.formats.pdf.characters import Piece

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff]")
_STRONG = re.compile(r"[^\W\d_]")
# What is written from left to right within right-to-left text: numbers with their marks, and words
# of other scripts with what stands between them.
_FOREIGN = r"[^\W_{rtl}]+(?:[ .,:;/'\u2019&@_%+\u2010-\u2015-]{{1,2}}[^\W_{rtl}]+)*[%\u00b0]?"
_RANGES = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff"
_RUN = re.compile(r"[$\u20ac\u00a3\u20aa+-]?" + _FOREIGN.format(rtl=_RANGES))
_EMBEDDED = re.compile(f"[{_RANGES}](?:[^A-Za-z]*[{_RANGES}])?")


def is_right_to_left(text: str) -> bool:
    """Whether the text holds letters of a script that runs from right to left."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def read_order(pieces: list[Piece], parted: Callable[[Piece, Piece], bool]) -> str:
    """The text of a span in the order in which it is read.

    `pieces` are sorted from left to right; `parted` says whether a word ends between two.
    """
    seen: list[str] = []
    last: Piece | None = None
    for piece in pieces:
        if last is not None and parted(last, piece):
            seen.append(" ")
        seen += _from_left(piece)
        if last is None or piece.right > last.right:
            last = piece
    return logical(seen)


def _from_left(piece: Piece) -> list[str]:
    """The characters of a piece from left to right, marks with the letters that they are on."""
    clusters: list[tuple[float, str]] = []
    for character, left in zip(piece.text, piece.edges, strict=False):
        if unicodedata.combining(character) and clusters:
            clusters[-1] = (clusters[-1][0], clusters[-1][1] + character)
        else:
            clusters.append((left, character))
    clusters.sort(key=lambda cluster: cluster[0])
    return [cluster for _, cluster in clusters]


def logical(seen: list[str]) -> str:
    """Turns characters (each with its marks) from the order seen to the order read."""
    text = "".join(seen)
    strong = _STRONG.findall(text)
    turned = sum(map(is_right_to_left, strong))
    if turned * 2 >= len(strong):
        backwards = "".join(reversed(seen))
        return _RUN.sub(lambda run: run.group()[::-1], backwards)
    return _EMBEDDED.sub(lambda run: _turn(run.group()), text)


def _turn(text: str) -> str:
    clusters: list[str] = []
    for character in text:
        if unicodedata.combining(character) and clusters:
            clusters[-1] += character
        else:
            clusters.append(character)
    return _RUN.sub(lambda run: run.group()[::-1], "".join(reversed(clusters)))
