"""Taps: the keys are the model's own, nothing above them runs, the model is left as it was."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from tiny import ROPE, SIZES, build, text
from transformers import PreTrainedModel

from citrus_cli.index.taps import Taps, tap, tapped

FULL, SLIDING, LINEAR = "full_attention", "sliding_attention", "linear_attention"
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {}),
    "qwen2": ("Qwen2", {}),
    "qwen3": ("Qwen3", {"head_dim": 16}),
    "phi3-fused-qkv": ("Phi3", {}),
    "smollm3-a-layer-without-rope": (
        "SmolLM3",
        {"no_rope_layers": [1, 0, 1], "layer_types": [FULL] * 3},
    ),
    "gemma3-two-rotary-tables": (
        "Gemma3Text",
        {
            "head_dim": 16,
            "sliding_window": 8,
            "layer_types": [SLIDING, FULL, SLIDING, FULL],
            "num_hidden_layers": 4,
            "rope_parameters": {
                SLIDING: {**ROPE, "rope_type": "default"},
                FULL: {"rope_theta": 1e6, "rope_type": "linear", "factor": 8.0},
            },
        },
    ),
    "lfm2-convolutions": (
        "Lfm2",
        {"layer_types": ["conv", FULL, "conv", FULL], "num_hidden_layers": 4},
    ),
    "falcon-h1-both-in-each-layer": (
        "FalconH1",
        {"mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8},
    ),
    "granite4-mamba": (
        "GraniteMoeHybrid",
        {
            "layer_types": ["mamba", "attention", "mamba", "attention"],
            "num_hidden_layers": 4,
            "shared_intermediate_size": 64,
            "num_local_experts": 0,
            "mamba_n_heads": 8,
            "mamba_d_head": 16,
            "mamba_d_state": 8,
            "position_embedding_type": "rope",
        },
    ),
    "qwen3-next-delta-net": (
        "Qwen3Next",
        {
            "layer_types": [LINEAR, FULL, LINEAR, FULL],
            "num_hidden_layers": 4,
            "head_dim": 16,
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "linear_key_head_dim": 16,
            "linear_value_head_dim": 16,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
            "shared_expert_intermediate_size": 32,
        },
    ),
}


def make(family: str) -> PreTrainedModel:
    name, extra = FAMILIES[family]
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(**{**SIZES, **extra})
    model_class = f"{name.removesuffix('Text')}ForCausalLM"
    return getattr(transformers, model_class)(config).float().eval()


def full_layers(model: PreTrainedModel) -> list[int]:
    """The layers whose attention sees everything."""
    kinds = getattr(model.config, "layer_types", None) or [FULL] * len(layers(model))
    return [at for at, kind in enumerate(kinds) if kind in (FULL, "attention", "hybrid")]


def layers(model: PreTrainedModel) -> Any:
    return model.base_model.layers


def count_layers(model: PreTrainedModel) -> list[int]:
    """Which layers run from now on, in order."""
    ran: list[int] = []
    for at, layer in enumerate(layers(model)):
        layer.register_forward_pre_hook(lambda *_, at=at: ran.append(at))
    return ran


def positions_of(ids: torch.Tensor) -> torch.Tensor:
    return torch.arange(ids.shape[1]).unsqueeze(0)


@pytest.mark.parametrize("family", FAMILIES)
def test_keys_are_those_of_the_models_own_cache(family):
    model = make(family)
    wanted = full_layers(model)
    assert wanted
    ids = torch.tensor([text(24), text(24, seed=1)])
    with torch.inference_mode():
        done = model(input_ids=ids, use_cache=True)
    own = [done.past_key_values.layers[layer].keys for layer in wanted]
    heads = [(layer, head) for layer in wanted for head in range(own[0].shape[1])]
    ran = count_layers(model)
    before = model.config._attn_implementation
    with tapped(model):
        ours = tap(model, ids, positions_of(ids), Taps("keys", heads))
    theirs = torch.cat(own, dim=1).transpose(1, 2)
    assert theirs.std() > 1e-2, "keys that are alike everywhere prove nothing"
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4 * float(theirs.abs().max()))
    assert ran == list(range(wanted[-1] + 1))
    assert model.config._attn_implementation == before
    with torch.inference_mode():
        again = model(input_ids=ids).logits
    assert torch.equal(again, done.logits)


@pytest.mark.parametrize("family", ["llama", "gemma3-two-rotary-tables", "granite4-mamba"])
def test_no_layer_above_the_last_wanted_one_runs(family):
    model = make(family)
    first = full_layers(model)[0]
    ran = count_layers(model)
    ids = torch.tensor([text(9)])
    with tapped(model):
        tap(model, ids, positions_of(ids), Taps("keys", [(first, 1)]))
    assert ran == list(range(first + 1))


def test_heads_come_in_the_order_in_which_they_are_asked_for():
    model = build("llama")
    ids = torch.tensor([text(9)])
    with tapped(model):
        mixed = tap(model, ids, positions_of(ids), Taps("keys", [(2, 1), (0, 1), (2, 0), (0, 0)]))
        alone = [
            tap(model, ids, positions_of(ids), Taps("keys", [one]))
            for one in [(2, 1), (0, 1), (2, 0), (0, 0)]
        ]
    assert torch.equal(mixed, torch.cat(alone, dim=2))
    assert not torch.equal(mixed[:, :, 0], mixed[:, :, 2])


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3-two-rotary-tables"])
def test_queries_and_keys_give_the_models_own_attention(family):
    model = make(family)
    layer = full_layers(model)[-1]
    ids = torch.tensor([text(20)])
    with tapped(model):
        queries = tap(model, ids, positions_of(ids), Taps("queries", [(layer, 3)]))
        keys = tap(model, ids, positions_of(ids), Taps("keys", [(layer, 1)]))
    logits = queries[0, :, 0] @ keys[0, :, 0].T * layers(model)[layer].self_attn.scaling
    hidden = torch.ones(20, 20).triu(1).bool()
    ours = logits.masked_fill(hidden, float("-inf")).softmax(-1)
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        theirs = model(input_ids=ids, output_attentions=True).attentions[layer][0, 3]
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


def test_a_gap_in_the_positions_hides_nothing():
    """The question's slots lie after the longest segment; transformers would see two sequences."""
    model = build("llama")
    ids = torch.tensor([text(12)])
    gap = positions_of(ids).clone()
    gap[:, 6:] += 100
    changed = ids.clone()
    changed[0, 0] = ids[0, 0] ^ 1
    with tapped(model):
        one = tap(model, ids, gap, Taps("queries", [(2, 0)]))
        other = tap(model, changed, gap, Taps("queries", [(2, 0)]))
    assert not torch.allclose(one[0, -1], other[0, -1])


