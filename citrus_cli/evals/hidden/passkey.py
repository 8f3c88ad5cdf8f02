"""Passkey retrieval: a number hidden in repetitive text (arXiv 2305.16300)."""

from __future__ import annotations

import random

from citrus_cli.evals.answers.texts import EvalText, Question, window
from citrus_cli.models.plain import PlainEncoder

FILLER = (
    "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. "
)
QUESTION = "What is the pass key? Give the number."
ANSWER_TOKENS = 24


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
