"""Reads the text operations of a well-formed PDF content stream, fast.

pypdf parses a content stream character by character, which takes most of the time that a page
takes; on pages drawn by a browser nearly all of it goes to lines and clipping paths. The
expressions here run over those at once, and only what bears on text comes out. Anything
unusual (inline images, unknown operators, odd numbers or strings) is left to pypdf: the answer is
then None, never a guess.
"""

from __future__ import annotations

import re
from typing import Any

from pypdf.generic import ArrayObject, NameObject

Operation = tuple[Any, bytes]

_GAP = rb"[\x00\t\n\x0c\r ]"
_END = rb"(?=[\x00\t\n\x0c\r /\[(<]|\Z)"
# Each can be matched in one way only: where there are two, a hostile stream takes forever.
_NUMBER = rb"[-+]?(?:\d+(?:\.\d*)?|\.\d+)"
_STRING = rb"\((?:[^()\\\r]|\\[^\r])*\)"
_HEX = rb"<(?:[0-9A-Fa-f]{2})*>"
_ELEMENT = _NUMBER + rb"(?=[\x00\t\n\x0c\r \](<])|" + _STRING + rb"|" + _HEX
# Bounded repeats keep the time linear on hostile streams.
_NUMBERS = rb"(?:" + _NUMBER + _GAP + rb"+){0,9}"
# Operators without any bearing on text: paths, clipping, colours, line styles, marked content.
_DULL = (
    rb"(?:[mlcvyhnfFSsBbwJjMidgGkK]|re|W\*?|f\*|B\*|b\*|rg|RG|sc|SC|scn|SCN|cs|CS|gs|ri|sh|EMC|"
    rb"BMC|BDC|MP|DP|BX|EX)"
)
_TOKEN = re.compile(
    rb"(?:"
    rb"(?P<dull>(?:" + _NUMBERS + _DULL + _END + _GAP + rb"*){1,500})"
    rb"|(?P<move>(" + _NUMBERS + rb")(Td|TD|Tm|cm|T[cwzLrs])" + _END + rb")"
    rb"|(?P<show>(" + _STRING + rb"|" + _HEX + rb")" + _GAP + rb"*Tj" + _END + rb")"
    rb"|(?P<array>\[((?:" + _GAP + rb"|" + _ELEMENT + rb")*)\])"
    rb"|(?P<operator>(BT|ET|q|Q|Tf|T\*|TJ|Tj|'|\"|Do)" + _END + rb")"
    rb"|(?P<name>(/[^\x00\t\n\x0c\r ()<>\[\]{}/%#]*))"
    rb"|(?P<number>(" + _NUMBER + rb")(?=[\x00\t\n\x0c\r /\[\](<>]|\Z))"
    rb"|(?P<string>(" + _STRING + rb"|" + _HEX + rb"))"
    rb"|(?P<dict><<(?:[^<>()]|" + _STRING + rb"|" + _HEX + rb"){0,2000}>>)"
    rb"|(?P<gap>%[^\r\n]*|" + _GAP + rb")"
    rb"|(?P<odd>[\x00-\xff]))" + _GAP + rb"*"
)
_ITEM = re.compile(rb"(" + _NUMBER + rb")|(" + _STRING + rb"|" + _HEX + rb")")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}


def read_operations(data: bytes) -> list[Operation] | None:
    """The operations of `data` that bear on text, as pypdf's extraction takes them, or None.

    A graphics state saved and restored with no text in between is left out altogether.
    """
    out: list[Operation] = []
    operands: list[Any] = []
    saved: list[int] = []
    for token in _TOKEN.finditer(data):
        kind = token.lastgroup
        if kind == "move":
            if operands:
                return None
            out.append((list(map(float, token[3].split())), token[4]))
        elif kind == "show":
            out.append(([_string(token[6])], b"Tj"))
        elif kind == "operator":
            if not _operate(token[10], operands, out, saved):
                return None
        elif kind == "odd":
            return None
        elif kind != "dull":
            if kind != "gap":
                operands.append(_operand(kind, token))
            continue
        operands = []
    return None if operands else out


def _operate(operator: bytes, operands: list[Any], out: list[Operation], saved: list[int]) -> bool:
    """Appends an operation, or takes back a saved state in which nothing was shown."""
    if operator == b"q":
        saved.append(len(out))
    elif operator == b"Q":
        if not saved:
            return False
        start = saved.pop()
        if all(name in (b"q", b"cm", b"Tf") for _, name in out[start : start + 8]) and (
            len(out) - start <= 8
        ):
            del out[start:]
            return not operands
    elif operator in (b"Tj", b"TJ", b"'", b'"', b"Tf", b"Do") and not operands:
        return False
    out.append((operands, operator))
    return True


def _operand(kind: str | None, token: re.Match[bytes]) -> Any:
    if kind == "name":
        return NameObject(token[12].decode("latin-1"))
    if kind == "number":
        return float(token[14])
    if kind == "string":
        return _string(token[16])
    if kind == "array":
        return ArrayObject(
            float(number) if number else _string(string)
            for number, string in _ITEM.findall(token[8])
        )
    return None  # a dictionary: belongs to marked content, which says nothing here


def _string(token: bytes) -> bytes:
    if token[:1] == b"<":
        return bytes.fromhex(token[1:-1].decode("ascii"))
    text = token[1:-1]
    return _ESCAPE.sub(_unescape, text) if b"\\" in text else text


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code[:1] in b"01234567":
        return bytes((int(code, 8) & 0xFF,))
    return _ESCAPED.get(code, code)
