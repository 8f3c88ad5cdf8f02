"""Loading: what a model is like when it is there, and a message of its own for each way to fail."""

from __future__ import annotations

import json
import logging
import struct
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_model_folder

from citrus_cli.errors import MemoryLimitError, ModelError, UsageError
from citrus_cli.events import Event, Loading
from citrus_cli.models import load, quantization
from citrus_cli.models.folder import inspect
from citrus_cli.models.load import load_model
from citrus_cli.models.quiet import quiet


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    config = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def plain(folder: Path, **options: Any) -> load.LoadedModel:
    return load_model(str(folder), **{"device": "cpu", "dtype": "float32", **options})


def logits(model: Any) -> Any:
    import torch

    with torch.inference_mode():
        return model(torch.arange(3, 60)[None]).logits


def test_a_loaded_model_is_ready_to_run(tiny_model: Path) -> None:
    import torch

    events: list[Event] = []
    loaded = plain(tiny_model, on_event=events.append)
    assert loaded.name == str(tiny_model)
    assert (loaded.quantization, loaded.device.type) == ("none", "cpu")
    assert loaded.dtype == torch.float32
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    assert not loaded.model.training
    assert not any(p.requires_grad for p in loaded.model.parameters())
    assert loaded.model.config._attn_implementation == "sdpa"
    assert loaded.max_positions == 512
    assert loaded.eos_token_ids == {2}
    assert loaded.seconds > 0
    embedding = loaded.model.get_input_embeddings().weight
    assert loaded.model.get_output_embeddings().weight is embedding
    assert [type(event) for event in events] == [Loading, Loading]


def test_the_weights_are_those_that_transformers_loads(tiny_model: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    reference = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    assert torch.equal(logits(plain(tiny_model).model), logits(reference.eval()))


def test_the_type_that_was_asked_for_is_used(tiny_model: Path) -> None:
    import torch

    assert plain(tiny_model, dtype="bfloat16").model.dtype == torch.bfloat16
    native = torch.bfloat16 if quantization.has_native_bf16() else torch.float32
    assert plain(tiny_model, dtype="auto").model.dtype == native


def test_all_ids_that_end_an_answer_are_known(tiny_model: Path) -> None:
    (tiny_model / "generation_config.json").write_text(json.dumps({"eos_token_id": [0, 7]}))
    change_config(tiny_model, eos_token_id=9)
    assert plain(tiny_model).eos_token_ids == {0, 2, 7, 9}


def test_loading_writes_nothing_and_restores_what_libraries_print(
    tiny_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging as transformers_logging

    level = logging.getLogger("transformers").level
    bars = transformers_logging.is_progress_bar_enabled()
    plain(tiny_model)
    plain(tiny_model, quantize="4bit")
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("transformers").level == level
    assert transformers_logging.is_progress_bar_enabled() == bars
    with pytest.raises(RuntimeError), quiet():
        raise RuntimeError
    assert transformers_logging.is_progress_bar_enabled() == bars


def test_loading_a_folder_touches_no_network(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    def refuse(*_: Any) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    plain(tiny_model)


# --- files that are not as they should be


def test_truncated_weights_are_named(tiny_model: Path) -> None:
    weights = tiny_model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"model\.safetensors is truncated.* copy or download"):
        plain(tiny_model)


@pytest.mark.parametrize(
    "head", [b"", b"\x05", struct.pack("<Q", 2**50), b"not safetensors at all"]
)
def test_weights_without_a_sound_head_are_named(tiny_model: Path, head: bytes) -> None:
    (tiny_model / "model.safetensors").write_bytes(head)
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        plain(tiny_model)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "sharded", shards=True)
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 2
    plain(folder)
    shards[1].unlink()
    with pytest.raises(ModelError, match=rf"{shards[1].name} missing: a partial download"):
        plain(folder)


def test_missing_weights_are_named(tiny_model: Path) -> None:
    (tiny_model / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model\.safetensors missing: a partial download"):
        plain(tiny_model)


def test_pickled_weights_are_refused(tiny_model: Path) -> None:
    (tiny_model / "model.safetensors").rename(tiny_model / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"only pickled weights.*run code"):
        plain(tiny_model)


def test_weights_of_a_model_with_fewer_layers_are_refused(tiny_model: Path) -> None:
    change_config(tiny_model, num_hidden_layers=3, layer_types=None)
    with pytest.raises(ModelError, match=r"tensors missing: model\.layers\.2"):
        plain(tiny_model)


def test_weights_of_a_model_with_more_layers_are_refused(tiny_model: Path) -> None:
    change_config(tiny_model, num_hidden_layers=1, layer_types=None)
    with pytest.raises(ModelError, match=r"has no place for \(model\.layers\.1.*another model"):
        plain(tiny_model)


def test_weights_of_another_size_are_refused(tiny_model: Path) -> None:
    change_config(tiny_model, intermediate_size=192)
    with pytest.raises(ModelError, match=r"other shapes than its config\.json says"):
        plain(tiny_model)


def test_the_wrong_tensors_under_the_right_file_name_are_refused(tiny_model: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"something.weight": torch.ones(4, 4)}, tiny_model / "model.safetensors")
    with pytest.raises(ModelError, match=r"tensors missing"):
        plain(tiny_model)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"version": "1.0"}', '{"model": {"type": 3}}'])
