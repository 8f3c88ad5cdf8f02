"""`citrus batch` as a process: kill -9, Ctrl-C, pipes that close, disks that fill, terminals."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections import Counter
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from cli_terminal import PIPE, TERMINAL, CtrlC, Ended, run

PROGRAM = (sys.executable, str(Path(__file__).with_name("cli_fake_batch_citrus.py")), "batch")
ANSI = re.compile(r"\x1b\[[0-?]*[@-~]")
LIMIT = 30.0
QUESTIONS, DOCUMENTS = 3, 2
EVERY = {f"Question {q}? -> text {d}" for q in range(QUESTIONS) for d in range(DOCUMENTS)}
ARGUMENTS = ("q.txt", *(f"{d}.txt" for d in range(DOCUMENTS)))


@pytest.fixture(autouse=True)
def documents(home: Path) -> None:
    for number in range(DOCUMENTS):
        (home / f"{number}.txt").write_text(f"text {number}")
    (home / "q.txt").write_text("".join(f"Question {n}?\n" for n in range(QUESTIONS)))


def batch(*arguments: str, **settings: Any) -> Ended:
    return run(*arguments, **{"program": PROGRAM, **settings})


def answers_in(path: Path) -> list[str]:
    """The answers in an output or a journal; what is torn is none."""
    if not path.exists():
        return []
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [row["answer"] for row in csv.DictReader(file)]
    text = path.read_text()
    if path.suffix == ".json":
        return [row["answer"] for row in json.loads(text)]
    return [json.loads(line)["answer"] for line in text.splitlines(keepends=True) if "\n" in line]


def begun() -> list[str]:
    """The questions that the API has begun with, in all runs so far."""
    log = Path("log")
    return log.read_text().splitlines() if log.exists() else []


def killed(*arguments: str, after_begun: int = 0, after_rows: int = 0, journal: Path) -> None:
    """Start a run and kill it, so hard that it cannot react, at some moment of its work."""
    before = len(begun())
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "FAKE_DELAY": "0.05", "FAKE_LOG": "log"},
    )
    deadline = time.monotonic() + LIMIT
    while len(begun()) - before < after_begun or len(answers_in(journal)) < after_rows:
        assert time.monotonic() < deadline
        if process.poll() is not None:
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


MOMENTS = [*({"after_begun": n} for n in (1, 2, 4, 6)), {"after_rows": 3}]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", ["o.jsonl", "o.csv"])
def test_no_row_is_lost_or_repeated_by_kill_9(
    home: Path, name: str, moment: dict[str, int]
) -> None:
    journal = Path(name if name == "o.jsonl" else f"{name}.partial.jsonl")
    arguments = (*ARGUMENTS, "--output", name)
    killed(*arguments, journal=journal, **moment)
    done = set(answers_in(journal))
    assert len(done) < len(EVERY)
    before = len(begun())
    ended = batch(*arguments, "--resume", env={"FAKE_LOG": "log"})
    assert ended.code == 0, ended.stderr
    assert Counter(answers_in(Path(name))) == Counter(EVERY)
    again = [line.replace("? ", "? -> ") for line in begun()[before:]]
    assert Counter(again) == Counter(EVERY - done)
    assert name == "o.jsonl" or not journal.exists()


@pytest.mark.parametrize("name", ["o.jsonl", "o.json"])
def test_a_run_that_is_killed_again_and_again_ends_whole(home: Path, name: str) -> None:
    journal = Path(name if name == "o.jsonl" else f"{name}.partial.jsonl")
    arguments = (*ARGUMENTS, "--output", name, "--resume")
    for _ in range(4):
        before = answers_in(journal)
        killed(*arguments, journal=journal, after_begun=2)
        assert set(before) <= set(answers_in(journal))
    assert batch(*arguments).code == 0
    assert Counter(answers_in(Path(name))) == Counter(EVERY)


def hanging(home: Path) -> None:
    """The second question waits for Ctrl-C."""
    (home / "q.txt").write_text("Question 0?\n!hang?\nQuestion 2?\n")


def in_a_terminal(*arguments: str, keys_after: str, keys: bytes) -> tuple[str, int]:
    """Run with a controlling terminal, and press keys when some text has appeared on it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "80"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    text, pressed = b"", False
    try:
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how a terminal says that the other end is closed
                piece = b""
            if not piece:
                return text.decode().replace("\r\n", "\n"), process.wait(LIMIT)
            text += piece
            if not pressed and keys_after.encode() in text:
                pressed = True
                os.write(ours, keys)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["o.jsonl", "o.html"])
