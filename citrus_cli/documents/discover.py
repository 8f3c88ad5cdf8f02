"""From what the user named (files, folders, patterns) to files, in an order people expect."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from citrus_cli.documents.formats import suffixes
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import DocumentError

STDIN = "-"


@dataclass(frozen=True)
class Found:
    """One thing to open: `path` is what messages call it; `file` is None for standard input.

    `notes` say what was passed over on the way to it.
    """

    path: str
    file: Path | None
    notes: tuple[Notice, ...] = field(default=())


def find(sources: Sequence[str | os.PathLike[str]]) -> list[Found]:
    """All documents that `sources` stand for, each once. Raises DocumentError."""
    found: list[Found] = []
    seen: set[Path] = set()
    for source in sources:
        for one in _expand(os.fspath(source)):
            key = one.file.resolve() if one.file is not None else Path(STDIN)
            if key not in seen:
                seen.add(key)
                found.append(one)
    return found


def names(found: Sequence[Found]) -> list[str]:
    """What each document is called: its file's name, with folders where that is ambiguous."""
    paths = [Path(one.path) if one.file is not None else Path("stdin") for one in found]
    depths = [1] * len(paths)
    while True:
        called = ["/".join(path.parts[-depth:]) for path, depth in zip(paths, depths, strict=True)]
        deeper = [
            called.count(name) > 1 and depth < len(path.parts)
            for name, path, depth in zip(called, paths, depths, strict=True)
        ]
        if not any(deeper):
            return called
        depths = [depth + more for depth, more in zip(depths, deeper, strict=True)]


def natural_key(path: str) -> list[tuple[int, int, str]]:
    """Sorts "page 2" before "page 10", and upper beside lower case."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", path)
        if part
    ]


def _expand(source: str) -> Iterator[Found]:
    if source == STDIN:
        yield Found(STDIN, None)
        return
    if not source or "\0" in source:
        raise DocumentError(f"{source!r} is not a file name")
    path = _expand_user(source)
    if _exists(path):
        if path.is_dir():
            yield from _expand_folder(path)
        else:
            yield Found(source, path)
    elif glob.has_magic(source):
        yield from _expand_pattern(source)
    else:
        raise _missing(source, path)


def _expand_user(source: str) -> Path:
    try:
        return Path(source).expanduser()
    except RuntimeError:  # there is no such user: then it is the file's name
        return Path(source)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # a name that is too long, a folder that is closed to us
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error


def _expand_pattern(pattern: str) -> Iterator[Found]:
    matches = glob.glob(str(_expand_user(pattern)), recursive=True)  # noqa: PTH207
    files = sorted((match for match in matches if Path(match).is_file()), key=natural_key)
    if not files:
        raise DocumentError(f"{pattern}: no file matches; check the pattern and the folder")
    yield from (Found(file, Path(file)) for file in files)


def _expand_folder(folder: Path) -> Iterator[Found]:
    known = suffixes()
    files: list[str] = []
    skipped: list[str] = []
    notes: list[Notice] = []

    def closed(error: OSError) -> None:
        notes.append(
            Notice(
                f"{error.filename}: this folder was left out ({error.strerror})", "folder-left-out"
            )
        )

    for parent, folders, names_here in os.walk(folder, onerror=closed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names_here:
            if name.startswith("."):
                continue
            supported = Path(name).suffix.lower() in known
            (files if supported else skipped).append(str(Path(parent, name)))
    if not files:
        raise DocumentError(
            f"{folder}: no document in this folder (they end in {' '.join(sorted(known))}); "
            f"give other files by name" + (f"; {notes[0]}" if notes else "")
        )
    if skipped:
        skipped.sort(key=natural_key)
        shown = ", ".join(Path(name).name for name in skipped[:3])
        more = f" and {len(skipped) - 3} more" if len(skipped) > 3 else ""
        notes.append(
            Notice(
                f"{folder}: left out {shown}{more} (not a kind of document that is looked for in "
                "folders; give such files by name)",
                "files-left-out",
            )
        )
    files.sort(key=natural_key)
    for index, file in enumerate(files):
        yield Found(file, Path(file), () if index else tuple(notes))


def _missing(source: str, path: Path) -> DocumentError:
    """The error for a file that is not there; names one that nearly is."""
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
