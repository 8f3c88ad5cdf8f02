"""Foreign text made visible, and numbers and pages as a person reads them."""

from __future__ import annotations

import re

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
    """`page 9 (printed 6)`."""
    if label is None or label == str(page):
        return f"page {page}"
    return f"page {page} (printed {one_line(label, 20)})"


def count(number: int) -> str:
    """12345 as `12,345`."""
    return f"{number:,}"


def many(number: int, noun: str) -> str:
    """1 as `1 page`, 2 as `2 pages`."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """0.0421 as `4.2 %`; what is there is never called nothing."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"


def score(number: float) -> str:
    """A score: two decimals, more where it is small."""
    return f"{number:.2f}" if abs(number) >= 0.01 or number == 0 else f"{number:.2g}"


def size(number: float) -> str:
    """Bytes as in every other message of citrus: `93 MB`, `4.9 GB`."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def seconds(number: float) -> str:
    """A measured time: `0.42 s`, `21.9 s`, `3:05`, `1:02:03`."""
    if number < 1:
        return f"{number:.2f} s"
    if number < 60:
        return f"{number:.1f} s"
    minutes, rest = divmod(round(number), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def numbers(pages: tuple[int, ...]) -> str:
    """Page numbers with runs shortened: `3, 7-9, 12`."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(pages)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
