"""The eviction policies of the engine as methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import POLICIES, Policy
from citrus_cli.engine.reader import Reading
from citrus_cli.engine.selection import select
from citrus_cli.engine.states import StateCache, States
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.reporting import reporter
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
        policy, prefix = POLICIES[self.name](), runner.prompt.prefix
        together = policy.serves_many() and instructions
        for group in [instructions] if together else [[one] for one in instructions]:
            reading = Reading(runner.backbone, policy, settings, group, prefix)
            reading.read([text], reporter(runner, self.name, len(text)))
            yield from _remembered(reading.caches, group, len(prefix))

    def individual_policy(self, runner: Runner) -> Policy | None:
        """The policy itself, if it is one with individual caches."""
        policy = POLICIES[self.name]()
        return policy if policy.document_policy else None

    def select(
        self,
        runner: Runner,
        text: Sequence[int],
        states: Iterable[States],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        """What the policy keeps of the states that come past."""
        policy, pinned = POLICIES[self.name](), len(runner.prompt.prefix)
        caches = select(runner.backbone, policy, settings, instructions, pinned, states)
        yield from _remembered(caches, instructions, pinned)


def _remembered(
    caches: Sequence[StateCache], instructions: Sequence[Instruction], pinned: int
) -> Iterator[Remembered]:
    for index, instruction in enumerate(instructions):
        # by index: a cache that is made for each in turn is not held here
        yield remembered(caches[index], instruction, pinned)


def remembered(cache: StateCache, instruction: Instruction, pinned: int) -> Remembered:
    """A cache whose first `pinned` states are the prompt's, with the origins of the others."""
    return Remembered(cache, instruction, cache.origins[:, pinned : cache.length])
