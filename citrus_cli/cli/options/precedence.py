"""Where an option's value came from, and which wins: flag, environment, file, default."""

from __future__ import annotations

import typer

from citrus_cli.cli.output.streams import ColorMode
from citrus_cli.errors import UsageError

# Compared by name: the enum itself moved between the packages that typer builds on.
_RANKS = {"COMMANDLINE": 0, "PROMPT": 0, "ENVIRONMENT": 1, "DEFAULT_MAP": 2, "DEFAULT": 3}
_GENERAL = "citrus.general"


def rank(context: typer.Context, name: str) -> int:
    """How strong an option's value is: 0 is a flag, 3 the default."""
    source = context.get_parameter_source(name)
    return _RANKS["DEFAULT"] if source is None else _RANKS.get(source.name, _RANKS["DEFAULT"])


def color_of(context: typer.Context) -> ColorMode:
    """`--color`, which may stand before or after the command's name."""
    value = strongest(context, "color")
    # older releases of typer keep the text that was given, newer ones the enum's member
    return ColorMode(value) if isinstance(value, str) else ColorMode.AUTO


def debug_of(context: typer.Context) -> bool:
    """`--debug`, which may stand before or after the command's name."""
    return bool(strongest(context, "debug"))


def remember_general(context: typer.Context) -> None:
    """Keep a command's `--color` and `--debug` where they are found after the command failed."""
    context.meta[_GENERAL] = color_of(context), debug_of(context)


def general_of(context: typer.Context) -> tuple[ColorMode, bool]:
    """What `remember_general` kept; before a command was reached, the options of `citrus`."""
    color, debug = context.meta.get(_GENERAL) or (color_of(context), debug_of(context))
    return color, debug


def either(context: typer.Context, first: str, second: str) -> tuple[bool, bool]:
    """Two flags that exclude each other.

    Both set in the same place is a contradiction; a flag beats its opposite in the environment,
    and that beats one in the config file.
    """
    both = bool(context.params[first]), bool(context.params[second])
    if not all(both):
        return both
    ranks = rank(context, first), rank(context, second)
    if ranks[0] == ranks[1]:
        raise UsageError(f"--{first} and --{second} exclude each other: give one of them")
    return ranks[0] < ranks[1], ranks[1] < ranks[0]


def strongest(context: typer.Context, name: str) -> object:
    """An option that may stand before or after a command's name: the value that counts.

    The one nearest to the command line; at the same distance, the innermost command's.
    """
    chain: list[typer.Context] = []
    one: typer.Context | None = context
    while one is not None:
        if name in one.params:
            chain.append(one)
        one = one.parent  # type: ignore[assignment]
    return min(chain, key=lambda each: rank(each, name)).params[name] if chain else None
