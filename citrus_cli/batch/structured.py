"""Question files in JSON, JSON lines and YAML: lists of texts or of mappings."""

from __future__ import annotations

import json
import math
from typing import Any

from citrus_cli.batch.records import Records
from citrus_cli.errors import UsageError

_LARGEST_ROW = 100_000
"""So many values a row may hold: a YAML file of a few lines can stand for billions."""


def read_json(name: str, text: str) -> Records:
    """A list; rows are named by their position in it."""
    value = _parse(text, name, 0)
    if not isinstance(value, list):
        raise UsageError(f"{name}: must be a list of questions ([…]), not {_kind(value)}")
    for position, one in enumerate(value, 1):
        yield f"row {position}", one


def read_json_lines(name: str, text: str) -> Records:
    """One value on each line; blank lines are left out."""
    # not splitlines(): JSON may hold the other line ends that it knows
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}", _parse(line, name, number)


def read_yaml(name: str, text: str) -> Records:
    """A list; rows are named by the line they begin on."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.SequenceNode):
            raise UsageError(f"{name}: must be a list of questions (each after a dash)")
        values = loader.construct_document(node)
        lines = [child.start_mark.line + 1 for child in node.value]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        raise UsageError(f"{name}{where}: not valid YAML: {problem}") from None
    except (ValueError, RecursionError, OverflowError) as error:  # an impossible date, 10⁵ brackets
        raise UsageError(f"{name}: not valid YAML: {error}") from None
    finally:
        loader.dispose()
    for line, value in zip(lines, values, strict=True):
        yield f"line {line}", _Plain(f"{name}, line {line}").of(value)


def _parse(text: str, name: str, line: int) -> Any:
    """A JSON value; `line` is where it stands when it is one of several, else 0."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        where = f"line {line or error.lineno}, column {error.colno}"
        raise UsageError(f"{name}, {where}: not valid JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        where = f", line {line}" if line else ""
        raise UsageError(f"{name}{where}: not valid JSON: {error}") from None


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is not a number in JSON")


def _kind(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "a single value"


class _Plain:
    """YAML's values as JSON has them: dates and the like become text, shared parts copies."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._values = 0

    def of(self, value: Any) -> Any:
        self._values += 1
        if self._values > _LARGEST_ROW:
            raise UsageError(f"{self._where}: the row holds more than {_LARGEST_ROW:,} values")
        try:
            return self._of(value)
        except RecursionError:
            raise UsageError(f"{self._where}: the row is nested too deeply") from None

    def _of(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): self.of(one) for key, one in value.items()}
        if isinstance(value, list | tuple | set):
            return [self.of(one) for one in value]
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if value is None or isinstance(value, str | bool | int | float):
            return value
        return str(value)