def test_a_broken_tokenizer_is_named(tiny_model: Path, text: str) -> None:
    (tiny_model / "tokenizer.json").write_text(text)
    with pytest.raises(ModelError, match=r"tokenizer\.json.* copy or download that folder again"):
        plain(tiny_model)


def test_a_missing_tokenizer_is_named(tiny_model: Path) -> None:
    (tiny_model / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"has no tokenizer"):
        plain(tiny_model)


def test_a_tokenizer_of_a_larger_vocabulary_is_refused(tiny_model: Path) -> None:
    tokenizer = json.loads((tiny_model / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["extra"] = 9000
    (tiny_model / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ModelError, match=r"does not fit its weights \(token 9000 of 260\)"):
        plain(tiny_model)


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "is not valid JSON"), ("[]", "does not hold a JSON object"), (None, "is missing")],
)
def test_a_broken_configuration_is_named(tiny_model: Path, text: str | None, message: str) -> None:
    path = tiny_model / "config.json"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(ModelError, match=rf"config\.json {message}"):
        inspect(tiny_model, "do something")


def test_an_adapter_is_refused(tiny_model: Path) -> None:
    (tiny_model / "config.json").rename(tiny_model / "adapter_config.json")
    with pytest.raises(ModelError, match="is an adapter"):
        plain(tiny_model)


# --- models that citrus does not run


