"""`citrus eval`: options, tables, files, what is said and how it ends; with a tiny model."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import cli_terminal
import pytest
from cli_harness import Citrus
from tiny_models import make_model_folder

from citrus_cli.cli.evaluate import run as eval_run
from citrus_cli.cli.evaluate.options import names, numbers
from citrus_cli.cli.program import interrupts
from citrus_cli.errors import UsageError
from citrus_cli.evals import table_plan
from citrus_cli.evals.hidden import PasskeyTask
from citrus_cli.evals.latency_process import measure
from citrus_cli.evals.methods import METHODS
from citrus_cli.evals.question_sets import QuestionSet
from citrus_cli.evals.tasks import Scope, cells
from citrus_cli.run import Runner
from citrus_cli.settings import Settings

LIMIT = 120.0
ROWS = [
    {"text": "Anna owns a boat. " * 20, "question": "What does Anna own?", "answers": ["a boat"]},
    {"text": "x", "question": "Q?", "answers": []},
    {"document": "gone.pdf", "question": "Q?", "answers": ["a"]},
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("eval") / "tiny"
    return str(make_model_folder(folder, max_position_embeddings=4096))


@pytest.fixture
def evaluate(citrus: Citrus, tiny: str, monkeypatch: pytest.MonkeyPatch):
    """`citrus eval`, in this process, small."""
    monkeypatch.setattr("citrus_cli.cli.program.libraries.quiet_libraries", lambda: None)

    def run(*arguments: str):
        common = ("--model", tiny, "--policies", "streaming", "--budgets", "128", "--device", "cpu")
        return citrus("eval", *arguments, *common)

    return run


def test_names_and_numbers_come_with_commas_or_repeated() -> None:
    assert names(["a,b", "c"]) == ["a", "b", "c"]
    assert names(None) == []
    assert numbers(["512,2k", "16K"], "--budgets", ()) == (512, 2_000, 16_000)
    assert numbers(None, "--budgets", (7,)) == (7,)
    for wrong in ("x", "0", "-1", "1.5", "k"):
        with pytest.raises(UsageError, match=r"--lengths .*: not a whole number"):
            numbers([wrong], "--lengths", ())


def test_help_names_every_task(citrus: Citrus) -> None:
    text = citrus("eval", "--help").stdout
    for task in ("passkey", "needle", "qa", "perplexity", "neglect", "latency", "table"):
        assert re.search(rf"^  {task} .*\.$", text, re.MULTILINE)
    assert "..." not in text.partition("Commands")[2]


def test_help_imports_nothing_heavy(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "citrus_cli", "eval", "needle", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {name.partition(".")[0] for name in re.findall(r"\|\s+([\w.]+)$", done.stderr, re.M)}
    assert "typer" in imported
    assert not imported & {"torch", "transformers", "numpy", "matplotlib"}


def test_passkey_prints_a_table_and_goes_on_where_it_was(evaluate, tiny, monkeypatch) -> None:
    first = evaluate("passkey", "--lengths", "400", "--trials", "2")
    assert first.exit_code == 0
    header, row = first.stdout.splitlines()
    assert header.split()[:5] == ["method", "budget", "tokens", "asked", "found"]
    assert row.split()[:4] == ["streaming", "128", "400", "2"]
    assert "4 of 4 records are in " in first.stderr

    def load(settings: Settings, on_event: object) -> Runner:
        raise AssertionError("nothing is missing")

    monkeypatch.setattr(Runner, "load", load)
    again = evaluate("passkey", "--lengths", "400", "--trials", "2")
    assert again.stdout == first.stdout
    assert "4 of them from before" in again.stderr
    assert evaluate("passkey", "--lengths", "400", "--trials", "2", "--quiet").stderr == ""


def test_needle_writes_every_form_and_draws(evaluate, home) -> None:
    (home / "filler.txt").write_text("It rained on the hills all day long. " * 40)
    arguments = ("needle", "--lengths", "500", "--depths", "2", "--filler", "filler.txt")
    for form, plot in ((".json", ".png"), (".csv", ".svg"), (".md", ".PNG")):
        result = evaluate(*arguments, "--output", f"out{form}", "--plot", f"out{form}{plot}")
        assert result.exit_code == 0, result.stderr
    whole = json.loads((home / "out.json").read_text())
    assert len(whole["records"]) == 4
    assert whole["run"]["filler"]["name"] == "filler.txt"
    assert "rained" not in json.dumps(whole["run"])
    (row,) = csv.DictReader((home / "out.csv").read_text().splitlines())
    assert (row["table"], row["method"], row["asked"]) == ("needle", "streaming", "2")
    assert (home / "out.md").read_text().startswith("## needle")
    assert (home / "out.json.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (home / "out.csv.svg").read_text()
    taken = evaluate(*arguments, "--output", "out.md")
    assert (taken.exit_code, taken.stdout) == (2, "")
    assert "--overwrite replaces it" in taken.stderr
    assert evaluate(*arguments, "--output", "out.md", "--overwrite").exit_code == 0


def test_a_filler_that_is_too_short_is_said_before_anything_is_measured(evaluate, home) -> None:
    (home / "filler.txt").write_text("It rained. " * 9)
    arguments = ("needle", "--lengths", "500", "--depths", "1", "--filler", "filler.txt")
    result = evaluate(*arguments)
    assert result.exit_code == 2
    assert "filler.txt) has 98 tokens and a text of 500 is wanted" in result.stderr
    assert evaluate(*arguments, "--repeat-filler").exit_code == 0


def test_qa_names_bad_rows_and_scores_the_others(evaluate, home) -> None:
    (home / "set.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    result = evaluate("qa", "set.jsonl", "--max-answer-tokens", "4")
    assert result.exit_code == 0
    assert "set.jsonl, line 2: the list of answers is empty" in result.stderr
    assert "set.jsonl, line 3: document gone.pdf cannot be read" in result.stderr
    assert "skipped 2 rows" in result.stderr
    assert "qa by length" in result.stdout
    assert "page cited" not in result.stdout
    missing = evaluate("qa", "none.jsonl")
    assert missing.exit_code == 2
    assert "none.jsonl cannot be read" in missing.stderr


def test_what_cannot_be_measured_is_said_and_the_rest_is_shown(evaluate, home) -> None:
    (home / "bad.pdf").write_bytes(b"%PDF-1.4 nothing of the kind")
    rows = [ROWS[0], {"document": "bad.pdf", "question": "Q?", "answers": ["a"]}]
    (home / "set.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    result = evaluate("qa", "set.jsonl", "--max-answer-tokens", "4")
    assert result.exit_code == 6
    assert re.search(r"bad\.pdf .*oracle \(and 1 more\): ", result.stderr)
    assert "2 of 4 records" in result.stderr
    assert "streaming" in result.stdout


def test_table_measures_every_part_and_goes_on_where_it_was(
    citrus: Citrus, tiny: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("citrus_cli.cli.program.libraries.quiet_libraries", lambda: None)
    (home / "bad.pdf").write_bytes(b"%PDF-1.4 nothing of the kind")
    broken = {"document": "bad.pdf", "question": "Q?", "answers": ["a"]}
    (home / "broken.jsonl").write_text(json.dumps(broken))
    (home / "set.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS[:2]))
    whole = table_plan.parts

    def small(sets: list[tuple[Path, QuestionSet]]) -> list[table_plan.Part]:
        keys = partial(PasskeyTask, lengths=(300,), trials=1)
        of_sets = [replace(part, policies=("streaming",)) for part in whole(sets)[len(whole([])) :]]
        return [*of_sets, table_plan.Part("keys", ("streaming", "bm25"), keys, budgets=(64,))]

    monkeypatch.setattr(table_plan, "parts", small)
    common = ("--model", tiny, "--device", "cpu", "--max-answer-tokens", "4", "--run", "out")
    result = citrus("eval", "table", "broken.jsonl", "set.jsonl", *common)
    assert result.exit_code == 6
    assert "set.jsonl, line 2: the list of answers is empty" in result.stderr
    assert "bad.pdf" in result.stderr
    titles = [line for line in result.stdout.splitlines() if line in ("broken", "set", "keys")]
    assert titles == ["broken", "set", "keys"]
    for name in ("set", "keys"):
        assert "streaming" in (home / "out" / f"{name}.md").read_text()
        assert (home / "out" / name / "journal.jsonl").read_text().count("\n") >= 2
    again = citrus("eval", "table", "set.jsonl", "broken.jsonl", *common)
    assert "3 of 3 records are in out/keys, 3 of them from before" in again.stderr
    assert "2 of 2 records are in out/set, 2 of them from before" in again.stderr

    same = home / "other"
    same.mkdir()
    (same / "set.jsonl").write_text(json.dumps(ROWS[0]))
    result = citrus("eval", "table", "set.jsonl", "other/set.jsonl", *common)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "other/set.jsonl: the table has a part set already" in result.stderr
    (home / "passkey.jsonl").write_text(json.dumps(ROWS[0]))
    monkeypatch.setattr(table_plan, "parts", whole)
    result = citrus("eval", "table", "passkey.jsonl", *common)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "passkey.jsonl: the table has a part passkey already" in result.stderr


def test_the_table_compares_every_policy() -> None:
    parts = table_plan.parts([])
    compared = {name for part in parts for name in part.policies}
    assert compared == set(METHODS)
    assert len({part.name for part in parts}) == len(parts)
    for part in parts:  # every part can be made
        made = cells(part.policies, part.budgets)
        assert part.make(Scope(made, 256)).units()


def test_perplexity_and_latency_are_measured(evaluate, home) -> None:
    (home / "long.txt").write_text("A text about nothing in particular. " * 30)
    result = evaluate("perplexity", "long.txt", "--plot", "p.png", "--lengths", "400,800")
    assert result.exit_code == 0, result.stderr
    _, *rows = result.stdout.splitlines()
    assert [row.split()[2] for row in rows] == ["399", "799"]
    assert (home / "p.png").exists()
    longer = evaluate("perplexity", "long.txt", "--lengths", "9k")
    assert longer.exit_code == 2
    assert "asks for 9,000" in longer.stderr


def test_neglect_shows_both_of_the_same_policies(evaluate, home) -> None:
    (home / "long.txt").write_text("A text about nothing in particular. " * 30)
    arguments = ("neglect", "long.txt", "--tokens", "400", "--lengths", "300")
    result = evaluate(*arguments, "--plot", "n.svg", "--output", "n.json")
    assert result.exit_code == 0, result.stderr
    written = json.loads((home / "n.json").read_text())
    assert "perplexity" in result.stdout
    assert "retention" in result.stdout
    kinds = ["perplexity" in record for record in written["records"]]
    assert (kinds.count(True), kinds.count(False)) == (1, 5)
    assert "streaming" in (home / "n.svg").read_text()
    assert "0/5" in (home / "n.svg").read_text()
    short = evaluate("neglect", "long.txt", "--tokens", "9000")
    assert short.exit_code == 2
    assert "asks for 9,000" in short.stderr


def test_latency_has_full_attention_beside(evaluate, home, monkeypatch) -> None:
    # each measurement has a process of its own, which test_evals_latency tries
    monkeypatch.setattr(
        "citrus_cli.evals.latency.in_own_process",
        lambda job: measure(Runner.load(job.settings), job),
    )
    arguments = ("latency", "--lengths", "300", "--max-answer-tokens", "3", "--plot", "l.svg")
    result = evaluate(*arguments)
    assert result.exit_code == 0, result.stderr
    _, *rows = result.stdout.splitlines()
    assert [row.split()[0] for row in rows] == ["full", "streaming"]
    assert (home / "l.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("passkey", "--policies", "nope"), "unknown policy 'nope'; choose of citrus"),
        (("passkey", "--budgets", "many"), "--budgets 'many'"),
        (("passkey", "--lengths", "10"), "100 tokens or more"),
        (("passkey", "--trials", "0"), "'--trials'"),
        (("passkey", "--output", "x.txt"), "must end with .json or .csv or .md"),
        (("passkey", "--plot", "x.pdf"), "must end with .png or .svg"),
        (("passkey", "--plot", "gone/x.png"), "there is no folder"),
        (("passkey", "--seed", "-1"), "the seed must be 0 or more"),
        (("passkey", "--max-answer-tokens", "0"), "--max-answer-tokens must be at least 1"),
        (("latency", "--max-answer-tokens", "1"), "--max-answer-tokens must be at least 2"),
        (("needle", "--together"), "--needles 2 or more"),
        (("needle", "--needles", "2", "--together", "--paraphrase"), "exclude each other"),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_model_is_loaded(
    citrus: Citrus, arguments: tuple[str, ...], why: str
) -> None:
    result = citrus("eval", *arguments, "--model", "no-such-model")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert why in result.stderr


def test_another_run_s_folder_is_refused(evaluate) -> None:
    arguments = ("passkey", "--lengths", "300", "--trials", "1", "--run", "here")
    assert evaluate(*arguments).exit_code == 0
    result = evaluate(*arguments, "--seed", "5")
    assert result.exit_code == 2
    assert "seed: 0 there, 5 now" in result.stderr


def test_a_model_that_is_not_there_is_exit_code_4(citrus: Citrus) -> None:
    result = citrus("eval", "passkey", "--model", "./no-model", "--policies", "streaming")
    assert result.exit_code == 4


KILLED = (
    "eval", "passkey", "--run", "run", "--policies", "citrus", "--budgets", "128",
    "--lengths", "3000", "--trials", "12", "--no-oracle",
)  # fmt: skip


def start(tiny: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "citrus_cli", *KILLED, "--model", tiny],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        start_new_session=True,
    )


def wait_for_records(count: int) -> None:
    deadline = time.monotonic() + LIMIT
    journal = Path("run/journal.jsonl")
    while not journal.exists() or journal.read_bytes().count(b"\n") < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_a_run_it_goes_on(
    citrus: Citrus, home: Path, tiny: str, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(tiny)
    wait_for_records(2)
    process.send_signal(how)
    out, error = process.communicate(timeout=LIMIT)
    before = Path("run/journal.jsonl").read_bytes()
    kept = before.count(b"\n")
    assert 2 <= kept < 12
    if how is signal.SIGINT:
        assert (process.returncode, out) == (130, "")
        assert f"{kept} of 12 records are in run; the same command goes on" in error
    monkeypatch.setattr("citrus_cli.cli.program.libraries.quiet_libraries", lambda: None)
    again = citrus(*KILLED, "--model", tiny)
    assert again.exit_code == 0, again.stderr
    assert f"12 of 12 records are in run, {kept} of them from before" in again.stderr
    after = Path("run/journal.jsonl").read_bytes()
    assert after.startswith(before[: before.rfind(b"\n") + 1])
    keys = [json.loads(line)["unit"] for line in after.splitlines()]
    assert len(set(keys)) == len(keys) == 12


def test_ctrl_c_while_a_record_is_written_waits_for_it(evaluate, monkeypatch) -> None:
    handler, sync = signal.getsignal(signal.SIGINT), os.fsync

    def press(descriptor: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", press)
    interrupts.install()
    try:
        result = evaluate("passkey", "--lengths", "300", "--trials", "3", "--run", "run")
    finally:
        signal.signal(signal.SIGINT, handler)
    assert result.exit_code == 130
    assert "1 of 6 records are in run; the same command goes on" in result.stderr
    assert Path("run/journal.jsonl").read_bytes().count(b"\n") == 1


def test_the_progress_of_a_run_is_drawn_on_a_terminal(
    home: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_terminal, "LIMIT", LIMIT)
    ended = cli_terminal.run(
        "eval", "passkey", "--model", tiny, "--policies", "streaming", "--lengths", "300",
        "--trials", "3", "--device", "cpu", stderr=cli_terminal.TERMINAL,
        program=(sys.executable, "-m", "citrus_cli"),
    )  # fmt: skip
    assert ended.code == 0
    assert "of 6" in ended.stderr
    assert "300 tokens, key" in ended.stderr
    assert ended.stdout.startswith("method")
    assert "\x1b" not in ended.stdout


def test_files_go_out_before_tables(evaluate, home, monkeypatch) -> None:
    def closed(*arguments: object, **settings: object) -> None:
        raise RuntimeError("nobody reads")

    monkeypatch.setattr(eval_run, "print_table", closed)
    result = evaluate("passkey", "--lengths", "300", "--trials", "1", "--output", "o.json")
    assert result.exit_code == 1
    assert json.loads((home / "o.json").read_text())["records"]
