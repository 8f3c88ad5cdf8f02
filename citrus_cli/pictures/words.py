"""Foreign text made visible, and what pictures alone say of numbers."""

from __future__ import annotations

import re

from citrus_cli import wording
from citrus_cli.evidence.model import Evidence

_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Controls, marks that reorder or hide text, surrogates and what is no character at all. The
# joiners U+200C and U+200D stay: some scripts are spelled with them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with every character that acts or hides shown instead: `␛`, `‹U+202E›`, `�`."""
    return _HIDDEN.sub(_shown, _BREAK.sub("\n", text))


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        return "\ufffd"
    return f"‹U+{code:04X}›"


def one_line(text: str, limit: int | None = None) -> str:
    """Visible text on one line, cut with an ellipsis where it is longer than `limit`."""
    line = " ".join(visible(text).split())
    return line if limit is None or len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def page_name(page: int, label: str | None) -> str:
    """`page 9 (printed 6)`, whatever the label is."""
    return wording.page_name(page, None if label is None else one_line(label, 20))


def place_name(one: Evidence) -> str:
    """Where a passage stands: its page, or its lines in a text without pages."""
    if one.line is not None:
        return wording.lines_name(one.line, one.last_line)
    return page_name(one.page, one.label)


def percent(share: float) -> str:
    """0.0421 as `4.2 %`; what is there is never called nothing."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"


def score(number: float) -> str:
    """A score: two decimals, more where it is small."""
    return f"{number:.2f}" if abs(number) >= 0.01 or number == 0 else f"{number:.2g}"
