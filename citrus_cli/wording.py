"""Numbers, pages and JSON as a person reads them, in every message and picture alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

# Valid JSON may hold these as they are, but a terminal would act on them.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def count(number: float) -> str:
    """12345.6 as `12,346`."""
    return f"{number:,.0f}"


def rate(number: float) -> str:
    """A speed, with a decimal where it is slow: `832`, `7.1`."""
    return count(number) if number >= 10 else f"{number:.1f}"


def many(number: int, noun: str) -> str:
    """1 as `1 page`, 2 as `2 pages`."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def human_bytes(count: float) -> str:
    """A byte count for people: 512 B, 93 MB, 4.9 GB (decimal units, as disks and downloads use)."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def seconds(number: float) -> str:
    """A measured time: `0.42 s`, `21.9 s`, `3:05`."""
    if number < 1:
        return f"{number:.2f} s"
    return f"{number:.1f} s" if number < 60 else duration(number)


def duration(number: float) -> str:
    """A time as a clock shows it: `0:07`, `3:05`, `1:02:03`."""
    minutes, rest = divmod(round(number), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ranges(numbers: Iterable[int]) -> str:
    """Page numbers with runs shortened: `3, 7-9, 12`."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def page_name(page: int, label: str | None) -> str:
    """A page as people cite it: `page 9 (printed 6)`; the label must be safe to show."""
    return f"page {page}" if label in (None, str(page)) else f"page {page} (printed {label})"


def lines_name(first: int, last: int | None) -> str:
    """Lines of a text without pages: `line 120`, `lines 120–131`."""
    return f"line {first}" if last in (None, first) else f"lines {first}–{last}"


def short_key(key: str) -> str:
    """As much of the name of an entry of the store as is shown, and is enough to name it."""
    return key[:12]


def json_text(value: Any, *, ascii_only: bool = False, indent: int | None = None) -> str:
    """A value as JSON: every script as it is, but nothing a terminal acts on, and no half pair.

    `ascii_only` escapes whatever is not ASCII, for an output that cannot hold it.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
