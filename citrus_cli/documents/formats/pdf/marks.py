"""Raised and lowered characters: footnote marks, exponents, fractions, ordinals, indices."""

from __future__ import annotations

import re

from citrus_cli.documents.formats.pdf.characters import Piece

_NOTE = re.compile(r"[\[(]?\d{1,3}(?:[,;\u2013-] ?\d{1,3})*[\])]?|[a-z](?:,[a-z])*")
_ORDINAL = frozenset(
    [
        "st",
        "nd",
        "rd",
        "th",
        "ST",
        "ND",
        "RD",
        "TH",
        "er",
        "re",
        "e",
        "ème",
        "o",
        "a",
        "º",
        "ª",
        "TM",
        "SM",
        "®",
        "©",
        "™",
        "℠",
        "(R)",
        "(TM)",
        "(SM)",
        "(C)",
    ]
)
_UNIT = re.compile(r"(?:^|[\s\d/·(.])(?:[kcmdµ]?m|km|mi|ft|in|yd|s|kg|cm|mm|dm|nm|µm)$")
_POWER_BASE = re.compile(r"(?:(?:^|[^\d.,])10|(?:^|[\s(=+*/×·-])[A-Za-zα-ωΑ-Ω])$")
_SMALL_POWERS = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")
_SLASH = frozenset("/⁄∕")


def leading(piece: Piece, rest: list[Piece]) -> str:
    """The text of the first piece of a span: a raised number is the mark of a footnote."""
    if piece.shift > 0 and rest and _NOTE.fullmatch(piece.text) and not _starts_fraction(rest):
        return f"[{piece.text.strip('[]()')}]"
    return piece.text


def _starts_fraction(rest: list[Piece]) -> bool:
    return rest[0].text[0] in _SLASH or rest[0].shift < 0


def append(text: list[str], last: Piece, piece: Piece, gap: float) -> None:
    """Appends a piece to a span's text, where it or the piece before is raised or lowered.

    `gap` lies between them, in letter sizes.
    """
    before = "".join(text[-3:])
    if last.shift > 0 and (piece.shift < 0 or piece.text[0] in _SLASH) and last.text.isdigit():
        _begin_fraction(text, last.text)
        slash = "" if piece.text[0] in _SLASH else "/"
        text.append(slash + piece.text.replace("⁄", "/").replace("∕", "/"))
    elif piece.shift > 0:
        if last.shift > 0 and gap < 0.25 and text:
            _extend(text, piece.text)
        else:
            text.append(_raised(before, piece.text))
    elif piece.shift < 0:
        text.append(piece.text if gap < 0.13 else f" {piece.text}")
    elif last.shift > 0:
        ends_mark = text[-1].endswith("]")
        opened = piece.text[0].isalnum() or piece.text[0] in "([$€£"
        glued = (last.text in _ORDINAL or not ends_mark) and gap < 0.13 and not piece.spaced
        if text[-1][-1:] in "/" or (glued and not (ends_mark and opened)):
            text.append(piece.text)
        else:
            text.append(f" {piece.text}" if opened or gap > 0.13 or piece.spaced else piece.text)
    else:
        text.append(f" {piece.text}" if gap > 0.13 or piece.spaced else piece.text)


def _raised(before: str, mark: str) -> str:
    """What stands for a raised `mark` after the text `before`."""
    if mark in _ORDINAL or not before.strip():
        return mark
    figures = mark.translate({0x2212: "-", 0x2013: "-"})
    if re.fullmatch(r"[-+]?\d+", figures):
        if _UNIT.search(before) and figures.lstrip("-+") in ("1", "2", "3"):
            return mark.translate(_SMALL_POWERS)
        if figures[0] in "-+" or _POWER_BASE.search(before):
            return f"^{figures}"
    if _POWER_BASE.search(before) and re.fullmatch(r"[a-z]", mark) and before[-2:-1] in " (=":
        return f"^{mark}"
    if _NOTE.fullmatch(mark):
        return f" [{mark.strip('[]()')}]"
    return mark


def _extend(text: list[str], mark: str) -> None:
    """Continues a raised mark that came in pieces."""
    if text[-1].endswith("]") and (mark[0].isalnum() or mark[0] in ",;-–"):
        text[-1] = f"{text[-1][:-1]}{mark}]"
    else:
        text.append(mark)


def _begin_fraction(text: list[str], numerator: str) -> None:
    """Makes what was taken for a mark the numerator of a fraction."""
    text.pop()
    text.append(f" {numerator}" if text and text[-1][-1:].isalnum() else numerator)
