"""Kill tests: real processes of `citrus`, ended with SIGKILL at random moments."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from citrus_cli.bench.processes import write_entries
from citrus_cli.errors import CitrusError
from citrus_cli.models.cache import CACHE_VARIABLE, cache_dir

DOCUMENT_TOKENS = 1_000
QUESTIONS = 4


@dataclass(frozen=True)
class Kills:
    """What was left after so many kills: rows of a batch, entries of the store."""

    kills: int
    lost: int
    doubled: int


def batch_kills(model: str, kills: int, seed: int = 0) -> Kills:
    """Kill a batch again and again, each time going on with --resume; then let it finish."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = [f"{letter}.txt" for letter in "abc"]
        for document in documents:
            write_entries(folder / document, DOCUMENT_TOKENS)
        questions = [f"What happened in entry {n}?" for n in range(QUESTIONS)]
        (folder / "questions.txt").write_text("\n".join(questions))
        command = ["batch", "questions.txt", *documents, "--output", "out.jsonl", "--quiet"]
        command += ["--model", model, "--max-answer-tokens", "16"]
        whole = _seconds(command, folder)
        (folder / "out.jsonl").unlink()
        for _ in range(kills):
            _kill_after(rng.uniform(0, whole), [*command, "--resume"], folder)
            rows = (folder / "out.jsonl").read_text().splitlines() if _some(folder) else []
            if len(rows) == len(documents) * QUESTIONS:
                (folder / "out.jsonl").unlink()  # it was done: begin anew
        _seconds([*command, "--resume"], folder)
        final = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    found = Counter((Path(row["document"]).name, row["question"]) for row in final)
    wanted = [(document, question) for document in documents for question in questions]
    return Kills(
        kills,
        lost=sum(pair not in found for pair in wanted),
        doubled=sum(count - 1 for count in found.values()),
    )


def ingest_kills(model: str, kills: int, seed: int = 0) -> Kills:
    """Kill an ingest again and again; nothing half-made may be listed, and the last is whole."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_entries(folder / "a.txt", DOCUMENT_TOKENS)
        ours = {CACHE_VARIABLE: str(folder / "cache")}
        (folder / "cache").mkdir()
        (folder / "cache" / "models").symlink_to(cache_dir() / "models")
        command = ["ingest", "a.txt", "--quiet", "--model", model]
        whole = _seconds(command, folder, ours)
        _remove_all(folder, ours)
        half_made = 0
        for _ in range(kills):
            _kill_after(rng.uniform(0, whole), command, folder, ours)
            served = json.loads(_run(["store", "list", "--json"], folder, ours))
            half_made += sum(entry["tokens"] < 0.9 * DOCUMENT_TOKENS for entry in served)
            _remove_all(folder, ours)
        _seconds(command, folder, ours)
        served = json.loads(_run(["store", "list", "--json"], folder, ours))
    return Kills(kills, lost=int(not served), doubled=half_made + max(0, len(served) - 1))


def _some(folder: Path) -> bool:
    return (folder / "out.jsonl").exists()


def _remove_all(folder: Path, more: dict[str, str]) -> None:
    _run(["store", "remove", "--all"], folder, more)


def _command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "citrus_cli", *arguments]


def _run(arguments: list[str], folder: Path, more: dict[str, str] | None = None) -> str:
    environment = {**os.environ, **(more or {})}
    done = subprocess.run(
        _command(arguments),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CitrusError(f"citrus {arguments[0]} failed in a kill test: {done.stderr.strip()}")
    return done.stdout


def _seconds(arguments: list[str], folder: Path, more: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    _run(arguments, folder, more)
    return time.perf_counter() - started


def _kill_after(
    seconds: float, arguments: list[str], folder: Path, more: dict[str, str] | None = None
) -> None:
    process = subprocess.Popen(
        _command(arguments),
        cwd=folder,
        env={**os.environ, **(more or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its children too, as a power cut would
        process.wait()
