"""Language modelling over a long text, past the model's window (arXiv 2406.12018, section 4).

Every token is predicted from what the cache holds and what precedes it in its chunk, as in
StreamingLLM's experiments (arXiv 2309.17453). No prompt stands before the text. A policy that
evicts by a question is given one that says nothing about any text (`QUESTION`); where the question
keeps a cache of its own, what predicts is the document's, which knows no question.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import torch
from torch import Tensor

from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.head import latest_rows
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import POLICIES, Policy, Streaming
from citrus_cli.engine.reader import Reading
from citrus_cli.errors import MemoryLimitError, UsageError
from citrus_cli.models.hardware import free_memory
from citrus_cli.run import Runner, memory_errors
from citrus_cli.wording import human_bytes

FULL = "full"
"""The name of reading with nothing evicted; beyond the model's positions, that is the point."""

QUESTION = "What is this text about?"
"""What policies evict by that evict by a question: the same for every text."""

FULL_LIMIT = 32_768
"""With nothing evicted, memory grows: so many tokens of a text are read and no more."""

WINDOW = 1024
"""Tokens whose mean is one point of the curve against position."""

BLOCK = 128
"""Tokens whose mean is one observation of the standard error: neighbours are alike."""

Progress = Callable[[str, int, int, int], None]
"""(policy, budget, tokens read, tokens in all)."""


@dataclass(frozen=True)
class PerplexityRow:
    """How well a text is predicted through one policy's cache.

    `nll` is the mean negative log likelihood in nats of `tokens` tokens (all that were read, but
    the first), and `stderr` its standard error, from the means of blocks; `perplexity` is exp(nll),
    with a standard error of perplexity · stderr. `windows` are (index of the first token in it,
    mean nll) over runs of `WINDOW` tokens, the last one shorter. `budget` is what was asked for,
    and `held` how many states of the text eviction leaves: less where the text is shorter, all with
    `full`, and a number of its own where a policy's document cache has one.
    """

    policy: str
    budget: int
    tokens: int
    nll: float
    stderr: float
    perplexity: float
    windows: tuple[tuple[int, float], ...]
    seconds: float
    held: int

    @property
    def perplexity_stderr(self) -> float:
        """The standard error of `perplexity`, to first order."""
        return self.perplexity * self.stderr


def perplexity(
    runner: Runner,
    text: Sequence[int],
    policies: Sequence[str],
    budgets: Sequence[int],
    chunk_size: int,
    on_progress: Progress = lambda policy, budget, read, total: None,
    *,
    full_limit: int = FULL_LIMIT,
) -> Iterator[PerplexityRow]:
    """Read a text through every policy with every budget; a row as soon as it is measured.

    Args:
        runner: the model. Its own policy, budget and chunk size do not matter.
        text: token ids; put the model's first token before it if it was trained with one.
        policies: names of `POLICIES`, and `full` for nothing evicted. That is measured once, since
            it has no budget, over the text's first `full_limit` tokens at most.
        budgets: how many states of the text each layer keeps.
        chunk_size: how many tokens go through the model at a time.
        on_progress: called after each chunk.

    Raises:
        UsageError: an unknown policy, a size below one, a text of less than three tokens, or more
            positions needed than the model knows.
        MemoryLimitError: the cache does not fit; while reading, the model does not.
    """
    unknown = [name for name in policies if name not in POLICIES and name != FULL]
    if unknown:
        names = ", ".join([*POLICIES, FULL])
        raise UsageError(f"unknown policy {unknown[0]!r}; choose of {names}")
    if min([*budgets, chunk_size, full_limit], default=1) < 1:
        raise UsageError("budgets, the chunk size and the limit of full must be at least 1")
    if len(text) < 3:
        raise UsageError(f"a text of {len(text)} tokens has no perplexity; give a longer one")
    reads = _reads(runner, len(text), policies, budgets, chunk_size, full_limit)
    return _rows(runner, text, reads, on_progress)


@dataclass(frozen=True)
class _Read:
    """What to read through: a policy for the document's cache, and its size."""

    name: str
    budget: int
    policy: Policy
    tokens: int
    settings: ReadingSettings


