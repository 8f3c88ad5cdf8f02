"""Questions that begin with a dash."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_harness import Citrus

from citrus_cli.cli.options.dashes import shielded, unshielded

OPTIONS = {"--question", "-q", "--system", "--help", "-h", "--json"}


@pytest.mark.parametrize(
    "text", ["- Who pays?", "-5 degrees: where?", "-5?", "--help me understand", "-- Who?", "-€ 5"]
)
def test_what_is_text(text: str) -> None:
    assert shielded(["a.txt", text], OPTIONS) == ["a.txt", f"\0{text}"]
    assert unshielded([f"\0{text}", None, 3]) == [text, None, 3]


@pytest.mark.parametrize(
    "option", ["-", "--json", "-h", "--system=be brief please", "-qWho pays?", "--jsn", "-x"]
)
def test_what_is_an_option(option: str) -> None:
    assert shielded([option], OPTIONS) == [option]


def test_after_two_dashes_everything_is_text_already() -> None:
    assert shielded(["a", "--", "- b"], OPTIONS) == ["a", "--", "- b"]


@pytest.mark.parametrize("question", ["- Who pays?", "-5 degrees: where?", "-5?"])
def test_on_the_command_line(citrus: Citrus, document: Path, question: str) -> None:
    for arguments in (
        ("doc.txt", question),
        ("doc.txt", "-q", question),
        ("doc.txt", f"--question={question}"),
        ("--json", "doc.txt", question),
        ("doc.txt", "--", question),
    ):
        result = citrus("ask", *arguments)
        assert result.exit_code == 0, result.stderr
        assert question in result.stdout


def test_a_mistyped_option_is_still_one(citrus: Citrus, document: Path) -> None:
    result = citrus("ask", "doc.txt", "What?", "--jsn")
    assert result.exit_code == 2
    assert "--jsn" in result.stderr


def test_a_web_address_is_told_how(citrus: Citrus, document: Path) -> None:
    alone = citrus("ask", "https://example.org/report.pdf")
    assert alone.exit_code == 2
    assert "curl -sSL https://example.org/report.pdf | citrus ask - QUESTION" in alone.stderr
    text = citrus("text", "https://example.org/report.pdf")
    assert text.exit_code == 3
    assert "curl -sSL https://example.org/report.pdf | citrus ask - QUESTION" in text.stderr
