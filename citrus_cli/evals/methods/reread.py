"""Reading in full attention: the whole of a text, or alone the tokens that were found in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Policy, Streaming
from citrus_cli.engine.reader import Reading
from citrus_cli.engine.states import StateCache
from citrus_cli.evals.methods.base import Remembered
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.run import Runner


def read_whole(
    runner: Runner,
    text: Sequence[int],
    instructions: Sequence[Instruction],
    settings: ReadingSettings,
    on_read: Callable[[int], None] = lambda read: None,
) -> StateCache:
    """Read a text chunk by chunk; nothing is evicted, so that each token sees all before it.

    Returns:
        A cache of the prompt's head and the whole text, with room for the longest of the
        instructions and its answer. Answering leaves it as it was, so it serves them all.
    """
    longest = max(instructions, key=lambda instruction: len(instruction.ids))
    # a budget that is never exceeded: nothing is judged, whatever the policy
    roomy = replace(settings, budget=max(1, len(text)))
    reading = Reading(runner.backbone, Streaming(), roomy, [longest], runner.prompt.prefix)
    reading.read([text], on_read)
    return reading.document


def find(
    runner: Runner,
    policy: Policy,
    text: Sequence[int],
    instructions: Sequence[Instruction],
    settings: ReadingSettings,
    method: str,
) -> list[Tensor]:
    """What each instruction keeps of a text with an individual-cache policy; nothing is answered.

    Returns:
        The origins in each instruction's cache, (layers, states), the prompt's left out.
    """
    prefix = runner.prompt.prefix
    finding = replace(settings, answer_tokens=1)
    reading = Reading(runner.backbone, policy, finding, instructions, prefix)
    reading.read([text], reporter(runner, method, len(text)))
    return [cache.origins[..., len(prefix) : cache.length].clone() for cache in reading.caches]


def reread(
    runner: Runner,
    text: Sequence[int],
    chosen: Sequence[int],
    instruction: Instruction,
    settings: ReadingSettings,
) -> Remembered:
    """Read some tokens of a text alone, in full attention, as if they were all of it.

    Args:
        runner: the model.
        text: the document's token ids.
        chosen: which of them to read, as indices into the text, ascending.
        instruction: the question.
        settings: the sizes of chunk and answer.

    Returns:
        What the question can attend to; origins, in the cache too, are indices into `text`.
    """
    cache = read_whole(runner, [text[index] for index in chosen], [instruction], settings)
    pinned = len(runner.prompt.prefix)
    # from positions in what was read afresh to those in the text
    cache.origins[..., pinned : cache.length] = torch.tensor(
        chosen, dtype=torch.long, device=cache.origins.device
    )
    return Remembered(cache, instruction, cache.origins[..., pinned : cache.length])
