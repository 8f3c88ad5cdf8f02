"""The program as a whole: what it imports, its help, exit codes, completion and entry points."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from cli_harness import Citrus
from cli_terminal import run

import citrus_cli
from citrus_cli import errors, qa
from citrus_cli._version import __version__
from citrus_cli.cli.app import COMMANDS, program
from citrus_cli.cli.exit_codes import MEANINGS, ExitCode, epilog

MODULE = (sys.executable, "-m", "citrus_cli")
ROOT = Path(citrus_cli.__file__).parents[1]


@cache
def imports(*arguments: str) -> set[str]:
    """The packages that a run of Python imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    names = re.findall(r"\|\s+([\w.]+)$", done.stderr, flags=re.MULTILINE)
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["ask", "--help"],
        ["batch", "--help"],
        ["compare", "--help"],
        ["chat", "--help"],
        ["--version"],
        ["ask"],
    ],
)
def test_light_commands_import_nothing_heavy(home: Path, arguments: list[str]) -> None:
    imported = imports("-m", "citrus_cli", *arguments)
    assert "typer" in imported  # the pattern finds modules
    assert not imported & {"torch", "transformers", "numpy", "pypdf", "huggingface_hub"}
    assert not imported & {"prompt_toolkit", "yaml", "jinja2"}
    assert "rich" not in imported - imports("-c", "import typer")  # old releases import it at once


def test_version(citrus: Citrus) -> None:
    result = citrus("--version")
    assert (result.exit_code, result.stdout) == (0, f"citrus {__version__}\n")


def test_without_a_command_there_is_help(citrus: Citrus) -> None:
    result = citrus()
    assert result.exit_code == 2
    assert result.stdout.startswith("Usage: citrus ")


def test_help_names_every_command_and_the_exit_codes(citrus: Citrus) -> None:
    text = " ".join(citrus("--help").stdout.split())
    for command in ("ask", "batch", "chat", "compare", "doctor", "models"):
        assert f" {command} " in text
    assert epilog() in text


def test_every_command_says_what_it_is_in_a_whole_sentence(citrus: Citrus) -> None:
    commands = citrus("--help").stdout.partition("Commands:")[2].partition("Exit codes")[0]
    assert commands.count(".") >= 3
    assert "..." not in commands


def test_every_exit_code_has_a_meaning_and_the_exceptions_use_them() -> None:
    assert set(MEANINGS) == set(ExitCode)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.CitrusError)}
    assert codes == {1, 2, 3, 4, 5}
    assert codes <= set(ExitCode)


def test_every_option_has_help_and_a_variable(citrus: Citrus) -> None:
    text = " ".join(citrus("ask", "--help").stdout.split())
    names = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", text)) - {"help"}
    assert len(names) > 20
    for name in names:
        assert f"CITRUS_{name.upper().replace('-', '_')}" in text, name


def test_help_shows_the_defaults_of_the_api(citrus: Citrus) -> None:
    text = " ".join(citrus("ask", "--help").stdout.split())
    for value in (
        qa.DEFAULT_MODEL,
        qa.DEFAULT_POLICY,
        qa.DEFAULT_BUDGET,
        qa.DEFAULT_CHUNK_SIZE,
        qa.DEFAULT_ANSWER_TOKENS,
    ):
        assert f"by default {value}." in text


def test_module_and_program_are_the_same(home: Path) -> None:
    assert run("--version", program=MODULE).stdout == f"citrus {__version__}\n"
    ended = run("ask", "gone.pdf", program=MODULE)
    assert ended.code == 2
    assert ended.stderr.startswith("citrus: error: ")
    assert run("--help", program=MODULE).stdout.startswith("Usage: citrus ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_show_completion(home: Path, shell: str) -> None:
    env = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    ended = run("--show-completion", shell, program=MODULE, env=env)
    assert ended.code == 0
    assert "_CITRUS_COMPLETE=complete_" + shell in ended.stdout


def test_install_completion(home: Path) -> None:
    env = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    ended = run("--install-completion", "bash", program=MODULE, env=env)
    assert ended.code == 0
    script = home / ".bash_completions" / "citrus.sh"
    assert "_CITRUS_COMPLETE=complete_bash" in script.read_text()
    assert str(script) in (home / ".bashrc").read_text()


@pytest.mark.parametrize(
    ("words", "offers", "not_offered"),
    [
        ("citrus ", {"ask", "doctor", "models"}, set()),
        ("citrus a", {"ask"}, {"models"}),
        ("citrus ask --qu", {"--question", "--quantize", "--quiet"}, {"--model"}),
        ("citrus ask --color ", {"auto", "always", "never"}, set()),
        ("citrus ask --device c", {"cuda", "cpu"}, {"mps"}),
        ("citrus ask --quantize ", {"auto", "4bit", "8bit", "none"}, set()),
        ("citrus ask -m smol", {"smollm2-135m-instruct"}, {"llama-3.1-8b-instruct"}),
        ("citrus ask --policy s", {"standard", "streaming"}, {"citrus"}),
        ("citrus models ", {"list", "pull"}, set()),
        ("citrus models pull qw", {"qwen2.5-0.5b-instruct"}, {"smollm2-135m-instruct"}),
        ("citrus ask rep", set(), {"report.pdf"}),
    ],
)
def test_completion(citrus: Citrus, words: str, offers: set[str], not_offered: set[str]) -> None:
    env = {
        "_CITRUS_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    ended = citrus(env=env)
    offered = set(ended.stdout.split())
    assert offers <= offered
    assert not offered & not_offered
    assert ended.stderr == ""


def test_completion_of_the_program(home: Path) -> None:
    env = {"_CITRUS_COMPLETE": "complete_bash", "COMP_WORDS": "citrus ", "COMP_CWORD": "1"}
    ended = run(program=MODULE, env=env)
    assert {"ask", "doctor", "models"} <= set(ended.stdout.split())
    assert ended.stderr == ""


def test_a_command_is_one_module_or_one_folder() -> None:
    modules = {module.__name__.removesuffix(".command").rpartition(".")[2] for module in COMMANDS}
    modules = (modules - {"evaluate"}) | {"eval"}  # a module of that name would hide a built-in
    assert set(program().commands) == modules
