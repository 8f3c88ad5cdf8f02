"""Folders in the cache: whole or not there, whatever happens while they are made."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from citrus_cli.errors import ModelError
from citrus_cli.models import cache


def fill(folder: Path) -> None:
    (folder / "weights").write_bytes(b"w" * 1000)
    (folder / "config.json").write_text("{}")


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_the_environment_variable_moves_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CITRUS_CACHE_DIR", raising=False)
    usual = cache.cache_dir()
    assert "citrus" in str(usual)
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert cache.cache_dir() == tmp_path / "elsewhere"
    monkeypatch.setenv("CITRUS_CACHE_DIR", "")
    assert cache.cache_dir() == usual


def test_a_built_folder_is_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = cache.build(tmp_path / "models" / "one", fill)
    assert sorted(path.name for path in target.iterdir()) == [
        "config.json",
        "manifest.json",
        "weights",
    ]
    assert cache.damage(target, thorough=True) is None
    assert left_over(target.parent) == []


def test_a_failure_while_filling_leaves_no_folder(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.build(tmp_path / "one", fail)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    target = cache.build(tmp_path / "one", fill)

    def other(folder: Path) -> None:
        (folder / "weights").write_bytes(b"new")

    cache.build(target, other)
    assert (target / "weights").read_bytes() == b"w" * 1000
    cache.build(target, other, replace=True)
    assert (target / "weights").read_bytes() == b"new"
    assert not (target / "config.json").exists()
    assert left_over(tmp_path) == []


def test_a_replacement_that_fails_keeps_the_old_folder(tmp_path: Path) -> None:
    target = cache.build(tmp_path / "one", fill)

    def fail(folder: Path) -> None:
        raise ModelError("no")

    with pytest.raises(ModelError, match="no"):
        cache.build(target, fail, replace=True)
    assert cache.damage(target, thorough=True) is None


def test_the_second_of_two_makers_uses_the_work_of_the_first(tmp_path: Path) -> None:
    target = tmp_path / "one"

    def slower(folder: Path) -> None:
        fill(folder)
        (folder / "weights").write_bytes(b"second")
        cache.build(target, fill)  # another process finishes meanwhile

    cache.build(target, slower)
    assert (target / "weights").read_bytes() == b"w" * 1000
    assert left_over(tmp_path) == []


MAKER = """
import sys, time
from pathlib import Path
from citrus_cli.models import cache
target, seconds = Path(sys.argv[1]), float(sys.argv[2])
def fill(folder):
    (folder / "weights").write_bytes(b"half")
    print("started", flush=True)
    time.sleep(seconds)
    (folder / "weights").write_bytes(b"w" * 1000)
cache.build(target, fill)
"""


def start_maker(target: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAKER, str(target), str(seconds)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def test_two_processes_may_make_the_same_folder_at_once(tmp_path: Path) -> None:
    target = tmp_path / "one"
    makers = [start_maker(target, 0.5), start_maker(target, 0.5)]
    assert not target.exists()
    for maker in makers:
        maker.communicate()
        assert maker.returncode == 0
    assert cache.damage(target, thorough=True) is None
    assert left_over(tmp_path) == []


def test_a_killed_process_leaves_nothing_under_the_final_name(tmp_path: Path) -> None:
    target = tmp_path / "one"
    maker = start_maker(target, 60)
    maker.send_signal(signal.SIGKILL)
    maker.communicate()
    assert not target.exists()
    (half_made,) = cache.abandoned(tmp_path)
    cache.build(target, fill)
    assert cache.damage(target) is None
    assert half_made.exists()  # too young to be surely nobody's
    os.utime(half_made, (time.time() - 7200, time.time() - 7200))
    cache.build(tmp_path / "two", fill)
    assert not half_made.exists()


def test_the_unfinished_folder_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    maker = start_maker(tmp_path / "one", 60)
    (unfinished,) = cache.abandoned(tmp_path)
    os.utime(unfinished, (time.time() - 7200, time.time() - 7200))
    cache.build(tmp_path / "two", fill)
    assert unfinished.exists()
    maker.kill()
    maker.communicate()


def test_a_cache_that_cannot_be_made_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ModelError, match=r"file.*cannot be used.*CITRUS_CACHE_DIR"):
        cache.build(tmp_path / "file" / "cache" / "one", fill)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache_is_named_with_the_cure(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ModelError, match=r"cannot be used.*Permission.*CITRUS_CACHE_DIR"):
            cache.build(tmp_path / "one", fill)
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_is_noticed_before_and_while_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ModelError, match=r"disk is full.*CITRUS_CACHE_DIR"):
        cache.build(tmp_path / "one", full)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5_000_000))
    with pytest.raises(ModelError, match=r"5 MB free and 93 MB are needed"):
        cache.build(tmp_path / "two", fill, needed=93_000_000)
    assert list(tmp_path.iterdir()) == []


def test_damage_is_found_by_size_and_by_checksum(tmp_path: Path) -> None:
    target = cache.build(tmp_path / "one", fill)
    (target / "weights").write_bytes(b"x" * 1000)
    assert cache.damage(target) is None
    assert "weights has changed" in str(cache.damage(target, thorough=True))
    (target / "weights").write_bytes(b"w" * 999)
    assert "999 bytes instead of 1000" in str(cache.damage(target))
    (target / "weights").unlink()
    assert "weights cannot be read" in str(cache.damage(target))
    (target / "manifest.json").write_text("{")
    assert "manifest.json is missing or unreadable" in str(cache.damage(target))
