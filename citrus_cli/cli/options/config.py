"""The config file: options that hold for every run, in TOML.

Keys at the top are options of all commands that have them (`model`, `budget`, `chunk-size`, …); a
table such as `[ask]` holds options of that command alone. The file is read when the first option
is looked up in it, so that help and completion neither wait for it nor fail on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer

from citrus_cli.errors import UsageError

# What belongs to one run: a file that set them would silently change what the arguments mean.
NOT_IN_FILE = frozenset(
    {
        *("question", "questions", "file", "output", "overwrite", "resume"),
        *("report", "heatmap", "highlight", "plot", "run", "limit"),
        *("again", "together", "all", "unused_for", "force", "help"),
    }
)


def config_path() -> Path:
    """Where the config file is, or would be; `CITRUS_CONFIG` names another one."""
    named = os.environ.get("CITRUS_CONFIG")
    if named:
        return Path(named)
    from platformdirs import user_config_dir

    return Path(user_config_dir("citrus", appauthor=False)) / "config.toml"


@dataclass(frozen=True)
class _Option:
    name: str
    is_flag: bool
    is_list: bool


Commands = dict[str, dict[str, _Option]]


def defaults(context: typer.Context) -> dict[str, Any]:
    """A `default_map` for the context of `citrus` itself, filled from the file when needed."""
    group: Any = context.command
    file = _File(_commands(group))
    return {
        name: _CommandDefaults(file, name, frozenset(getattr(command, "commands", ())))
        for name, command in group.commands.items()
    }


class _File:
    """The file's values by command, read once."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._values: dict[str, dict[str, Any]] | None = None

    def of(self, command: str) -> dict[str, Any]:
        if self._values is None:
            self._values = load(self._commands)
        return self._values[command]


class _CommandDefaults(dict[str, Any]):
    """The mapping that a command's context asks for its defaults.

    A command with subcommands hands the same options on to them.
    """

    def __init__(self, file: _File, command: str, subcommands: frozenset[str]) -> None:
        super().__init__()
        self._file = file
        self._command = command
        self._subcommands = subcommands

    def get(self, key: str, default: Any = None) -> Any:
        if key in self._subcommands:
            return self
        if key in NOT_IN_FILE:
            return default
        return self._file.of(self._command).get(key, default)


def load(commands: Commands) -> dict[str, dict[str, Any]]:
    """The file's values by command; every key and kind of value is checked."""
    path = config_path()
    table = _parse(path)
    everywhere = {key: value for key, value in table.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    all_options = {name: one for options in commands.values() for name, one in options.items()}
    shared = _checked(everywhere, all_options, path, where="")
    for name in tables:
        if name not in commands:
            raise UsageError(_unknown(path, f"table [{name}]", name, commands))
    return {
        name: {key: value for key, value in shared.items() if key in options}
        | _checked(tables.get(name, {}), options, path, where=f"[{name}] ")
        for name, options in commands.items()
    }


def _parse(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if os.environ.get("CITRUS_CONFIG"):
            raise UsageError(f"CITRUS_CONFIG names {path}, and there is no such file") from None
        return {}
    except OSError as error:
        raise UsageError(f"cannot read the config file {path}: {error.strerror}") from None
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None


def _checked(
    values: Mapping[str, Any], options: Mapping[str, _Option], path: Path, *, where: str
) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name in NOT_IN_FILE:
            raise UsageError(f"{path}: {where}{key} belongs to one run; give it as a flag")
        if name not in options:
            raise UsageError(_unknown(path, f"{where}key {key}", name, options))
        if name in checked:
            raise UsageError(f"{path}: {where}{key} is given twice")
        _check_kind(value, options[name], f"{path}: {where}{key}")
        checked[name] = value
    return checked


def _check_kind(value: Any, option: _Option, place: str) -> None:
    if option.is_flag:
        if not isinstance(value, bool):
            raise UsageError(f"{place} must be true or false")
    elif option.is_list:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UsageError(f"{place} must be a list of texts")
    elif isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError(f"{place} must be a text or a whole number")


def _unknown(path: Path, what: str, name: str, known: Iterable[str]) -> str:
    names = sorted({one.replace("_", "-") for one in known} - NOT_IN_FILE)
    near = get_close_matches(name.replace("_", "-"), names, n=2, cutoff=0.65)
    cure = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"
    return f"{path}: unknown {what}; {cure}"


def _commands(group: Any) -> Commands:
    """The options of every command; a group's are its own and its subcommands'."""
    return {
        name: {
            one.name: one
            for each in (command, *getattr(command, "commands", {}).values())
            for one in _options(each)
        }
        for name, command in group.commands.items()
    }


def _options(command: Any) -> list[_Option]:
    return [
        _Option(one.name, bool(one.is_flag), bool(one.multiple))
        for one in command.params
        if one.param_type_name == "option"
    ]
