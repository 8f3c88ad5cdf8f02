"""Pass keys lie where they should, and are found by the question."""

from __future__ import annotations

import pytest

from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.evals.hidden.passkey import (
    ANSWER_TOKENS,
    QUESTION,
    passkey_text,
    passkey_tokens,
    passkeys,
)
from citrus_cli.evals.methods import METHODS


@pytest.mark.parametrize("depth", [0.1, 0.5, 0.9])
def test_the_passkey_lies_at_its_depth_once(depth):
    filler, needle = [7] * 19, [1, 2, 3]
    ids = passkey_tokens((filler, needle), 1000, depth)
    assert abs(len(ids) - 1000) < 25
    assert ids.count(2) == 1
    assert abs(ids.index(1) / len(ids) - depth) < 0.03


def found(runner, policy):
    """How many of two keys a policy finds, in 640 tokens with 96 states."""
    settings = ReadingSettings(96, 160, ANSWER_TOKENS)
    instruction = runner.instruction(QUESTION)
    right = 0
    # two depths, both further from the end than what streaming keeps
    for key, depth in passkeys(640, trials=2, seed=1):
        ids = passkey_text(runner.encoder, 640, key, depth).ids
        (kept,) = METHODS[policy].remember(runner, ids, [instruction], settings)
        stop = runner.loaded.eos_token_ids
        answer = generate(runner.backbone, kept.cache, instruction, ANSWER_TOKENS, stop)
        right += key in runner.loaded.tokenizer.decode(answer)
    return right


def test_passkeys_are_found_by_the_question_and_lost_without_it(smollm2):
    """Information neglect on the real model: the same budget, the same text."""
    runner = smollm2.runner()
    policies = ("index", "streaming")
    assert [found(runner, policy) for policy in policies] == [2, 0]
