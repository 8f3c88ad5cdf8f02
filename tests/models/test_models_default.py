"""The real default model, fetched once into the user's own cache and kept there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from citrus_cli.errors import ModelError
from citrus_cli.models.cache import checksum, damage, models_dir
from citrus_cli.models.fetch import default_gguf_path
from citrus_cli.models.load import LoadedModel, load_model
from citrus_cli.models.sources import is_here, pull

GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


@pytest.fixture(scope="module")
def default_model() -> LoadedModel:
    """The default model; the tests are skipped where it is not here and cannot be fetched."""
    try:
        pull("default")
    except ModelError as error:
        if "cannot be reached" not in str(error) or os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    return load_model(device="cpu", dtype="float32")


def test_it_is_the_pinned_file_and_whole(default_model: LoadedModel) -> None:
    path = default_gguf_path()
    assert path is not None
    assert checksum(path) == GGUF_SHA256
    assert is_here("default")
    folder = models_dir() / "smollm2-135m-instruct"
    for part in (folder / "gguf", folder / "float32"):
        assert damage(part) is None


def test_its_weights_are_all_there(default_model: LoadedModel) -> None:
    model = default_model.model
    assert sum(p.numel() for p in model.parameters()) == 134_515_008
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    assert default_model.name == "smollm2-135m-instruct"
    assert default_model.max_positions == 8192
    assert default_model.eos_token_ids == {2}


def test_its_tokenizer_is_the_one_it_was_trained_with(default_model: LoadedModel) -> None:
    tokenizer: Any = default_model.tokenizer
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in tokenizer.all_special_tokens}
    assert ids["<|endoftext|>"] == 0
    assert ids["<|im_start|>"] == tokenizer.bos_token_id == 1
    assert ids["<|im_end|>"] == tokenizer.eos_token_id == 2
    assert len(tokenizer.added_tokens_decoder) == 17
    for text in ("Hello  world\n\n   x=1  12345 “é” 🍋 naïve", "\t a\r\nb  ", "日本語 ½ 10,000.50"):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    # every digit by itself, and the blanks before a number together
    split = tokenizer.convert_ids_to_tokens(tokenizer.encode("Total   1,204"))
    assert split == ["Total", "ĠĠĠ", "1", ",", "2", "0", "4"]


def test_its_chat_template_is_the_published_one(default_model: LoadedModel) -> None:
    tokenizer: Any = default_model.tokenizer
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], tokenize=False, add_generation_prompt=True
    )
    assert text == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
        "<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )


def test_it_answers(default_model: LoadedModel) -> None:
    tokenizer: Any = default_model.tokenizer
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What is the capital of France?"}],
        add_generation_prompt=True,
        return_tensors="pt",
    )
    model: Any = default_model.model
    ids = model.generate(**prompt, max_new_tokens=8, do_sample=False)
    assert "Paris" in tokenizer.decode(ids[0, prompt["input_ids"].shape[1] :])


def test_it_loads_again_without_the_network(
    default_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket
    import subprocess

    import torch

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    again = load_model(device="cpu", dtype="float32")
    assert again.seconds < 30
    for ours, theirs in zip(
        default_model.model.parameters(), again.model.parameters(), strict=True
    ):
        assert torch.equal(ours, theirs)


def test_a_damaged_copy_is_named_and_left_alone(
    default_model: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = models_dir() / "smollm2-135m-instruct" / "float32"
    copy = tmp_path / "models" / "smollm2-135m-instruct" / "float32"
    copy.mkdir(parents=True)
    for path in source.iterdir():
        (copy / path.name).symlink_to(path)
    (copy / "tokenizer.json").unlink()
    (copy / "tokenizer.json").write_text("{}")
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path))
    with pytest.raises(
        ModelError, match=r"tokenizer\.json has 2 bytes.*models pull --force smollm2-135m-instruct"
    ):
        load_model(device="cpu", dtype="float32")
    assert (copy / "tokenizer.json").read_text() == "{}"
