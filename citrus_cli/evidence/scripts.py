"""The same text in other characters: digits of all scripts, wide forms, ligatures, hidden marks.

And what a word is made of. Scripts without capitals are written without spaces, or with small
words joined to what follows, so that one of their letters beside a number does not make it a code.
"""

from __future__ import annotations

import re
import unicodedata

WORD = (
    r"0-9A-Za-z_\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u052f\u1e00-\u1fff"
)
"""The inside of a character class: digits, and the letters of scripts that have capitals."""

BEGINS, ENDS = rf"(?<![{WORD}])", rf"(?![{WORD}])"
"""In a pattern: no word goes on before here, or after."""

_IN_WORD = re.compile(f"[{WORD}]")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_WIDE_SEPARATOR = re.compile("(?<=[０-９])[，．](?=[０-９])")
_SAME: dict[int, str | int] = {
    **{i + 0xFEE0: i for i in range(0x21, 0x7F) if chr(i) not in ",.:;!?"},
    ord("٬"): ",",
    ord("٫"): ".",
    ord("٪"): "%",
}
_CLEANED: dict[int, str] = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
_HIDDEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SOFT_BREAK = re.compile(r"\u00ad[^\S\n]*\n\s*")
_UNSPACED = "\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff00-\uffef"
_GAP = re.compile(rf"(?<=[{_UNSPACED}])\s+(?=[{_UNSPACED}])")


def in_word(character: str) -> bool:
    """Whether what stands beside this character goes on with a word or a number."""
    return bool(_IN_WORD.match(character))


def plain(text: str) -> str:
    """`text` with digits 0 to 9 and narrow signs only, one character for one."""
    if text.isascii():
        return text
    text = _WIDE_SEPARATOR.sub(lambda match: chr(ord(match[0]) - 0xFEE0), text).translate(_SAME)
    if not _OTHER_DIGIT.search(text):
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def cleaned(text: str) -> str:
    """`plain` text in NFC, without ligatures and what cannot be seen."""
    if text.isascii():
        return text
    text = _HIDDEN.sub("", _SOFT_BREAK.sub("", text)).translate(_CLEANED)
    return plain(unicodedata.normalize("NFC", text))


def without_gaps(text: str) -> str:
    """`text` without white space between characters of scripts that have none."""
    return text if text.isascii() else _GAP.sub("", text)
