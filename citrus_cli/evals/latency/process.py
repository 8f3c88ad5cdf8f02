"""One measurement of reading and answering speed and of memory: here, or in a fresh process.

On a CPU the peak is that of the process, and what ran before leaves its mark on it: so each
measurement has a process of its own, which is given its job on standard input and prints what it
found as one line of JSON.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any

import torch
from transformers import DynamicCache

from citrus_cli.engine.generator import generate
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.errors import CitrusError, DocumentError, MemoryLimitError, ModelError, UsageError
from citrus_cli.evals.methods import METHODS
from citrus_cli.models.hardware import free_memory, peak_memory, reset_peak_memory
from citrus_cli.models.memory import Shape, memory_needed
from citrus_cli.run import Runner, memory_errors
from citrus_cli.settings import Settings
from citrus_cli.wording import human_bytes

FULL = "full"
"""transformers' own full attention: what the methods are compared with."""

QUESTION = "What is this text about?"

_KILLED = {-int(getattr(signal, "SIGKILL", 9)), 128 + int(getattr(signal, "SIGKILL", 9))}


@dataclass(frozen=True)
class Job:
    """What to measure: a method over the first `tokens` of a text, repeated where it is too short.

    `settings` say which model and where; their policy and sizes do not matter. With several
    `rounds`, medians count.
    """

    settings: Settings
    method: str
    tokens: int
    reading: ReadingSettings
    text: str | tuple[int, ...]
    rounds: int

    def to_json(self) -> str:
        """For the standard input of a process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The way back from `to_json`."""
        fields: dict[str, Any] = json.loads(text)
        fields["settings"] = Settings(**fields["settings"])
        fields["reading"] = ReadingSettings(**fields["reading"])
        if not isinstance(fields["text"], str):
            fields["text"] = tuple(fields["text"])
        return cls(**fields)


@dataclass(frozen=True)
class Measured:
    """Wall seconds since the start: when the text was read, the answer's first token written, and
    its last. Bytes: the cache that answers; the peak; and of that, what was in use before.

    Peaks are as `models.hardware.peak_memory` has them: on a CPU the process's, weights and all.
    """

    read_at: float
    first_token_at: float
    last_token_at: float
    cache_bytes: int
    before_bytes: int
    peak_bytes: int


@dataclass(frozen=True)
class _Times:
    read_at: float
    first_token_at: float
    last_token_at: float
    cache_bytes: int


