"""Models from the Hugging Face hub, played by a small server on this machine."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_hub import FakeHub
from tiny_models import make_model_folder

from citrus_cli.errors import ModelError
from citrus_cli.events import Event, Fetching
from citrus_cli.models.load import load_model
from citrus_cli.models.sources import is_here, pull

NAME = "somebody/tiny-llama"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """The hub and an empty local cache of it."""
    from huggingface_hub import constants

    served = FakeHub()
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, served.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", served.url)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
    yield served
    served.close()


@pytest.fixture
def served(hub: FakeHub, tmp_path: Path) -> Path:
    """The folder that the hub serves as `NAME`: a sharded model and what repositories add."""
    folder = make_model_folder(tmp_path / "served", shards=True)
    (folder / "README.md").write_text("# a card")
    (folder / "modeling_own.py").write_text("raise SystemExit")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    (folder / "consolidated.safetensors").write_bytes(b"a second copy")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}")
    hub.repositories[NAME] = folder
    return folder


def load(name: str = NAME, **options: Any) -> Any:
    return load_model(name, **{"device": "cpu", "dtype": "float32", **options})


def test_a_model_is_downloaded_once_and_then_needs_no_network(hub: FakeHub, served: Path) -> None:
    assert not is_here(NAME)
    events: list[Event] = []
    loaded = load(on_event=events.append)
    assert loaded.name == NAME
    fetching = [event for event in events if isinstance(event, Fetching)]
    total = sum(path.stat().st_size for path in served.glob("*") if path.name in hub.downloads)
    assert fetching[0] == Fetching(NAME, 0, total)
    assert fetching[-1] == Fetching(NAME, total, total)
    assert {Path(name).suffix for name in hub.downloads} == {".json", ".safetensors", ".jinja"}
    assert "consolidated.safetensors" not in hub.downloads
    assert "onnx/config.json" not in hub.downloads
    assert is_here(NAME)
    hub.close()
    assert load().eos_token_ids == {2}


def test_only_what_is_missing_is_downloaded_after_an_interruption(
    hub: FakeHub, served: Path
) -> None:
    folder = pull(NAME)
    shard = sorted(folder.glob("model-*.safetensors"))[0]
    shard.resolve().unlink()
    shard.unlink()
    hub.downloads.clear()
    assert not is_here(NAME)
    load()
    assert hub.downloads == [shard.name]


def test_a_damaged_download_is_named_and_mended_by_force(hub: FakeHub, served: Path) -> None:
    shard = sorted(pull(NAME).glob("model-*.safetensors"))[0]
    whole = shard.read_bytes()
    shard.resolve().write_bytes(whole[:-7])
    with pytest.raises(ModelError, match=rf"{shard.name} is truncated.*models pull --force {NAME}"):
        load()
    assert len(shard.read_bytes()) == len(whole) - 7  # nothing is deleted by itself
    pull(NAME, force=True)
    load()


def test_a_model_that_is_not_there(hub: FakeHub) -> None:
    with pytest.raises(ModelError, match=r"somebody/else was not found on the Hugging Face hub"):
        load("somebody/else")


def test_a_gated_model(hub: FakeHub, served: Path) -> None:
    hub.refuse[NAME] = (403, "GatedRepo")
    with pytest.raises(ModelError, match=r"is gated: accept its licence.*`hf auth login`"):
        load()


def test_a_hub_in_trouble(hub: FakeHub, served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.refuse[NAME] = (500, "")
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(ModelError, match=r"could not give somebody/tiny-llama \(it answered 500\)"):
        load()


def test_no_network(hub: FakeHub, served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    hub.close()
    with pytest.raises(ModelError, match=r"hub cannot be reached; connect to the network once"):
        load()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"hub cannot be reached; connect to the network once"):
        load()


def test_a_repository_without_safetensors(hub: FakeHub, served: Path) -> None:
    for shard in served.glob("*.safetensors"):
        shard.unlink()
    with pytest.raises(ModelError, match=r"no safetensors weights.*they can run code"):
        load()
    assert hub.downloads == []


def test_a_repository_that_holds_no_model(hub: FakeHub, served: Path) -> None:
    (served / "config.json").unlink()
    with pytest.raises(ModelError, match=r"has no config\.json"):
        load()


def test_a_full_disk_and_a_closed_cache(
    hub: FakeHub, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    usage = shutil.disk_usage(served)
    with monkeypatch.context() as small:
        small.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
        with pytest.raises(ModelError, match=r"1 kB free and .* are needed"):
            load()

    def fail(number: int) -> Any:
        def download(*_: Any, **__: Any) -> None:
            raise OSError(number, "message of the system")

        return download

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail(errno.ENOSPC))
    with pytest.raises(ModelError, match=r"does not fit: the disk of .*HF_HOME"):
        load()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail(errno.EACCES))
    with pytest.raises(ModelError, match=r"hub-cache cannot be used .*HF_HOME"):
        load()
