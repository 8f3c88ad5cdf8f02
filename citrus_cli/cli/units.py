"""Numbers as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from citrus_cli.errors import UsageError


def count(number: float) -> str:
    """12345.6 as `12,346`."""
    return f"{number:,.0f}"


def rate(number: float) -> str:
    """A speed, with a decimal where it is slow: `832`, `7.1`."""
    return count(number) if number >= 10 else f"{number:.1f}"


def many(number: int, noun: str) -> str:
    """1 as `1 page`, 2 as `2 pages`."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def size(number: float) -> str:
    """Bytes as in every other message of citrus: `93 MB`, `4.9 GB`."""
    from citrus_cli.models.memory import human_bytes  # its package is slow to import

    return human_bytes(number)


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


_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def parse_size(text: str, what: str) -> int:
    """`500MB`, `2.5 GB` or `1000` as bytes (decimal units, as they are printed).

    Raises:
        UsageError: it is no size; the message begins with `what`.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?B?)\s*", text.upper())
    unit = found[2] if found else "?"
    unit = f"{unit}B" if unit in ("K", "M", "G", "T") else unit
    if found is None or unit not in _UNITS:
        raise UsageError(f"{what} {text!r}: not a size; write it as 500MB or 20GB")
    return int(float(found[1]) * _UNITS[unit])