def test_the_model_is_as_it_was_after_an_error():
    model = build("llama")
    model.set_attn_implementation("eager")
    with pytest.raises(ZeroDivisionError), tapped(model):
        raise ZeroDivisionError
    assert model.config._attn_implementation == "eager"
    ids = torch.tensor([text(9)])
    with pytest.raises((IndexError, RuntimeError)), tapped(model):
        tap(model, ids, positions_of(ids), Taps("keys", [(1, 7)]))
    assert model.config._attn_implementation == "eager"
    assert not torch.is_inference_mode_enabled()
    with torch.inference_mode():
        assert model(ids).logits.shape == (1, 9, 256)


@pytest.mark.parametrize("wanted", [(0, 0), (9, 0)])
def test_a_layer_without_attention_is_named(wanted):
    model = make("granite4-mamba")
    ids = torch.tensor([text(9)])
    with tapped(model), pytest.raises(ValueError, match=f"layer {wanted[0]} has no attention"):
        tap(model, ids, positions_of(ids), Taps("keys", [wanted]))


def test_rows_know_nothing_of_each_other():
    model = build("llama")
    ids = torch.tensor([text(9), text(9, seed=1)])
    with tapped(model):
        both = tap(model, ids, positions_of(ids), Taps("keys", [(2, 0)]))
        alone = tap(model, ids[1:], positions_of(ids), Taps("keys", [(2, 0)]))
    torch.testing.assert_close(both[1:], alone, rtol=1e-5, atol=1e-5)
