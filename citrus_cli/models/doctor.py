"""What `citrus doctor` knows, facts only: machine, packages, cache, and which models fit."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from citrus_cli.errors import CitrusError
from citrus_cli.models import cache
from citrus_cli.models.catalogue import CATALOGUE, DEFAULT_MODEL
from citrus_cli.models.hardware import cpu_features, free_memory, total_memory
from citrus_cli.models.memory import memory_needed
from citrus_cli.models.quantization import check_quantization, choose_dtype
from citrus_cli.models.sources import is_here
from citrus_cli.wording import human_bytes

if TYPE_CHECKING:
    import torch

PACKAGES = (
    "torch",
    "transformers",
    "accelerate",
    "bitsandbytes",
    "gguf",
    "safetensors",
    "tokenizers",
    "huggingface_hub",
    "pypdf",
    "cryptography",
)
_DEFAULT_NEED = 1_000_000_000  # the default model's download and both its conversions


@dataclass(frozen=True)
class Device:
    """A device that a model could run on. `is_default` marks the one that `auto` picks."""

    name: str
    description: str
    total_bytes: int
    free_bytes: int
    dtype: str
    is_default: bool


@dataclass(frozen=True)
class Fit:
    """Whether a catalogue model fits the default device's free memory, and what it needs."""

    model: str
    quantization: str
    needed_bytes: int
    fits: bool
    is_here: bool
    licence: str
    parameters: int
    note: str


@dataclass(frozen=True)
class Problem:
    """Something wrong, and the command or the step that cures it."""

    what: str
    cure: str


@dataclass(frozen=True)
class Facts:
    """All that the doctor found. `packages` holds None for one that is not installed."""

    python: str
    system: str
    cpu_cores: int
    cpu_features: tuple[str, ...]
    packages: dict[str, str | None]
    devices: tuple[Device, ...]
    cache_folder: str
    cache_bytes: int
    cache_writable: bool
    disk_free_bytes: int
    budget: int
    chunk_size: int
    fits: tuple[Fit, ...]
    problems: tuple[Problem, ...]


def collect(*, budget: int = 1024, chunk_size: int = 1024, thorough: bool = True) -> Facts:
    """Examine the machine. `thorough` compares the checksums of what is in the cache."""
    folder = cache.cache_dir()
    devices = find_devices()
    writable = is_writable(folder)
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    disk_free = shutil.disk_usage(existing).free
    packages = {name: _version(name) for name in PACKAGES}
    return Facts(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} ({platform.machine()})",
        cpu_cores=_usable_cores(),
        cpu_features=tuple(sorted(cpu_features())),
        packages=packages,
        devices=devices,
        cache_folder=str(folder),
        cache_bytes=_folder_bytes(folder),
        cache_writable=writable,
        disk_free_bytes=disk_free,
        budget=budget,
        chunk_size=chunk_size,
        fits=tuple(find_fits(devices, budget, chunk_size)),
        problems=(
            *_package_problems(packages, devices),
            *_cache_problems(folder, writable, disk_free, thorough),
        ),
    )


def find_devices() -> tuple[Device, ...]:
    """Every device, the one that `auto` picks first."""
    import torch

    found = [
        _device(torch.device("cuda", index), torch.cuda.get_device_name(index))
        for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    ]
    if torch.backends.mps.is_available():
        found.append(_device(torch.device("mps"), "Apple GPU (Metal)"))
    found.append(_device(torch.device("cpu"), _cpu_name()))
    first, *others = found
    chosen = Device(**{**vars(first), "is_default": True})
    return (chosen, *others)


def _device(device: torch.device, description: str) -> Device:
    return Device(
        name=str(device),
        description=description,
        total_bytes=total_memory(device),
        free_bytes=free_memory(device),
        dtype=choose_dtype("auto", device),
        is_default=False,
    )


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _usable_cores() -> int:
    """Cores this process may use, which a container or `taskset` can make fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_fits(devices: tuple[Device, ...], budget: int, chunk_size: int) -> list[Fit]:
    """Each catalogue model in each quantization, against the default device's free memory."""
    device = devices[0]
    fits = []
    for model in CATALOGUE:
        here = is_here(model.name)
        for quantization in ("4bit", "8bit", "none"):
            need = memory_needed(
                model.shape, quantization, budget, chunk_size, dtype=device.dtype
            ).total
            fits.append(
                Fit(
                    model=model.name,
                    quantization=quantization,
                    needed_bytes=need,
                    fits=need <= device.free_bytes,
                    is_here=here,
                    licence=model.licence,
                    parameters=model.shape.parameters,
                    note=model.note,
                )
            )
    return fits


def is_writable(folder: Path) -> bool:
    """Whether a file can be made in a folder (or the folder itself be made), by doing so."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    probe = existing / f".citrus-{uuid.uuid4().hex}"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError:
        return False
    return True


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _folder_bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except OSError:
                continue  # removed while we looked
    return total


def _package_problems(
    packages: dict[str, str | None], devices: tuple[Device, ...]
) -> list[Problem]:
    import torch

    problems = [
        Problem(f"the package {name} is not installed", f"pip install {name}")
        for name, version in packages.items()
        if version is None
    ]
    if packages["bitsandbytes"] is not None:
        device = torch.device(devices[0].name)
        for quantization in ("4bit", "8bit"):
            try:
                check_quantization(quantization, device)
            except CitrusError as error:
                what, _, cure = str(error).partition("; ")
                problems.append(Problem(what, cure))
    if devices[0].name == "cpu" and shutil.which("nvidia-smi") and torch.version.cuda is None:
        problems.append(
            Problem(
                "there is an NVIDIA driver, but the installed torch is built without CUDA",
                "install a CUDA build of torch (see pytorch.org)",
            )
        )
    return problems


def _cache_problems(folder: Path, writable: bool, disk_free: int, thorough: bool) -> list[Problem]:
    elsewhere = f"set {cache.CACHE_VARIABLE} to another folder"
    problems = []
    if not writable:
        problems.append(
            Problem(f"the cache folder {folder} is not writable", f"make it so, or {elsewhere}")
        )
    if disk_free < _DEFAULT_NEED and not is_here(DEFAULT_MODEL):
        problems.append(
            Problem(
                f"the disk of {folder} has {human_bytes(disk_free)} free, and the default model "
                f"takes up to {human_bytes(_DEFAULT_NEED)}",
                f"free some, or {elsewhere}",
            )
        )
    models = cache.models_dir()
    for manifest in sorted(models.glob(f"*/*/{cache.MANIFEST}")):
        if wrong := cache.damage(manifest.parent, thorough=thorough):
            name = manifest.parent.parent.name
            problems.append(Problem(wrong, f"citrus models pull --force {name}"))
    for manifest in sorted(models.glob(f"gguf/*/*/{cache.MANIFEST}")):
        if wrong := cache.damage(manifest.parent, thorough=thorough):
            problems.append(
                Problem(wrong, f"remove {manifest.parent}; it is made again when needed")
            )
    for left in cache.abandoned(models):
        problems.append(
            Problem(
                f"{left} is unfinished ({human_bytes(_folder_bytes(left))}): still being made, or "
                "left by a process that was killed",
                "remove it if no citrus is running",
            )
        )
    return problems
