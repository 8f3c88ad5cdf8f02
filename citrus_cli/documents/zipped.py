"""Documents in zip archives, which are read only where they are asked for.

A slash behind an archive's name asks for what is in it ("papers.zip/"), a name or a pattern behind
the slash for some of that ("papers.zip/2023/*.pdf").
"""

from __future__ import annotations

import fnmatch
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from citrus_cli.documents.file_names import expand_user
from citrus_cli.documents.folders import natural_key
from citrus_cli.errors import DocumentError

FILES_LIMIT = 1_000
BYTES_LIMIT = 2**30

_PIECE = 2**20
_unpacked: list[tempfile.TemporaryDirectory[str]] = []
"""Folders with what has been unpacked; they go when the program ends."""


def archive_in(source: str) -> tuple[Path, str] | None:
    """The file that a path leads into, and what it asks for in there; None for any other path."""
    if "/" not in source or "\0" in source:
        return None
    path = expand_user(source.rstrip("/"))
    try:
        if path.is_file():
            return (path, "") if source.endswith("/") else None
        parent = next((one for one in path.parents if one.is_file()), None)
    except OSError:
        return None
    return (parent, path.relative_to(parent).as_posix()) if parent is not None else None


def unpack(archive: Path, wanted: str, suffixes: frozenset[str]) -> list[tuple[str, Path]]:
    """Documents of an archive, unpacked: what each is called in there, and where it lies now.

    `wanted` is a name or a pattern; "" stands for all whose names end in one of `suffixes`. Raises
    DocumentError.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [one for one in opened.infolist() if not one.is_dir()]
            chosen = [one for one in entries if _is_wanted(one.filename, wanted, suffixes)]
            _check(archive, wanted, chosen, suffixes)
            folder = tempfile.TemporaryDirectory(prefix="citrus-")
            _unpacked.append(folder)
            left = BYTES_LIMIT
            found = []
            chosen.sort(key=lambda one: natural_key(one.filename))
            for number, entry in enumerate(chosen):
                target = Path(folder.name, str(number), PurePosixPath(entry.filename).name)
                target.parent.mkdir()
                with opened.open(entry) as source, target.open("wb") as file:
                    while piece := source.read(_PIECE):
                        left -= len(piece)
                        if left < 0:
                            raise DocumentError(
                                f"{archive}: what is asked for unpacks to more than "
                                f"{BYTES_LIMIT // 2**20} MB; name fewer files, or unpack it"
                            )
                        file.write(piece)
                found.append((entry.filename, target))
            return found
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise DocumentError(
            f"{archive}: it is neither a folder nor a zip archive that can be read ({error})"
        ) from error
    except OSError as error:
        raise DocumentError(f"{archive}: cannot be unpacked ({error.strerror or error})") from error


def _is_wanted(name: str, wanted: str, suffixes: frozenset[str]) -> bool:
    if not wanted:
        parts = PurePosixPath(name)
        hidden = any(part.startswith((".", "__MACOSX")) for part in parts.parts)
        return not hidden and parts.suffix.lower() in suffixes
    return name == wanted or fnmatch.fnmatch(name, wanted) or name.startswith(f"{wanted}/")


def _check(
    archive: Path, wanted: str, chosen: Sequence[zipfile.ZipInfo], suffixes: frozenset[str]
) -> None:
    if not chosen and wanted:
        raise DocumentError(f"{archive}/{wanted}: no file in the archive is called so")
    if not chosen:
        raise DocumentError(
            f"{archive}: no document in this archive (they end in {' '.join(sorted(suffixes))})"
        )
    if len(chosen) > FILES_LIMIT:
        raise DocumentError(
            f"{archive}: more than {FILES_LIMIT:,} documents in this archive; name some of them, "
            f"like {archive}/*.pdf"
        )
    if any(one.flag_bits & 1 for one in chosen):
        raise DocumentError(f"{archive}: it is protected with a password; unpack it first")
