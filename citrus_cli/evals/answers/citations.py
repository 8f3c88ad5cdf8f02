"""The pages that an answer would cite, whatever method remembered them."""

from __future__ import annotations

from collections.abc import Sequence

from citrus_cli.engine.attribution import attribute
from citrus_cli.evals.answers.texts import PagedText
from citrus_cli.evals.methods import Remembered
from citrus_cli.run import Runner
from citrus_cli.sourcing import cited


def cited_pages(
    runner: Runner, remembered: Remembered, answer: Sequence[int], text: PagedText
) -> list[int]:
    """The pages of an answer's sources, the best first, as `citrus ask` finds them.

    `answer` are its token ids.
    """
    given = attribute(
        runner.backbone, remembered.cache, remembered.instruction, answer, runner.heads
    )
    there = _text_origins(remembered)
    in_text = {there.get(origin, origin): weight for origin, weight in given.weights.items()}
    sources = cited(in_text, text.log, [text.path], runner)
    return list(dict.fromkeys(one.page for one in sources))


def _text_origins(remembered: Remembered) -> dict[int, int]:
    """From a cache's origins to the text's, where a method read a choice of the text as its own."""
    cache = remembered.cache
    there: dict[int, int] = {}
    for layer, origins in enumerate(remembered.origins):
        own = cache.origins[layer, ..., : cache.length]
        own = own[own >= 0]
        if own.numel() != origins.numel():
            return {}
        there.update(zip(own.flatten().tolist(), origins.flatten().tolist(), strict=True))
    return there
