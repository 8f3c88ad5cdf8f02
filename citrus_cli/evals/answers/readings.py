"""Reading a text once for several methods that read it in the same way."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from safetensors.torch import load, save

from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import Policy
from citrus_cli.engine.reader import Reading
from citrus_cli.engine.states import States
from citrus_cli.evals.methods import Method, Remembered
from citrus_cli.evals.methods.reporting import reporter
from citrus_cli.run import Runner

LARGEST = 8 << 30
"""A text whose states would fill a cache of more bytes is read for each method."""


@dataclass(frozen=True)
class Manner:
    """How a text is read through a cache of its own; what is read alike has the same states."""

    policy: str
    budget: int
    chunk_size: int

    @classmethod
    def of(cls, policy: Policy, settings: ReadingSettings) -> Manner:
        """That of a policy with individual caches."""
        assert policy.document_policy is not None
        budget = policy.document_budget or settings.budget
        return cls(policy.document_policy.name, budget, settings.chunk_size)


class Recording:
    """The states of a reading, on disk, so that memory does not grow with the text.

    The file has no name: it goes when the process does, whatever ends it.
    """

    def __init__(self, device: torch.device) -> None:
        """States will come back to `device`."""
        self._device = device
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as this does)
        self._runs: list[tuple[int, int]] = []

    def add(self, states: States) -> None:
        """Write down the states of some more tokens.

        Raises:
            OSError: the disk is full, or fails.
        """
        data = save({"keys": states.keys.contiguous(), "values": states.values.contiguous()})
        self._file.write(data)
        self._runs.append((states.start, len(data)))

    def __iter__(self) -> Iterator[States]:
        """All states in the order of reading; one iteration at a time."""
        self._file.seek(0)
        for start, size in self._runs:
            read = load(self._file.read(size))
            yield States(read["keys"].to(self._device), read["values"].to(self._device), start)

    def close(self) -> None:
        """Let go of the disk."""
        self._file.close()


class Readings:
    """The readings of one text that several of the methods asked about it share."""

    def __init__(self, runner: Runner, asked: Sequence[tuple[Method, ReadingSettings]]) -> None:
        """`asked` are all methods that will be asked, with their settings."""
        self._runner = runner
        manners = [self._manner(method, settings) for method, settings in asked]
        self._shared = {one for one in manners if one is not None and manners.count(one) > 1}
        self._recorded: dict[Manner, tuple[Recording, float]] = {}

    def method(self, method: Method, settings: ReadingSettings, tokens: int) -> Method:
        """A method that takes a reading of the text, of so many tokens, which others take too.

        The method itself, where it shares with none, or the states are too many to be kept.
        """
        manner = self._manner(method, settings)
        bytes_needed = self._runner.backbone.cache_shape(tokens).bytes
        if manner not in self._shared or bytes_needed > LARGEST:
            return method
        return _Sharing(method, partial(self._recording, manner))

    def close(self) -> None:
        """Forget the readings."""
        for recording, _ in self._recorded.values():
            recording.close()
        self._recorded.clear()

    def _manner(self, method: Method, settings: ReadingSettings) -> Manner | None:
        policy = method.individual_policy(self._runner)
        return None if policy is None else Manner.of(policy, settings)

    def _recording(
        self, manner: Manner, method: Method, settings: ReadingSettings, text: Sequence[int]
    ) -> tuple[Recording, float]:
        """The reading, and how many seconds went into it before now.

        Raises:
            OSError: the disk has no room for it; it is shared no more.
        """
        if manner in self._recorded:
            return self._recorded[manner]
        runner = self._runner
        policy = method.individual_policy(runner)
        assert policy is not None
        started = time.perf_counter()
        try:
            recording = Recording(runner.loaded.device)
            reading = Reading(
                runner.backbone, policy, settings, (), runner.prompt.prefix, on_states=recording.add
            )
            reading.read([text], reporter(runner, method.name, len(text)))
        except OSError:
            self._shared.discard(manner)  # the next one need not read as far to find out
            raise
        self._recorded[manner] = recording, time.perf_counter() - started
        return recording, 0.0


@dataclass(frozen=True)
class _Sharing(Method):
    """A method that takes what a reading left, its own or another's that reads alike."""

    method: Method
    recording: Callable[[Method, ReadingSettings, Sequence[int]], tuple[Recording, float]]

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.method.name

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        try:
            recording, before = self.recording(self.method, settings, text)
        except OSError:  # no room on the disk
            yield from self.method.remember(runner, text, instructions, settings)
            return
        for one in self.method.select(runner, text, recording, instructions, settings):
            yield replace(one, read_before=before)
            before = 0.0  # the others were not read for anew
