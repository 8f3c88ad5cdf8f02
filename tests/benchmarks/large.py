"""A random model of a large model's shape in NF4, made on the device: no download.

The answers mean nothing; the arithmetic and the memory are those of the real model.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import nn
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel

from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Citrus
from citrus_cli.engine.reader import Reading
from citrus_cli.models.hardware import peak_memory, reset_peak_memory

LLAMA_8B = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "rope_parameters": {
        "rope_type": "llama3",
        "rope_theta": 500000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
}
"""The shape of Llama 3.1 8B."""

INSTRUCTION_TOKENS = 40
ANSWER_TOKENS = 16


@dataclass(frozen=True)
class LargeRun:
    """One text through the model. `peak_bytes` is the device's peak of allocated memory."""

    way: str
    tokens: int
    tokens_per_second: float
    peak_bytes: int


def random_nf4_model(shape: dict[str, object], device: torch.device) -> PreTrainedModel:
    """A causal language model with random weights; its linear layers in NF4, bf16 compute.

    Layers are made and quantized one at a time, so the full-precision model never exists.
    """
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(LlamaConfig(**shape), dtype=torch.bfloat16)
    for name, module in list(model.named_modules()):
        for child_name, child in list(module.named_children()):
            if isinstance(child, nn.Linear) and "lm_head" not in f"{name}.{child_name}":
                setattr(module, child_name, _random_nf4(child, device))
    for module in model.modules():
        _materialize(module, device)
    with device:  # its frequencies are computed, not random
        model.model.rotary_emb = type(model.model.rotary_emb)(config=model.config)
    return model.eval().requires_grad_(False)


def _random_nf4(linear: nn.Linear, device: torch.device) -> nn.Module:
    import bitsandbytes as bnb

    quantized = bnb.nn.Linear4bit(
        linear.in_features,
        linear.out_features,
        bias=False,
        compute_dtype=torch.bfloat16,
        quant_type="nf4",
        device="meta",
    )
    weight = torch.randn(
        linear.out_features, linear.in_features, dtype=torch.bfloat16, device=device
    )
    quantized.weight = bnb.nn.Params4bit(
        weight.mul_(linear.in_features**-0.5), requires_grad=False, quant_type="nf4"
    ).to(device)
    return quantized


def _materialize(module: nn.Module, device: torch.device) -> None:
    """Give a module's own meta parameters random values: norms one, the rest small."""
    for name, parameter in list(module.named_parameters(recurse=False)):
        if parameter.is_meta:
            value = torch.empty(parameter.shape, dtype=parameter.dtype, device=device)
            value = value.fill_(1.0) if value.dim() == 1 else value.normal_(std=0.02)
            module.register_parameter(name, nn.Parameter(value, requires_grad=False))


def read_large(backbone: Backbone, tokens: int, budget: int, chunk_size: int) -> LargeRun:
    """Read `tokens` random ids with policy citrus and answer."""
    ids = _random_ids(backbone, tokens)
    instruction = Instruction(tuple(_random_ids(backbone, INSTRUCTION_TOKENS)))
    reset_peak_memory(backbone.device)
    started = time.perf_counter()
    settings = ReadingSettings(budget, chunk_size, ANSWER_TOKENS)
    reading = Reading(backbone, Citrus(), settings, [instruction])
    reading.read([ids])
    seconds = time.perf_counter() - started
    generate(backbone, reading.caches[0], instruction, ANSWER_TOKENS, stop=())
    peak = peak_memory(backbone.device)
    return LargeRun(f"citrus, budget {budget}", tokens, tokens / seconds, peak)


def read_large_full(backbone: Backbone, tokens: int) -> LargeRun:
    """transformers' full attention over the same number of ids, one forward pass with its cache."""
    ids = torch.tensor([_random_ids(backbone, tokens)], device=backbone.device)
    reset_peak_memory(backbone.device)
    started = time.perf_counter()
    with torch.inference_mode():
        output = backbone.model(ids, use_cache=True, logits_to_keep=1)
        output.logits.sum().item()  # waits for the device
    seconds = time.perf_counter() - started
    return LargeRun("full attention", tokens, tokens / seconds, peak_memory(backbone.device))


def _random_ids(backbone: Backbone, count: int) -> list[int]:
    generator = torch.Generator().manual_seed(count)
    vocabulary = backbone.model.config.vocab_size
    return torch.randint(0, vocabulary, (count,), generator=generator).tolist()
