"""Passkey retrieval: a number hidden in repetitive text (arXiv 2305.16300)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.evals.methods import METHODS
from citrus_cli.evals.texts import EvalText, Question, window
from citrus_cli.models.plain import PlainEncoder
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


def passkeys(length: int, trials: int, seed: int) -> list[tuple[str, float]]:
    """The numbers to hide in texts of a length, each with its depth: they are even."""
    rng = random.Random(f"{seed} {length}")
    return [(str(rng.randint(10_000, 99_999)), (at + 0.5) / trials) for at in range(trials)]


def passkey_text(encoder: PlainEncoder, length: int, key: str, depth: float) -> EvalText:
    """A text of about `length` tokens in which `key` is hidden, and the question for it."""
    filler = encoder.encode(FILLER)
    needle = encoder.encode(f"The pass key is {key}. Remember it. {key} is the pass key. ")
    ids = passkey_tokens((filler, needle), length, depth)
    start = round(length // len(filler) * depth) * len(filler)
    place = (start, start + len(needle))
    breaks = [*range(0, start + 1, len(filler)), *range(place[1], len(ids), len(filler))]
    question = Question(
        "key",
        QUESTION,
        needed=((key,),),
        places=((place,),),
        passages=(window(breaks, place, len(ids)),),
        about={"depth": depth},
    )
    return EvalText(ids, (question,))


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
    for length in lengths:
        for policy in policies:
            found, read, seconds = 0, 0, 0.0
            for key, depth in passkeys(length, trials, seed):
                ids = passkey_text(runner.encoder, length, key, depth).ids
                started = time.perf_counter()
                (kept,) = METHODS[policy].remember(runner, ids, [instruction], settings)
                seconds += time.perf_counter() - started
                read += len(ids)
                answer = generate(
                    runner.backbone,
                    kept.cache,
                    instruction,
                    ANSWER_TOKENS,
                    runner.loaded.eos_token_ids,
                )
                found += key in runner.loaded.tokenizer.decode(answer)
            yield PasskeyResult(policy, budget, length, found, trials, read / seconds)
