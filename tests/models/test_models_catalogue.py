"""The catalogue's dimensions and the memory computed from them."""

from __future__ import annotations

import pytest

from citrus_cli.models.catalogue import CATALOGUE, DEFAULT_MODEL, CatalogueModel, find, suggest
from citrus_cli.models.memory import Shape, memory_needed, weight_bytes
from citrus_cli.wording import human_bytes

# what the model cards and the weights themselves say, biases and all norms included
PUBLISHED = {
    "smollm2-135m-instruct": 134_515_008,
    "smollm2-360m-instruct": 361_821_120,
    "smollm2-1.7b-instruct": 1_711_376_384,
    "qwen2.5-0.5b-instruct": 494_032_768,
    "qwen2.5-1.5b-instruct": 1_543_714_304,
    "qwen2.5-3b-instruct": 3_085_938_688,
    "qwen2.5-7b-instruct": 7_615_616_512,
    "qwen3-4b-instruct-2507": 4_022_468_096,
    "llama-3.2-1b-instruct": 1_235_814_400,
    "llama-3.2-3b-instruct": 3_212_749_824,
    "llama-3.1-8b-instruct": 8_030_261_248,
    "mistral-7b-instruct-v0.3": 7_248_023_552,
    "phi-3.5-mini-instruct": 3_821_079_552,
}
SMALL = Shape(2, 64, 128, 4, 2, 16, 260, True, 512)


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.name)
def test_the_dimensions_give_the_published_number_of_parameters(model: CatalogueModel) -> None:
    assert model.shape.parameters == pytest.approx(PUBLISHED[model.name], rel=1e-3)
    assert model.shape.parameters <= PUBLISHED[model.name]


def test_every_name_stands_for_one_model() -> None:
    names = [name.casefold() for model in CATALOGUE for name in model.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["default", "smollm2", "SmolLM2", DEFAULT_MODEL])
def test_the_default_model_answers_to_its_aliases_in_any_case(name: str) -> None:
    model = find(name)
    assert model is not None
    assert model.name == DEFAULT_MODEL
    assert model.built_in


def test_a_hub_id_finds_its_entry() -> None:
    model = find("meta-llama/llama-3.1-8b-instruct")
    assert model is not None
    assert model.gated
    assert not model.built_in
    assert "licence" in model.note


def test_a_near_name_is_suggested_and_a_far_one_is_not() -> None:
    assert suggest("llama3.1-8b")[0] == "llama-3.1-8b-instruct"
    assert suggest("smolm2") == [DEFAULT_MODEL] or DEFAULT_MODEL in suggest("smolm2")
    assert suggest("zzz") == []


def test_a_model_needs_exactly_one_source() -> None:
    with pytest.raises(ValueError, match="exactly one source"):
        CatalogueModel("x", "MIT", SMALL)


def test_states_grow_with_budget_and_chunk_as_the_formula_says() -> None:
    slots = 1000 + 500 + 100 + 60
    need = memory_needed(SMALL, "none", 1000, 500, instruction=100, answer=60, caches=2)
    assert need.states == 2 * 2 * SMALL.layers * SMALL.kv_heads * SMALL.head_dim * slots * 2
    shared = memory_needed(SMALL, "none", 1000, 500, instruction=100, answer=60, caches=1)
    assert shared.states * 2 == need.states
    assert need.total == need.weights + need.states + need.activations


def test_quantization_shrinks_the_linear_weights_only() -> None:
    linear, other = SMALL.linear_weights, SMALL.parameters - SMALL.linear_weights
    assert weight_bytes(linear, other, "none") == 2 * SMALL.parameters
    assert weight_bytes(linear, other, "none", "float32") == 4 * SMALL.parameters
    assert weight_bytes(linear, other, "8bit") == linear + 2 * other
    four = weight_bytes(linear, other, "4bit") - 2 * other
    assert 0.5 * linear < four < 0.52 * linear


def test_a_known_model_needs_what_is_known_of_it() -> None:
    model = find("llama-3.1-8b")
    assert model is not None
    assert memory_needed(model.shape, "none", 1024, 1024).weights == pytest.approx(
        16.06e9, rel=0.01
    )
    assert 5.0e9 < memory_needed(model.shape, "4bit", 1024, 1024).weights < 6.0e9


@pytest.mark.parametrize(("budget", "chunk"), [(0, 1), (1, 0), (-5, 10)])
def test_impossible_sizes_are_refused(budget: int, chunk: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        memory_needed(SMALL, "none", budget, chunk)


def test_a_shape_is_read_from_a_configuration() -> None:
    config = {
        "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 260,
        "tie_word_embeddings": True, "max_position_embeddings": 512,
    }  # fmt: skip
    assert Shape.from_config(config) == SMALL
    assert Shape.from_config({"text_config": config}) == SMALL
    assert Shape.from_config({**config, "num_local_experts": 8}) is None
    assert Shape.from_config({"model_type": "mamba", "hidden_size": 64}) is None


def test_a_shape_without_layers_is_refused() -> None:
    with pytest.raises(ValueError, match="layers"):
        Shape(0, 64, 128, 4, 2, 16, 260, True, 512)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (92_871_040, "93 MB"), (4_920_000_000, "4.9 GB")],
)
def test_bytes_for_people(count: int, text: str) -> None:
    assert human_bytes(count) == text
