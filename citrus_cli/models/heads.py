"""The retrieval heads of a model: shipped for the built-in one, else remembered once found."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from citrus_cli.models import cache

if TYPE_CHECKING:
    from citrus_cli.engine.policies import Head
    from citrus_cli.models.load import LoadedModel

FORMAT = 1
"""Goes up when heads are found or used in another way, so that remembered ones are found again."""


def known_heads(loaded: LoadedModel) -> tuple[Head, ...]:
    """The heads of a model, if they are remembered or shipped; else none."""
    try:
        return _heads(json.loads(_path(loaded).read_text("utf-8"))["heads"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or not readable: the shipped ones, or they are found again
    shipped = json.loads(
        resources.files("citrus_cli.models").joinpath("heads.json").read_text("utf-8")
    )
    return _heads(shipped.get(loaded.name, ()))


def remember(loaded: LoadedModel, heads: Sequence[Head]) -> None:
    """Keep the heads of a model for later runs; without a writable cache they are found again."""
    path = _path(loaded)
    text = json.dumps({"model": loaded.name, "heads": [list(head) for head in heads]})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    except OSError:
        return


def _path(loaded: LoadedModel) -> Path:
    """By name, shape and precision: what is found depends on no more."""
    config = loaded.model.config.to_dict()
    config.pop("_name_or_path", None)
    what = json.dumps([FORMAT, loaded.name, loaded.quantization, config], default=str)
    return cache.cache_dir() / "heads" / f"{hashlib.sha256(what.encode()).hexdigest()[:24]}.json"


def _heads(rows: Sequence[Sequence[float]]) -> tuple[Head, ...]:
    from citrus_cli.engine.policies import Head

    return tuple(Head(int(layer), int(head), float(weight)) for layer, head, weight in rows)
