"""Each method keeps what a naive reading of its definition keeps, within the budget."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from tiny_models import make_model_folder
from torch.nn import functional

from citrus_cli import DocumentQA
from citrus_cli.engine.afresh import read_whole
from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.engine.policies import POLICIES, Candidates
from citrus_cli.errors import MemoryLimitError, UsageError
from citrus_cli.evals.methods import METHODS, bm25, full, gemfilter, units, xl3m
from citrus_cli.evals.methods.ranking import Ranking
from citrus_cli.evals.methods.reread import reread
from citrus_cli.events import Remembering

SETTINGS = ReadingSettings(budget=60, chunk_size=24, answer_tokens=6)
QUESTIONS = ("Where is the red lantern?", "Why?")
LINES = [f"On day {day} it rained.\n" for day in range(14)]
STORY = "".join([*LINES[:7], "The red lantern hangs in the boathouse.\n", *LINES[7:]])


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    folder = make_model_folder(
        tmp_path_factory.mktemp("methods") / "tiny",
        max_position_embeddings=4096,
        initializer_range=0.2,  # large: attention that is all but uniform proves nothing
        num_hidden_layers=4,
    )
    return DocumentQA(str(folder), policy="citrus").runner()


@pytest.fixture(scope="module")
def text(runner):
    return runner.encoder.encode(STORY)


def remember(runner, name, text, questions=QUESTIONS, settings=SETTINGS):
    """What a method remembers, and what it answers from that."""
    found = []
    instructions = [runner.instruction(question) for question in questions]
    for one in METHODS[name].remember(runner, text, instructions, settings):
        answer = generate(runner.backbone, one.cache, one.instruction, 6, ())
        found.append((one, answer))
    assert [one.instruction for one, _ in found] == instructions
    return found


def rows(runner, name):
    """How many choices of states there are: one for each layer, or for each of its KV heads."""
    per_head = name in POLICIES and POLICIES[name].per_head
    return runner.backbone.layers * (runner.backbone.kv_heads if per_head else 1)


def plain_logits(runner, ids):
    """The logits after some tokens, by transformers alone."""
    with torch.inference_mode():
        return runner.loaded.model(torch.tensor([ids])).logits[0, -1]


def plain_answer(runner, ids, tokens=6):
    """Greedy full attention, by transformers alone."""
    answer = []
    while len(answer) < tokens:
        answer.append(int(plain_logits(runner, [*ids, *answer]).argmax()))
    return answer


@pytest.mark.parametrize("name", METHODS)
def test_every_method_keeps_within_its_budget_and_knows_what_it_keeps(runner, text, name):
    method = METHODS[name]
    assert method.name == name
    for one, answer in remember(runner, name, text):
        pinned = len(runner.prompt.prefix)
        states = SETTINGS.budget if method.budgeted else len(text)
        assert one.origins.shape == (rows(runner, name), one.cache.length - pinned)
        # where the finding is sure, a part of the budget is read
        least = 0 if name.startswith("index") else SETTINGS.budget // 2
        assert least < one.origins.shape[1] <= states
        assert (one.origins[:, 1:] > one.origins[:, :-1]).all()
        assert one.origins.min() >= 0
        assert one.origins.max() < len(text)
        assert len(answer) == 6


@pytest.mark.parametrize("name", METHODS)
def test_a_text_that_fits_is_kept_whole_and_answered_as_by_full_attention(runner, name):
    ids = runner.encoder.encode("It rained on Monday. The lantern is red.\n")
    assert len(ids) < SETTINGS.budget
    for one, answer in remember(runner, name, ids):
        assert one.origins.tolist() == [list(range(len(ids)))] * rows(runner, name)
        prompt = [*runner.prompt.prefix, *ids, *one.instruction.ids]
        assert answer == plain_answer(runner, prompt)


@pytest.mark.parametrize("name", ["full", "bm25", "gemfilter", "xl3m"])
def test_what_is_read_is_read_in_full_attention(runner, text, name):
    for one, answer in remember(runner, name, text):
        kept = [text[index] for index in one.origins[0].tolist()]
        assert answer == plain_answer(runner, [*runner.prompt.prefix, *kept, *one.instruction.ids])


@pytest.mark.parametrize("name", METHODS)
def test_many_questions_give_what_single_ones_give(runner, text, name):
    together = [(m.origins.tolist(), answer) for m, answer in remember(runner, name, text)]
    for question, found in zip(QUESTIONS, together, strict=True):
        ((one, answer),) = remember(runner, name, text, [question])
        assert (one.origins.tolist(), answer) == found


@pytest.mark.parametrize("name", ["full", "bm25", "gemfilter", "xl3m"])
def test_progress_reaches_the_end(runner, text, name, monkeypatch):
    events = []
    monkeypatch.setattr(runner, "on_event", events.append)
    remember(runner, name, text)
    read = [event for event in events if isinstance(event, Remembering)]
    assert {event.method for event in read} == {name}
    assert (read[-1].tokens, read[-1].total) == (len(text), len(text))


def test_full_attention_reads_once_for_all(runner, text, monkeypatch):
    readings = []
    monkeypatch.setattr(full, "read_whole", lambda *a: readings.append(a) or read_whole(*a))
    (first, _), (second, _) = remember(runner, "full", text)
    assert len(readings) == 1
    assert first.cache is second.cache


def test_full_attention_knows_its_limits(runner, monkeypatch):
    method = METHODS["full"]
    assert method.limit(runner) == 4096
    assert all(one.limit(runner) is None for one in METHODS.values() if one.budgeted)
    asked = [runner.instruction(question) for question in QUESTIONS]
    around = len(runner.prompt.prefix) + max(len(one.ids) for one in asked) + SETTINGS.answer_tokens
    method.check_room(runner, 4096 - around, asked, SETTINGS)
    with pytest.raises(UsageError, match=r"needs 4097 positions, and .* knows 4096"):
        method.check_room(runner, 4097 - around, asked, SETTINGS)
    monkeypatch.setattr(full, "free_memory", lambda device: 1000)
    with pytest.raises(MemoryLimitError, match="1 kB free"):
        method.check_room(runner, 100, asked, SETTINGS)


@pytest.mark.parametrize("name", [name for name, one in METHODS.items() if one.budgeted])
def test_a_budget_that_the_model_cannot_see_is_refused(runner, name):
    asked = [runner.instruction("Why?")]
    METHODS[name].check_room(runner, 10**9, asked, SETTINGS)
    with pytest.raises(UsageError, match="sees 4096 positions"):
        METHODS[name].check_room(runner, 10, asked, ReadingSettings(budget=5000))


def test_chosen_tokens_are_read_as_if_alone(runner, text):
    instruction = runner.instruction("Why?")
    chosen = [*range(3, 20), 40, *range(77, 90)]
    one = reread(runner, text, chosen, instruction, SETTINGS)
    assert one.origins.tolist() == [chosen] * runner.backbone.layers
    assert one.cache.origins[:, len(runner.prompt.prefix) : one.cache.length].equal(one.origins)
    ids = [text[index] for index in chosen]
    alone = read_whole(runner.backbone, runner.prompt.prefix, ids, instruction, SETTINGS)
    assert alone.keys[..., : alone.length, :].equal(one.cache.keys[..., : one.cache.length, :])


# what text is made of


def test_sentences_and_lines_end_where_they_end(runner):
    text = 'He paid 3.5 pounds. "Why?" she said.\n\nYes!  No\n  more'
    ids = runner.encoder.encode(text)
    found = units.ends(runner, ids)
    parts, start = [], 0
    for at, ended in enumerate(found, start=1):
        if ended:
            parts.append(units.decode(runner, ids[start:at]))
            start = at
    assert parts == [
        "He paid 3.5 pounds.",
        ' "Why?"',
        " she said.\n\n",
        "Yes!",
        "  No\n",
        "  more",
    ]
    assert units.ends(runner, []) == []


@pytest.mark.parametrize("size", [1, 7, 10, 50])
def test_passages_are_whole_sentences_where_they_fit(size):
    ends = [at in (4, 9, 11, 30, 31) or at == 39 for at in range(40)]
    passages = bm25.cut(ends, size)
    assert [index for passage in passages for index in range(*passage)] == list(range(40))
    assert all(0 < stop - start <= size for start, stop in passages)
    for start, stop in passages:
        whole = any(ends[start : start + size])
        assert ends[stop - 1] == whole  # cut inside only where no sentence ends in time
        # and no further sentence would have fitted
        assert not any(ends[stop : start + size])


def test_bm25_reads_the_passages_that_share_the_questions_words(runner, text):
    (one, _), _ = remember(runner, "bm25", text)
    kept = one.origins[0].tolist()
    assert "The red lantern hangs in the boathouse.\n" in units.decode(
        runner, [text[index] for index in kept]
    )
    closes = units.ends(runner, text)
    passages = bm25.cut(closes, 60)
    words = [units.decode(runner, text[a:b]) for a, b in passages]
    naive: list[int] = []
    for index in Ranking(words).best_first(QUESTIONS[0]):
        naive += range(*passages[index])
    assert kept == sorted(naive[:60])


def test_ranking_stands_texts_without_words():
    assert Ranking(["", "..."]).best_first("why") == [0, 1]
    assert Ranking(["a cat", "a dog", "a cow"]).best_first("The dog?")[0] == 1


# gemfilter


def naive_products(runner, ids, layer):
    """Inner products of the last query with all keys, summed over heads, by transformers alone."""
    model = runner.loaded.model
    caught = {}
    attention = model.model.layers[layer].self_attn

    def catch(module, args, kwargs):
        caught["hidden"], caught["rotation"] = (
            kwargs["hidden_states"],
            kwargs["position_embeddings"],
        )

    handle = attention.register_forward_pre_hook(catch, with_kwargs=True)
    plain_logits(runner, ids)
    handle.remove()
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    with torch.inference_mode():
        shape = (1, len(ids), -1, attention.head_dim)
        q = attention.q_proj(caught["hidden"]).view(shape).transpose(1, 2)
        k = attention.k_proj(caught["hidden"]).view(shape).transpose(1, 2)
        q, k = apply_rotary_pos_emb(q, k, *caught["rotation"])
        k = k.repeat_interleave(q.shape[1] // k.shape[1], dim=1)
        return (q[:, :, -1:] @ k.mT)[0, :, 0].sum(dim=0)


def test_gemfilter_chooses_by_the_inner_products_of_its_layer(runner, text):
    """A text shorter than what is gathered is judged once, at its end, as in the paper."""
    prefix, instruction = runner.prompt.prefix, runner.instruction(QUESTIONS[0])
    assert len(text) < gemfilter.EarlyLayer.lag
    layer = gemfilter.layer_of(runner.backbone.layers)
    assert layer == 2
    products = naive_products(runner, [*prefix, *text, *instruction.ids], layer)
    of_text = products[len(prefix) : len(prefix) + len(text)]
    pooled = functional.avg_pool1d(of_text.float()[None], 5, 1, 2, count_include_pad=False)[0]
    worst = pooled.topk(SETTINGS.budget).values.min()
    (one, _), _ = remember(runner, "gemfilter", text)
    kept = torch.zeros(len(text), dtype=torch.bool)
    kept[one.origins[0]] = True
    # the model computes in bf16, so those around the border may change places
    assert (pooled[kept] > worst - 1).all()
    assert (pooled[~kept] < worst + 1).all()
    assert pooled.std() > 3


def test_gemfilter_keeps_the_best_so_far(runner, monkeypatch):
    """With less gathered at a time the choice is made in rounds, among the best so far."""
    monkeypatch.setattr(gemfilter.EarlyLayer, "lag", 48)
    ids = runner.encoder.encode(STORY * 3)
    rounds = []
    original = gemfilter.EarlyLayer.rank
    monkeypatch.setattr(
        gemfilter.EarlyLayer,
        "rank",
        lambda self, candidates: rounds.append(candidates.origins) or original(self, candidates),
    )
    ((one, _),) = remember(runner, "gemfilter", ids, QUESTIONS[:1])
    assert len(rounds) > 10
    assert max(origins.shape[1] for origins in rounds) <= SETTINGS.budget + 48
    assert set(one.origins[0].tolist()) <= set(rounds[-1][0].tolist())


def test_the_layer_that_chooses_is_never_the_first():
    assert [gemfilter.layer_of(n) for n in (1, 2, 3, 30, 32)] == [0, 1, 1, 12, 13]


def test_attention_that_vanishes_still_ranks():
    attention = torch.zeros(2, 3, 40)
    attention[1, :, 20] = 1.0
    policy = gemfilter.EarlyLayer(1)
    rank = policy.rank(Candidates(attention, torch.arange(40).expand(2, -1), 5))
    assert rank.isfinite().all()
    assert rank.topk(5).indices.sort().values.tolist() == [[18, 19, 20, 21, 22]]


# xl3m


def test_xl3m_puts_the_surest_segments_together(runner, text):
    segments = xl3m.cut(len(text), 15)
    for one, _ in remember(runner, "xl3m", text):
        entropies = []
        for segment in segments:
            ids = [text[index] for index in segment]
            logits = plain_logits(runner, [*runner.prompt.prefix, *ids, *one.instruction.ids])
            chances = logits.double().softmax(dim=-1)
            entropies.append(-float((chances * chances.log()).sum()))
        naive: list[int] = []
        for index in sorted(range(len(segments)), key=entropies.__getitem__):
            naive += [at for at in segments[index] if at not in naive]
        assert one.origins[0].tolist() == sorted(naive[: SETTINGS.budget])


@pytest.mark.parametrize(("tokens", "size"), [(100, 16), (16, 16), (17, 16), (3, 16), (50, 1)])
def test_segments_overlap_and_cover_everything(tokens, size):
    segments = xl3m.cut(tokens, size)
    assert [len(one) for one in segments[:-1]] == [size] * (len(segments) - 1)
    assert {index for one in segments for index in one} == set(range(tokens))
    for before, after in pairwise(segments):
        assert after.start == before.stop - round(0.125 * size)
        assert after.stop > before.stop
    assert xl3m.cut(0, 8) == []
