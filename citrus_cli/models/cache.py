"""The user's cache folder: where fetched models live, and how a folder in it comes to be.

Everything is made under a temporary name and renamed when complete, so a folder under its final
name is whole. Two processes may make the same one at once: the first rename wins, the second
process throws its own away and uses the winner's. No locks are needed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from citrus_cli.errors import ModelError
from citrus_cli.files import sync_folder
from citrus_cli.wording import human_bytes

CACHE_VARIABLE = "CITRUS_CACHE_DIR"
MANIFEST = "manifest.json"
_TEMPORARY = ".unfinished-"
_ABANDONED_AFTER_SECONDS = 3600


def cache_dir() -> Path:
    """The cache folder: `CITRUS_CACHE_DIR`, else the platform's own place for caches."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("citrus", appauthor=False))


def models_dir() -> Path:
    """Where fetched and converted models live inside the cache."""
    return cache_dir() / "models"


def cache_error(error: OSError, folder: Path) -> ModelError:
    """The message for a cache folder that cannot be used, naming it and the cure."""
    if error.errno == errno.ENOSPC:
        return ModelError(
            f"the disk is full: the cache folder {folder} needs more room; free some, or set "
            f"{CACHE_VARIABLE} to a folder on another disk"
        )
    reason = error.strerror or str(error)
    return ModelError(
        f"the cache folder {folder} cannot be used ({reason}); make it writable, or set "
        f"{CACHE_VARIABLE} to a folder that is"
    )


def require_space(folder: Path, needed: int) -> None:
    """Refuse before a download or a conversion that the disk cannot hold."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise ModelError(
            f"the disk of {folder} has {human_bytes(free)} free and {human_bytes(needed)} are "
            f"needed; free some, or set {CACHE_VARIABLE} to a folder on another disk"
        )


def build(
    target: Path, fill: Callable[[Path], None], *, replace: bool = False, needed: int = 0
) -> Path:
    """Make the folder `target` with `fill`, atomically; another process may be first.

    `fill` gets an empty folder beside the target. A manifest with every file's size and checksum is
    added, everything is synced, and only then is it renamed. `replace` puts it in the place of an
    existing target.
    """
    if target.exists() and not replace:
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        require_space(target.parent, needed)
        with temporary_folder(target) as folder:
            fill(folder)
            write_manifest(folder)
            sync(folder)
            publish(folder, target, replace=replace)
    except OSError as error:
        raise cache_error(error, target.parent) from error
    return target


@contextmanager
def temporary_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, removed at the end unless it was renamed."""
    _remove_abandoned(target.parent)
    folder = target.parent / f"{_own_prefix()}{os.getpid()}-{uuid.uuid4().hex[:12]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _own_prefix() -> str:
    host = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    return f"{_TEMPORARY}{host}-"


def _remove_abandoned(parent: Path) -> None:
    """Remove what killed processes of this machine left unfinished. Never anything else."""
    import psutil

    for folder in parent.glob(f"{_own_prefix()}*"):
        process = folder.name.removeprefix(_own_prefix()).split("-")[0]
        try:
            # the age too: two containers may share a host name and this folder, but not process ids
            old = time.time() - folder.stat().st_mtime > _ABANDONED_AFTER_SECONDS
        except OSError:
            continue
        if old and process.isdigit() and not psutil.pid_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def abandoned(parent: Path) -> list[Path]:
    """Unfinished folders under `parent`: of running processes, or left by killed ones."""
    return sorted(parent.rglob(f"{_TEMPORARY}*")) if parent.is_dir() else []


def publish(folder: Path, target: Path, *, replace: bool) -> None:
    """Rename a finished folder to its place. Whoever is second finds one there and leaves it."""
    retired = folder.with_name(f"{folder.name}-old")
    if replace:
        with suppress(FileNotFoundError):
            target.rename(retired)
    try:
        folder.rename(target)
    except OSError:
        if not target.exists():
            if retired.exists():
                retired.rename(target)
            raise
    finally:
        shutil.rmtree(retired, ignore_errors=True)
    sync_folder(target.parent)


def sync(folder: Path) -> None:
    """Have everything on the disk before the rename, or a power cut could leave empty files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def checksum(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def write_manifest(folder: Path) -> None:
    """Write down each file's size and checksum, to notice damage later."""
    files = {
        str(path.relative_to(folder).as_posix()): {
            "size": path.stat().st_size,
            "sha256": checksum(path),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    (folder / MANIFEST).write_text(json.dumps({"files": files}, indent=1), encoding="utf-8")


def damage(folder: Path, *, thorough: bool = False) -> str | None:
    """What is wrong with a folder that `build` made, or None.

    Sizes are compared, which takes no time; `thorough` compares the checksums too.
    """
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{folder / MANIFEST} is missing or unreadable"
    for name, known in files.items():
        path = folder / name
        try:
            size = path.stat().st_size
            if size != known["size"]:
                return f"{path} has {size} bytes instead of {known['size']}"
            if thorough and checksum(path) != known["sha256"]:
                return f"{path} has changed since it was made"
        except OSError as error:
            return f"{path} cannot be read ({error.strerror or error})"
    return None
