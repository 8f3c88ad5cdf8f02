"""How a model retrieves: shipped for the built-in one, else remembered once found."""

from __future__ import annotations

import hashlib
import json
import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.models import cache

if TYPE_CHECKING:
    from citrus_cli.engine.retrieval import Retrieval
    from citrus_cli.models.load import LoadedModel

FORMAT = 2
"""Goes up when heads are found or used in another way, so that remembered ones are found again."""


def known_retrieval(loaded: LoadedModel) -> Retrieval | None:
    """A model's retrieval heads and what they find, if that is remembered or shipped."""
    try:
        return _retrieval(json.loads(_path(loaded).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or not readable: what is shipped, or it is found again
    shipped = json.loads(
        resources.files("citrus_cli.models").joinpath("heads.json").read_text("utf-8")
    )
    return _retrieval(shipped[loaded.name]) if loaded.name in shipped else None


def remember(loaded: LoadedModel, retrieval: Retrieval) -> None:
    """Keep what was found for later runs; without a writable cache it is found again."""
    path = _path(loaded)
    heads = [list(head) for head in retrieval.heads]
    text = json.dumps({"model": loaded.name, "heads": heads, "found": retrieval.found})
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


def _retrieval(found: dict[str, Any]) -> Retrieval:
    from citrus_cli.engine.retrieval import Head, Retrieval

    heads = (Head(int(layer), int(head), float(weight)) for layer, head, weight in found["heads"])
    return Retrieval(tuple(heads), float(found["found"]))
