"""`-f FILE`: questions, one on each line."""

from __future__ import annotations

import sys
from pathlib import Path

from citrus_cli.cli.asking import STDIN_NAME
from citrus_cli.errors import UsageError


def read_questions(name: str) -> tuple[str, ...]:
    """The questions of a file: blank lines and lines that start with # are left out."""
    text = _decode(name, _read(name))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = (line.strip() for line in text.split("\n"))
    questions = tuple(line for line in lines if line and not line.startswith("#"))
    if not questions:
        raise UsageError(f"{name}: no questions in this file (one on each line, # is a comment)")
    return questions


def _read(name: str) -> bytes:
    try:
        if name == STDIN_NAME:
            return sys.stdin.buffer.read()
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the questions file {name}: {error.strerror}") from None


def _decode(name: str, data: bytes) -> str:
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name}: not UTF-8 at byte {error.start}; save the questions file as UTF-8"
        ) from None
