"""The bytes of a question file as text: UTF-8, or the UTF-16 and UTF-32 of other programs."""

from __future__ import annotations

import codecs

from citrus_cli.errors import UsageError

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def decode(name: str, data: bytes) -> str:
    """The text of a file.

    Raises:
        UsageError: it is in no such encoding; the message says where that is seen.
    """
    encoding = next((one for mark, one in _MARKS.items() if data.startswith(mark)), None)
    encoding = encoding or _unmarked(data)
    try:
        return data.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding:
            raise UsageError(
                f"{name}: not {encoding.upper()} at byte {error.start}, though it begins as such; "
                "save the questions file as UTF-8"
            ) from None
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{name}: not UTF-8 at byte {error.start} (line {line}); "
            "save the questions file as UTF-8"
        ) from None


def _unmarked(data: bytes) -> str | None:
    """UTF-16 without a mark: no text has NULs, and those of UTF-16 are all on one side.

    Every line's end has one, whatever the script.
    """
    head = data[: 2**16]
    before, after = head[0::2].count(0), head[1::2].count(0)
    if len(data) % 2 or before + after == 0:
        return None
    if after > 10 * before:
        return "utf-16-le"
    return "utf-16-be" if before > 10 * after else None
