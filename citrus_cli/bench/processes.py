"""Measurements of whole `citrus` processes: start-up, a one-page question, memory by length."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from citrus_cli.errors import CitrusError

PAGE = """Minutes of the harbour committee, 4 May

The committee met in the old customs house. Nine members were present, and the chair was taken by
Mrs. Aldous. The minutes of the last meeting were read and approved.

The repair of the north pier was discussed at length. The contractor reported that the timber had
arrived late, and that the work would be finished in the second week of August. The treasurer
asked for a revised estimate before the next meeting.

The committee then heard a report on the ferry. Tickets will cost 14 crowns from June, and children
under six travel free. The timetable stays as it is until the end of the season.

There was no other business. The meeting was closed at half past eight.
"""
PAGE_QUESTION = "How much will ferry tickets cost?"
PAGE_ANSWER = "14"


@dataclass(frozen=True)
class StartUp:
    """Wall seconds: `citrus --help`, and a one-page question with the model in the cache."""

    help_seconds: float
    one_page_seconds: float
    one_page_answer: str
    one_page_right: bool


@dataclass(frozen=True)
class MemoryByLength:
    """Peak memory of `citrus ask` on a text of so many tokens."""

    tokens: int
    peak_bytes: int
    seconds: float


def start_up(model: str, rounds: int = 5) -> StartUp:
    """Median over `rounds` runs of each."""
    helps, pages, answer = [], [], ""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.txt"
        page.write_text(PAGE)
        for _ in range(rounds):
            helps.append(_timed(["--help"])[0])
            seconds, answer = _timed(
                ["ask", str(page), PAGE_QUESTION, "--model", model, "--no-store"]
            )
            pages.append(seconds)
    return StartUp(median(helps), median(pages), answer.strip(), PAGE_ANSWER in answer)


def memory_by_length(model: str, tokens: int, budget: int, chunk_size: int) -> MemoryByLength:
    """Ask about a text of about `tokens` tokens in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.txt"
        write_entries(path, tokens)
        seconds, out = _timed(
            [
                *("ask", str(path), "What happened?", "--json", "--model", model),
                *("--budget", str(budget), "--chunk-size", str(chunk_size)),
                *("--max-answer-tokens", "16", "--no-store"),
            ]
        )
    receipt = json.loads(out)
    return MemoryByLength(receipt["tokens_read"], receipt["peak_memory_bytes"], seconds)


def write_entries(path: Path, tokens: int) -> None:
    """Write a text of about `tokens` tokens: numbered sentences, no two lines the same."""
    with path.open("w") as file:
        for line in range(tokens // 14):
            file.write(f"Entry {line}: the harbour was calm and nothing happened.\n")


def _timed(arguments: list[str]) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "citrus_cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise CitrusError(f"citrus {arguments[0]} failed in a benchmark: {done.stderr.strip()}")
    return seconds, done.stdout
