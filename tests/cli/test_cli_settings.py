"""Flag, environment, config file, default: which value wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_harness import Citrus

ASK = ("ask", "doc.txt", "What?")


@pytest.fixture
def config(home: Path, document: Path) -> Path:
    """The place of the config file, in a folder that exists."""
    path = home / ".config" / "citrus" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_the_order_of_flag_environment_file_and_default(citrus: Citrus, config: Path) -> None:
    env = {"CITRUS_BUDGET": "200"}
    citrus(*ASK)
    budgets = [citrus.call.get("budget")]
    config.write_text("budget = 100\n")
    citrus(*ASK)
    budgets.append(citrus.call["budget"])
    citrus(*ASK, env=env)
    budgets.append(citrus.call["budget"])
    citrus(*ASK, "--budget", "300", env=env)
    budgets.append(citrus.call["budget"])
    assert budgets == [None, 100, 200, 300]


def test_a_commands_table_wins_over_the_top(citrus: Citrus, config: Path) -> None:
    config.write_text('model = "for-all"\nchunk-size = 128\n[ask]\nmodel = "for-ask"\n')
    citrus(*ASK)
    assert (citrus.call["model"], citrus.call["chunk_size"]) == ("for-ask", 128)


def test_every_option_is_an_environment_variable(citrus: Citrus, document: Path) -> None:
    Path("q.txt").write_text("From the file?")
    Path("pw").write_text("secret")
    env = {
        "CITRUS_MODEL": "m",
        "CITRUS_QUESTION": "One word?\nTwo words?\n",
        "CITRUS_FILE": "q.txt",
        "CITRUS_SYSTEM": "s",
        "CITRUS_PAGES": "1",
        "CITRUS_PASSWORD_FILE": "pw",
        "CITRUS_ENCODING": "e",
        "CITRUS_POLICY": "p",
        "CITRUS_BUDGET": "1",
        "CITRUS_CHUNK_SIZE": "2",
        "CITRUS_QUANTIZE": "q",
        "CITRUS_DEVICE": "d",
        "CITRUS_MAX_ANSWER_TOKENS": "3",
        "CITRUS_JSONL": "1",
        "CITRUS_OUTPUT": "out",
        "CITRUS_OVERWRITE": "1",
        "CITRUS_VERBOSE": "1",
    }
    Path("out").touch()
    result = citrus("ask", "doc.txt", env=env)
    assert (result.exit_code, result.stdout) == (0, "")
    assert citrus.call == {
        "model": "m",
        "questions": ("One word?", "Two words?", "From the file?"),
        "sources": ("doc.txt",),
        "system": "s",
        "pages": "1",
        "password": "secret",
        "encoding": "e",
        "policy": "p",
        "budget": 1,
        "chunk_size": 2,
        "quantize": "q",
        "device": "d",
        "max_answer_tokens": 3,
        "stdin": None,
    }
    assert Path("out").read_text().count("\n") == 3
    assert "memory:" in result.stderr


def test_citrus_config_names_another_file(citrus: Citrus, document: Path) -> None:
    Path("mine.toml").write_bytes(b"\xef\xbb\xbfbudget = 7\r\n")
    citrus(*ASK, env={"CITRUS_CONFIG": "mine.toml"})
    assert citrus.call["budget"] == 7
    result = citrus(*ASK, env={"CITRUS_CONFIG": "gone.toml"})
    assert result.exit_code == 2
    assert "CITRUS_CONFIG names gone.toml, and there is no such file" in result.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("buget = 3", "unknown key buget; did you mean budget or budgets?"),
        ("[ask]\nchunksize = 3", "unknown [ask] key chunksize; did you mean chunk-size?"),
        ("[aks]\nbudget = 3", "unknown table [aks]; did you mean ask?"),
        ("zzzzzz = 3", "unknown key zzzzzz; known: always-answer, budget, budgets"),
        ("json = 'yes'", "json must be true or false"),
        ("model = true", "model must be a text or a whole number"),
        ("budget = 1.5", "budget must be a text or a whole number"),
        ("model = ['a']", "model must be a text or a whole number"),
        ("output = 'x'", "output belongs to one run; give it as a flag"),
        ("question = 'x'", "question belongs to one run; give it as a flag"),
        ("chunk-size = 1\nchunk_size = 2", "chunk_size is given twice"),
        ("budget = ", "not valid TOML: "),
        ("budget = 'many'", "--budget"),
    ],
)
def test_a_config_file_that_makes_no_sense(
    citrus: Citrus, config: Path, text: str, says: str
) -> None:
    config.write_text(text)
    result = citrus(*ASK)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("citrus: error: ")
    assert says in result.stderr
    assert str(config) in result.stderr


def test_a_config_file_that_cannot_be_read(citrus: Citrus, config: Path) -> None:
    config.write_bytes(b"# caf\xe9")
    assert "not UTF-8 at byte 5" in citrus(*ASK).stderr
    config.unlink()
    config.mkdir()
    assert "Is a directory" in citrus(*ASK).stderr


def test_help_works_beside_a_broken_config_file(citrus: Citrus, config: Path) -> None:
    config.write_text("nonsense")
    for arguments in (["--help"], ["ask", "--help"], ["--version"]):
        result = citrus(*arguments)
        assert (result.exit_code, result.stderr) == (0, "")


def test_a_flag_beats_its_opposite_from_a_weaker_place(citrus: Citrus, config: Path) -> None:
    config.write_text("json = true\nquiet = true\n")
    assert citrus(*ASK).stdout.startswith("{\n")
    assert citrus(*ASK, "--jsonl").stdout.startswith('{"question"')
    assert citrus(*ASK, env={"CITRUS_JSONL": "1"}).stdout.startswith('{"question"')
    assert "memory:" in citrus(*ASK, "-v").stderr
    assert citrus(*ASK, env={"CITRUS_JSONL": "1", "CITRUS_JSON": "1"}).exit_code == 2
    config.write_text("json = true\njsonl = true\n")
    assert citrus(*ASK).exit_code == 2


@pytest.mark.parametrize(
    ("before", "after", "env", "file", "coloured"),
    [
        ("always", None, None, None, True),
        (None, "always", None, None, True),
        ("never", "always", None, None, True),
        ("always", None, "never", None, True),
        (None, None, "always", None, True),
        (None, None, "never", "always", False),
        (None, None, None, "always", True),
        ("never", None, None, "always", False),
        (None, None, None, None, False),
    ],
)
def test_color_before_and_after_the_command(
    citrus: Citrus,
    config: Path,
    before: str | None,
    after: str | None,
    env: str | None,
    file: str | None,
    coloured: bool,
) -> None:
    if file:
        config.write_text(f"color = '{file}'")
    first = ["--color", before] if before else []
    last = ["--color", after] if after else []
    result = citrus(
        *first, *ASK, *last, env={"FAKE": "model", **({"CITRUS_COLOR": env} if env else {})}
    )
    assert result.exit_code == 4
    assert ("\x1b[" in result.stderr) == coloured


def test_no_color_is_overruled_by_always(citrus: Citrus, document: Path) -> None:
    env = {"FAKE": "warnings", "NO_COLOR": "1"}
    assert "\x1b[" in citrus(*ASK, "--color", "always", env=env).stderr
    assert "\x1b[" not in citrus(*ASK, env=env).stderr
