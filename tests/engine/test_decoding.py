"""An answer by the model's own forward: same tokens, same weights, no pass too many."""

from __future__ import annotations

import pytest
import torch
from hybrids import HYBRIDS, build_hybrid
from tiny import FAMILIES, HEADS, QUESTION, build, text

from citrus_cli.engine.attribution import attribute
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.decoding import Decoding, likelihood
from citrus_cli.engine.drafting import MOST_DRAFTED, Drafts
from citrus_cli.engine.generator import generate
from citrus_cli.engine.retrieval import Head
from citrus_cli.engine.room import make_room
from citrus_cli.engine.watching import Watch
from citrus_cli.pipeline.opened import OpenedViews

PREFIX = (5, 6, 7)
DOCUMENT = text(60, seed=4)
TEXT = (*PREFIX, *DOCUMENT, *QUESTION.ids)
ASKED = range(len(PREFIX) + 60 + QUESTION.question[0], len(PREFIX) + 60 + QUESTION.question[1])
FULL = (Head(1, 3), Head(1, 0, 0.5))
"""Heads of a layer that sees all tokens in every model here."""


def decode(model, most=12, stop=(), on_token=lambda token: None, ids=TEXT, heads=FULL):
    made = Decoding(model, ids, ASKED, Watch(heads))
    made.write(most, stop, on_token)
    return made


def opened(model, tokens, heads=HEADS):
    return OpenedViews(model, heads, PREFIX, tokens, QUESTION, 1.0, 0.0, 0.0)


def theirs(model, most=12, ids=TEXT):
    """What transformers' own greedy search writes."""
    model.generation_config.eos_token_id = None
    whole = torch.tensor([ids])
    found = model.generate(
        whole,
        attention_mask=torch.ones_like(whole),
        max_new_tokens=most,
        do_sample=False,
        pad_token_id=0,
    )
    return found[0, len(ids) :].tolist()


def passes(model):
    """A list that grows by the number of rows whenever the model's first layer runs."""
    rows = []
    layer = model.base_model.layers[0]
    layer.register_forward_pre_hook(
        lambda module, args, options: rows.append(
            (args[0] if args else options["hidden_states"]).shape[1]
        ),
        with_kwargs=True,
    )
    return rows


@pytest.mark.parametrize("family", [*FAMILIES, *HYBRIDS])
def test_the_answer_is_what_the_model_itself_would_write(family):
    model = build(family) if family in FAMILIES else build_hybrid(family)
    implementation = model.config._attn_implementation
    made = decode(model)
    assert made.ids == theirs(model)
    assert model.config._attn_implementation == implementation
    nats = likelihood(model, TEXT, made.ids)
    assert -sum(made.surprisal) / len(made.ids) == pytest.approx(nats, abs=1e-4)