@pytest.mark.parametrize(
    "changes",
    [
        {"architectures": ["BertForMaskedLM"], "model_type": "bert"},
        {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5"},
        {"architectures": ["LlamaForSequenceClassification"]},
        {"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper"},
    ],
    ids=lambda changes: changes["architectures"][0],
)
def test_what_is_no_causal_language_model_is_refused(
    tiny_model: Path, changes: dict[str, Any]
) -> None:
    change_config(tiny_model, **changes)
    with pytest.raises(
        ModelError, match=rf"no causal language model but {changes['architectures'][0]}"
    ):
        plain(tiny_model)


def test_a_model_that_brings_code_is_refused_and_its_code_not_run(
    tiny_model: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "was-run"
    (tiny_model / "modeling_evil.py").write_text(f"open({str(trap)!r}, 'w')")
    change_config(
        tiny_model,
        model_type="evil",
        architectures=["EvilForCausalLM"],
        auto_map={"AutoModelForCausalLM": "modeling_evil.EvilForCausalLM"},
    )
    with pytest.raises(ModelError, match="does not run code that comes with a model"):
        plain(tiny_model)
    assert not trap.exists()


def test_code_beside_a_known_kind_of_model_is_not_run(tiny_model: Path, tmp_path: Path) -> None:
    trap = tmp_path / "was-run"
    (tiny_model / "evil.py").write_text(f"open({str(trap)!r}, 'w')")
    change_config(tiny_model, auto_map={"AutoModelForCausalLM": "evil.LlamaForCausalLM"})
    settings = json.loads((tiny_model / "tokenizer_config.json").read_text())
    settings["auto_map"] = {"AutoTokenizer": [None, "evil.Tokenizer"]}
    settings["tokenizer_class"] = "LlamaTokenizer"
    (tiny_model / "tokenizer_config.json").write_text(json.dumps(settings))
    plain(tiny_model)
    assert not trap.exists()


def test_an_unknown_kind_of_model_is_refused_by_name(tiny_model: Path) -> None:
    change_config(tiny_model, model_type="llama99", architectures=["Llama99ForCausalLM"])
    with pytest.raises(ModelError, match=r"kind \(llama99\).*pip install -U transformers"):
        plain(tiny_model)


def test_a_model_that_names_no_class_is_loaded_by_its_kind(tiny_model: Path) -> None:
    change_config(tiny_model, architectures=None)
    assert type(plain(tiny_model).model).__name__ == "LlamaForCausalLM"


# --- quantization


def test_4_bit_runs_on_the_cpu_and_takes_the_memory_it_should(tiny_model: Path) -> None:
    import bitsandbytes
    import torch

    full, four = plain(tiny_model), plain(tiny_model, quantize="4bit")
    assert four.quantization == "4bit"
    layer = four.model.model.layers[0].mlp.up_proj
    assert isinstance(layer, bitsandbytes.nn.Linear4bit)
    assert layer.weight.quant_state.quant_type == "nf4"
    assert layer.weight.quant_state.nested
    assert layer.compute_dtype == torch.float32
    difference = logits(four.model) - logits(full.model)
    assert 0 < difference.norm() < 0.3 * logits(full.model).norm()
    folder = inspect(tiny_model, "")
    assert folder.linear_weights == 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128)
    stored = sum(p.numel() for p in four.model.parameters() if p.dtype == torch.uint8)
    assert stored == folder.linear_weights / 2
    assert folder.bytes_in_memory("4bit", "float32") >= stored + 4 * folder.other_weights


def test_8_bit_runs_on_the_cpu_without_a_word(
    tiny_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import torch

    eight = plain(tiny_model, quantize="8bit")
    assert eight.quantization == "8bit"
    assert eight.model.model.layers[0].mlp.up_proj.weight.dtype == torch.int8
    reference = logits(plain(tiny_model).model)
    assert (logits(eight.model) - reference).norm() < 0.1 * reference.norm()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("options", [{"quantize": "2bit"}, {"dtype": "int4"}, {"device": "tpu"}])
def test_unknown_settings_are_usage_errors_before_anything_is_loaded(
    options: dict[str, str],
) -> None:
    with pytest.raises(UsageError, match=f"unknown .*{next(iter(options.values()))}"):
        load_model("no-such-model", **options)


def test_without_bitsandbytes_4_bit_is_refused_before_loading(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = quantization.importlib.util.find_spec
    monkeypatch.setattr(
        quantization.importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "bitsandbytes" else find(name, *rest),
    )
    monkeypatch.setattr(load, "_load_weights", lambda *_: pytest.fail("it was loaded"))
    with pytest.raises(ModelError, match=r"not installed; run `pip install bitsandbytes`"):
        plain(tiny_model, quantize="4bit")


def test_without_a_kernel_for_the_device_4_bit_is_refused_before_loading(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_kernel(*_: Any) -> None:
        raise RuntimeError("no kernel image is available\nfor execution")

    monkeypatch.setattr(quantization, "_run_small_layer", no_kernel)
    monkeypatch.setattr(load, "_load_weights", lambda *_: pytest.fail("it was loaded"))
    with pytest.raises(
        ModelError, match=r"4bit does not work on cpu .*no kernel image.*--quantize"
    ):
        plain(tiny_model, quantize="4bit")


def test_stored_quantization_is_kept_or_refused_never_replaced(
    tiny_model: Path, tmp_path: Path
) -> None:
    stored = tmp_path / "stored-4bit"
    four = plain(tiny_model, quantize="4bit")
    four.model.save_pretrained(stored)
    four.tokenizer.save_pretrained(stored)
    again = plain(stored)
    assert again.quantization == "4bit"
    assert (logits(again.model) == logits(four.model)).all()
    with pytest.raises(ModelError, match=r"stored quantized \(4bit\) and cannot be loaded as 8bit"):
        plain(stored, quantize="8bit")
    with pytest.raises(ModelError, match="cannot be loaded as none"):
        plain(stored, quantize="none")


# --- memory


@pytest.mark.parametrize(
    ("free", "cure"),
    [
        (200_000, r"use --quantize 4bit \(106 kB\), or choose a smaller"),
        (100_000, "choose a smaller"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_the_numbers(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, free: int, cure: str
) -> None:
    # 73,728 weights in linear layers and 16,960 others, 4 bytes each: 362,752
    monkeypatch.setattr(load, "free_memory", lambda device: free)
    monkeypatch.setattr(load, "_load_weights", lambda *_: pytest.fail("it was loaded"))
    numbers = rf"take 363 kB \(none, float32\) and cpu has {free // 1000} kB free; "
    with pytest.raises(MemoryLimitError, match=numbers + cure):
        plain(tiny_model)


@pytest.mark.parametrize("message", ["CUDA out of memory.", "can't allocate memory: you tried"])
def test_running_out_of_memory_while_loading_says_what_to_change(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    from transformers import LlamaForCausalLM

    def out_of_memory(*_: Any, **__: Any) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(LlamaForCausalLM, "from_pretrained", out_of_memory)
    with pytest.raises(MemoryLimitError, match=r"the weights of .* take .*--quantize 4bit"):
        plain(tiny_model)


def test_any_other_failure_is_one_line_that_names_the_model(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import LlamaForCausalLM

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("strange\nthings\n  happen")

    monkeypatch.setattr(LlamaForCausalLM, "from_pretrained", fail)
    with pytest.raises(ModelError) as caught:
        plain(tiny_model)
    assert str(tiny_model) in str(caught.value)
    assert "strange things happen" in str(caught.value)
    assert "\n" not in str(caught.value)
