"""Every policy keeps what its paper's formula says, computed a second time in plain loops."""

from __future__ import annotations

import itertools
import math
import random
from types import SimpleNamespace

import pytest
import torch
from naive import Naive
from tiny import QUESTION, build, text

from citrus_cli.cli.help.pages import topics
from citrus_cli.engine import head as head_module
from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.entropy import EntropyReader
from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.made import Made
from citrus_cli.engine.policies import POLICIES, Candidates
from citrus_cli.engine.policies.base import WINDOW, Rows
from citrus_cli.engine.reader import Reading
from citrus_cli.evals.methods.policies import PolicyMethod
from citrus_cli.events import ignore
from citrus_cli.settings import INDEX

BUDGET, PREFIX = 40, (5, 6, 7)
SEVERAL = [QUESTION, Instruction(tuple(text(60, seed=7))), Instruction(tuple(text(3, seed=5)))]
SERVING = [name for name, policy in POLICIES.items() if policy.serves_many()]


def best(origins, count, score):
    return sorted(origins, key=score, reverse=True)[:count]


def streaming(naive, layer, head, origins):
    return [*origins[:4], *origins[4 - BUDGET :]]


def h2o(naive, layer, head, origins):
    recent = origins[-(BUDGET // 2) :]
    heavy = best(
        origins[: -len(recent)],
        BUDGET - len(recent),
        lambda o: float(sum(rows.sum() for rows in naive.paid(layer, head, o))),
    )
    return [*heavy, *recent]


def tova(naive, layer, head, origins):
    return best(origins, BUDGET, lambda o: float(naive.paid_by_all(layer, o)[-1][-1]))


def roco(naive, layer, head, origins):
    drawn = {o: torch.cat(naive.paid(layer, head, o)) for o in origins}
    always = [*origins[:4], *origins[-10:]]
    others = [o for o in origins if o not in always]
    varying = best(others, BUDGET // 10, lambda o: float(drawn[o].std(correction=0)))
    scope = [o for o in others if o not in varying]
    stay = best(scope, BUDGET - len(always) - len(varying), lambda o: float(drawn[o].mean()))
    return [*always, *varying, *stay]


def snapkv(naive, layer, head, origins):
    last = WINDOW if naive.now is not None else 10**9  # at the close: the whole instruction
    votes = [float(naive.paid(layer, head, o)[-1][-last:].mean()) for o in origins]
    pooled = {o: max(votes[max(0, i - 3) : i + 4]) for i, o in enumerate(origins)}
    return best(origins, BUDGET, pooled.get)


def sirllm(naive, layer, head, origins):
    latest = max(naive.chunk_of.values())
    faded = {o: naive.entropy[o] * 0.9 ** (latest - naive.chunk_of[o]) for o in origins[4:]}
    return [*origins[:4], *best(origins[4:], BUDGET - 4, faded.get)]


def keydiff(naive, layer, head, origins):
    keys = {o: naive.held[layer][head][o][0] for o in origins}
    anchor = sum(key / key.norm() for key in keys.values()) / len(keys)
    return best(origins, BUDGET, lambda o: -float(keys[o] @ anchor / keys[o].norm()))


def knorm(naive, layer, head, origins):
    return best(origins, BUDGET, lambda o: -float(naive.held[layer][head][o][0].norm()))


def citrus_score(naive, layer, origin):
    return float(naive.paid_by_all(layer, origin)[-1].mean())


def citrus(naive, layer, head, origins):
    return best(origins, BUDGET, lambda o: citrus_score(naive, layer, o))


def citrus_per_head(naive, layer, head, origins):
    return best(origins, BUDGET, lambda o: float(naive.paid(layer, head, o)[-1].mean()))


def citrus_pooled(naive, layer, head, origins):
    scores = [citrus_score(naive, layer, o) for o in origins]
    near = [scores[max(0, i - 7) : i + 8] for i in range(len(origins))]
    pooled = {o: sum(some) / len(some) for o, some in zip(origins, near, strict=True)}
    return best(origins, BUDGET, pooled.get)


def citrus_value_norm(naive, layer, head, origins):
    def score(origin):
        return sum(
            float(naive.paid(layer, kv, origin)[-1].mean())
            * float(naive.held[layer][kv][origin][1].abs().sum())
            for kv in naive.kv_heads
        )

    return best(origins, BUDGET, score)


def citrus_recent(naive, layer, head, origins):
    rest, recent = origins[: -(BUDGET // 4)], origins[-(BUDGET // 4) :]
    return [*best(rest, BUDGET - len(recent), lambda o: citrus_score(naive, layer, o)), *recent]


def citrus_decay(naive, layer, head, origins):
    def score(origin):
        passes = naive.paid_by_all(layer, origin)
        return sum(float(p.mean()) * 0.9**age for age, p in enumerate(reversed(passes)))

    return best(origins, BUDGET, score)


CHUNK, ASKED = {"looks": "chunk"}, {"looks": "instruction"}
RULES = {
    "streaming": (streaming, {"looks": None}),
    "standard": (citrus, CHUNK),
    "h2o": (h2o, {**CHUNK, "per_head": True}),
    "tova": (tova, CHUNK),
    "roco": (roco, {**CHUNK, "per_head": True}),
    "snapkv": (snapkv, {**CHUNK, "per_head": True}),
    "sirllm": (sirllm, {"looks": None}),
    "keydiff": (keydiff, {"looks": None, "per_head": True}),
    "knorm": (knorm, {"looks": None, "per_head": True}),
    "citrus": (citrus, ASKED),
    "citrus-sees-chunk": (citrus, {**ASKED, "sees_chunk": True}),
    "citrus-per-head": (citrus_per_head, {**ASKED, "per_head": True}),
    "citrus-pooled": (citrus_pooled, ASKED),
    "citrus-value-norm": (citrus_value_norm, ASKED),
    "citrus-recent": (citrus_recent, ASKED),
    "citrus-decay": (citrus_decay, ASKED),
}
ELSEWHERE = {
    "random",
    "citrus-individual",
}
"""Policies whose choice is tested in another way: below, in test_reading or in test_parity."""


class NaiveWithEntropy(Naive):
    """Also notes how surprising each token is."""

    def put(self, origins, attention, keys, values, logits, number=0):
        for row, origin in enumerate(origins):
            ahead = logits[row - 1] if row else self.logits
            if ahead is not None:
                self.entropy[origin] = -float(ahead.log_softmax(dim=0)[self.ids[origin]])
        self.logits = logits[-1]
        super().put(origins, attention, keys, values, logits, number)


@pytest.fixture(scope="module")
def doubled():
    return build("llama").double()


def held(cache):
    """The document's origins by layer and KV head."""
    layers, heads = range(cache.shape.layers), range(cache.shape.kv_heads)
    by_head = [[cache.origins_of(layer, head).tolist() for head in heads] for layer in layers]
    return [[[o for o in head if o >= 0] for head in layer] for layer in by_head]


def test_every_policy_has_a_reference():
    assert RULES.keys() | ELSEWHERE == POLICIES.keys()


@pytest.mark.parametrize("chunk", [13, WINDOW + 8])
@pytest.mark.parametrize("name", RULES)
def test_a_policy_keeps_what_its_formula_says(llama, doubled, name, chunk):
    # no token twice: in the first layer its key would be the same, and rank the same
    ids = random.Random(0).sample(range(8, 256), 190)
    rule, looks = RULES[name]
    naive = NaiveWithEntropy(doubled, rule, BUDGET, **looks)
    naive.ids = {**dict(enumerate(ids)), **dict(zip(range(-3, 0), PREFIX, strict=True))}
    expected, found = [], []
    with torch.inference_mode():
        naive.read(PREFIX, ids, chunk, QUESTION.ids, expected.append)
        closed = naive.close(QUESTION.ids, POLICIES[name].closing_rows is not Rows.NONE)

    settings = ReadingSettings(BUDGET, chunk, answer_tokens=8)
    reading = Reading(llama, POLICIES[name](), settings, [QUESTION], PREFIX)
    reading.read([ids], lambda read: found.append(held(reading.document)))
    assert len(found) == math.ceil(190 / chunk)
    assert found == expected
    assert held(reading.caches[0]) == closed
    if looks.get("per_head"):
        assert any(a != b for a, b in closed), "heads choose apart"


def test_roco_remembers_sums_squares_and_counts_and_protects_what_varies(llama, doubled):
    ids = random.Random(0).sample(range(8, 256), 190)
    naive = Naive(doubled, roco, BUDGET, per_head=True)
    with torch.inference_mode():
        naive.read(PREFIX, ids, 16, QUESTION.ids, lambda origins: None)
        naive.close(QUESTION.ids)
    settings = ReadingSettings(BUDGET, 16, answer_tokens=8)
    reading = Reading(llama, POLICIES["roco"](), settings, [QUESTION], PREFIX)
    reading.read([ids])
    cache = reading.caches[0]
    memory = cache.memory[:, :, 3 : cache.length].unflatten(1, (3, 2)).double()
    for layer, head in itertools.product(range(3), range(2)):
        drawn = [torch.cat(naive.paid(layer, head, o)) for o in held(cache)[layer][head]]
        expected = [[d.sum() for d in drawn], [d.square().sum() for d in drawn], map(len, drawn)]
        for ours, theirs in zip(memory[:, layer, head], expected, strict=True):
            wanted = torch.tensor([float(x) for x in theirs]).double()
            torch.testing.assert_close(ours, wanted, rtol=1e-3, atol=1e-5)
    # by hand: three of 100 states vary, although their mean is the lowest
    total, seen = torch.full((1, 100), 5.0), torch.full((1, 100), 10.0)
    squared = total.square() / seen
    total[0, 20:23], squared[0, 20:23] = 1.0, 1.0
    total[0, 30:51], squared[0, 30:51] = 6.0, 3.6
    memory = torch.stack((total, squared, seen))
    candidates = Candidates(None, torch.arange(100).unsqueeze(0), budget=38, memory=memory)
    kept = POLICIES["roco"]().select(candidates)[0].tolist()
    assert kept == [*range(4), *range(20, 23), *range(30, 51), *range(90, 100)]


def test_random_is_a_uniform_sample_whatever_the_chunk(llama, read):
    ids = text(600)
    kept = [held(read(llama, ids, "random", 60, chunk).caches[0]) for chunk in (16, 50, 333)]
    assert kept[0] == kept[1] == kept[2]
    layers = [layer[0] for layer in kept[0]]
    assert layers[0] != layers[1] != layers[2]
    origins = torch.arange(100_000).expand(8, -1)
    sample = POLICIES["random"]().select(Candidates(None, origins, budget=10_000))
    tenths = torch.stack([torch.bincount(row // 10_000, minlength=10) for row in sample])
    # binomial with a deviation of 30
    assert (tenths - 1000).abs().max() < 150
    overlap = len(set(sample[0].tolist()) & set(sample[1].tolist()))
    assert abs(overlap - 1000) < 150


@pytest.mark.parametrize("name", POLICIES)
def test_two_readings_are_the_same_byte_for_byte(llama, read, name):
    one, two = (read(llama, text(300), name, prefix=PREFIX).caches[0] for _ in range(2))
    assert one.length == two.length
    assert torch.equal(one.origins, two.origins)
    assert torch.equal(one.keys[..., : one.length, :], two.keys[..., : one.length, :])


@pytest.mark.parametrize("name", POLICIES)
def test_what_fits_is_kept_whole(llama, read, name):
    ids = text(90)
    plain = read(llama, ids, "citrus", budget=90, prefix=PREFIX).caches[0]
    cache = read(llama, ids, name, budget=90, prefix=PREFIX, questions=[QUESTION]).caches[0]
    assert cache.length == 93
    assert held(cache) == [[list(range(90))] * 2] * 3
    torch.testing.assert_close(
        cache.keys[..., :93, :], plain.keys[..., :93, :], rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("name", SERVING)
@pytest.mark.parametrize("budget", [48, 400])
def test_one_reading_for_many_questions_equals_one_for_each(llama, read, name, budget):
    ids = text(300)
    together = read(llama, ids, name, budget, questions=SEVERAL, prefix=PREFIX)
    answers = []
    for i in (0, 1, 2, 1):
        alone = read(llama, ids, name, budget, questions=[SEVERAL[i]], prefix=PREFIX)
        ours, theirs = together.caches[i], alone.caches[0]
        assert torch.equal(ours.origins[:, : ours.length], theirs.origins[:, : theirs.length])
        assert together.states_kept(i) == min(budget, 300)
        answers.append(generate(llama, together.caches[i], SEVERAL[i], 8, ()))
        assert answers[-1] == generate(llama, theirs, SEVERAL[i], 8, ())
    assert answers[1] == answers[3]
    # sums over all rows ever read hardly feel the few of a question
    if budget == 48 and POLICIES[name].closing_rows is not Rows.NONE and name != "h2o":
        kept = [held(together.caches[i]) for i in range(3)]
        assert kept[0] != kept[1] != kept[2]


def test_caches_are_copied_one_at_a_time_and_only_when_they_must_be(llama, read):
    ids = text(300)
    asking = read(llama, ids, "standard", questions=SEVERAL)
    assert isinstance(asking.caches, Made)
    assert len(asking.caches) == 3
    document = asking.document.keys.clone()
    first = asking.caches[0]
    assert asking.caches[0] is first
    before = first.keys.clone()
    assert asking.caches[-1] is not first
    assert torch.equal(first.keys, before)
    assert torch.equal(asking.document.keys, document)
    assert torch.equal(asking.caches[0:1][0].keys, before)
    with pytest.raises(IndexError):
        asking.caches[3]
    deaf = read(llama, ids, "knorm", questions=SEVERAL)
    assert all(cache is deaf.document for cache in deaf.caches)
    fits = read(llama, ids, "standard", budget=300, questions=SEVERAL)
    assert all(cache is fits.document for cache in fits.caches)


@pytest.mark.parametrize("name", [name for name in POLICIES if name not in SERVING])
def test_a_policy_that_asks_on_the_way_serves_one(llama, name):
    with pytest.raises(ValueError, match="one instruction"):
        Reading(llama, POLICIES[name](), ReadingSettings(), SEVERAL)


def test_somebody_must_ask(llama):
    with pytest.raises(ValueError, match="one instruction"):
        Reading(llama, POLICIES["streaming"](), ReadingSettings(), [])


@pytest.mark.parametrize("name", POLICIES)
def test_a_cache_takes_the_bytes_that_were_foretold(llama, name):
    policy = POLICIES[name]()
    for cache in Reading(llama, policy, ReadingSettings(48, 16), [QUESTION]).caches:
        buffers = cache.keys, cache.rotated, cache.values, cache.origins, cache.memory
        assert cache.shape.bytes == sum(b.numel() * b.element_size() for b in buffers)
        assert (cache.memory.numel() > 0) == (policy.memory_fields > 0)
        assert len(cache.origins) == (6 if policy.per_head else 3)


@pytest.mark.parametrize("name", ["h2o", "roco", "sirllm"])
def test_what_is_remembered_survives_a_failed_pass(llama, read, name, monkeypatch):
    """A chunk that does not fit is read in halves, as if it had come in halves."""
    halves = read(llama, text(400), name, chunk=32).caches[0]
    forward = type(llama).forward

    def small_device(self, tokens, streams, rows=1):
        logits = forward(self, tokens, streams, rows)
        if len(tokens) > 40:
            raise torch.OutOfMemoryError("no room")
        return logits

    monkeypatch.setattr(type(llama), "forward", small_device)
    cache = read(llama, text(400), name, chunk=64).caches[0]
    assert torch.equal(cache.memory[..., : cache.length], halves.memory[..., : halves.length])
    assert held(cache) == held(halves)


@pytest.mark.parametrize("family", ["llama", "granite", "cohere-interleaved"])
@pytest.mark.parametrize("block", [1, 64 << 20])
def test_entropy_is_the_models_own(family, block, monkeypatch):
    """Chunk by chunk and in pieces, with families that scale their logits too."""
    monkeypatch.setattr(head_module, "LOGIT_BLOCK_BYTES", block)
    extra = {"granite": {"logits_scaling": 3.0}, "cohere-interleaved": {"logit_scale": 0.3}}
    model = build(family, **extra.get(family, {}))
    backbone = Backbone(model)
    ids = torch.tensor(text(50))
    reader, found = EntropyReader(backbone), []
    cache = backbone.cache(50, backbone.rope_table())
    with backbone.attached():
        for chunk in ids.split(16):
            stream = Stream(slice(0, len(chunk)), cache, writes=True, visible=cache.length)
            found.append(reader.forward(chunk, [stream], len(chunk)))
            cache.commit(torch.arange(cache.length, cache.length + len(chunk)))
    with torch.inference_mode():
        logits = model(ids.unsqueeze(0)).logits[0, :-1]
    expected = -logits.log_softmax(dim=-1).gather(1, ids[1:, None])[:, 0]
    entropy = torch.cat(found)
    assert entropy[0] == 0
    torch.testing.assert_close(entropy[1:], expected, rtol=1e-3, atol=1e-3)
    assert expected.std() > 0.1


def test_a_memory_that_is_not_used_is_an_error(llama):
    class Forgetful(POLICIES["citrus"]):
        name = "forgetful"
        memory_fields = 1

    reading = Reading(llama, Forgetful(), ReadingSettings(48, 16), [QUESTION])
    with pytest.raises(NotImplementedError, match="forgetful"):
        reading.read([text(100)])


@pytest.mark.parametrize(("name", "readings"), [("snapkv", 1), ("keydiff", 1), ("citrus", 3)])
def test_a_method_reads_as_seldom_as_its_policy_allows(llama, read, monkeypatch, name, readings):
    ids, settings = text(200), ReadingSettings(48, 16, answer_tokens=8)
    alone = [read(llama, ids, name, questions=[one], prefix=PREFIX).caches[0] for one in SEVERAL]
    runner = SimpleNamespace(
        backbone=llama,
        prompt=SimpleNamespace(prefix=PREFIX),
        policy=lambda name: POLICIES[name](),
        on_event=ignore,
    )
    begun = []
    monkeypatch.setattr(Reading, "_read_prefix", _counting(Reading._read_prefix, begun))
    found = PolicyMethod(name).remember(runner, ids, SEVERAL, settings)
    for instruction, expected, one in zip(SEVERAL, alone, found, strict=True):
        assert one.instruction == instruction
        assert torch.equal(one.origins, expected.origins[:, 3 : expected.length])
        assert one.cache.length == expected.length
    assert len(begun) == readings
    assert list(PolicyMethod(name).remember(runner, ids, [], settings)) == []


def _counting(function, calls):
    def counted(*arguments):
        calls.append(arguments)
        return function(*arguments)

    return counted


def test_help_names_every_policy():
    rows = [
        line.split("|")[1] for line in topics()["policies"].text.splitlines() if line[:3] == "| `"
    ]
    named = set(itertools.chain.from_iterable(row.split("`")[1::2] for row in rows[1:]))
    assert named == {INDEX, *POLICIES}


def test_the_policy_of_the_help_works_as_it_stands(llama, read, monkeypatch):
    code = topics()["plugins"].text.split("```python\n")[1].split("```")[0]
    made = {}
    exec(code, made)
    policy = made["Loudest"]
    monkeypatch.setitem(POLICIES._known, policy.name, policy)
    ids = list(range(3, 203))
    loudest = read(llama, ids, policy=policy.name).caches[0]
    mean = read(llama, ids, policy="citrus").caches[0]
    assert loudest.length == mean.length == 48
    assert loudest.origins[:, :48].tolist() != mean.origins[:, :48].tolist()
