"""`citrus help`: topics for a person and for a pipe, and commands' help by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cli_harness import Citrus
from cli_terminal import TERMINAL, run
from typer.main import get_command
from typer.testing import Result

from citrus_cli.cli.app import build
from citrus_cli.cli.exit_codes import MEANINGS
from citrus_cli.cli.help.pages import topics

TOPICS = topics()


def help_of(*arguments: str) -> Result:
    return Citrus()("help", *arguments)


def test_the_list_names_every_topic() -> None:
    listed = help_of().stdout
    assert len(TOPICS) > 10
    for name, topic in TOPICS.items():
        assert re.search(rf"^{name} +{re.escape(topic.title)}$", listed, re.MULTILINE)
        assert 10 < len(topic.title) < 70


@pytest.mark.parametrize("name", TOPICS)
def test_a_pipe_gets_the_text_as_it_was_written(name: str) -> None:
    result = help_of(name)
    assert (result.stdout, result.exit_code) == (TOPICS[name].text, 0)
    assert max(len(line) for line in result.stdout.splitlines() if "|" not in line) <= 104


def test_exit_codes_are_those_of_the_program() -> None:
    shown = help_of("exit-codes").stdout
    assert all(f"| {code.value} | {meaning} |" in shown for code, meaning in MEANINGS.items())
    assert "<!--" not in shown


def test_a_terminal_gets_a_page(home: object) -> None:
    ended = run("help", "python", stdout=TERMINAL, stderr=TERMINAL)
    assert ended.code == 0
    assert "```" not in ended.stdout
    assert "\x1b[" in ended.stdout
    assert "on_event" in ended.stdout


@pytest.mark.parametrize("name", ["ask", "ingest", "bench", "eval"])
def test_a_command_s_help_by_its_name(name: str) -> None:
    result = help_of(name)
    assert result.exit_code == 0
    assert f"citrus {name}" in result.stdout
    assert "--help" in result.stdout


def test_a_name_nobody_knows() -> None:
    result = help_of("polices")
    assert (result.stdout, result.exit_code) == ("", 2)
    assert "there is no topic 'polices'; did you mean policies? citrus help lists them" in (
        result.stderr
    )
    assert "did you mean" not in help_of("zebra").stderr


def test_what_topics_show_exists() -> None:
    """Options and commands in the text are those of the program; code is code."""
    text = "\n".join(topic.text for topic in TOPICS.values())
    program: Any = get_command(build())
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= set(_options(program))
    for name in re.findall(r"^    citrus ([a-z]+)", text, re.MULTILINE):
        assert name in program.commands
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        ast.parse(code)


def _options(command: Any) -> Iterator[str]:
    for option in command.params:
        yield from option.opts
    for inner in getattr(command, "commands", {}).values():
        yield from _options(inner)