def test_ctrl_c_in_a_terminal_keeps_what_is_finished(home: Path, name: str) -> None:
    hanging(home)
    journal = Path(name if name == "o.jsonl" else f"{name}.partial.jsonl")
    text, code = in_a_terminal(
        "q.txt", "0.txt", "--output", name, keys_after="1 of 3", keys=b"\x03"
    )
    assert code == 130
    last = ANSI.sub("", text).splitlines()[-1]
    assert last.startswith("citrus: interrupted; 1 of 3 rows are done; they are in ")
    assert last.endswith(f"{journal.name}; go on with --resume")
    assert "Traceback" not in text
    assert answers_in(journal) == ["Question 0? -> text 0"]
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")


def test_ctrl_c_without_a_terminal(home: Path) -> None:
    hanging(home)
    ended = batch("q.txt", "0.txt", env={"FAKE_DELAY": "0"}, ctrl_c=CtrlC(after="Question 0"))
    assert ended.code == 130
    assert len(ended.stdout.splitlines()) == 1
    assert ended.stderr == "citrus: interrupted; 1 of 3 rows are done\n"


def test_ctrl_c_before_the_first_row_leaves_nothing(home: Path) -> None:
    (home / "q.txt").write_text("!hang?\n")
    names = {path.name for path in home.iterdir()}
    text, code = in_a_terminal(
        "q.txt", "0.txt", "--output", "o.csv", keys_after="answering", keys=b"\x03"
    )
    assert code == 130
    assert ANSI.sub("", text).splitlines()[-1] == "citrus: interrupted"
    assert {path.name for path in home.iterdir()} == names


@pytest.mark.parametrize("lines", [1, 2])
def test_a_reader_that_takes_some_lines(home: Path, lines: int) -> None:
    program = " ".join((*PROGRAM, *ARGUMENTS))
    script = f"{{ {program}; echo $? >code; }} | head -n {lines}"
    ended = run("-c", script, program=["bash"], env={"FAKE_DELAY": "0.2"})
    assert [json.loads(line)["status"] for line in ended.stdout.splitlines()] == ["ok"] * lines
    assert ended.stderr == ""
    assert Path("code").read_text() == "141\n"


