"""Reading speed as ratios, all sides measured in turn in one run: machines are noisy."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import torch
from transformers import DynamicCache

from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.engine.policies import Citrus
from citrus_cli.engine.reader import Reading
from citrus_cli.evals.hidden.passkey import FILLER, QUESTION
from citrus_cli.run import Runner


@dataclass(frozen=True)
class ReadingSpeed:
    """Median seconds for one chunk at a full cache, and what follows from them."""

    budget: int
    chunk_size: int
    citrus_seconds: float
    bare_seconds: float

    @property
    def tokens_per_second(self) -> float:
        """citrus's reading speed."""
        return self.chunk_size / self.citrus_seconds

    @property
    def of_bare_forward(self) -> float:
        """Speed of citrus over that of transformers' forward of the same chunk, cache and model."""
        return self.bare_seconds / self.citrus_seconds


@dataclass(frozen=True)
class FullAttentionSpeed:
    """One document read and answered by citrus and by transformers' own `generate`."""

    tokens: int
    citrus_seconds: float
    full_seconds: float

    @property
    def ratio(self) -> float:
        """How many times faster citrus is."""
        return self.full_seconds / self.citrus_seconds


def text_ids(runner: Runner, tokens: int) -> list[int]:
    """`tokens` ids of filler text."""
    filler = runner.encoder.encode(FILLER)
    return (filler * (tokens // len(filler) + 1))[:tokens]


def reading_speed(runner: Runner, budget: int, chunk_size: int, rounds: int) -> ReadingSpeed:
    """Read the same chunk at a full cache in both ways, `rounds` times in turn."""
    ids = text_ids(runner, budget + 2 * chunk_size)
    chunk = torch.tensor(ids[:chunk_size], device=runner.backbone.device)
    ways = [
        citrus_step(runner, ids, chunk, budget, chunk_size),
        _bare_step(runner, ids[: budget + chunk_size], chunk),
    ]
    citrus, bare = in_turn(ways, rounds)
    return ReadingSpeed(budget, chunk_size, citrus, bare)


def in_turn(ways: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """The median seconds of each of some steps, taken in turn; a first round warms up."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds + 1):
        for way, times in zip(ways, seconds, strict=True):
            times.append(timed(way))
    return [median(times[1:]) for times in seconds]


def timed(step: Callable[[], object]) -> float:
    """Wall seconds of one call, the device's work included."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    started = time.perf_counter()
    step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def citrus_step(
    runner: Runner, ids: list[int], chunk: torch.Tensor, budget: int, chunk_size: int
) -> Callable[[], object]:
    """A step that reads `chunk` over a cache that `ids` have filled."""
    settings = ReadingSettings(budget, chunk_size, answer_tokens=1)
    reading = Reading(runner.backbone, Citrus(), settings, [runner.instruction(QUESTION)])
    with runner.backbone.attached():
        for start in range(0, len(ids), chunk_size):
            reading.step(ids[start : start + chunk_size])
    tokens = chunk.tolist()

    def step() -> None:
        with runner.backbone.attached():
            reading.step(tokens)

    return step


def _bare_step(runner: Runner, cached: list[int], chunk: torch.Tensor) -> Callable[[], object]:
    """transformers' forward of the chunk over a cache that holds as many states; no scoring."""
    model = runner.loaded.model
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        ids = torch.tensor([cached], device=chunk.device)
        model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1)

    def step() -> None:
        with torch.inference_mode():
            model(chunk.unsqueeze(0), past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.crop(-chunk.shape[0])

    return step


def against_full_attention(
    runner: Runner, tokens: int, budget: int, chunk_size: int, answer_tokens: int
) -> FullAttentionSpeed:
    """Read `tokens` and generate `answer_tokens`, by citrus and by `generate` in full attention.

    Both are made to write exactly `answer_tokens`.
    """
    ids = text_ids(runner, tokens)
    citrus = timed(lambda: _ask(runner, ids, budget, chunk_size, answer_tokens))
    prompt = [*runner.prompt.prefix, *ids, *runner.instruction(QUESTION).ids]
    batch = torch.tensor([prompt], device=runner.backbone.device)

    def full() -> None:
        with torch.inference_mode():
            runner.loaded.model.generate(
                batch,
                attention_mask=torch.ones_like(batch),
                do_sample=False,
                min_new_tokens=answer_tokens,
                max_new_tokens=answer_tokens,
                pad_token_id=0,
            )

    return FullAttentionSpeed(tokens, citrus, timed(full))


def _ask(runner: Runner, ids: list[int], budget: int, chunk_size: int, answer_tokens: int) -> None:
    instruction = runner.instruction(QUESTION)
    settings = ReadingSettings(budget, chunk_size, answer_tokens)
    reading = Reading(runner.backbone, Citrus(), settings, [instruction], runner.prompt.prefix)
    reading.read([ids])
    generate(runner.backbone, reading.caches[0], instruction, answer_tokens, stop=())
