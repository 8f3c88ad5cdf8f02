"""From what the user named (files, folders, patterns) to files, in an order people expect."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from citrus_cli.documents.file_names import (
    expand_user,
    is_web_address,
    missing,
    on_disk,
    spelled_alike,
)
from citrus_cli.documents.folders import list_folder, natural_key
from citrus_cli.documents.formats import suffixes
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.zipped import archive_in, unpack
from citrus_cli.errors import DocumentError

STDIN = "-"


@dataclass(frozen=True)
class Found:
    """One thing to open: `path` is what messages call it; `file` is None for standard input.

    `notes` say what was passed over on the way to it; `named` is False for what a folder or pattern
    holds: then it is no error if it cannot be read. `lasting`: False for what has been unpacked.
    """

    path: str
    file: Path | None
    notes: tuple[Notice, ...] = field(default=())
    named: bool = True
    lasting: bool = True


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


def _expand(source: str) -> Iterator[Found]:
    if source == STDIN:
        yield Found(STDIN, None)
        return
    if not source or "\0" in source:
        raise DocumentError(f"{source!r} is not a file name")
    if (packed := archive_in(source)) is not None:
        yield from _expand_archive(source, *packed)
        return
    path = expand_user(source)
    there = on_disk(path)
    if there is not None:
        if there.is_dir():
            yield from _expand_folder(there)
        else:
            yield Found(source if there == path else str(there), there)
    elif glob.has_magic(source) and not is_web_address(source):
        yield from _expand_pattern(source)
    else:
        raise missing(source, path)


def _expand_archive(source: str, archive: Path, wanted: str) -> Iterator[Found]:
    for name, file in unpack(archive, wanted, suffixes()):
        yield Found(f"{archive}/{name}", file, named=name == wanted, lasting=False)


def _expand_pattern(pattern: str) -> Iterator[Found]:
    matches = {
        match
        for form in spelled_alike(str(expand_user(pattern)))
        for match in glob.glob(form, recursive=True)  # noqa: PTH207
    }
    files = sorted((match for match in matches if Path(match).is_file()), key=natural_key)
    if not files:
        raise DocumentError(f"{pattern}: no file matches; check the pattern and the folder")
    yield from _with_notes(files, _not_files(pattern, matches))


def _not_files(pattern: str, matches: Iterable[str]) -> list[Notice]:
    """What a pattern names besides files. Folders are on the way of one with two asterisks."""
    folders = "**" not in pattern
    others = [
        match
        for match in sorted(matches, key=natural_key)
        if not Path(match).is_file() and (folders or not Path(match).is_dir())
    ]
    if not others:
        return []
    shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
    return [Notice(f"{pattern}: left out {shown} (no files)", "files-left-out")]


def _expand_folder(folder: Path) -> Iterator[Found]:
    known = suffixes()
    listing = list_folder(folder, known)
    if not listing.files:
        raise DocumentError(
            f"{folder}: no document in this folder (they end in {' '.join(sorted(known))}); "
            f"give other files by name" + "".join(f"; {notice}" for notice in listing.notices[:1])
        )
    yield from _with_notes(listing.files, listing.notices)


def _with_notes(files: Sequence[str], notices: Sequence[Notice]) -> Iterator[Found]:
    """What has been passed over goes with the first file."""
    for index, file in enumerate(files):
        yield Found(file, Path(file), () if index else tuple(notices), named=False)
