"""Answer tokens from what was kept."""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction
from citrus_cli.engine.states import NO_ORIGIN, StateCache


def generate(
    backbone: Backbone,
    cache: StateCache,
    instruction: Instruction,
    max_tokens: int,
    stop: Collection[int],
    on_token: Callable[[int], None] = lambda token: None,
) -> list[int]:
    """Answer an instruction greedily from a cache, and leave the cache as it was.

    Args:
        backbone: the model.
        cache: what was kept of the document; needs room for the instruction and `max_tokens`.
        instruction: the prompt after the document.
        max_tokens: at most so many tokens are generated.
        stop: ids that end an answer; they are not part of it.
        on_token: called with each token as it is generated.

    Returns:
        The answer's token ids; `max_tokens` of them when no id of `stop` came.
    """
    kept = cache.length
    answer: list[int] = []
    ids = list(instruction.ids)
    try:
        with backbone.attached():
            while len(answer) < max_tokens:
                token = _next(backbone, cache, ids)
                if token in stop:
                    break
                answer.append(token)
                on_token(token)
                ids = [token]
    finally:
        cache.truncate(kept)
    return answer


def _next(backbone: Backbone, cache: StateCache, ids: list[int]) -> int:
    """Append `ids` to the cache; the most likely token after them."""
    tokens = torch.tensor(ids, dtype=torch.long, device=backbone.device)
    stream = Stream(slice(0, len(ids)), cache, writes=True, visible=cache.length)
    logits = backbone.forward(tokens, [stream])
    cache.commit(torch.full_like(tokens, NO_ORIGIN))
    return int(logits[-1].argmax())
