"""The device that a model runs on: which one, how much memory it has, how much was used."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from citrus_cli.errors import ModelError, UsageError

if TYPE_CHECKING:
    import torch

_DEVICE_NAME = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def check_device_name(name: str) -> None:
    """Refuse anything but auto, cpu, mps, cuda and cuda:N, without importing torch."""
    if not _DEVICE_NAME.fullmatch(name):
        raise UsageError(f"unknown device {name!r}; choose auto, cuda, cuda:N, mps or cpu")


def pick_device(name: str = "auto") -> torch.device:
    """The device that `name` means. `auto` prefers CUDA, then MPS, then the CPU."""
    import torch

    check_device_name(name)
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if name.startswith("cuda"):
        return _cuda_device(name)
    if name == "mps" and not torch.backends.mps.is_available():
        raise ModelError(
            "device mps was asked for, but this machine or this torch has no Metal; use --device "
            "auto, or --device cpu"
        )
    return torch.device(name)


def _cuda_device(name: str) -> torch.device:
    import torch

    if torch.version.cuda is None and torch.version.hip is None:
        raise ModelError(
            f"device {name} was asked for, but the installed torch is built without CUDA; install "
            "a CUDA build of torch, or use --device cpu"
        )
    if not torch.cuda.is_available():
        raise ModelError(
            f"device {name} was asked for, but torch finds no GPU; check the driver with "
            "`nvidia-smi`, or use --device cpu"
        )
    count = torch.cuda.device_count()
    index = int(name.partition(":")[2] or torch.cuda.current_device())
    if index >= count:
        raise ModelError(
            f"device {name} was asked for, but there are {count} GPUs (cuda:0 to cuda:{count - 1})"
        )
    return torch.device("cuda", index)


def has_native_bf16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware (AVX512-BF16, AMX, Arm BF16)."""
    return bool(cpu_features() & {"avx512_bf16", "amx_bf16", "avx512bf16", "bf16"})


def cpu_features() -> frozenset[str]:
    """The processor's features that speed matters of: vector units and bfloat16.

    Read from the system, so torch is not needed on Linux and macOS.
    """
    known = {
        "avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "bf16",
        "i8mm", "sve",
    }  # fmt: skip
    if sys.platform == "linux":
        try:
            text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return frozenset()
        lines = re.findall(r"^(?:flags|Features)\s*:(.*)$", text, flags=re.MULTILINE)
        return frozenset(known & set(lines[0].split())) if lines else frozenset()
    if sys.platform == "darwin":
        return _mac_features()
    return _torch_features()


def _mac_features() -> frozenset[str]:
    import subprocess

    if platform.machine() != "arm64":
        return _torch_features()
    command = ["/usr/sbin/sysctl", "-n", "hw.optional.arm.FEAT_BF16"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return frozenset({"asimd", "bf16"} if result.stdout.strip() == "1" else {"asimd"})


def _torch_features() -> frozenset[str]:
    """What torch knows, where the system does not say (its functions for it are not public)."""
    import torch

    probes = {
        "avx2": "_is_avx2_supported",
        "avx512f": "_is_avx512_supported",
        "avx512_bf16": "_is_avx512_bf16_supported",
        "amx_bf16": "_is_amx_tile_supported",
    }
    return frozenset(
        name for name, probe in probes.items() if getattr(torch.cpu, probe, lambda: False)()
    )


def free_memory(device: torch.device) -> int:
    """Bytes that can still be allocated on a device."""
    import torch

    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + unused)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    import psutil

    available = int(psutil.virtual_memory().available)
    limit = _container_limit()
    return available if limit is None else max(0, min(available, limit[0] - limit[1]))


def total_memory(device: torch.device) -> int:
    """Bytes of memory that a device has; a container's limit counts."""
    import torch

    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory())
    import psutil

    total = int(psutil.virtual_memory().total)
    limit = _container_limit()
    return total if limit is None else min(total, limit[0])


def _container_limit(root: Path = Path("/sys/fs/cgroup")) -> tuple[int, int] | None:
    """A Linux container's memory limit and what is used of it (caches left out), or None."""
    for limit_name, used_name, cache_key in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            limit = int((root / limit_name).read_text())
            used = int((root / used_name).read_text())
            statistics = (root / limit_name).with_name("memory.stat").read_text()
        except (OSError, ValueError):
            continue  # not this version of cgroups, or "max": no limit
        found = re.search(rf"^{cache_key} (\d+)$", statistics, flags=re.MULTILINE)
        return limit, max(0, used - int(found[1] if found else 0))
    return None


def peak_memory(device: torch.device) -> int:
    """The most bytes used at once since `reset_peak_memory`.

    On CUDA what torch allocated on the device; on MPS what its driver holds now (Metal records no
    peak). On the CPU the resident memory of this process, child processes left out; where the
    system cannot reset it (all but Linux), since the process began.
    """
    import torch

    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.driver_allocated_memory())
    return _peak_resident()


def _peak_resident() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        status = ""
    if found := re.search(r"^VmHWM:\s*(\d+) kB", status, flags=re.MULTILINE):
        return int(found[1]) * 1024
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(used) * (1 if sys.platform == "darwin" else 1024)


def reset_peak_memory(device: torch.device) -> bool:
    """Start measuring the peak anew; False where the system does not allow it."""
    import torch

    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return True
    if device.type == "mps":
        return False
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True
