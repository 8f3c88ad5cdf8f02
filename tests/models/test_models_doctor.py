"""What the doctor finds out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from citrus_cli.models import cache, doctor
from citrus_cli.models.catalogue import CATALOGUE
from citrus_cli.models.load import load_model


def test_a_sound_machine_has_no_problems(own_cache: Path) -> None:
    facts = doctor.collect(budget=512, chunk_size=256)
    assert facts.problems == ()
    assert facts.cache_folder == str(own_cache)
    assert (facts.cache_bytes, facts.cache_writable) == (0, True)
    assert not own_cache.exists()  # asking makes nothing
    assert facts.packages["torch"]
    assert facts.packages["transformers"]
    assert facts.cpu_cores >= 1
    assert (facts.budget, facts.chunk_size) == (512, 256)
    assert [device.is_default for device in facts.devices].count(True) == 1
    assert facts.devices[0].is_default
    assert facts.devices[-1].name == "cpu"
    assert all(0 < device.free_bytes <= device.total_bytes for device in facts.devices)


def test_every_model_is_held_against_the_free_memory() -> None:
    device = doctor.Device("cpu", "", 10**10, 6 * 10**9, "bfloat16", True)
    fits = doctor.find_fits((device,), 1024, 1024)
    assert len(fits) == 3 * len(CATALOGUE)
    by_key = {(fit.model, fit.quantization): fit for fit in fits}
    llama = "llama-3.1-8b-instruct"
    assert not by_key[llama, "none"].fits
    assert not by_key[llama, "8bit"].fits
    assert by_key["qwen2.5-3b-instruct", "4bit"].fits
    assert by_key[llama, "4bit"].needed_bytes < by_key[llama, "8bit"].needed_bytes
    assert by_key[llama, "8bit"].needed_bytes < by_key[llama, "none"].needed_bytes
    for fit in fits:
        assert fit.fits == (fit.needed_bytes <= 6 * 10**9)


def test_damage_in_the_cache_is_found_with_its_cure(own_cache: Path, tiny_gguf: Path) -> None:
    load_model(str(tiny_gguf), dtype="float32", device="cpu")
    (converted,) = own_cache.glob("models/gguf/*/float32")
    fake = cache.build(
        own_cache / "models" / "some-model" / "float32",
        lambda folder: (folder / "weights").write_bytes(b"abc") and None,
    )
    assert doctor.collect().problems == ()
    (fake / "weights").write_bytes(b"xyz")
    (converted / "tokenizer.json").write_text("{}")
    found = {problem.what: problem.cure for problem in doctor.collect().problems}
    assert len(found) == 2
    assert found[f"{fake / 'weights'} has changed since it was made"] == (
        "citrus models pull --force some-model"
    )
    (other,) = (what for what in found if str(converted) in what)
    assert f"remove {converted}" in found[other]
    quick = doctor.collect(thorough=False).problems
    assert [problem.what for problem in quick] == [other]


def test_unfinished_folders_are_listed(own_cache: Path) -> None:
    left = own_cache / "models" / ".unfinished-abc-1-2"
    left.mkdir(parents=True)
    (problem,) = doctor.collect().problems
    assert str(left) in problem.what
    assert "remove it" in problem.cure


def test_a_cache_that_cannot_be_written_and_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    facts = doctor.collect()
    assert not facts.cache_writable
    assert facts.disk_free_bytes == 10_000_000
    writable, full = facts.problems
    assert "is not writable" in writable.what
    assert "CITRUS_CACHE_DIR" in writable.cure
    assert "has 10 MB free" in full.what


def test_a_missing_package_and_a_missing_kernel_are_problems(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from citrus_cli.models import quantization

    def no_kernel(*_: object) -> None:
        raise RuntimeError("no kernel")

    monkeypatch.setattr(quantization, "_run_small_layer", no_kernel)
    monkeypatch.setattr(doctor, "PACKAGES", (*doctor.PACKAGES, "not-installed-anywhere"))
    problems = doctor.collect().problems
    assert problems[0] == doctor.Problem(
        "the package not-installed-anywhere is not installed", "pip install not-installed-anywhere"
    )
    assert ["4bit" in problems[1].what, "8bit" in problems[2].what] == [True, True]
    assert all("--quantize none" in problem.cure for problem in problems[1:])
