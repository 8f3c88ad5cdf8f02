"""How options are declared: as fields of dataclasses that several commands share.

A command names the groups it wants as parameters; `grouped` shows Typer the flat list that it
needs, and hands the command its groups. Every option is also an environment variable.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import typer

# the panels of the help
DOCUMENTS = "Documents"
MODEL = "Model"
METHOD = "Method"
STORE = "Store"
OUTPUT = "Output"
GENERAL = "General"

_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def variable(name: str) -> str:
    """The environment variable of an option: `--chunk-size` is `CITRUS_CHUNK_SIZE`."""
    return "CITRUS_" + name.lstrip("-").replace("-", "_").upper()


def option(*names: str, help: str, panel: str, env: bool = True, **settings: Any) -> Any:
    """A Typer option that is also an environment variable; the first long name gives it its."""
    longest = next(name for name in names if name.startswith("--"))
    return typer.Option(
        *names,
        help=help,
        rich_help_panel=panel,
        envvar=variable(longest) if env else None,
        show_envvar=env,
        show_default=False,
        **settings,
    )


def choices(*values: str) -> dict[str, Any]:
    """What an option shows and completes where its values are few; the API judges them."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return {"metavar": "|".join(values), "autocompletion": complete}


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take option groups: the parameters whose type is a dataclass are spread."""
    hints = get_type_hints(command, include_extras=True)
    hints.pop("return", None)
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        if is_dataclass(hint):
            parameters.extend(_spread(hint))
        else:
            parameters.append(parameter.replace(annotation=hint, kind=_KEYWORD))

    @functools.wraps(command)
    def flat(**values: Any) -> None:
        command(**{name: _gather(hint, name, values) for name, hint in hints.items()})

    flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flat


def _spread(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(one.name, _KEYWORD, default=one.default, annotation=hints[one.name])
        for one in fields(group)
    ]


def _gather(hint: Any, name: str, values: dict[str, Any]) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return hint(**{one.name: values[one.name] for one in fields(hint)})
    return values[name]
