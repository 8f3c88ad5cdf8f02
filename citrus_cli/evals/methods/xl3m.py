"""XL3M (arXiv 2405.17755): the segments after which the model is surest what to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from citrus_cli.engine.attention import Stream
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.states import NO_ORIGIN, StateCache
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.bm25 import fill
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.evals.methods.reread import reread
from citrus_cli.run import Runner

FIT = 4
"""So many segments fit into the budget."""

OVERLAP = 0.125
"""The part of a segment that the next one repeats, so that what a cut parts is whole somewhere."""


class XL3M(Method):
    """Segments ranked by the entropy of what the model would say next; the best read together.

    Each segment is read alone, and after it the question. The less entropy the distribution of the
    answer's first token has, the surer the model is, and the more relevant the segment. Those most
    relevant are put together in the order of the text (the paper's key context), up to the budget,
    the last one cut, and read afresh in full attention. Unlike the paper, the question is known, so
    it need not be taken from the end of the text; the sizes are in parts of the budget.
    """

    name = "xl3m"

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """The key context of each instruction; the segments are read once for them all."""
        segments = cut(len(text), max(1, settings.budget // FIT))
        entropies = self._entropies(runner, text, segments, instructions, settings)
        for instruction, sure in zip(instructions, entropies, strict=True):
            order = sorted(range(len(segments)), key=sure.__getitem__)
            chosen = fill((segments[index] for index in order), settings.budget)
            yield reread(runner, text, chosen, instruction, settings)

    def _entropies(
        self,
        runner: Runner,
        text: Sequence[int],
        segments: Sequence[range],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> list[list[float]]:
        """For each instruction the entropy after each segment."""
        found: list[list[float]] = [[] for _ in instructions]
        report = reporter(runner, self.name, len(text))
        backbone, prefix = runner.backbone, runner.prompt.prefix
        size = max(map(len, segments), default=1)
        cache = backbone.cache(len(prefix) + size, backbone.rope_table())
        with backbone.attached():
            _append(backbone, cache, prefix, settings.chunk_size)
            for segment in segments:
                cache.truncate(len(prefix))
                ids = [text[index] for index in segment]
                _append(backbone, cache, ids, settings.chunk_size)
                for sure, instruction in zip(found, instructions, strict=True):
                    sure.append(entropy(backbone, cache, instruction))
                report(segment.stop)
        return found


def entropy(backbone: Backbone, cache: StateCache, instruction: Instruction) -> float:
    """The entropy, in nats, of the token after an instruction; inside `backbone.attached()`.

    The cache stays as it is.
    """
    stream = Stream(slice(0, len(instruction.ids)), cache, writes=False, visible=cache.length)
    ids = torch.tensor(instruction.ids, device=backbone.device)
    logits = backbone.forward(ids, [stream])[-1].float()
    return float(torch.distributions.Categorical(logits=logits).entropy())


def cut(tokens: int, size: int) -> list[range]:
    """Segments of `size` tokens that overlap, over the whole of a text."""
    step = max(1, size - round(OVERLAP * size))
    starts = range(0, max(1, tokens - size + step), step) if tokens else range(0)
    return [range(start, min(tokens, start + size)) for start in starts]


def _append(backbone: Backbone, cache: StateCache, ids: Sequence[int], chunk: int) -> None:
    for start in range(0, len(ids), chunk):
        tokens = torch.tensor(ids[start : start + chunk], device=backbone.device)
        stream = Stream(slice(0, len(tokens)), cache, writes=True, visible=cache.length)
        backbone.forward(tokens, [stream])
        cache.commit(torch.full_like(tokens, NO_ORIGIN))
