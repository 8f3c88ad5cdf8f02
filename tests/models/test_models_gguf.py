"""GGUF files: their head, and the folder that each becomes."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_gguf

from citrus_cli.errors import MemoryLimitError, ModelError
from citrus_cli.events import Event, Loading
from citrus_cli.models import cache, convert, hardware, llama_gguf
from citrus_cli.models.gguf_file import read_gguf_head
from citrus_cli.models.load import load_model


def logits(model: Any) -> Any:
    import torch

    with torch.inference_mode():
        return model(torch.arange(3, 60)[None]).logits


def test_the_head_says_what_the_file_holds(tiny_gguf: Path) -> None:
    head = read_gguf_head(tiny_gguf)
    assert head.architecture == "llama"
    assert head.pre_tokenizer == "smollm"
    assert head.metadata["llama.block_count"] == 2
    assert head.tensors["blk.1.attn_k.weight"].shape == (32, 64)
    assert head.file_bytes <= tiny_gguf.stat().st_size < head.file_bytes + 32
    assert not head.scaled_rope
    assert llama_gguf.is_plain_llama(head)


@pytest.mark.parametrize("keep", [0, 3, 20, 1000, 20_000])
def test_a_truncated_file_is_named(tiny_gguf: Path, tmp_path: Path, keep: int) -> None:
    short = tmp_path / "short.gguf"
    short.write_bytes(tiny_gguf.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"short\.gguf is (not a sound GGUF|incomplete).*fetch it"):
        read_gguf_head(short)


def test_a_head_of_nonsense_is_refused_without_reading_on(tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60))
    with pytest.raises(ModelError, match="counts make no sense"):
        read_gguf_head(path)
    path.write_bytes(b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, 2**60))
    with pytest.raises(ModelError, match="string that makes no sense"):
        read_gguf_head(path)


def test_a_part_of_a_split_model_is_refused(original_model: Path, tmp_path: Path) -> None:
    part = make_gguf(original_model, tmp_path / "part.gguf", "F32", split__count=3)
    with pytest.raises(ModelError, match="llama-gguf-split --merge"):
        read_gguf_head(part)


def test_scaled_rotary_positions_are_refused(
    original_model: Path, tmp_path: Path, own_cache: Path
) -> None:
    scaled = make_gguf(
        original_model, tmp_path / "scaled.gguf", "F32", llama__rope__scaling__type="linear"
    )
    with pytest.raises(ModelError, match=r"scaled\.gguf scales its rotary positions.*safetensors"):
        load_model(str(scaled))
    assert not own_cache.exists()


@pytest.mark.parametrize("quantization", ["F32", "F16", "BF16", "Q8_0", "Q4_1", "Q5_0"])
def test_the_quick_reading_gives_the_weights_that_transformers_gives(
    original_model: Path, tmp_path: Path, quantization: str
) -> None:
    import torch

    gguf = make_gguf(original_model, tmp_path / "tiny.gguf", quantization)
    config, quick = llama_gguf.read(gguf, read_gguf_head(gguf), "float32")
    reference, slow = convert._read_with_transformers(gguf, "float32")
    assert quick.keys() == slow.keys()
    for name, tensor in quick.items():
        assert torch.equal(tensor, slow[name]), name
    for key in ("hidden_size", "num_key_value_heads", "head_dim", "tie_word_embeddings"):
        assert getattr(config, key) == getattr(reference, key)
    assert config.rope_parameters == reference.rope_parameters


def test_a_gguf_file_loads_as_the_model_it_was_made_of(
    tiny_gguf: Path, original_model: Path, own_cache: Path
) -> None:
    import torch

    loaded = load_model(str(tiny_gguf), dtype="float32", device="cpu")
    original = load_model(str(original_model), dtype="float32", device="cpu")
    assert torch.equal(logits(loaded.model), logits(original.model))
    assert loaded.eos_token_ids == {2}
    text = "Füller 🍋\n\n  12 of 345"
    ids = loaded.tokenizer.encode(text)
    assert ids == original.tokenizer.encode(text)
    assert loaded.tokenizer.decode(ids) == text
    assert loaded.tokenizer.chat_template == original.tokenizer.chat_template


def test_blanks_before_a_number_stay_together_as_the_model_was_trained(
    tiny_gguf: Path, own_cache: Path
) -> None:
    # two blanks are one token; a split that ignores digits would tear them apart
    tokenizer = load_model(str(tiny_gguf), dtype="float32", device="cpu").tokenizer
    assert tokenizer.convert_ids_to_tokens(tokenizer.encode("a  12")) == ["a", "ĠĠ", "1", "2"]


def test_other_families_go_through_transformers(
    tiny_gguf: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    import torch

    quick = load_model(str(tiny_gguf), dtype="float32", device="cpu")
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(own_cache.with_name("other")))
    monkeypatch.setattr(llama_gguf, "is_plain_llama", lambda head: False)
    slow = load_model(str(tiny_gguf), dtype="float32", device="cpu")
    assert torch.equal(logits(quick.model), logits(slow.model))
    assert slow.eos_token_ids == {2}
    assert capfd.readouterr() == ("", "")


def test_it_is_converted_once_per_type_and_anew_when_it_changes(
    original_model: Path, tmp_path: Path, own_cache: Path
) -> None:
    gguf = make_gguf(original_model, tmp_path / "tiny.gguf", "F16")
    steps: list[Event] = []
    conversions = []
    for dtype in ("float32", "float32", "bfloat16"):
        steps.clear()
        load_model(str(gguf), dtype=dtype, device="cpu", on_event=steps.append)
        texts = [event.step for event in steps if isinstance(event, Loading)]
        conversions.append([text for text in texts if text.startswith("converting")])
    assert [len(found) for found in conversions] == [1, 0, 1]
    before = convert.conversion_dir(gguf)
    os.utime(gguf, (1, 1))
    assert convert.conversion_dir(gguf) != before


def test_a_damaged_conversion_is_named_and_mended_by_force(
    tiny_gguf: Path, own_cache: Path
) -> None:
    from citrus_cli.models.sources import pull

    load_model(str(tiny_gguf), dtype="float32", device="cpu")
    folder = convert.conversion_dir(tiny_gguf) / "float32"
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelError, match=r"model\.safetensors has \d+ bytes instead of .* --force"):
        load_model(str(tiny_gguf), dtype="float32", device="cpu")
    assert weights.exists()
    pull(str(tiny_gguf), force=True, dtype="float32")
    assert cache.damage(folder, thorough=True) is None
    load_model(str(tiny_gguf), dtype="float32", device="cpu")


def test_damage_that_keeps_the_size_is_named_when_loading_fails(
    tiny_gguf: Path, own_cache: Path
) -> None:
    load_model(str(tiny_gguf), dtype="float32", device="cpu")
    config = convert.conversion_dir(tiny_gguf) / "float32" / "config.json"
    text = config.read_text()
    config.write_text(text.replace('"hidden_size": 64', '"hidden_size": 32'))
    with pytest.raises(ModelError, match=r"config\.json has changed since it was made.*--force"):
        load_model(str(tiny_gguf), dtype="float32", device="cpu")


def test_a_conversion_that_memory_cannot_hold_is_refused(
    tiny_gguf: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "free_memory", lambda device: 1000)
    with pytest.raises(MemoryLimitError, match=r"takes .* of memory to convert and 1 kB are free"):
        load_model(str(tiny_gguf), dtype="float32", device="cpu")


def test_an_unknown_family_is_refused_by_name(
    original_model: Path, tmp_path: Path, own_cache: Path
) -> None:
    gguf = make_gguf(original_model, tmp_path / "odd.gguf", "F32")
    data = gguf.read_bytes()
    old = b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama"
    assert old in data
    gguf.write_bytes(data.replace(old, old[:-5] + b"xlama"))
    with pytest.raises(ModelError, match=r"odd\.gguf cannot be converted.*xlama"):
        load_model(str(gguf))
    assert list(own_cache.rglob("config.json")) == []
