"""What is done to plain text on its way, piece by piece: each filter takes the same memory for any
length, and gives the same text however the pieces were cut.

Filters keep the number of lines: a break that they add is U+2028, which is a line break to the
reader and none to those who count the lines of the source.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

HELD_LIMIT = 65_536
"""No filter holds back more than this of a text whose lines never end."""

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[PX^_][^\x1b\n]*(?:\x1b\\)?"
    r"|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"
)
_DATA = re.compile(r"(data:[\w.+/;=-]{0,100};base64,)[A-Za-z0-9+/=%_-]{40,}")
_DATA_START = re.compile(r"data:[\w.+/;,=-]{0,120}\Z|d(?:a(?:t(?:a)?)?)?\Z")
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-%"
_RUN = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{1024,}={0,2}")
_MIXED = re.compile(r"(?=.{0,200}[a-z])(?=.{0,200}[A-Z])(?=.{0,200}\d)")


class Filter(ABC):
    """Changes a text that comes in pieces."""

    @abstractmethod
    def feed(self, text: str, *, final: bool = False) -> str:
        """What the text so far, the new piece at its end, has become, as far as that is known.

        `final`: nothing follows.
        """


class WholeLines(Filter):
    """Changes whole lines; one that is longer than HELD_LIMIT may come in parts."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str, *, final: bool = False) -> str:
        text = self._held + text
        self._held = ""
        if not final:
            end = text.rfind("\n") + 1
            if len(text) - end < HELD_LIMIT:
                self._held, text = text[end:], text[:end]
        return self.change(text) if text else ""

    @abstractmethod
    def change(self, text: str) -> str:
        """What becomes of some lines."""


class Newlines(WholeLines):
    """Makes all line ends "\\n", and lines that were written over what they became in the end.

    Where a text has line feeds, a carriage return alone starts its line anew, as programs do that
    show how far they are; what was to be seen is what was written last. In a text that begins
    without line feeds it ends a line, as on old Macs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._mac: bool | None = None

    def change(self, text: str) -> str:
        if self._mac is None:
            self._mac = "\n" not in text and "\r" in text
        if "\r" not in text:
            return text
        text = text.replace("\r\n", "\n")
        if self._mac:
            return text.replace("\r", "\n")
        return "\n".join(map(_last_state, text.split("\n"))) if "\r" in text else text


def _last_state(line: str) -> str:
    if "\r" not in line:
        return line
    return next((state for state in reversed(line.split("\r")) if state.strip()), "")


class Terminal(WholeLines):
    """Takes out the codes that set colours on a terminal, and letters struck over others."""

    def change(self, text: str) -> str:
        if "\x1b" in text:
            text = _ESCAPE.sub("", text)
        if "\b" in text:
            text = "\n".join(map(_overprinted, text.split("\n")))
        return text


def _overprinted(line: str) -> str:
    """What paper shows of a line in which backspaces let letters be struck over others."""
    if "\b" not in line:
        return line
    shown: list[str] = []
    at = 0
    for letter in line:
        if letter == "\b":
            at = max(at - 1, 0)
            continue
        if at < len(shown):
            if shown[at] in "_ " or letter not in "_ ":
                shown[at] = letter
        else:
            shown.append(letter)
        at += 1
    return "".join(shown)


class Binary(Filter):
    """Takes out the bytes of pictures and other data that stand in a text as base64."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self.found = False
        """Whether anything has been taken out."""

    def feed(self, text: str, *, final: bool = False) -> str:
        if self._inside:
            text = text.lstrip(_BASE64)
            if not text:
                return ""
            self._inside = False
        text = self._held + text
        self._held = ""
        if "base64," in text:
            text = _DATA.sub(r"\1…", self._counted(text, _DATA, final))
        if _RUN.search(text):
            text = _RUN.sub(self._left_out, self._counted(text, _RUN, final))
        if final:
            return text
        start = _DATA_START.search(text, max(len(text) - 124, 0))
        solid = len(text) - len(text.rstrip(_BASE64))
        keep = max(len(text) - start.start() if start else 0, min(solid, 2_048))
        if keep and solid > 2_048:
            keep = 0  # a word longer than any data that could not be told: let it go
        if keep:
            self._held, text = text[-keep:], text[:-keep]
        return text

    def _counted(self, text: str, pattern: re.Pattern[str], final: bool) -> str:
        """`text`; where data reaches its end, what follows belongs to that data."""
        last = next(reversed(list(pattern.finditer(text))), None)
        if last is not None and (pattern is _DATA or _MIXED.match(last[0])):
            self.found = True
            self._inside = not final and last.end() == len(text)
        return text

    def _left_out(self, match: re.Match[str]) -> str:
        return "…" if _MIXED.match(match[0]) else match[0]


class Rewritten(Filter):
    """Replaces what a pattern finds; `longest`: no match is longer, nor known later than that.

    `start` is a character with which every match starts.
    """

    def __init__(self, pattern: re.Pattern[str], start: str, longest: int) -> None:
        self._pattern = pattern
        self._start = start
        self._longest = longest
        self._held = ""

    def feed(self, text: str, *, final: bool = False) -> str:
        text = self._held + text
        self._held = ""
        if self._start not in text:
            return text
        out: list[str] = []
        at = 0
        for match in self._pattern.finditer(text):
            if not final and match.end() > len(text) - self._longest:
                break
            out += (text[at : match.start()], self.replace(match))
            at = match.end()
        rest = text[at:]
        if not final:
            near = rest.find(self._start, max(len(rest) - 2 * self._longest, 0))
            if near >= 0:
                self._held, rest = rest[near:], rest[:near]
        return "".join(out) + rest

    @abstractmethod
    def replace(self, match: re.Match[str]) -> str:
        """What stands instead of a match."""
