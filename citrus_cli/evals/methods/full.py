"""Full attention: the whole text in the cache, as the model was trained to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from citrus_cli.engine.afresh import read_whole
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.errors import MemoryLimitError, UsageError
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.policies import remembered
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.models.hardware import free_memory
from citrus_cli.run import Runner
from citrus_cli.wording import human_bytes


class Full(Method):
    """Nothing is evicted (attention as in arXiv 1706.03762): what every other way is measured by.

    It knows no budget, and its memory grows with the text. The text is read once; the same cache
    answers every instruction.
    """

    name = "full"
    budgeted = False

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """All states, in one reading for all instructions."""
        report = reporter(runner, self.name, len(text))
        longest = max(instructions, key=lambda instruction: len(instruction.ids))
        prefix = runner.prompt.prefix
        cache = read_whole(runner.backbone, prefix, text, longest, settings, report)
        for instruction in instructions:
            yield remembered(cache, instruction, len(prefix))

    def limit(self, runner: Runner) -> int | None:
        """The positions that the model knows, or its attention's window where that is less."""
        limits = [n for n in (runner.loaded.max_positions, runner.backbone.window) if n]
        return min(limits, default=None)

    def check_room(
        self,
        runner: Runner,
        tokens: int,
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> None:
        """The whole text must fit the positions that the model knows, and the device's memory."""
        longest = max(len(instruction.ids) for instruction in instructions)
        prefix, limit = len(runner.prompt.prefix), self.limit(runner)
        positions = prefix + tokens + longest + settings.answer_tokens
        if limit is not None and positions > limit:
            raise UsageError(
                f"full attention to this text needs {positions} positions, and "
                f"{runner.loaded.name} knows {limit}"
            )
        slots = settings.capacity(prefix, longest, tokens)
        needed = runner.backbone.cache_shape(slots).bytes
        free = free_memory(runner.loaded.device)
        if needed > free:
            raise MemoryLimitError(
                f"full attention to this text needs a cache of {human_bytes(needed)}, and "
                f"{runner.loaded.device} has {human_bytes(free)} free"
            )
