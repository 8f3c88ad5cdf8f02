"""Foreign text (a document's, a model's, a file name's) made safe for a terminal."""

from __future__ import annotations

import re

# What may stand inside a control string. Controls are left out, so that every scan ends at the
# next one and a hostile text cannot make the search quadratic.
_INNER = r"[^\x00-\x1f\x7f-\x9f]*"
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, screen
    rf"|(?:\x1b\]|\x9d){_INNER}(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links, clipboard
    rf"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f]){_INNER}(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"  # everything else that starts with ESC
)
_UNFINISHED = re.compile(
    rf"(?:(?:\x1b\[|\x9b)[0-?]*[ -/]*|(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f]){_INNER}\x1b?"
    r"|\x1b[ -/]*|\r)\Z"
)
_LINE_BREAK = re.compile(r"\r\n|[\r\x0b\x0c\x85]")
# C0 and C1 controls but for tab and newline, then the marks that reorder or hide text.
_UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_HELD = 256


def clean_for_terminal(text: str) -> str:
    """The text without anything a terminal would act on.

    Escape sequences, control characters and bidirectional overrides go; tabs and line breaks stay
    (every kind of break becomes a newline); a lone surrogate becomes U+FFFD.
    """
    text = _ESCAPE.sub("", text)
    text = _LINE_BREAK.sub("\n", text)
    return _SURROGATE.sub("\ufffd", _UNSAFE.sub("", text))


def one_line(text: str) -> str:
    """The cleaned text on a single line, runs of white space made one space."""
    return " ".join(clean_for_terminal(text).split())


def document_name(path: str) -> str:
    """A document's name for a person: its path, safe to print, or what `-` stands for."""
    return "standard input" if path == "-" else one_line(path)


class TerminalCleaner:
    """`clean_for_terminal` for text that comes in pieces.

    An escape sequence may be cut anywhere, so the start of one is held back until its end is seen;
    what never ends is let through at last, harmless, since no text may get lost.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The cleaned text that can be printed now."""
        text = self._held + piece
        unfinished = _UNFINISHED.search(text)
        if unfinished is None or len(text) - unfinished.start() > _LONGEST_HELD:
            self._held = ""
            return clean_for_terminal(text)
        self._held = text[unfinished.start() :]
        return clean_for_terminal(text[: unfinished.start()])

    def flush(self) -> str:
        """The cleaned rest."""
        rest, self._held = self._held, ""
        return clean_for_terminal(rest)
