"""Passkey retrieval: a number hidden in repetitive text (arXiv 2305.16300)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.engine.reader import Reading
from citrus_cli.run import Runner

FILLER = (
    "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. "
)
QUESTION = "What is the pass key? Give the number."
ANSWER_TOKENS = 24


@dataclass(frozen=True)
class PasskeyResult:
    """One policy at one length: `found` of `trials`, read at `tokens_per_second`."""

    policy: str
    budget: int
    tokens: int
    found: int
    trials: int
    tokens_per_second: float


def passkey_tokens(
    encoder_runs: tuple[list[int], list[int]], tokens: int, depth: float
) -> list[int]:
    """About `tokens` ids: the needle at `depth` (0 to 1) among whole copies of the filler.

    `encoder_runs` are the ids of the filler and of the needle.
    """
    filler, needle = encoder_runs
    copies = tokens // len(filler)
    before = round(copies * depth)
    return filler * before + needle + filler * (copies - before)


def passkey(
    runner: Runner,
    policies: Sequence[str],
    lengths: Sequence[int],
    budget: int,
    chunk_size: int,
    trials: int = 5,
    seed: int = 0,
) -> Iterator[PasskeyResult]:
    """Hide `trials` numbers at even depths and ask for each; greedy answers.

    The same texts and numbers for every policy.
    """
    settings = ReadingSettings(budget, chunk_size, ANSWER_TOKENS)
    instruction = runner.instruction(QUESTION)
    filler = runner.encoder.encode(FILLER)
    for length in lengths:
        for policy in policies:
            rule = runner.policy(policy)
            rng = random.Random(f"{seed} {length}")
            found, read, seconds = 0, 0, 0.0
            for trial in range(trials):
                key = str(rng.randint(10_000, 99_999))
                needle = runner.encoder.encode(
                    f"The pass key is {key}. Remember it. {key} is the pass key. "
                )
                ids = passkey_tokens((filler, needle), length, (trial + 0.5) / trials)
                reading = Reading(
                    runner.backbone,
                    rule,
                    settings,
                    [instruction],
                    runner.prompt.prefix,
                )
                started = time.perf_counter()
                reading.read([ids])
                seconds += time.perf_counter() - started
                read += reading.tokens_read
                answer = generate(
                    runner.backbone,
                    reading.caches[0],
                    instruction,
                    ANSWER_TOKENS,
                    runner.loaded.eos_token_ids,
                )
                found += key in runner.loaded.tokenizer.decode(answer)
            yield PasskeyResult(policy, budget, length, found, trials, read / seconds)
