"""The documents of a folder and of those within it, and what of it is left out."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from citrus_cli.documents.notices import Notice

_SHOWN = 5


@dataclass
class Listing:
    """What a folder holds: `files` in the order people expect, `notices` of what is left out.

    Hidden files and folders (their names begin with a dot) are no part of it.
    """

    files: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def natural_key(path: str) -> list[tuple[int, int, str]]:
    """Sorts "page 2" before "page 10", and upper beside lower case."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", path)
        if part
    ]


def list_folder(folder: Path, suffixes: Collection[str]) -> Listing:
    """The files in a folder whose names end in one of `suffixes`; linked folders belong to it."""
    walk = _Walk(folder, suffixes)
    walk.run()
    listing = walk.listing
    listing.files.sort(key=natural_key)
    if walk.others:
        listing.notices.append(
            _left_out(
                folder,
                walk.others,
                "not a kind of document that is looked for in folders; give such files by name",
            )
        )
    if walk.special:
        listing.notices.append(
            _left_out(folder, walk.special, "a pipe, device or socket, not a file")
        )
    return listing


def _left_out(folder: Path, files: list[str], why: str) -> Notice:
    names = sorted(files, key=natural_key)
    shown = ", ".join(Path(name).name for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Notice(f"{folder}: left out {shown}{more} ({why})", "files-left-out")


class _Walk:
    def __init__(self, folder: Path, suffixes: Collection[str]) -> None:
        self.listing = Listing()
        self.others: list[str] = []
        self.special: list[str] = []
        self._folder = folder
        self._suffixes = suffixes
        self._seen: set[tuple[int, int]] = set()

    def run(self) -> None:
        self._seen.add(_identity(self._folder))
        # real folders before linked ones: a folder that is there both ways keeps its own name
        linked = self._walk(str(self._folder))
        while linked:
            following = [one for one in linked if self._is_new(one)]
            linked = [link for one in following for link in self._walk(one)]

    def _walk(self, top: str) -> Sequence[str]:
        """Takes in what is really within a folder; returns the linked folders there."""
        linked: list[str] = []
        for parent, folders, names in os.walk(top, onerror=self._closed):
            kept = []
            for name in folders:
                path = str(Path(parent, name))
                if name.startswith("."):
                    continue
                if os.path.islink(path):  # noqa: PTH114
                    linked.append(path)
                elif self._first_time(path):
                    kept.append(name)
            folders[:] = kept
            for name in names:
                if not name.startswith("."):
                    self._take(str(Path(parent, name)))
        return sorted(linked, key=natural_key)

    def _take(self, path: str) -> None:
        if Path(path).suffix.lower() not in self._suffixes:
            self.others.append(path)
        elif _is_special(path):
            self.special.append(path)
        else:
            self.listing.files.append(path)

    def _is_new(self, link: str) -> bool:
        """Whether a linked folder has not been walked; a way back to where it stands is named."""
        if self._first_time(link):
            return True
        target = os.path.realpath(link)
        if Path(os.path.realpath(Path(link).parent)).is_relative_to(target):
            self.listing.notices.append(
                Notice(f"{link}: a link back to {target}, a loop; followed once", "link-loop")
            )
        return False

    def _first_time(self, path: str) -> bool:
        try:
            identity = _identity(Path(path))
        except OSError as error:
            error.filename = path
            self._closed(error)
            return False
        new = identity not in self._seen
        self._seen.add(identity)
        return new

    def _closed(self, error: OSError) -> None:
        self.listing.notices.append(
            Notice(
                f"{error.filename}: this folder was left out ({error.strerror})", "folder-left-out"
            )
        )


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _is_special(path: str) -> bool:
    """Whether reading it might wait for ever; a link that leads nowhere will be named as such."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return False
