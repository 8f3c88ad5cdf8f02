"""Tiny random models of many families."""

from __future__ import annotations

import torch
import transformers
from transformers import PreTrainedModel

from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.retrieval import Head

SIZES = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,  # grouped-query attention, where the family has it
    "vocab_size": 256,
    "max_position_embeddings": 1024,
    "initializer_range": 0.2,  # large: attention that is all but uniform proves nothing
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
ROPE = {"rope_theta": 10000.0}
FAMILIES: dict[str, tuple[str, dict[str, object]]] = {
    "llama": ("Llama", {}),
    "llama3-rope": (
        "Llama",
        {
            "rope_parameters": {
                **ROPE,
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            }
        },
    ),
    "yarn-rope": (
        "Llama",
        {
            "rope_parameters": {
                **ROPE,
                "rope_type": "yarn",
                "factor": 16.0,
                "original_max_position_embeddings": 64,
            }
        },
    ),
    "mistral": ("Mistral", {"sliding_window": None}),
    "qwen2": ("Qwen2", {}),
    "qwen3": ("Qwen3", {"head_dim": 16}),
    "phi3-partial": (
        "Phi3",
        {"rope_parameters": {**ROPE, "rope_type": "default", "partial_rotary_factor": 0.5}},
    ),
    "stablelm-partial": ("StableLm", {}),
    "gpt-neox-partial": ("GPTNeoX", {}),
    "smollm3-some-layers-without-rope": (
        "SmolLM3",
        {"no_rope_layers": [1, 0, 1], "layer_types": ["full_attention"] * 3},
    ),
    "granite": ("Granite", {}),
    "olmo2": ("Olmo2", {}),
    "glm-interleaved": ("Glm", {"head_dim": 16}),
    "cohere-interleaved": ("Cohere", {}),
    "mixtral-experts": ("Mixtral", {"sliding_window": None}),
}


def build(family: str, **overrides: object) -> PreTrainedModel:
    """A random model of a family, the same for every run, in float32."""
    name, extra = FAMILIES[family]
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(**{**SIZES, **extra, **overrides})
    return getattr(transformers, f"{name}ForCausalLM")(config).float().eval()


def text(length: int, seed: int = 0) -> list[int]:
    """Random ordinary token ids."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, 256, (length,), generator=generator).tolist()


QUESTION = Instruction(tuple(text(9, seed=99)), (2, 6))
HEADS = (Head(2, 3), Head(1, 0, 0.5))
