"""Sizes as people write them."""

from __future__ import annotations

import re

from citrus_cli.errors import UsageError

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
