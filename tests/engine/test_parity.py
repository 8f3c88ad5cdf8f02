"""The paper's own implementation keeps the same states and says the same (tests/data/parity)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM

from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import POLICIES
from citrus_cli.engine.reader import Reading
from citrus_cli.models.catalogue import DEFAULT_MODEL
from citrus_cli.models.load import load_model
from citrus_cli.models.sources import pull

DATA = Path(__file__).parent.parent / "data" / "parity"
MODES = {
    "standard": "standard",
    "instruction_aware_single": "citrus",
    "instruction_aware_double": "citrus-individual",
}


class Recorded(Reading):
    """A reading that notes what it holds just before it closes."""

    def _close(self):
        self.after_document = [origins(cache) for cache in (self.caches[0], self.document)]
        super()._close()


def origins(cache):
    return cache.origins[:, : cache.length].tolist()


def replay(backbone, figures, mode):
    """What we keep and say where the reference kept and said `figures["modes"][mode]`."""
    settings = ReadingSettings(figures["k"], figures["chunk_size"], answer_tokens=24)
    instruction = Instruction(tuple(figures["instruction"]))
    reading = Recorded(backbone, POLICIES[MODES[mode]](), settings, [instruction])
    reading.read([figures["context"]])
    kept, document = reading.after_document
    found = {
        "retained_after_document": kept,
        "retained_before_generation": origins(reading.caches[0]),
        "generated": generate(backbone, reading.caches[0], instruction, 24, stop=()),
    }
    if "context_cache_retained" in figures["modes"][mode]:
        found["context_cache_retained"] = document
    return found


@pytest.fixture(scope="module")
def tiny_llama():
    model = AutoModelForCausalLM.from_pretrained(DATA / "tiny-llama", dtype="float32").eval()
    return Backbone(model), json.loads((DATA / "tiny_llama.json").read_text())


@pytest.mark.parametrize("mode", MODES)
def test_tiny_llama_keeps_and_says_exactly_the_same(tiny_llama, mode):
    backbone, figures = tiny_llama
    assert replay(backbone, figures, mode) == figures["modes"][mode]


@pytest.fixture(scope="module")
def smollm2_float32():
    """The GGUF's own weights; that they are what transformers reads, test_models_gguf shows."""
    pull(DEFAULT_MODEL)
    model = load_model(device="cpu", dtype="float32").model
    return Backbone(model), json.loads((DATA / "smollm2_135m.json").read_text())


@pytest.mark.parametrize("mode", MODES)
def test_smollm2_keeps_and_says_the_same(smollm2_float32, mode):
    backbone, figures = smollm2_float32
    expected, found = figures["modes"][mode], replay(backbone, figures, mode)
    assert found.keys() == expected.keys()
    assert found.pop("generated") == expected["generated"]
    for name, layers in found.items():
        assert len(layers) == 30
        same = sum(len(set(a) & set(b)) for a, b in zip(layers, expected[name], strict=True))
        assert same >= 0.995 * sum(map(len, expected[name])), name
        assert [len(layer) for layer in layers] == [len(layer) for layer in expected[name]], name
