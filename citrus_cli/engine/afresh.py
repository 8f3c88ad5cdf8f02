"""Reading tokens in full attention: a whole text, or alone some that were found in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch

from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Streaming
from citrus_cli.engine.reader import Reading
from citrus_cli.engine.states import StateCache


def read_whole(
    backbone: Backbone,
    prefix: Sequence[int],
    text: Sequence[int],
    instruction: Instruction,
    settings: ReadingSettings,
    on_read: Callable[[int], None] = lambda read: None,
) -> StateCache:
    """Read a text chunk by chunk; nothing is evicted, so that each token sees all before it.

    Returns:
        A cache of the prompt's head and the whole text, with room for the instruction and its
        answer.
    """
    # a budget that is never exceeded: nothing is judged, whatever the policy
    size = max(1, len(text))
    roomy = replace(settings, budget=size, chunk_size=min(settings.chunk_size, size))
    reading = Reading(backbone, Streaming(), roomy, [instruction], prefix)
    reading.read([text], on_read)
    return reading.document


def read_afresh(
    backbone: Backbone,
    prefix: Sequence[int],
    tokens: Mapping[int, int],
    instruction: Instruction,
    settings: ReadingSettings,
) -> StateCache:
    """Read some tokens of a document alone, as if they were all of it.

    `tokens` are by their origins, which are those of the cache too, ascending.

    Kept states saw what their cache held when they were read; tokens that are read afresh see the
    prompt and each other, and nothing else.
    """
    cache = read_whole(backbone, prefix, list(tokens.values()), instruction, settings)
    # from positions in what was read afresh to those in the document
    cache.origins[..., len(prefix) : cache.length] = torch.tensor(
        list(tokens), dtype=torch.long, device=cache.origins.device
    )
    return cache
