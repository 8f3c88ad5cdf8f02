"""Raised and lowered characters, so that they do not change the figure that they stand beside.

Readers put what is raised between `RAISED` and `END`, what is lowered between `LOWERED` and `END`;
`set_apart` turns that into plain text. A raised figure is an exponent or a unit's power ("10^7",
"m^2"), the upper half of a fraction ("5 1/4"), the ending of an ordinal ("1st"), or the mark of a
note ("1,250 [4]").
"""

from __future__ import annotations

import re

RAISED, LOWERED, NOTE, END = "\x01", "\x02", "\x03", "\x04"
"""`NOTE` is for what is raised and known to be the mark of a note."""

_FRACTION = re.compile(f"(\\d?){RAISED}(\\d+){END}\\s*[/\u2044]\\s*(?:{LOWERED}(\\d+){END}|(\\d+))")
_WHOLE_FRACTION = re.compile(r"\d+[/\u2044]\d+")
_RAISED = re.compile(f"[ \\t]*[{RAISED}{NOTE}]\\s*([^{RAISED}{LOWERED}{NOTE}{END}]*?)\\s*{END}")
_LOWERED = re.compile(f"{LOWERED}([^{RAISED}{LOWERED}{NOTE}{END}]*){END}")
_MARKS = re.compile(f"[{RAISED}{LOWERED}{NOTE}{END}]")
_BETWEEN = re.compile(f"{END}(\\s*[,;\u2013-]?\\s*)[{RAISED}{NOTE}]")
_BRACKETED = re.compile(r"[\[(].*[\])]")
_ORDINAL = re.compile(r"st|nd|rd|th|e|er|re|ère|ème|º|ª", re.IGNORECASE)
_ABBREVIATED = re.compile(r"[ao]s?|r|lle|me", re.IGNORECASE)
_SIGN = re.compile("[™®©℠°*†‡§¶]+|TM|SM|R")
_POWER = re.compile("[-+−–]?\\d+[-+−]?|\\d*[-+−]")
_DIGITS = re.compile(r"\d[\d,;–\- ]*")
_UNITS = """
    m mm cm dm km nm µm μm in ft yd mi s ms min h hr sec kg g mg l ha cd mol a w v pa n j k hz rad
    meters metres meter metre feet inches miles
"""
_UNIT = re.compile(
    rf"(?<![^\W\d_])(?:{'|'.join(sorted(_UNITS.split(), key=len, reverse=True))})\Z", re.IGNORECASE
)
_TEN = re.compile(r"(?<![\d.,])10\Z")
_TWO = re.compile(r"(?<![\d.,])2\Z")
_VARIABLE = re.compile(r"(?<![^\W\d_])[A-Za-zα-ωΑ-Ω]\Z|[)\]]\Z|[=+*/×·(−]\s*[A-Za-zα-ωΑ-Ω]{1,3}\Z")


def plain(text: str) -> str:
    """`text` from a source, with no character that marks where scripts begin and end."""
    return _MARKS.sub("", text)


def set_apart(text: str) -> str:
    """`text` with what is raised and lowered written on the line."""
    if not _MARKS.search(text):
        return text
    text = _BETWEEN.sub(lambda gap: gap[1], text)  # one mark in two pieces: "4", "," and "5"
    text = _FRACTION.sub(_fraction, text)
    out: list[str] = []
    at = 0
    for raised in _RAISED.finditer(text):
        out.append(text[at : raised.start()])
        before = _MARKS.sub("", "".join(out[-3:]))[-24:]
        following = text[raised.end() : raised.end() + 1]
        out.append(_written(raised, before, following))
        at = raised.end()
    out.append(text[at:])
    return _MARKS.sub("", _LOWERED.sub(_lowered, "".join(out)))


def _fraction(match: re.Match[str]) -> str:
    before, upper, lower = match[1], match[2], match[3] or match[4]
    return f"{before}{' ' if before else ''}{upper}/{lower}"


def _lowered(match: re.Match[str]) -> str:
    text, string = match[1].strip(), match.string
    before, after = string[match.start() - 1 : match.start()], string[match.end() : match.end() + 1]
    if text[:1].isdigit() and (before.isdigit() or after.isdigit()):
        return f"_{text}{' ' if after.isdigit() else ''}"
    return match[1]


def _written(match: re.Match[str], before: str, after: str) -> str:
    text = match[1]
    gap = match[0][: len(match[0]) - len(match[0].lstrip(" \t"))]
    if not text:
        return " " if match[0].strip(RAISED + NOTE + END) else ""
    note = match[0].lstrip(" \t").startswith(NOTE)
    solid = before if not gap else ""
    ends = " " if after.isalnum() else ""
    if _BRACKETED.fullmatch(text):
        return f"{' ' if before[-1:].strip() else gap}{text}{ends}"
    if not note:
        if _WHOLE_FRACTION.fullmatch(text):
            return f"{' ' if before[-1:].strip() else gap}{text}{ends}"
        if _ORDINAL.fullmatch(text) and before[-1:].isalnum():
            return text
        if _ABBREVIATED.fullmatch(text) and before[-1:].isalpha() and not solid[-2:-1].islower():
            return text
        if _SIGN.fullmatch(text) and not (before[-1:].isdigit() and text.isalpha()):
            return gap + text
        if _is_power(text, solid, after):
            return f"{gap}^{text}{' ' if after.isdigit() else ''}"
        if not (_DIGITS.fullmatch(text) or len(text) <= 2):
            return f"{gap}{'^' if solid[-1:].isalnum() else ''}{text}{ends if solid else ''}"
    return f"{' ' if before[-1:].strip() else gap}[{text}]{ends or _space_before(after)}"


def _space_before(after: str) -> str:
    return " " if after and after in "($€£" else ""


def _is_power(text: str, before: str, after: str) -> bool:
    """Whether what is raised directly after `before` is an exponent, or a charge."""
    if not before[-1:].strip():
        return text.isdigit() and after.isalpha() and after.isupper()  # an isotope: ^14C
    if not _POWER.fullmatch(text):
        base = _TEN.search(before) or _TWO.search(before) or _VARIABLE.search(before)
        return len(text) == 1 and text.isalpha() and bool(base)
    if not text.isdigit():
        return True
    return bool(
        _TEN.search(before)
        or (_TWO.search(before) and len(text) > 1)
        or (_UNIT.search(before) and int(text) <= 4)
        or (_VARIABLE.search(before) and not after.isalpha() and int(text) < 100)
    )
