"""The sentence embedder: a tiny one made here, and the real one where it can be had."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from citrus_cli.errors import ModelError, UsageError
from citrus_cli.models import embedders
from citrus_cli.models.cache import checksum, damage
from citrus_cli.models.embedder import Embedder, load_embedder
from citrus_cli.models.embedders import DEFAULT_EMBEDDER, EMBEDDERS, fetched

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz[]"]
TEXTS = ["a b c", "d", "a b", "x y z q w e r t", "", "b c a", "🍋 a", "  "]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer BERT over single letters, with a window of 16 tokens."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("embedder") / "tiny"
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, initializer_range=0.3,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    tokenizer = Tokenizer(
        models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(4)  # what is saved beside weights must cut nothing
    tokenizer.enable_padding(length=12)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(folder)  # fmt: skip
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 16}')
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """The same, to do harm to."""
    return Path(shutil.copytree(made, tmp_path / "tiny"))


@pytest.fixture(scope="module")
def tiny(made: Path) -> Embedder:
    return load_embedder(str(made), device="cpu")


def by_hand(folder: Path, windows: list[list[int]]) -> Any:
    """The mean over all tokens of the windows, each run alone in float32."""
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        runs = [model(input_ids=torch.tensor([ids])).last_hidden_state[0] for ids in windows]
    mean = torch.cat(runs).mean(dim=0)
    return (mean / mean.norm()).numpy()


def cosines(one: Any, other: Any) -> Any:
    return (one * other).sum(axis=-1)


def test_vectors_are_what_the_model_gives(tiny: Embedder, made: Path) -> None:
    vectors = tiny.embed(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), tiny.dimensions), np.float32)
    ids = [2, *(WORDS.index(letter) for letter in "abc"), 3]
    assert cosines(vectors[0], by_hand(made, [ids])) > 0.999
    lengths = np.linalg.norm(vectors, axis=1)
    empty = [not text.strip() for text in TEXTS]
    assert np.allclose(lengths, np.where(empty, 0, 1), atol=1e-6)


def test_other_texts_in_a_batch_change_next_to_nothing(tiny: Embedder) -> None:
    texts = [text for text in TEXTS if text.strip()]
    alone = np.concatenate([tiny.embed([text]) for text in texts])
    assert cosines(tiny.embed(texts), alone).min() > 0.999
    assert cosines(tiny.embed(texts[::-1])[::-1], alone).min() > 0.999
    assert cosines(alone[0], alone[1]) < 0.99  # or the above would say nothing


def test_all_of_a_long_text_counts(tiny: Embedder, made: Path) -> None:
    letters = ("abcdefghij" * 3)[:29]  # 14 in a window: three windows of nearly the same length
    (vector,) = tiny.embed([" ".join(letters)])
    ids = [WORDS.index(letter) for letter in letters]
    windows = [[2, *ids[start:end], 3] for start, end in ((0, 9), (9, 19), (19, 29))]
    assert cosines(vector, by_hand(made, windows)) > 0.999
    (changed,) = tiny.embed([" ".join(letters[:-1] + "z")])
    assert cosines(vector, changed) < 0.9999


def test_special_tokens_in_a_text_are_but_text(tiny: Embedder, made: Path) -> None:
    (vector,) = tiny.embed(["a [SEP] b"])
    plain = [WORDS.index(word) for word in ("a", "[", "[UNK]", "]", "b")]
    assert cosines(vector, by_hand(made, [[2, *plain, 3]])) > 0.999


def test_no_texts_give_no_vectors(tiny: Embedder) -> None:
    assert tiny.embed([]).shape == (0, tiny.dimensions)


def test_the_first_tokens_vector_is_taken_where_the_model_says_so(folder: Path) -> None:
    before = load_embedder(str(folder), device="cpu")
    (folder / "1_Pooling").mkdir()
    said = folder / "1_Pooling" / "config.json"
    said.write_text('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}')
    after = load_embedder(str(folder), device="cpu")
    assert after.fingerprint != before.fingerprint
    assert cosines(before.embed(["a b"]), after.embed(["a b"])) < 0.999
    said.write_text('{"pooling_mode_lasttoken": true}')
    with pytest.raises(ModelError, match=r"pooling_mode_lasttoken.*another --embedder"):
        load_embedder(str(folder), device="cpu")


def test_the_fingerprint_knows_the_weights_and_the_window(folder: Path, tiny: Embedder) -> None:
    assert load_embedder(str(folder), device="cpu").fingerprint == tiny.fingerprint
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 12}')
    assert load_embedder(str(folder), device="cpu").fingerprint != tiny.fingerprint


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("minilmm", f"unknown embedder 'minilmm'; choose {DEFAULT_EMBEDDER}"),
        ("smollm2", "a model that answers, no sentence embedder"),
        ("./nowhere", "no such model folder"),
        ("", "name is empty"),
    ],
)
def test_what_is_no_embedder_is_refused(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_embedder(name)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown device"):
        load_embedder(device="tpu")


def test_damaged_files_are_named(folder: Path, tiny_model: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match=r"model\.safetensors is truncated.*copy or download"):
        load_embedder(str(folder), device="cpu")
    shutil.copy(tiny_model / "model.safetensors", weights)
    with pytest.raises(ModelError, match=r"do not make the embedder.*copy or download"):
        load_embedder(str(folder), device="cpu")


def test_without_the_network_the_cure_is_named(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(ModelError, match=r"all-minilm-l6-v2 cannot.*or give --embedder a local"):
        load_embedder()
    assert not EMBEDDERS[0].here
    assert list((own_cache / "models").iterdir()) == []


def test_the_built_in_one_answers_to_its_hub_id() -> None:
    known = embedders.find("Sentence-Transformers/all-minilm-l6-V2")
    assert known is not None
    assert known.name == DEFAULT_EMBEDDER


@pytest.fixture(scope="module")
def real() -> Embedder:
    """The real embedder; the tests are skipped where it is not here and cannot be fetched."""
    try:
        return load_embedder(device="cpu")
    except ModelError as error:
        if "cannot be reached" not in str(error) or os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def test_the_real_one_is_the_pinned_file_and_whole(real: Embedder) -> None:
    path = fetched(DEFAULT_EMBEDDER).path
    assert checksum(path / "model.safetensors") == WEIGHTS_SHA256
    assert damage(path, thorough=True) is None
    said = json.loads((path / "sentence_bert_config.json").read_text())
    assert said["max_seq_length"] == EMBEDDERS[0].window
    assert sum(p.numel() for p in real._model.parameters()) == EMBEDDERS[0].parameters
    size = sum((path / member).stat().st_size for member in EMBEDDERS[0].wheel.members)
    assert size == EMBEDDERS[0].wheel.member_bytes
    assert real.dimensions == 384


def test_the_real_one_knows_what_sentences_mean(real: Embedder) -> None:
    texts = [
        "How much did the company pay its owners?",
        "Dividends of 12 million were distributed to shareholders.",
        "The harbour was calm in the morning.",
        "Employees may bring their dogs on Fridays.",
    ]
    question, *others = real.embed(texts)
    scores = [float(question @ other) for other in others]
    assert scores[0] > max(scores[1:]) + 0.1


def test_the_real_one_is_nearly_independent_of_the_batch(real: Embedder) -> None:
    texts = [f"Item {i}: " + "the pump is oiled, then it is run. " * (i % 30) for i in range(60)]
    together = real.embed(texts)
    alone = np.concatenate([real.embed([text]) for text in texts[::7]])
    assert cosines(together[::7], alone).min() > 0.999