def _reads(
    runner: Runner,
    tokens: int,
    policies: Sequence[str],
    budgets: Sequence[int],
    chunk_size: int,
    full_limit: int,
) -> list[_Read]:
    reads = []
    for name in dict.fromkeys(policies):
        if name == FULL:
            # the engine does not narrow a layer's view, so past its window it is not the model
            size = min(tokens, full_limit, runner.backbone.window or tokens)
            settings = ReadingSettings(size, chunk_size, answer_tokens=1)
            reads.append(_Read(name, size, Streaming(), size, settings))
            continue
        for budget in dict.fromkeys(budgets):
            own = POLICIES[name].document_policy
            held = POLICIES[name].document_budget or budget
            settings = ReadingSettings(held, chunk_size, answer_tokens=1)
            reads.append(_Read(name, budget, own or POLICIES[name](), tokens, settings))
    for read in reads:
        _check_room(runner, read)
    return reads


def _check_room(runner: Runner, read: _Read) -> None:
    riding = len(runner.instruction(QUESTION).ids)
    slots = read.settings.capacity(0, riding, read.settings.budget)
    limits = [n for n in (runner.loaded.max_positions, runner.backbone.window) if n]
    if read.name != FULL and limits and slots > min(limits):
        raise UsageError(
            f"{runner.loaded.name} sees {min(limits)} positions, and {read.name} with a budget of "
            f"{read.settings.budget} needs {slots}; lower the budget or the chunk size"
        )
    needed = runner.backbone.cache_shape(slots).bytes
    free = free_memory(runner.loaded.device)
    if needed > free:
        raise MemoryLimitError(
            f"{read.name}: the cache of {slots} states needs {human_bytes(needed)} and "
            f"{runner.loaded.device} has {human_bytes(free)} free; lower the budget, or the limit "
            "of full"
        )


def _rows(
    runner: Runner, text: Sequence[int], reads: Sequence[_Read], on_progress: Progress
) -> Iterator[PerplexityRow]:
    instruction = runner.instruction(QUESTION)
    measured: dict[tuple[str, ReadingSettings], PerplexityRow] = {}
    for read in reads:
        key = (read.name, read.settings)
        if key not in measured:  # a document cache with a budget of its own is the same for all
            started = perf_counter()
            with memory_errors(runner.loaded):
                nll = token_nll(
                    runner.backbone,
                    read.policy,
                    read.settings,
                    instruction,
                    text[: read.tokens],
                    lambda done, read=read: on_progress(  # type: ignore[misc]
                        read.name, read.budget, done, read.tokens
                    ),
                )
            measured[key] = _row(read, nll, perf_counter() - started)
        yield replace(measured[key], budget=read.budget)


def token_nll(
    backbone: Backbone,
    policy: Policy,
    settings: ReadingSettings,
    instruction: Instruction,
    text: Sequence[int],
    on_chunk: Callable[[int], None] = lambda read: None,
) -> Tensor:
    """The negative log likelihood of every token of a text but the first, in nats.

    Args:
        backbone: the model.
        policy: what evicts the cache through which the text is read; not one whose question keeps
            a cache of its own.
        settings: the budget and the chunk.
        instruction: what policies evict by that evict by a question.
        text: token ids.
        on_chunk: called after each chunk with the number of tokens read so far.

    Returns:
        (tokens - 1,) float64 on the CPU, in the text's order.
    """
    found: list[Tensor] = []

    def predict(size: int) -> None:
        at = reading.tokens_read
        some = text[at + 1 : at + 1 + size]
        targets = torch.tensor(some, dtype=torch.long, device=backbone.device)
        found.append(latest.surprisal(targets).cpu().double())  # the last token predicts none

    reading = Reading(backbone, policy, settings, [instruction], on_pass=predict)
    with latest_rows(backbone.model) as latest:
        reading.read([text], on_chunk)
    return torch.cat(found)


def _row(read: _Read, nll: Tensor, seconds: float) -> PerplexityRow:
    mean = float(nll.mean())
    return PerplexityRow(
        policy=read.name,
        budget=read.budget,
        tokens=len(nll),
        nll=mean,
        stderr=block_stderr(nll),
        perplexity=math.exp(mean),
        # the first token is not predicted
        windows=tuple(
            (1 + at, float(nll[at : at + WINDOW].mean())) for at in range(0, len(nll), WINDOW)
        ),
        seconds=seconds,
        held=min(read.settings.budget, read.tokens),
    )


def block_stderr(nll: Tensor) -> float:
    """The standard error of the mean of a series whose neighbours are alike, from block means.

    Blocks of `BLOCK`, or fewer where there would not be eight of them; what is left over at the end
    counts in no block. `nll` is (tokens,), two at least.
    """
    size = max(1, min(BLOCK, len(nll) // 8))
    whole = len(nll) // size
    means = nll[: whole * size].unflatten(0, (whole, size)).mean(dim=1)
    return float(means.std() / whole**0.5)
