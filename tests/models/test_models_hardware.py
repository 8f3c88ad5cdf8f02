"""Devices, their memory, and the settings that follow from them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from citrus_cli.errors import ModelError, UsageError
from citrus_cli.models import hardware, quantization
from citrus_cli.models.load import load_model

torch = pytest.importorskip("torch")
CPU = torch.device("cpu")
needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cuda:", "CPU", "", "cuda:0;"])
def test_unknown_devices_are_usage_errors(name: str) -> None:
    with pytest.raises(UsageError, match="unknown device"):
        hardware.pick_device(name)


@needs_no_gpu
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_cuda_without_a_gpu_is_an_error_with_exit_code_4(tiny_model: Path, name: str) -> None:
    with pytest.raises(ModelError, match=rf"device {name} was asked for.*--device cpu") as caught:
        load_model(str(tiny_model), device=name)
    assert caught.value.exit_code == 4


@needs_no_gpu
def test_auto_without_a_gpu_is_the_cpu() -> None:
    assert hardware.pick_device().type in ("cpu", "mps")


def pretend_cuda(monkeypatch: pytest.MonkeyPatch, count: int, bf16: bool = True) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)
    monkeypatch.setattr(torch.cuda, "device", _Context)


class _Context:
    def __init__(self, device: Any) -> None:
        self.device = device

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def test_with_a_gpu_auto_is_cuda_in_4_bit_and_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_cuda(monkeypatch, 2)
    device = hardware.pick_device()
    assert device == torch.device("cuda", 0)
    assert hardware.pick_device("cuda:1") == torch.device("cuda", 1)
    assert quantization.choose_quantization("auto", device) == "4bit"
    assert quantization.choose_quantization("none", device) == "none"
    assert quantization.choose_dtype("auto", device) == "bfloat16"
    assert quantization.choose_dtype("float32", device) == "float32"


def test_an_old_gpu_computes_in_float16(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_cuda(monkeypatch, 1, bf16=False)
    assert quantization.choose_dtype("auto", torch.device("cuda", 0)) == "float16"


def test_a_gpu_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_cuda(monkeypatch, 2)
    with pytest.raises(ModelError, match=r"cuda:5 was asked for, but there are 2 GPUs"):
        hardware.pick_device("cuda:5")


def test_a_torch_without_cuda_and_a_missing_driver_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend_cuda(monkeypatch, 0)
    with pytest.raises(ModelError, match="nvidia-smi"):
        hardware.pick_device("cuda")
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None)
    with pytest.raises(ModelError, match="built without CUDA"):
        hardware.pick_device("cuda")


def test_free_gpu_memory_counts_what_torch_holds_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 9000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 500)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 200)
    device = torch.device("cuda", 0)
    assert hardware.free_memory(device) == 1300
    assert hardware.total_memory(device) == 9000


def test_on_the_cpu_auto_is_plain_and_in_the_native_type(monkeypatch: pytest.MonkeyPatch) -> None:
    assert quantization.choose_quantization("auto", CPU) == "none"
    monkeypatch.setattr(hardware, "cpu_features", lambda: frozenset({"avx2", "avx512_bf16"}))
    assert quantization.choose_dtype("auto", CPU) == "bfloat16"
    monkeypatch.setattr(hardware, "cpu_features", lambda: frozenset({"avx2", "avx512f"}))
    assert quantization.choose_dtype("auto", CPU) == "float32"


def test_free_memory_is_less_than_the_total() -> None:
    assert 0 < hardware.free_memory(CPU) < hardware.total_memory(CPU)


@pytest.mark.parametrize("version", [1, 2])
def test_a_containers_limit_counts(tmp_path: Path, version: int) -> None:
    if version == 2:
        names = ("memory.max", "memory.current", "inactive_file")
    else:
        (tmp_path / "memory").mkdir()
        names = (
            "memory/memory.limit_in_bytes",
            "memory/memory.usage_in_bytes",
            "total_inactive_file",
        )
    (tmp_path / names[0]).write_text("2000000\n")
    (tmp_path / names[1]).write_text("900000\n")
    (tmp_path / names[0]).with_name("memory.stat").write_text(f"anon 5\n{names[2]} 400000\n")
    assert hardware._container_limit(tmp_path) == (2_000_000, 500_000)
    (tmp_path / names[0]).write_text("max\n")
    assert hardware._container_limit(tmp_path) is None


def test_the_tighter_of_machine_and_container_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_container_limit", lambda: (2_000_000, 500_000))
    assert hardware.free_memory(CPU) == 1_500_000
    assert hardware.total_memory(CPU) == 2_000_000


def test_the_peak_sees_memory_that_is_free_again() -> None:
    """In a process of its own: one that has freed much before may hand that out again."""
    script = """
import torch
from citrus_cli.models import hardware
cpu = torch.device("cpu")
can_reset = hardware.reset_peak_memory(cpu)
before = hardware.peak_memory(cpu)
block = torch.ones(50_000_000)
del block
after = hardware.peak_memory(cpu)
assert after >= before + (150_000_000 if can_reset else 0), (before, after)
if can_reset:
    assert hardware.reset_peak_memory(cpu)
    assert hardware.peak_memory(cpu) < after - 100_000_000
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@needs_gpu
def test_a_gpu_load_puts_quantized_weights_straight_on_the_device(tiny_model: Path) -> None:
    loaded = load_model(str(tiny_model))
    assert loaded.quantization == "4bit"
    assert {p.device.type for p in loaded.model.parameters()} == {"cuda"}
    hardware.reset_peak_memory(loaded.device)
    with torch.inference_mode():
        loaded.model(torch.arange(3, 60, device=loaded.device)[None])
    assert hardware.peak_memory(loaded.device) > 0
