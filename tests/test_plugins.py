"""What other packages add by name: policies and methods, from one file and an entry point each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest
from tiny_models import make_model_folder

from citrus_cli import plugins
from citrus_cli.engine import policies
from citrus_cli.errors import UsageError
from citrus_cli.evals import methods
from citrus_cli.plugins import Registry

SHOWN = re.compile(r"(?:^    .*\n|^\n)+", re.MULTILINE)
USER = """
import sys
from citrus_cli import DocumentQA
from citrus_cli.evals.comparing import compare
qa = DocumentQA(sys.argv[1], policy="older", budget=40, chunk_size=32, max_answer_tokens=4)
answer = qa.ask(sys.argv[2], "Where?")
assert 0 < answer.states_kept <= 40, answer.states_kept
rows = compare(qa, [sys.argv[2]], ["Where?"], ["start", "older"])
print(answer.policy, *(one.failure for one in rows))
"""


def shown(module):
    """The file and the entry point that the recipe in a module's docstring shows."""
    file, entry = (
        "\n".join(line[4:] for line in block.splitlines())
        for block in SHOWN.findall(module.__doc__)
        if block.strip()
    )
    return file, entry.replace("project.entry-points.", "").replace('"', "")


@pytest.fixture
def package(tmp_path):
    """A package that is made by the recipes, as if it were installed."""
    (tmp_path / "my_package").mkdir()
    info = tmp_path / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: my-package\nVersion: 1.0\n")
    entries = []
    for name, module in (("older", policies), ("start", methods)):
        file, entry = shown(module)
        (tmp_path / "my_package" / f"{name}.py").write_text(file)
        entries.append(entry)
    (info / "entry_points.txt").write_text("\n".join(entries))
    return tmp_path


def test_recipes_are_short_and_work(package, tmp_path):
    for name in ("older", "start"):
        text = (package / "my_package" / f"{name}.py").read_text()
        assert len([line for line in text.splitlines() if line]) <= 10
    model = make_model_folder(tmp_path / "tiny", max_position_embeddings=2048)
    document = tmp_path / "notes.txt"
    document.write_text("The red lantern hangs in the boathouse. " * 20)
    done = subprocess.run(
        [sys.executable, "-c", USER, str(model), str(document)],
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["older", "None", "None"], done.stderr


def made(name: str, found: object) -> str:
    if not isinstance(found, type):
        raise TypeError(f"{found!r} is no class")
    return f"{name}: {found.__name__}"


@pytest.fixture
def registry(monkeypatch):
    entries = EntryPoints(
        EntryPoint(name, value, "citrus.things")
        for name, value in (
            ("own", "pathlib:Path"),
            ("added", "pathlib:Path"),
            ("absent", "no_such_package:Thing"),
            ("useless", "pathlib:__doc__"),
        )
    )
    monkeypatch.setattr(plugins, "entry_points", lambda group: entries.select(group=group))
    return Registry("citrus.things", {"own": "own: citrus"}, made)


def test_names(registry):
    assert list(registry) == ["own", "added", "absent", "useless"]
    assert len(registry) == 4
    assert "absent" in registry
    assert "unheard-of" not in registry


def test_a_name_of_citrus_means_citrus(registry):
    assert registry["own"] == "own: citrus"
    assert registry["added"] == "added: Path"
    with pytest.raises(KeyError):
        registry["unheard-of"]


def test_what_cannot_be_used(registry):
    with pytest.raises(UsageError, match=r"^absent, in citrus\.things, cannot be used: No module"):
        registry["absent"]
    with pytest.raises(UsageError, match="is no class; update or remove that package"):
        registry["useless"]


@pytest.mark.parametrize(
    ("check", "wrong", "why"),
    [
        (policies._is_policy, 3, "no subclass"),
        (policies._is_policy, policies.Policy, r"no rank\(\)"),
        (policies._is_policy, policies.Citrus, "not called 'mine'"),
        (methods._is_method, policies.Citrus, "no subclass"),
        (methods._is_method, methods.PolicyMethod, "not called 'mine'"),
    ],
)
def test_what_is_no_policy_or_method(check, wrong, why):
    with pytest.raises(TypeError, match=why):
        check("mine", wrong)
