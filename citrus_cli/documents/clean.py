"""From raw extracted text to text a language model reads well; pure functions and one carry.

What is done to the characters (`clean_characters`): ligatures (U+FB00…FB06) are spelled out, every
kind of space becomes a plain one, control characters, soft hyphens, zero-width characters,
bidirectional overrides and the invisible "tag" characters are dropped, lone surrogates become
U+FFFD, and the result is NFC. Zero-width (non-)joiners stay between two non-ASCII characters,
where Persian, the Indic scripts and emoji are spelled with them.

What is done to white space (`WhiteSpace`): runs of spaces become one, runs of blank lines become
one blank line. It works piece by piece and gives the same text however the pieces were cut.
"""

from __future__ import annotations

import re
import unicodedata

PAGE_END = "\n\n"
"""Ends the cleaned text of every page, so that joined pages never run into each other."""

INDENT_LIMIT = 40
GAP_LIMIT = 200
"""Spaces within a line are kept up to here where they may be the blank cells of a table."""

_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}


def _character_table() -> dict[int, str | None]:
    """What `str.translate` does to each character that is not kept as it is."""
    table: dict[int, str | None] = dict(_LIGATURES)
    dropped = [
        *range(0x20),  # C0 controls; tab and newline are put back below
        *range(0x7F, 0xA0),  # DEL and the C1 controls, but for those put back below
        0x00AD,  # soft hyphen
        0x034F,  # combining grapheme joiner
        0x061C,  # Arabic letter mark
        0x180E,  # Mongolian vowel separator
        *(0x200B, 0x200E, 0x200F),  # zero-width space, direction marks
        *range(0x202A, 0x202F),  # bidirectional embeddings and overrides
        *range(0x2060, 0x2070),  # word joiner, invisible operators, isolates
        *range(0xFFF9, 0xFFFC),  # interlinear annotation
        0xFEFF,  # byte order mark, zero-width no-break space
        *range(0xE0000, 0xE0080),  # tags: invisible ASCII
    ]
    table.update(dict.fromkeys(dropped))
    # what was written in Windows' encoding and read as Latin-1: "5\x9610" says 5 to 10
    for code in range(0x80, 0xA0):
        table[code] = bytes((code,)).decode("cp1252", "ignore") or None
    spaces = [0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, 0x3164, 0xFFA0]
    table.update(dict.fromkeys(spaces, " "))
    # vertical tab, NEL, line and paragraph separator; a form feed that is not a page break
    table.update(dict.fromkeys([0x0B, 0x0C, 0x85, 0x2028, 0x2029], "\n"))
    table.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))
    del table[0x09], table[0x0A]
    return table


_TABLE = _character_table()
_CLEAN_ASCII = re.compile(r"[\t\n -~]*")
_STRAY_JOINER = re.compile(r"(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
_WHITE = " \t\n"
_WHITE_RUN = re.compile(r"[ \t]*\n[ \t\n]*|[ \t]{2,}")


def clean_characters(text: str) -> str:
    """`text` with every character plain, visible and in NFC; line breaks are all "\\n"."""
    if text.isascii() and _CLEAN_ASCII.fullmatch(text):
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", text.translate(_TABLE))
    if "\u200c" in text or "\u200d" in text:
        text = unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text))
    return text


def safe_cut(text: str, at: int) -> int:
    """The last position up to `at` (inside `text`) where a cut changes no character.

    Cleaning the two sides apart gives what cleaning them together gives. Looks back over 64
    characters at most; a longer cluster is no longer text.
    """
    for position in range(at, max(at - 64, 0), -1):
        left, right = text[position - 1], text[position]
        if _depends(left) or _depends(right):
            continue
        if right.isascii() or (not unicodedata.combining(right) and _stand_apart(left, right)):
            return position
    return at


def _depends(character: str) -> bool:
    """Whether what becomes of a character, or of those beside it, depends on its neighbours."""
    return character in "\u200c\u200d\r" or _TABLE.get(ord(character), "") is None


def _stand_apart(left: str, right: str) -> bool:
    together = unicodedata.normalize("NFC", left + right)
    return together == unicodedata.normalize("NFC", left) + unicodedata.normalize("NFC", right)


class WhiteSpace:
    """Compacts white space in a text that arrives in pieces.

    Trailing white space is held back in its compact form until it is known what follows, so the
    joined results depend on the joined pieces alone. `keep_indent` keeps the white space a line
    starts with (up to INDENT_LIMIT), which carries meaning in lists and code, and that within lines
    (up to GAP_LIMIT), by which tables are set.
    """

    def __init__(self, *, keep_indent: bool = False) -> None:
        self._keep_indent = keep_indent
        self.start_page()

    def start_page(self) -> None:
        """Forget what is held back: what is fed next starts a text of its own."""
        self._held = "\n"  # as if a line break came before: white space is an indent at first
        self._started = False

    def feed(self, piece: str) -> str:
        """The next part of the compacted text; empty while only white space has come."""
        text = self._held + piece
        body = text.rstrip(_WHITE)
        self._held = self._compact(text[len(body) :])
        if not body:
            return ""
        body = _WHITE_RUN.sub(self._compact_match, body)
        if not self._started:
            self._started = True
            return body.lstrip("\n")
        return body

    def _compact_match(self, run: re.Match[str]) -> str:
        return self._compact(run.group())

    def _compact(self, run: str) -> str:
        breaks = run.count("\n")
        if not breaks:
            # a tab between words is a column border, and stays one
            tabs = run.count("\t")
            if not self._keep_indent:
                return "\t" if tabs else run[:1]
            return "\t" * min(tabs, GAP_LIMIT) if tabs else run[:GAP_LIMIT]
        indent = run[run.rindex("\n") + 1 :][:INDENT_LIMIT] if self._keep_indent else ""
        return "\n" * min(breaks, 2) + indent


def compact_white_space(text: str, *, keep_indent: bool = False) -> str:
    """A whole text with its white space compacted and none at its end."""
    return WhiteSpace(keep_indent=keep_indent).feed(text)
