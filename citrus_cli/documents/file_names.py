"""From a name as somebody writes it to the file that has it, and what to say when there is none."""

from __future__ import annotations

import difflib
import os
import re
import shlex
import unicodedata
from pathlib import Path

from citrus_cli.errors import DocumentError

_ADDRESS = re.compile(r"(?:https?|ftps?)://\S|www\.[\w-]+\.\w", re.IGNORECASE)


def is_web_address(source: str) -> bool:
    """Whether this is the address of a web page, and no file's name."""
    return _ADDRESS.match(source) is not None


def expand_user(source: str) -> Path:
    """The path, with the home folder for a tilde."""
    try:
        return Path(source).expanduser()
    except RuntimeError:  # there is no such user: then it is the file's name
        return Path(source)


def on_disk(path: Path) -> Path | None:
    """The path as the disk spells it; None if nothing has that name.

    "ü" is one character for some systems and two for others: each part of the path is looked for
    as it is written, then in whichever form its folder has it. Raises DocumentError.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None if str(path).isascii() else _in_another_form(path)
    except OSError as error:  # a name that is too long, a folder closed to us, links in a circle
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    return path


def spelled_alike(name: str) -> list[str]:
    """A name in the forms that a disk may have it in, its own first."""
    return list(dict.fromkeys((name, _composed(name), unicodedata.normalize("NFD", name))))


def missing(source: str, path: Path) -> DocumentError:
    """The error for a file that is not there; names one that nearly is."""
    if is_web_address(source):
        return DocumentError(
            f"{source}: this is a web address, and citrus reads files; fetch it and pipe it in: "
            f"curl -sSL {shlex.quote(source)} | citrus ask - QUESTION"
        )
    if source.lower().startswith("file://"):
        return DocumentError(f"{source}: give the path of the file, without file://")
    if os.path.lexists(path):
        return DocumentError(f"{source}: this link leads nowhere; what it names has gone")
    try:
        there = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else None
    except OSError:
        there = []
    if there is None:
        return DocumentError(f"{source}: there is no folder {path.parent}; check the path")
    by_case = {name.casefold(): name for name in there}
    near = difflib.get_close_matches(path.name.casefold(), by_case, n=1, cutoff=0.6)
    if near:
        meant = path.with_name(by_case[near[0]])
        return DocumentError(f"{source}: there is no such file; did you mean {meant}?")
    return DocumentError(f"{source}: there is no such file; check the name and the folder")


def _in_another_form(path: Path) -> Path | None:
    found = Path(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        if os.path.lexists(found / part):
            found /= part
            continue
        wanted = _composed(part)
        try:
            alike = [one for one in found.iterdir() if _composed(one.name) == wanted]
        except OSError:
            return None
        if not alike:
            return None
        found = alike[0]
    return found if found.exists() else None


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)
