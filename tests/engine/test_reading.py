"""The invariants of reading: fixed size, nothing lost, origins known, answers without a trace."""

from __future__ import annotations

import random

import pytest
import torch
from tiny import QUESTION, text

from citrus_cli.engine import reader as reader_module
from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import POLICIES
from citrus_cli.engine.reader import Reading, rechunk
from citrus_cli.engine.states import NO_ORIGIN, StateCache

OTHER_QUESTION = Instruction(tuple(text(14, seed=7)))


def snapshot(cache):
    return [x[..., : cache.length, :].clone() for x in (cache.keys, cache.values)] + [
        cache.origins[:, : cache.length].clone()
    ]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_chunks_lose_double_and_reorder_nothing(size):
    rng = random.Random(size)
    ids = list(range(1000))
    for _ in range(20):
        cuts = sorted(rng.choices(range(1001), k=rng.randint(0, 40)))
        runs = [ids[a:b] for a, b in zip([0, *cuts], [*cuts, 1000], strict=True)]
        chunks = list(rechunk(runs, size))
        assert [i for chunk in chunks for i in chunk] == ids
        assert all(len(chunk) == size for chunk in chunks[:-1])
        assert 1 <= len(chunks[-1]) <= size


@pytest.mark.parametrize("chunk", [1, 5, 16, 200])
def test_chunk_size_does_not_matter_while_nothing_is_evicted(llama, read, chunk):
    ids = text(80)
    one = snapshot(read(llama, ids, budget=80, chunk=80).caches[0])
    many = snapshot(read(llama, ids, budget=80, chunk=chunk).caches[0])
    for a, b in zip(one, many, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_cache_never_grows_and_knows_its_origins(llama, read, policy):
    longest = []
    reading = None

    def watch(count):
        longest.append(tuple(c.length for c in (reading.document, reading.caches[0])))

    ids = text(3000)
    settings = ReadingSettings(budget=48, chunk_size=16, answer_tokens=8)
    reading = Reading(llama, POLICIES[policy](), settings, [QUESTION], prefix=(5, 6, 7))
    buffers = [c.keys.data_ptr() for c in reading.caches]
    reading.read([ids], watch)
    assert reading.tokens_read == 3000
    document, own = (max(lengths) for lengths in zip(*longest, strict=True))
    newest = 0 if reading.policy.sees_chunk else 16
    assert document == 3 + (reading.policy.document_budget or 48) + newest
    assert document + 16 <= reading.document.shape.capacity
    assert own <= 3 + 48 + max(16, reading.policy.lag)
    assert own <= reading.caches[0].shape.capacity
    assert buffers == [c.keys.data_ptr() for c in reading.caches]
    choices = 3 * 2 if reading.policy.per_head else 3
    for cache in reading.caches:
        kept = cache.origins[:, : cache.length]
        assert kept.shape == (choices, 3 + 48)
        assert (kept[:, :3] == NO_ORIGIN).all()
        assert (kept[:, 3:].diff(dim=1) > 0).all()
        assert kept.max() < 3000
    assert reading.states_kept() == 48


@pytest.mark.parametrize("policy", POLICIES)
def test_a_kept_state_is_bit_for_bit_what_was_computed(llama, read, policy, monkeypatch):
    """However often a state's slot moved, its key, its value and its origin stay together."""
    written = {}
    commit = StateCache.commit
    heads = [(layer, head) for layer in range(3) for head in range(2)]

    def record(self, origins):
        start = self.length
        commit(self, origins)
        for slot, origin in enumerate(origins.tolist(), start):
            for layer, head in heads:
                state = self.keys[layer, 0, head, slot], self.values[layer, 0, head, slot]
                written.setdefault((layer, head, origin), tuple(x.clone() for x in state))

    monkeypatch.setattr(StateCache, "commit", record)
    reading = read(llama, text(700), policy=policy)
    cache = reading.caches[0]
    moved = 0
    for layer, head in heads:
        for slot, origin in enumerate(cache.origins_of(layer, head).tolist()):
            moved += origin != slot
            key, value = written[layer, head, origin]
            assert torch.equal(cache.keys[layer, 0, head, slot], key)
            assert torch.equal(cache.values[layer, 0, head, slot], value)
    assert moved > 40


@pytest.mark.parametrize("policy", POLICIES)
def test_rotated_keys_are_those_of_their_slots(llama, read, policy):
    """What attention uses equals the stored key rotated afresh by its slot."""
    cache = read(llama, text(700), policy=policy).caches[0]
    for layer in range(3):
        cache.refresh(layer, cache.length)
        fresh = cache.table.rotate(layer, cache.keys[layer, :, :, : cache.length], 0)
        assert torch.equal(cache.rotated[layer, :, :, : cache.length], fresh)


@pytest.mark.parametrize("policy", POLICIES)
def test_answering_leaves_no_trace(llama, read, policy):
    reading = read(llama, text(300), policy=policy)
    before = snapshot(reading.caches[0])
    first = generate(llama, reading.caches[0], QUESTION, 8, stop=())
    assert len(first) == 8
    assert all(torch.equal(a, b) for a, b in zip(before, snapshot(reading.caches[0]), strict=True))
    generate(llama, reading.caches[0], Instruction(tuple(text(5, seed=3))), 8, stop=())
    assert generate(llama, reading.caches[0], QUESTION, 8, stop=()) == first


def test_an_interrupted_answer_leaves_no_trace(llama, read):
    reading = read(llama, text(300))
    before = snapshot(reading.caches[0])
    seen = []

    def interrupt(token):
        seen.append(token)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(llama, reading.caches[0], QUESTION, 8, stop=(), on_token=interrupt)
    assert all(torch.equal(a, b) for a, b in zip(before, snapshot(reading.caches[0]), strict=True))


def test_an_answer_ends_at_a_stop_token(llama, read):
    reading = read(llama, text(300))
    free = generate(llama, reading.caches[0], QUESTION, 8, stop=())
    stopped = generate(llama, reading.caches[0], QUESTION, 8, stop={free[3]})
    assert stopped == free[: free.index(free[3])]


def test_many_questions_in_one_pass_equal_separate_passes(llama, read):
    ids = text(400)
    questions = [QUESTION, OTHER_QUESTION, Instruction(tuple(text(3, seed=5)))]
    together = read(llama, ids, policy="citrus-individual", questions=questions)
    kept = []
    for i, question in enumerate(questions):
        alone = read(llama, ids, policy="citrus-individual", questions=[question])
        ours, theirs = snapshot(together.caches[i]), snapshot(alone.caches[0])
        assert torch.equal(ours[2], theirs[2])
        for a, b in zip(ours[:2], theirs[:2], strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)
        assert generate(llama, together.caches[i], question, 8, ()) == generate(
            llama, alone.caches[0], question, 8, ()
        )
        kept.append(ours[2].tolist())
    assert kept[0] != kept[1], "different questions keep different states"


def test_the_question_decides_what_is_kept(llama, read):
    ids = text(400)
    one = read(llama, ids, questions=[QUESTION]).caches[0]
    two = read(llama, ids, questions=[OTHER_QUESTION]).caches[0]
    assert one.origins.tolist() != two.origins.tolist()


def test_streaming_keeps_sinks_and_the_most_recent(llama, read):
    cache = read(llama, text(400), policy="streaming").caches[0]
    expected = [*range(4), *range(400 - 44, 400)]
    assert cache.origins[:, : cache.length].tolist() == [expected] * 3


def test_a_shared_cache_serves_one_question(llama):
    with pytest.raises(ValueError, match="one instruction"):
        Reading(llama, POLICIES["citrus"](), ReadingSettings(), [QUESTION, OTHER_QUESTION])


@pytest.mark.parametrize("name", ["budget", "chunk_size", "answer_tokens"])
def test_settings_must_be_positive(name):
    with pytest.raises(ValueError, match=name):
        ReadingSettings(**{name: 0})


def test_a_failed_chunk_is_read_again_in_halves(llama, read, monkeypatch):
    """Out of memory in the middle of a pass: the cache is as before, and nothing is lost."""
    ids = text(400)
    forward = type(llama).forward
    limit = 40

    def small_device(self, tokens, streams, rows=1):
        logits = forward(self, tokens, streams, rows)
        if len(tokens) > limit:  # fails late: states have been written, not committed
            raise torch.OutOfMemoryError("no room")
        return logits

    monkeypatch.setattr(type(llama), "forward", small_device)
    reading = read(llama, ids, chunk=64)
    assert reading.tokens_read == 400
    assert reading.chunk_size < 64
    kept = reading.caches[0].origins[:, :48]
    assert (kept.diff(dim=1) > 0).all()
    limit = 4
    with pytest.raises(torch.OutOfMemoryError):
        read(llama, ids, chunk=64)
    assert reader_module.MIN_CHUNK > 4


def test_dynamic_scaling_rotates_again_when_angles_change(read):
    """Past its trained length dynamic NTK changes all angles: old keys follow."""
    from tiny import build

    from citrus_cli.engine.backbone import Backbone

    rope = {"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10000.0}
    backbone = Backbone(build("llama", rope_parameters=rope, max_position_embeddings=64))
    reading = read(backbone, text(100), budget=100, chunk=16)
    cache = reading.caches[0]
    assert cache.table.version > 0
    for layer in range(3):
        cache.refresh(layer, cache.length)
        fresh = cache.table.rotate(layer, cache.keys[layer, :, :, : cache.length], 0)
        assert torch.equal(cache.rotated[layer, :, :, : cache.length], fresh)
