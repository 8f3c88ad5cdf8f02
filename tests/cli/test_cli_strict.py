"""What was not read is named, with a code; `--strict` makes it exit code 5."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from cli_harness import Citrus
from cli_terminal import run

LOST = {"FAKE": "lost"}
CODED = "pages 3 and 4 could not be extracted [pages-failed]"


def test_a_loss_is_said_with_its_code(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "What?", env=LOST)
    assert (result.exit_code, result.stderr) == (0, f"warning: {CODED}\n")
    receipt = citrus("ask", "doc.txt", "What?", "-v", env=LOST).stderr
    assert f"not read: {CODED}\n" in receipt
    answer = json.loads(citrus("ask", "doc.txt", "What?", "--json", env=LOST).stdout)
    assert answer["warnings"] == [
        {"code": "pages-failed", "text": "pages 3 and 4 could not be extracted"}
    ]


def test_strict_ends_with_five_and_the_answer_is_there(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "What?", "--strict", env=LOST)
    assert result.exit_code == 5
    assert result.stdout == "What? -> some text\n"
    said = "citrus: error: not everything was read, as --strict asks: pages-failed\n"
    assert result.stderr.endswith(said)
    assert citrus("ask", "doc.txt", "What?", "--strict", "--quiet", env=LOST).stderr == said


def test_strict_minds_only_what_was_lost(citrus: Citrus, document: Path) -> None:
    assert citrus("ask", "doc.txt", "What?", "--strict", env={"FAKE": "kept"}).exit_code == 0
    assert citrus("ask", "doc.txt", "What?", "--strict").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [("compare", "doc.txt", "What?"), ("chat", "doc.txt", "--quiet")],
)
def test_every_command_knows_it(document: Path, arguments: tuple[str, ...]) -> None:
    warned = run(*arguments, "--strict", stdin=b"What?\n", env={"FAKE": "warnings"})
    assert warned.code == 5
    assert warned.stdout
    assert run(*arguments, "--strict", stdin=b"What?\n").code == 0


def test_a_batch_minds_its_earlier_rows_too(home: Path) -> None:
    (home / "q.txt").write_text("What?\n", encoding="utf-8")
    (home / "doc.txt").write_text("some !warn text", encoding="utf-8")
    program = [sys.executable, str(Path(__file__).with_name("cli_fake_batch_citrus.py"))]
    command = ("batch", "q.txt", "doc.txt", "--output", "rows.jsonl", "--strict")
    assert run(*command, program=program).code == 5
    assert run(*command, "--resume", program=program).code == 5
