"""Tiny models in folders and GGUF files, and caches of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny_models import make_gguf, make_model_folder


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder that lasts for one test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def original_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model_folder(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def tiny_model(original_model: Path, tmp_path: Path) -> Path:
    """A folder with a random two-layer Llama and a byte-level tokenizer, to do harm to."""
    return Path(shutil.copytree(original_model, tmp_path / "tiny-model"))


@pytest.fixture(scope="session")
def tiny_gguf(original_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as a float32 GGUF file, laid out as llama.cpp does it. Not to be changed."""
    return make_gguf(original_model, tmp_path_factory.mktemp("gguf") / "tiny.gguf", "F32")
