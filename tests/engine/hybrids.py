"""Tiny random models that the engine's own attention cannot serve: windows, states, sinks, caps."""

from __future__ import annotations

import torch
import transformers
from tiny import SIZES
from transformers import PreTrainedModel

HYBRIDS: dict[str, tuple[str, dict[str, object]]] = {
    "gemma3": (
        "Gemma3",
        {
            "head_dim": 16,
            "sliding_window": 16,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
        },
    ),
    "gemma2-softcap": ("Gemma2", {"head_dim": 16, "sliding_window": 16}),
    "gpt-oss-sinks": (
        "GptOss",
        {
            "head_dim": 16,
            "sliding_window": 16,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
            "num_local_experts": 4,
            "num_experts_per_tok": 2,
        },
    ),
    "lfm2": ("Lfm2", {"layer_types": ["conv", "full_attention", "conv"]}),
    "falcon-h1": (
        "FalconH1",
        {
            "mamba_d_ssm": 64,
            "mamba_n_heads": 4,
            "mamba_d_head": 16,
            "mamba_d_state": 16,
            "mamba_n_groups": 1,
            "mamba_chunk_size": 16,
        },
    ),
    "qwen3-next": (
        "Qwen3Next",
        {
            "layer_types": ["linear_attention", "full_attention", "linear_attention"],
            "head_dim": 16,
            "linear_num_value_heads": 4,
            "linear_num_key_heads": 2,
            "linear_key_head_dim": 16,
            "linear_value_head_dim": 16,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
            "shared_expert_intermediate_size": 32,
        },
    ),
}
"""Layer 1 of each sees all tokens."""


def build_hybrid(family: str) -> PreTrainedModel:
    """A random model of a family, the same for every run, in float32."""
    name, extra = HYBRIDS[family]
    torch.manual_seed(0)
    config_name = "Gemma3Text" if name == "Gemma3" else name
    config = getattr(transformers, f"{config_name}Config")(**{**SIZES, **extra})
    return getattr(transformers, f"{name}ForCausalLM")(config).float().eval()
