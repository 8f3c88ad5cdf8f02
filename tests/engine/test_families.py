"""Every RoPE family reads in chunks as it reads at once; what cannot be served is refused."""

from __future__ import annotations

import pytest
import torch
import transformers
from tiny import FAMILIES, QUESTION, SIZES, build, text

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.rope import NotServableError


@pytest.mark.parametrize("family", FAMILIES)
def test_a_document_that_fits_is_read_exactly(family, read):
    model = build(family)
    backbone = Backbone(model)
    ids = text(90)
    reading = read(backbone, ids, budget=90, chunk=16, prefix=(5, 6, 7))
    prompt = torch.tensor(QUESTION.ids)
    cache = reading.caches[0]
    stream = Stream(slice(0, len(prompt)), cache, writes=True, visible=cache.length)
    with backbone.attached():
        ours = backbone.forward(prompt, [stream], rows=len(prompt))
    with torch.inference_mode():
        whole = torch.tensor([[5, 6, 7, *ids, *QUESTION.ids]])
        theirs = model(input_ids=whole, use_cache=False).logits[0, -len(prompt) :]
    assert theirs.std() > 1e-3, "a model that says the same everywhere proves nothing"
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3 * float(theirs.abs().max()))


def test_the_model_is_left_as_it_was():
    model = build("llama")
    ids = torch.tensor([text(20)])
    with torch.inference_mode():
        before = model(ids).logits
    backbone = Backbone(model)
    with pytest.raises(ZeroDivisionError), backbone.attached():
        raise ZeroDivisionError
    with torch.inference_mode():
        after = model(ids).logits
    assert torch.equal(before, after)
    assert model.config._attn_implementation == "sdpa"
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize(
    ("name", "extra", "reason"),
    [
        ("Gemma2", {"head_dim": 16}, "softcap"),
        ("GptOss", {"head_dim": 16}, "s_aux"),
        ("Bloom", {"n_head": 4, "n_layer": 3}, "rotary"),
        ("Jamba", {"use_mamba_kernels": False}, "layers"),
        ("Gemma3", {"head_dim": 16}, "rotary"),
    ],
)
def test_a_model_that_cannot_be_served_is_refused(name, extra, reason):
    config_name = "Gemma3Text" if name == "Gemma3" else name
    config = getattr(transformers, f"{config_name}Config")(**{**SIZES, **extra})
    model = getattr(transformers, f"{name}ForCausalLM")(config).eval()
    with pytest.raises(NotServableError, match=reason):
        Backbone(model)


def test_an_unknown_rotation_is_refused(monkeypatch):
    """A family that rotates in its own way, under the usual names, is found out by asking it."""
    from transformers.models.llama import modeling_llama

    original = modeling_llama.apply_rotary_pos_emb
    model = build("llama")
    calls = []

    def own_way(q, k, cos, sin, unsqueeze_dim=1):
        calls.append(1)
        if q.shape[1] and k.shape[1]:  # called by the layer
            return original(q, k, cos, -sin)
        return original(q, k, cos, sin)

    monkeypatch.setattr(modeling_llama, "apply_rotary_pos_emb", own_way)
    with pytest.raises(NotServableError, match="rotates"):
        Backbone(model)
    assert calls


def test_attention_that_differs_in_the_mixing_is_refused(monkeypatch):
    """Even when every rotation is right, the logits of a text must be the model's own."""
    model = build("llama")
    for layer in model.model.layers:
        layer.self_attn.scaling = 0.5
    from citrus_cli.engine import attention

    original = attention.StreamPass.__call__

    def wrong_scale(self, module, query, key, value, scale):
        return original(self, module, query, key, value, 0.05)

    monkeypatch.setattr(attention.StreamPass, "__call__", wrong_scale)
    with pytest.raises(NotServableError, match="differ"):
        Backbone(model)
