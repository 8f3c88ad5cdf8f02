"""Methods that choose tokens of a text and read them alone, in full attention."""

from __future__ import annotations

from collections.abc import Sequence

from citrus_cli.engine.afresh import read_afresh
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.evals.methods.base import Remembered
from citrus_cli.run import Runner


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