def in_own_process(job: Job) -> Measured:
    """Measure in a fresh process, which loads the model itself.

    Raises:
        MemoryLimitError: it ran out of memory, or the system ended it.
        CitrusError: as the process said, or it failed otherwise.
    """
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=job.to_json(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode in _KILLED:
        raise MemoryLimitError("the process was killed, most likely for want of memory")
    lines, complaints = done.stdout.splitlines(), done.stderr.strip().splitlines()
    if done.returncode or not lines:
        reason = complaints[-1] if complaints else f"exit code {done.returncode}"
        raise CitrusError(f"measuring {job.method} over {job.tokens:,} tokens failed: {reason}")
    found: dict[str, Any] = json.loads(lines[-1])
    if "error" in found:
        kinds = (UsageError, DocumentError, ModelError, MemoryLimitError)
        kind = {kind.exit_code: kind for kind in kinds}.get(found["exit_code"], CitrusError)
        raise kind(found["error"])
    return Measured(**found)


def measure(runner: Runner, job: Job) -> Measured:
    """Read and answer in this process, with a model that is loaded.

    Raises:
        MemoryLimitError: there is no room.
    """
    ids = _text_ids(runner, job)
    instruction = runner.instruction(QUESTION)
    way = _full if job.method == FULL else _remembering(job.method)
    if job.method == FULL:
        _check_room(runner, len(ids) + len(instruction.ids) + job.reading.answer_tokens)
    device = runner.backbone.device
    with memory_errors(runner.loaded):
        # the first passes are slow, and calibration happens before the first
        way(runner, ids[: 2 * job.reading.chunk_size], instruction, job.reading)
        reset_peak_memory(device)
        before = peak_memory(device)
        rounds = [way(runner, ids, instruction, job.reading) for _ in range(job.rounds)]
    return Measured(
        read_at=median(times.read_at for times in rounds),
        first_token_at=median(times.first_token_at for times in rounds),
        last_token_at=median(times.last_token_at for times in rounds),
        cache_bytes=rounds[0].cache_bytes,
        before_bytes=before,
        peak_bytes=peak_memory(device),
    )


_Way = Callable[[Runner, list[int], Instruction, ReadingSettings], _Times]


def _remembering(name: str) -> _Way:
    """A method's way: what it remembers of the text, and the engine's answer from that."""

    def way(
        runner: Runner, ids: list[int], instruction: Instruction, settings: ReadingSettings
    ) -> _Times:
        clock = _Clock()
        remembered = next(iter(METHODS[name].remember(runner, ids, [instruction], settings)))
        clock.tick()
        generate(
            runner.backbone,
            remembered.cache,
            remembered.instruction,
            settings.answer_tokens,
            stop=(),
            on_token=lambda token: clock.tick(),
        )
        return clock.times(remembered.cache.shape.bytes)

    return way


def _full(
    runner: Runner, ids: list[int], instruction: Instruction, settings: ReadingSettings
) -> _Times:
    """transformers' forward of the whole text at once, and greedy steps from its own cache."""
    model, device = runner.loaded.model, runner.backbone.device
    cache = DynamicCache(config=model.config)

    def step(tokens: Sequence[int]) -> int:
        batch = torch.tensor([tokens], device=device)
        logits = model(batch, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        return int(logits[0, -1].argmax())

    clock = _Clock()
    with torch.inference_mode():
        step([*runner.prompt.prefix, *ids])
        clock.tick()
        token = step(instruction.ids)
        clock.tick()
        for _ in range(settings.answer_tokens - 1):
            token = step([token])
            clock.tick()
    tensors = [x for layer in cache.layers for x in (layer.keys, layer.values)]
    return clock.times(sum(tensor.nbytes for tensor in tensors))


class _Clock:
    """Seconds since its making, the device's work included."""

    def __init__(self) -> None:
        self._ticks: list[float] = []
        self._started = perf_counter()

    def tick(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self._ticks.append(perf_counter() - self._started)

    def times(self, cache_bytes: int) -> _Times:
        """After a tick when the text was read, and one for each token of the answer."""
        return _Times(self._ticks[0], self._ticks[1], self._ticks[-1], cache_bytes)


def _text_ids(runner: Runner, job: Job) -> list[int]:
    ids = runner.encoder.encode(job.text) if isinstance(job.text, str) else list(job.text)
    if not ids:
        raise UsageError("the text to measure with is empty")
    return (ids * (job.tokens // len(ids) + 1))[: job.tokens]


def _check_room(runner: Runner, tokens: int) -> None:
    """Full attention takes the whole text through every layer at once."""
    loaded = runner.loaded
    shape = Shape.from_config(loaded.model.config.to_dict())
    if shape is None:
        needed = runner.backbone.cache_shape(tokens).bytes
    else:
        dtype = str(loaded.dtype).removeprefix("torch.")
        need = memory_needed(shape, "none", 1, tokens, instruction=0, caches=1, dtype=dtype)
        needed = need.states + need.activations
    free = free_memory(loaded.device)
    if needed > free:
        raise MemoryLimitError(
            f"it needs {human_bytes(needed)} beside the model, and {loaded.device} has "
            f"{human_bytes(free)} free"
        )


def _main() -> None:
    try:
        job = Job.from_json(sys.stdin.read())
        answer = asdict(measure(Runner.load(job.settings), job))
    except CitrusError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    print(json.dumps(answer))


if __name__ == "__main__":
    _main()
