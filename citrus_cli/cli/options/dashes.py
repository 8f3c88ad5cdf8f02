"""Questions that begin with a dash, kept from being taken for options: "- Who pays?"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TypeVar

_SHIELD = "\0"  # no argument of a program can have one
_NUMBER = re.compile(r"-\d+(?:\.\d+)?")  # an option's value, as in --seed -1
_NAME = re.compile(r"--?[^\W\d_][\w-]*")
Value = TypeVar("Value")


def shielded(arguments: Sequence[str], options: Collection[str]) -> list[str]:
    """The arguments, with a mark before those that begin with a dash and are no options.

    These are what has no option's name behind the dash ("-5?", "-€"), and what has white space in
    it, unless it is an option with its value ("--system=a b", "-qWho pays?").
    """
    found: list[str] = []
    for argument in arguments:
        if argument == "--":
            return [*found, *arguments[len(found) :]]
        found.append(_SHIELD + argument if _is_text(argument, options) else argument)
    return found


def unshielded(value: Value) -> Value:
    """A value of the command line without the mark."""
    if isinstance(value, str):
        return value.removeprefix(_SHIELD)  # type: ignore[return-value]
    if isinstance(value, list | tuple):
        return type(value)(map(unshielded, value))
    return value


def _is_text(argument: str, options: Collection[str]) -> bool:
    if len(argument) < 2 or not argument.startswith("-") or _NUMBER.fullmatch(argument):
        return False
    name = _NAME.match(argument)
    if name is None:
        return argument != "--"
    if not any(map(str.isspace, argument)):
        return False
    given = argument[name.end() : name.end() + 1] == "=" and name[0] in options
    return not given and argument[:2] not in options
