"""Making the tiny models that the tests load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['content'] }}<|im_end|>{% endfor %}"
)


def make_tokenizer() -> Any:
    """A byte-level tokenizer: three special tokens, one for each byte, one for two blanks."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()), "ĠĠ"]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[("Ġ", "Ġ")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=SPECIAL[0],
        bos_token=SPECIAL[1],
        eos_token=SPECIAL[2],
        pad_token=SPECIAL[2],
        chat_template=CHAT_TEMPLATE,
    )


def make_config(**changes: Any) -> Any:
    """The configuration of the tiny Llama; grouped-query attention, tied embeddings."""
    from transformers import LlamaConfig

    settings: dict[str, Any] = {
        "vocab_size": 260,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 512,
        "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0},
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }
    return LlamaConfig(**{**settings, **changes})


def make_model_folder(folder: Path, *, seed: int = 0, shards: bool = False, **changes: Any) -> Path:
    """Save a random Llama with its tokenizer, in several weight files if `shards`."""
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(seed)
    model = LlamaForCausalLM(make_config(**changes)).to(torch.float32)
    model.save_pretrained(folder, **({"max_shard_size": "100KB"} if shards else {}))
    make_tokenizer().save_pretrained(folder)
    return folder


def find_heads(model: str, cache: Path) -> Path:
    """Find a model's retrieval heads as its first use does; the folder that remembers them.

    Takes seconds: a test whose cache has a copy of the folder need not find them again.
    """
    import pytest

    from citrus_cli import DocumentQA

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITRUS_CACHE_DIR", str(cache))
        assert DocumentQA(model).runner().heads
    return cache / "heads"


def make_gguf(model_folder: Path, path: Path, quantization: str, **metadata: Any) -> Path:
    """Write a model folder as a GGUF file: llama.cpp's names, its order of rotary dimensions."""
    import gguf
    from safetensors.numpy import load_file

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    for key, value in {
        "block_count": 2, "context_length": 512, "embedding_length": 64, "feed_forward_length": 128,
        "attention.head_count": 4, "attention.head_count_kv": 2, "rope.dimension_count": 16,
        "vocab_size": 260,
    }.items():  # fmt: skip
        writer.add_uint32(f"llama.{key}", value)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-6)
    writer.add_float32("llama.rope.freq_base", 5000.0)
    for key, value in metadata.items():
        name = key.replace("__", ".")
        writer.add_string(name, value) if isinstance(value, str) else writer.add_uint16(name, value)
    _add_vocabulary(writer)
    kind = gguf.GGMLQuantizationType[quantization]
    for name, values in load_file(model_folder / "model.safetensors").items():
        stored = _interleaved(name, values)
        # as llama.cpp does: vectors stay in float32
        used = kind if stored.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(_gguf_name(name), gguf.quants.quantize(stored, used), raw_dtype=used)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_vocabulary(writer: Any) -> None:
    vocabulary = make_tokenizer().get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


_RENAMED = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "model.layers.": "blk.", "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip


def _gguf_name(name: str) -> str:
    for ours, theirs in _RENAMED.items():
        name = name.replace(ours, theirs)
    return name


def _interleaved(name: str, values: Any) -> Any:
    heads = 4 if "q_proj" in name else 2 if "k_proj" in name else 0
    if not heads:
        return values
    return values.reshape(heads, 2, 8, 64).swapaxes(1, 2).reshape(values.shape)
