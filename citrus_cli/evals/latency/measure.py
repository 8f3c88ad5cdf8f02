"""Speed and memory against the length of the text, with full attention measured beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.errors import MemoryLimitError, UsageError
from citrus_cli.evals.hidden.passkey import FILLER
from citrus_cli.evals.latency.process import FULL, Job, Measured, in_own_process, measure
from citrus_cli.evals.methods import METHODS
from citrus_cli.run import Runner
from citrus_cli.settings import Settings

FULL_LIMIT = 32_768
"""Full attention's time grows with the square of the text: it is not measured beyond so many."""

Progress = Callable[[str, int], None]
"""(method, tokens), before each measurement."""


@dataclass(frozen=True)
class LatencyRow:
    """One method over a text of so many tokens; None where it was not measured, `missing` says why.

    Times are wall seconds, the model loaded and warm: `read_seconds` for the text,
    `first_token_seconds` from the start until the answer's first token, `answer_tokens_per_second`
    from there on. `cache_bytes` is the cache that answers, `peak_bytes` the most memory in use
    while reading and answering, and `before_bytes` what of that was in use before (the model).
    The ratios are to full attention over the same text, measured just before: `reading_ratio` and
    `answer_ratio` of speeds (2: twice as fast), `first_token_ratio` full attention's time over
    this one's (2: half the wait), `peak_ratio` this peak over full attention's (0.5: half of it).
    """

    method: str
    tokens: int
    budget: int | None
    chunk_size: int
    answer_tokens: int
    read_seconds: float | None = None
    read_tokens_per_second: float | None = None
    first_token_seconds: float | None = None
    answer_tokens_per_second: float | None = None
    cache_bytes: int | None = None
    before_bytes: int | None = None
    peak_bytes: int | None = None
    reading_ratio: float | None = None
    first_token_ratio: float | None = None
    answer_ratio: float | None = None
    peak_ratio: float | None = None
    missing: str = ""


def latency(
    model: Settings | Runner,
    methods: Sequence[str],
    lengths: Sequence[int],
    budget: int,
    chunk_size: int,
    answer_tokens: int = 32,
    on_progress: Progress = lambda method, tokens: None,
    *,
    text: str | Sequence[int] = FILLER,
    rounds: int = 1,
    full_limit: int = FULL_LIMIT,
) -> Iterator[LatencyRow]:
    """Measure every method at every length; a row as soon as it is measured.

    At each length transformers' full attention comes first, as a row of its own named `full`,
    whether `methods` name it or not. Beyond the positions that the model knows its answer means
    nothing, but takes as long.

    Args:
        model: settings (then each row is measured in a fresh process that loads the model: on a CPU
            the only way to tell one row's memory from another's), or a model that is loaded.
        methods: names of `evals.methods.METHODS`.
        lengths: how many tokens of text.
        budget: how many states of the text each layer keeps.
        chunk_size: how many tokens go through the model at a time.
        answer_tokens: how many are generated for each answer, whatever they say.
        on_progress: called before each measurement.
        text: what is read, as text or token ids; repeated where it is too short.
        rounds: repetitions of each measurement; medians count.
        full_limit: full attention is measured up to so many tokens.

    Raises:
        UsageError: an unknown method, a size below one, less than two tokens to answer with, or no
            text.
        ModelError: the model cannot be had, loaded or served.
    """
    unknown = [name for name in methods if name not in METHODS and name != FULL]
    if unknown:
        names = ", ".join(dict.fromkeys([*METHODS, FULL]))
        raise UsageError(f"unknown method {unknown[0]!r}; choose of {names}")
    if min([*lengths, budget, chunk_size, rounds], default=1) < 1:
        raise UsageError("lengths, budget, chunk size and rounds must be at least 1")
    if answer_tokens < 2:
        raise UsageError("an answer's speed takes two tokens at least")
    if not text:
        raise UsageError("the text to measure with is empty")
    job = Job(
        settings=model if isinstance(model, Settings) else model.settings,
        method=FULL,
        tokens=1,
        reading=ReadingSettings(budget, chunk_size, answer_tokens),
        text=text if isinstance(text, str) else tuple(text),
        rounds=rounds,
    )
    run = in_own_process if isinstance(model, Settings) else lambda job: measure(model, job)
    jobs = [
        replace(job, method=name, tokens=length)
        for length in lengths
        for name in dict.fromkeys([FULL, *methods])
    ]
    return _rows(jobs, run, full_limit, on_progress)


def _rows(
    jobs: Sequence[Job], run: Callable[[Job], Measured], full_limit: int, on_progress: Progress
) -> Iterator[LatencyRow]:
    full: LatencyRow | None = None
    for job in jobs:
        on_progress(job.method, job.tokens)
        row = _row(job, run, full_limit)
        if job.method == FULL:
            full = row
        assert full is not None
        yield _compared(row, full)


def _row(job: Job, run: Callable[[Job], Measured], full_limit: int) -> LatencyRow:
    """What was measured; no ratios yet."""
    size = job.reading
    budget = None if job.method == FULL else size.budget
    row = LatencyRow(job.method, job.tokens, budget, size.chunk_size, size.answer_tokens)
    if job.method == FULL and job.tokens > full_limit:
        return replace(row, missing=f"full attention is measured up to {full_limit:,} tokens")
    try:
        found = run(job)
    except MemoryLimitError as error:
        return replace(row, missing=str(error))
    return replace(
        row,
        read_seconds=found.read_at,
        read_tokens_per_second=job.tokens / found.read_at,
        first_token_seconds=found.first_token_at,
        # the first token came with the pass over the question
        answer_tokens_per_second=(size.answer_tokens - 1)
        / (found.last_token_at - found.first_token_at),
        cache_bytes=found.cache_bytes,
        before_bytes=found.before_bytes,
        peak_bytes=found.peak_bytes,
    )


def _compared(row: LatencyRow, full: LatencyRow) -> LatencyRow:
    """A row with its ratios to full attention's."""
    return replace(
        row,
        reading_ratio=_over(row.read_tokens_per_second, full.read_tokens_per_second),
        first_token_ratio=_over(full.first_token_seconds, row.first_token_seconds),
        answer_ratio=_over(row.answer_tokens_per_second, full.answer_tokens_per_second),
        peak_ratio=_over(row.peak_bytes, full.peak_bytes),
    )


def _over(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one / other
