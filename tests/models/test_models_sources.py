"""What a name stands for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from citrus_cli.errors import ModelError
from citrus_cli.models.sources import Kind, is_here, pull, resolve


@pytest.mark.parametrize(
    ("name", "kind", "known_as"),
    [
        ("default", Kind.BUILT_IN, "smollm2-135m-instruct"),
        (" SmolLM2 ", Kind.BUILT_IN, "smollm2-135m-instruct"),
        ("llama-3.1-8b", Kind.HUB, "meta-llama/Llama-3.1-8B-Instruct"),
        ("qwen/qwen2.5-7b-instruct", Kind.HUB, "Qwen/Qwen2.5-7B-Instruct"),
        ("somebody/some-model_v1.5", Kind.HUB, "somebody/some-model_v1.5"),
    ],
)
def test_names_and_hub_ids(name: str, kind: Kind, known_as: str) -> None:
    source = resolve(name)
    assert (source.kind, source.name) == (kind, known_as)
    assert "models pull --force" in source.cure


def test_a_folder_and_a_gguf_file(
    tiny_model: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = resolve(str(tiny_model))
    assert (folder.kind, folder.path) == (Kind.FOLDER, tiny_model)
    assert "copy or download" in folder.cure
    assert resolve(str(tiny_gguf)).kind is Kind.GGUF
    monkeypatch.chdir(tiny_model.parent.parent)
    relative = f"{tiny_model.parent.name}/{tiny_model.name}"  # looks like a hub id, but is there
    assert resolve(relative).kind is Kind.FOLDER
    assert is_here(str(tiny_model))
    assert pull(str(tiny_model)) == tiny_model


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("smolm2", r"unknown model 'smolm2'; did you mean smollm2-135m-instruct"),
        ("zzz", r"unknown model 'zzz'; see `citrus models list`"),
        ("", "name is empty"),
        ("./nowhere", r"no such model folder: \./nowhere"),
        ("/nowhere/at/all", "no such model folder"),
        ("nowhere/model.gguf", r"no such file: nowhere/model\.gguf"),
    ],
)
def test_names_that_stand_for_nothing(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        resolve(name)
    assert caught.value.exit_code == 4


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_text("x")
    with pytest.raises(ModelError, match=r"report\.pdf is a file, but neither"):
        resolve(str(tmp_path / "report.pdf"))


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json is missing, so this is no model folder"):
        pull(str(tmp_path))


def test_the_default_model_is_not_here_in_an_empty_cache(own_cache: Path) -> None:
    assert not is_here("default")
    assert not own_cache.exists()


def test_resolving_needs_neither_torch_nor_transformers() -> None:
    code = (
        "import sys\n"
        "from citrus_cli.models.catalogue import CATALOGUE\n"
        "from citrus_cli.models.load import load_model\n"
        "from citrus_cli.models.sources import is_here, resolve\n"
        "resolve('default'); resolve('a/b'); is_here('default')\n"
        "print([name for name in ('torch', 'transformers', 'numpy') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert found.stdout.strip() == "[]"
