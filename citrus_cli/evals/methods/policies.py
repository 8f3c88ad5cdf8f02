"""The eviction policies of the engine as methods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.reader import Reading
from citrus_cli.engine.states import StateCache
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.rereading import reread
from citrus_cli.run import Runner


class PolicyMethod(Method):
    """States are evicted by a policy while the text is read."""

    def __init__(self, name: str) -> None:
        """`name` is the policy's."""
        self.name = name
        self.sized_as = name

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """What the policy keeps; one reading for all instructions where it lets one serve them."""
        policy, prefix = runner.policy(self.name), runner.prompt.prefix
        together = policy.serves_many() and instructions
        for group in [instructions] if together else [[one] for one in instructions]:
            reading = Reading(runner.backbone, policy, settings, group, prefix)
            reading.read([text], reporter(runner, self.name, len(text)))
            read = len(text)
            caches = reread(runner, policy, reading.caches, group, settings, text.__getitem__, read)
            for index, instruction in enumerate(group):
                # by index: a cache that is made for each in turn is not held here
                yield remembered(caches[index], instruction, len(prefix))


def remembered(cache: StateCache, instruction: Instruction, pinned: int) -> Remembered:
    """A cache whose first `pinned` states are the prompt's, with the origins of the others."""
    return Remembered(cache, instruction, cache.origins[:, pinned : cache.length])
