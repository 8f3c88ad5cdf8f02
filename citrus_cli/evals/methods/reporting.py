"""How far a method is with a text."""

from __future__ import annotations

import time
from collections.abc import Callable

from citrus_cli.events import Remembering
from citrus_cli.run import Runner


def reporter(runner: Runner, method: str, total: int) -> Callable[[int], None]:
    """A function that tells the runner's listener how many of `total` tokens have been read."""
    started = time.perf_counter()

    def report(read: int) -> None:
        runner.on_event(Remembering(method, read, total, time.perf_counter() - started))

    return report
