"""`citrus eval table --parts` and `--jobs`: some of it, by several processes at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_harness import Citrus
from tiny_models import make_model_folder

from citrus_cli.evals.journal import Journal

LIMIT = 120.0
ROW = {"text": "Anna owns a boat. " * 20, "question": "What does Anna own?", "answers": ["a boat"]}
SETS = ("boats", "ships")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("jobs") / "tiny"
    return str(make_model_folder(folder, max_position_embeddings=4096))


@pytest.fixture
def table(home: Path, tiny: str) -> list[str]:
    """`citrus eval table` of two question sets, in the folder `out`."""
    for name in SETS:
        (home / f"{name}.jsonl").write_text(json.dumps(ROW))
    files = [f"{name}.jsonl" for name in SETS]
    small = ["--model", tiny, "--device", "cpu", "--max-answer-tokens", "2", "--run", "out"]
    return ["eval", "table", *files, "--parts", ",".join(SETS), *small]


def records(name: str) -> int:
    journal = Path("out") / name / "journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def test_only_what_is_named_is_measured(citrus: Citrus, table: list[str]) -> None:
    only = citrus(*["ships" if one == ",".join(SETS) else one for one in table])
    assert only.exit_code == 0, only.stderr
    assert only.stdout.split()[0] == "ships"
    assert "boats" not in only.stdout
    assert not Path("out/boats").exists()
    unknown = citrus(*table, "--parts", "boots")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "the table has no part 'boots'; choose from facts, " in unknown.stderr
    assert unknown.stderr.rstrip().endswith("boats, ships")


def test_a_part_that_another_process_measures_is_left_to_it(
    citrus: Citrus, table: list[str], home: Path
) -> None:
    (home / "out" / "boats").mkdir(parents=True)
    busy = Journal(home / "out" / "boats" / "journal.jsonl")
    try:
        result = citrus(*table)
    finally:
        busy.close()
    assert result.exit_code == 6
    assert "boats/journal.jsonl: another citrus eval is writing it; wait for its end" in (
        result.stderr
    )
    assert records("boats") == 0
    assert records("ships") > 0


def test_two_jobs_show_what_one_shows(citrus: Citrus, table: list[str]) -> None:
    two = subprocess.run(
        [sys.executable, "-m", "citrus_cli", *table, "--jobs", "2"],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert two.returncode == 0, two.stderr
    one = citrus(*table)
    assert "from before" in one.stderr
    assert two.stdout == one.stdout
    assert [line for line in two.stdout.splitlines() if line in SETS] == list(SETS)


def test_an_interruption_ends_the_helpers_too(table: list[str]) -> None:
    rows = [{**ROW, "text": f"{ROW['text'] * 30} {number}"} for number in range(40)]
    for name in SETS:
        Path(f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    process = subprocess.Popen(
        [sys.executable, "-m", "citrus_cli", *table, "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        start_new_session=True,
    )
    deadline = time.monotonic() + LIMIT
    while not all(records(name) for name in SETS):  # both are at work
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)  # to the first alone
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert "the same command goes on" in error
    assert "Traceback" not in error
    for name in SETS:  # nobody is at them any more
        Journal(Path("out") / name / "journal.jsonl").close()
