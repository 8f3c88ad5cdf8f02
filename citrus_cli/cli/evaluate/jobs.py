"""`citrus eval table --jobs`: the same command again, in other processes beside this one.

Each takes the parts that no other is at, which the lock on a part's journal says; what they measure
is in the journals, so that this process shows it as it shows what an earlier run measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from citrus_cli.cli.output.progress import ProgressDisplay
from citrus_cli.errors import UsageError
from citrus_cli.events import Loading


@contextmanager
def helpers(count: int, progress: ProgressDisplay) -> Iterator[None]:
    """Inside, `count` helpers are at work, and this process keeps to its share of the cores.

    Leaving waits until they are done; leaving with an error ends them.

    Raises:
        UsageError: this system cannot keep processes from measuring the same.
    """
    try:
        import fcntl  # noqa: F401 (journals are locked with it)
    except ImportError:
        raise UsageError("--jobs needs file locks, which this system lacks; leave it out") from None
    import torch

    threads = torch.get_num_threads()
    share = max(1, threads // (count + 1))
    running: list[subprocess.Popen[bytes]] = []
    torch.set_num_threads(share)
    try:
        for _ in range(count):
            running.append(_start({**os.environ, "OMP_NUM_THREADS": str(share)}))
        yield
        for helper in running:
            if helper.poll() is None:
                progress.show(Loading("citrus eval table", "waiting for the other processes"))
            helper.wait()
    finally:
        progress.hide()
        for helper in running:
            helper.terminate()
            helper.wait()
        torch.set_num_threads(threads)


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """This command, silent and alone. What it cannot do, this process finds out too, and says."""
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    alone = [*given[:end], "--jobs", "1", "--quiet", *given[end:]]
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-m", "citrus_cli", *alone],
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        env=environment,
    )
