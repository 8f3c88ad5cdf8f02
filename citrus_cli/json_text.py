"""JSON that people can read and terminals cannot be harmed by."""

from __future__ import annotations

import json
import re
from typing import Any

# Valid JSON may hold these as they are, but a terminal would act on them.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def json_text(value: Any, *, ascii_only: bool = False, indent: int | None = None) -> str:
    """A value as JSON: every script as it is, but nothing a terminal acts on, and no half pair.

    `ascii_only` escapes whatever is not ASCII, for an output that cannot hold it.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