def test_rows_come_out_while_the_run_goes_on(home: Path) -> None:
    hanging(home)
    process = subprocess.Popen(
        [*PROGRAM, "q.txt", "0.txt"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        assert json.loads(process.stdout.readline())["question"] == "Question 0?"
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv"])
def test_a_disk_that_fills_up(home: Path, name: str) -> None:
    journal = Path(name if name == "o.jsonl" else f"{name}.partial.jsonl")
    program = " ".join((*PROGRAM, *ARGUMENTS, "--output", name))
    room = 2048
    lengths = map(len, batch(*ARGUMENTS).stdout.splitlines(keepends=True))
    fit = sum(end <= room for end in accumulate(lengths))
    assert 0 < fit < len(EVERY)
    # in blocks of 1,024 bytes
    ended = run("-c", f"ulimit -f {room // 1024}; {program}", program=["bash"])
    assert ended.code == 1
    notes = ended.stderr.splitlines()
    assert notes[0] == f"citrus: {fit} of 6 rows are done"
    assert notes[-1].startswith("citrus: error: cannot write ")
    assert notes[-1].endswith(f"{journal.name}: File too large; go on with --resume")
    assert len(answers_in(journal)) == fit
    assert batch(*ARGUMENTS, "--output", name, "--resume").code == 0
    assert Counter(answers_in(Path(name))) == Counter(EVERY)


def test_a_disk_that_fills_up_at_the_end(home: Path) -> None:
    assert batch(*ARGUMENTS, "--output", "o.html.partial.jsonl").code == 0
    size = Path("o.html.partial.jsonl").stat().st_size
    (home / "o.html.partial.jsonl").unlink()
    program = " ".join((*PROGRAM, *ARGUMENTS, "--output", "o.html"))
    # room for the journal, not for the page
    ended = run("-c", f"ulimit -f {size // 1024 + 1}; {program}", program=["bash"])
    assert ended.code == 1
    assert "citrus: 6 of 6 rows are done" in ended.stderr
    assert ended.stderr.endswith("o.html: File too large; go on with --resume\n")
    assert {path.name for path in home.iterdir() if "html" in path.name} == {"o.html.partial.jsonl"}
    assert batch(*ARGUMENTS, "--output", "o.html", "--resume", env={"FAKE_LOG": "log"}).code == 0
    assert begun() == []
    assert "Question 2? -&gt; text 1" in Path("o.html").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout(home: Path) -> None:
    program = " ".join((*PROGRAM, *ARGUMENTS))
    ended = run("-c", f"{program} > /dev/full", program=["bash"])
    assert ended.code == 1
    assert ended.stderr.endswith(
        "citrus: error: cannot write to standard output: No space left on device\n"
    )


def test_progress_is_drawn_and_removed(home: Path) -> None:
    (home / "gone").mkdir()
    ended = batch(
        *(*ARGUMENTS, "missing.txt", "--output", "o.csv"),
        stderr=TERMINAL,
        env={"FAKE_DELAY": "0.4"},
    )
    assert ended.code == 6
    drawn = ANSI.sub("", ended.stderr)
    for words in (
        "documents  0 of 3",
        "documents  1 of 3",
        "questions  5 of 9",
        "2,500 tokens/s",
        "time left",
        "now        answering",
    ):
        assert words in drawn, words
    assert ended.stderr.count("\x1b[?25l") == ended.stderr.count("\x1b[?25h") > 0
    after = ANSI.sub("", ended.stderr.rpartition("\x1b[?25h")[2])
    warning, summary = after.strip().splitlines()
    assert warning.startswith("warning: missing.txt: there is no such file")
    assert "9 rows: 6 ok, 3 failed" in summary


@pytest.mark.parametrize(
    "settings",
    [{"stderr": PIPE}, {"stderr": TERMINAL, "env": {"TERM": "dumb"}}],
)
def test_nothing_moves_where_nobody_looks(home: Path, settings: dict[str, Any]) -> None:
    ended = batch(*ARGUMENTS, **settings)
    assert ended.stderr.startswith("citrus: 6 rows: 6 ok")
    assert ended.stderr.count("\n") == 1
    assert "\x1b" not in ended.stderr


def test_hostile_text_cannot_act_on_the_terminal(home: Path) -> None:
    (home / "q.txt").write_text("What \x1b[31m?\x9b2J\u202e\n")
    name = "\x1b]0;title\x07gone.txt"
    ended = batch("q.txt", name, "0.txt", stdout=TERMINAL, stderr=TERMINAL)
    assert ended.code == 6
    assert not set("\x1b\x9b\u202e\x07") & set(ended.stdout)
    assert "\x1b]" not in ended.stderr
    assert "\x1b[31m" not in ended.stderr


def test_an_encoding_that_lacks_characters(home: Path) -> None:
    (home / "q.txt").write_text("Wo ist 日本?\n", encoding="utf-8")
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    (line,) = batch("q.txt", "0.txt", env=env).stdout.splitlines()
    assert json.loads(line)["question"] == "Wo ist 日本?"
    assert batch("q.txt", "0.txt", "--output", "o.json", env=env).code == 0
    assert "Wo ist 日本?" in Path("o.json").read_text(encoding="utf-8")


def test_ctrl_c_while_a_row_is_written_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from citrus_cli.cli.program import interrupts

    before = signal.getsignal(signal.SIGINT)
    interrupts.install()
    written = []

    def write() -> None:
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGINT)
            written.append("the row")

    try:
        with pytest.raises(KeyboardInterrupt):
            write()
        assert written == ["the row"]
        monkeypatch.setattr(interrupts, "_pressed", False)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_ctrl_c_ends_at_once(home: Path) -> None:
    (home / "q.txt").write_text("!stubborn?\n")
    ended = batch("q.txt", "0.txt", stderr=TERMINAL, ctrl_c=CtrlC(after="stuck", times=2))
    assert ended.code == 130
    assert "interrupted" not in ended.stderr
    assert ended.stderr.rpartition("\x1b[?25l")[2].count("\x1b[?25h") == 1


def test_questions_in_a_pipe(home: Path) -> None:
    ended = batch("-", "0.txt", "--questions-format", "json", stdin=b'["One?"]')
    assert json.loads(ended.stdout)["answer"] == "One? -> text 0"
    ended = run("-c", f"{' '.join(PROGRAM)} - 0.txt <&-", program=["bash"])
    assert ended.code == 2
    assert "standard input, and that is closed" in ended.stderr
