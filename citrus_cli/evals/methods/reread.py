"""Methods that choose tokens of a text and read them alone, in full attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from citrus_cli.engine.afresh import read_afresh
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Policy
from citrus_cli.engine.reader import Reading
from citrus_cli.evals.methods.base import Remembered
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.run import Runner


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
    prefix = runner.prompt.prefix
    tokens = {index: text[index] for index in chosen}
    cache = read_afresh(runner.backbone, prefix, tokens, instruction, settings)
    return Remembered(cache, instruction, cache.origins[..., len(prefix) : cache.length])