@pytest.mark.parametrize("family", HYBRIDS)
def test_heads_are_watched_as_the_model_attends(family):
    """Against the weights that transformers' eager attention gives for the whole text."""
    model = build_hybrid(family)
    made = decode(model)
    model.set_attn_implementation("eager")
    whole = torch.tensor([[*TEXT, *made.ids]])
    with torch.inference_mode():
        weights = model(whole, output_attentions=True, use_cache=False).attentions
    full = weights[1] if len(weights) == 3 else weights[0]  # some give those of attention alone
    rows = [*ASKED, *range(len(TEXT), len(TEXT) + len(made.ids))]
    for head, ours in zip(FULL, made.watch.attention(), strict=True):
        torch.testing.assert_close(ours, full[0, head.head, rows].mean(0), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("family", ["llama", "qwen3", "phi3-partial", "granite"])
def test_weights_and_likelihood_are_those_of_the_engine(family, read):
    backbone = Backbone(build(family))
    origins = [*range(100, 130), *range(300, 330)]
    cache = read(backbone, DOCUMENT, budget=60, prefix=PREFIX).caches[0]
    cache.origins[:, len(PREFIX) : cache.length] = torch.tensor(origins)
    answer = generate(backbone, cache, QUESTION, 10, stop=())
    basis = opened(backbone.model, dict(zip(origins, DOCUMENT, strict=True)))
    assert basis.write(10, (), lambda token: None) == answer
    for written in (answer, []):
        ours = basis.attribution(written)
        engine = attribute(backbone, cache, QUESTION, written, HEADS)
        assert ours.weights == pytest.approx(engine.weights, abs=1e-5)
        assert ours.likelihood == pytest.approx(engine.likelihood, abs=1e-4)


def test_no_weight_lies_on_the_prompt_or_on_sinks(llama):
    basis = opened(llama.model, dict(enumerate(DOCUMENT)))
    answer = basis.write(4, (), lambda token: None)
    assert set(basis.attribution(answer).weights) == set(range(4, 60))
    assert basis.size == 60
    assert basis.origins() == [list(range(60))] * 3


def test_what_a_source_does_is_one_pass_without_it():
    model = build("llama")
    basis = opened(model, dict(enumerate(DOCUMENT, start=1000)))
    answer = basis.write(6, (), lambda token: None)
    rows = passes(model)
    gone = set(range(1010, 1030))
    without = basis.likelihood_without(answer, gone)
    assert rows == [len(TEXT) - len(gone) + len(answer)]
    left = [*PREFIX, *DOCUMENT[:10], *DOCUMENT[30:], *QUESTION.ids]
    assert without == pytest.approx(likelihood(model, left, answer))
    assert without != pytest.approx(basis.attribution(answer).likelihood, abs=1e-3)


@pytest.mark.parametrize("family", ["llama", "gemma3", "falcon-h1"])
def test_one_pass_for_the_text_and_at_most_one_for_each_token(family):
    model = build(family) if family in FAMILIES else build_hybrid(family)
    rows = passes(model)
    made = decode(model, most=9)
    made.watch.attention()
    assert rows[0] == len(TEXT)
    assert len(rows) <= 1 + len(made.ids)
    assert len(made.ids) == 9


def test_drafts_save_passes_and_change_nothing():
    model = build("llama")
    for layer in model.model.layers:  # each token now follows from the one before it alone
        layer.self_attn.o_proj.weight.data.zero_()
        layer.mlp.down_proj.weight.data.zero_()
    answer = theirs(model, most=24)
    wrong = [one ^ 1 for one in answer]
    rows = passes(model)
    for known, expected in (
        (answer, [5, 5, 5, 5]),  # all of the answer stands in the text
        ([*answer[:3], *wrong[3:]], [5, 1]),  # its beginning does: two of four are right
        (wrong, [1, 1]),
    ):
        rows.clear()
        ids = (*TEXT, *known, *QUESTION.ids)
        made = decode(model, most=24, ids=ids)
        assert made.ids == answer
        assert rows[1 : 1 + len(expected)] == expected
        assert len(made.watch.attention()[0]) == len(ids) + len(answer)


def test_a_draft_is_what_followed_before():
    drafts = Drafts([1, 2, 3, 4, 5, 6, 7, 8, 9, 1])
    assert drafts.guess(9) == []
    drafts.add(2)
    assert drafts.guess(9) == [3, 4, 5, 6][:MOST_DRAFTED]
    assert drafts.guess(1) == [3]
    assert Drafts([]).guess(3) == Drafts([1]).guess(3) == []


def test_it_stops_where_it_should(llama):
    free = decode(llama.model).ids
    at = next(i for i in range(3, 12) if free[i] not in free[:i])
    seen = []
    made = decode(llama.model, stop={free[at]}, on_token=seen.append)
    assert made.ids == seen == free[:at]
    assert decode(llama.model, most=1).ids == free[:1]
    assert decode(llama.model, stop={free[0]}).ids == []


def test_an_interrupt_keeps_what_is_written(llama):
    free = decode(llama.model).ids
    seen = []

    def interrupt(token):
        seen.append(token)
        if len(seen) == 3:
            raise KeyboardInterrupt

    made = Decoding(llama.model, TEXT, ASKED, Watch(FULL))
    with pytest.raises(KeyboardInterrupt):
        made.write(12, (), interrupt)
    assert made.ids == seen == free[:3]
    assert llama.model.config._attn_implementation == "sdpa"
    assert not torch.is_inference_mode_enabled()


def test_a_head_of_a_layer_that_forgets_is_refused():
    made = decode(build_hybrid("gemma3"), heads=(Head(0, 1),))
    with pytest.raises(ValueError, match="forgets"):
        made.watch.attention()


def test_a_head_of_a_layer_without_attention_is_refused():
    with pytest.raises(ValueError, match="layer 0"):
        decode(build_hybrid("lfm2"), heads=(Head(0, 1),))


def test_the_cache_has_room_for_so_much_and_no_more(llama):
    with torch.inference_mode():
        output = llama.model(torch.tensor([TEXT]), use_cache=True)
        (layer, *_) = make_room(getattr(output, "cache", None) or output.past_key_values, 2)
        before = layer.keys.clone()
        states = torch.ones(1, 2, 2, 16)
        keys, values = layer.update(states, states)
        assert keys.data_ptr() == layer.keys.data_ptr()
        assert keys[:, :, :-2].equal(before)
        assert values[:, :, -2:].equal(states)
        with pytest.raises(IndexError):
            layer.update(states, states)
        layer.forget(2)
        assert layer.get_seq_length() == len(TEXT)
