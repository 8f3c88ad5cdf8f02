"""The pass that makes an index: however it is cut into batches, the keys are the same."""

from __future__ import annotations

import pytest
import torch
from made_index import HEADS, key_reader, model
from tiny import text

from citrus_cli.index.segments import RetrievingHeads, question_queries
from citrus_cli.index.taps import Taps, tap, tapped

TOLERANCE = 2e-3
"""Keys of another batch size differ by the rounding of float16 at most: the largest is about 4."""


def keys(pieces, **how) -> torch.Tensor:
    reader = key_reader(segment=32, **how)
    made = [one for piece in pieces for one in reader.read(piece)]
    return torch.cat([*made, *reader.read([], last=True)])


@pytest.mark.parametrize("length", [1, 31, 32, 33, 150])
def test_batches_and_pieces_change_nothing(length):
    ids = text(length)
    expected = keys([ids])
    assert expected.shape == (length, len(HEADS.keys), 16)
    assert expected.dtype == torch.float16
    for batch in (2, 3, 8):
        torch.testing.assert_close(keys([ids], batch=batch), expected, rtol=0, atol=TOLERANCE)
    for size in (1, 7, 32, 64):
        pieces = [ids[at : at + size] for at in range(0, length, size)]
        assert torch.equal(keys(pieces), expected)
        again = keys(pieces, batch=3)
        torch.testing.assert_close(again, expected, rtol=0, atol=TOLERANCE)


def test_a_segment_sees_the_prompts_head_and_nothing_before_it():
    ids = text(80)
    expected = keys([ids])
    other = keys([[*text(32, seed=5), *ids[32:]]])
    assert torch.equal(other[32:], expected[32:])
    assert not torch.allclose(other[:32], expected[:32], atol=0.1)
    whole = torch.tensor([[1, 5, 6, *ids[32:64]]])
    with tapped(model()):
        alone = tap(model(), whole, torch.arange(35)[None], Taps("keys", HEADS.keys))
    torch.testing.assert_close(expected[32:64], alone[0, 3:].half(), rtol=0, atol=TOLERANCE)


def test_nothing_read_gives_nothing():
    reader = key_reader(segment=32)
    assert list(reader.read([])) == []
    assert list(reader.read([], last=True)) == []


def test_queries_ask_from_the_slots_after_the_longest_segment():
    instruction = text(9, seed=3)
    ours = question_queries(model(), HEADS, (1, 5, 6), instruction, range(2, 6), segment=32)
    assert ours.shape == (4, len(HEADS.heads), 16)
    ids = torch.tensor([[1, 5, 6, *instruction]])
    positions = torch.tensor([[0, 1, 2, *range(35, 44)]])
    with tapped(model()):
        theirs = tap(model(), ids, positions, Taps("queries", HEADS.heads))
    torch.testing.assert_close(ours, theirs[0, 5:9])


def test_each_head_reads_the_key_of_its_group():
    heads = RetrievingHeads(((0, 3), (1, 0), (1, 2), (1, 1)), groups=2)
    assert heads.keys == ((0, 1), (1, 0), (1, 1))
    assert heads.key_of == (0, 1, 2, 1)


def test_only_heads_that_lie_low_enough_are_read():
    found = [(18, 1), (3, 0), (19, 2), (12, 5), (18, 0)]
    low = RetrievingHeads.low(found, layers=30, groups=3)
    assert low.heads == ((3, 0), (12, 5), (18, 0), (18, 1))
    high = RetrievingHeads.low([(29, 1), (25, 0), (27, 2), (28, 2)], layers=30, groups=3)
    assert high.heads == ((25, 0), (27, 2)), "where none lies low, the lower half"
    assert RetrievingHeads.low([(29, 1)], 30, 3).heads == ((29, 1),)
