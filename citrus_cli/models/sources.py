"""What a `--model` name stands for, whether it is here already, and how to get it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from citrus_cli.errors import ModelError
from citrus_cli.events import Listener, ignore
from citrus_cli.models import cache, convert, fetch, folder, hub
from citrus_cli.models.catalogue import CatalogueModel, find, suggest

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class Kind(Enum):
    """Where a model's weights come from."""

    BUILT_IN = "built in"
    FOLDER = "folder"
    GGUF = "GGUF file"
    HUB = "hub"


@dataclass(frozen=True)
class Source:
    """A model's name and where its weights come from. `path` is set for a folder or a GGUF file."""

    kind: Kind
    name: str
    path: Path | None = None
    hub_id: str | None = None
    model: CatalogueModel | None = None

    @property
    def cure(self) -> str:
        """What to do when its files are damaged."""
        if self.kind is Kind.FOLDER:
            return "copy or download that folder again"
        return f"run `citrus models pull --force {self.name}`"


def resolve(name: str) -> Source:
    """What `name` stands for: a catalogue name, a folder, a .gguf file or a hub id, in that order.

    Neither the network nor torch is touched. Raises ModelError if it is none of them.
    """
    wanted = name.strip()
    if not wanted:
        raise ModelError("the model's name is empty; see `citrus models list`")
    model = find(wanted)
    if model is not None:
        kind = Kind.BUILT_IN if model.built_in else Kind.HUB
        known_as = model.name if model.built_in else str(model.hub_id)
        return Source(kind, known_as, hub_id=model.hub_id, model=model)
    path = Path(wanted).expanduser()
    if wanted.lower().endswith(".gguf"):
        if not path.is_file():
            raise ModelError(f"no such file: {wanted}; check the path of the .gguf file")
        return Source(Kind.GGUF, wanted, path=path)
    if path.is_dir() and ((path / "config.json").is_file() or not _HUB_ID.fullmatch(wanted)):
        return Source(Kind.FOLDER, wanted, path=path)
    if path.is_file():
        raise ModelError(f"{wanted} is a file, but neither a .gguf file nor a model folder")
    if _HUB_ID.fullmatch(wanted):
        return Source(Kind.HUB, wanted, hub_id=wanted)
    if "/" in wanted or "\\" in wanted or wanted.startswith(("~", ".")):
        raise ModelError(f"no such model folder: {wanted}; check the path")
    near = suggest(wanted)
    hint = f"did you mean {' or '.join(near)}?" if near else "see `citrus models list`"
    raise ModelError(
        f"unknown model {name!r}; {hint} (a folder, a .gguf file or a Hugging Face id works too)"
    )


def is_here(name: str) -> bool:
    """Whether loading needs no network. Quick: no weight is read."""
    source = resolve(name)
    if source.kind is Kind.BUILT_IN and source.model is not None:
        made = cache.models_dir() / source.model.name
        return fetch.gguf_path(source.model) is not None or any(made.glob("*/config.json"))
    if source.kind is Kind.HUB:
        return _cached_hub_folder(source) is not None
    return True


def pull(
    name: str, *, force: bool = False, dtype: str = "auto", on_event: Listener = ignore
) -> Path:
    """Have a model on this machine, ready to load; return its folder.

    `force` downloads and converts it anew, replacing what is there; the one way to mend damage.
    """
    from citrus_cli.models.hardware import pick_device
    from citrus_cli.models.quantization import check_names, choose_dtype

    check_names("auto", dtype)
    source = resolve(name)
    path = obtain(source, choose_dtype(dtype, pick_device()), force=force, on_event=on_event)
    folder.inspect(path, source.cure)
    return path


def obtain(source: Source, dtype: str, *, force: bool = False, on_event: Listener = ignore) -> Path:
    """The folder with a source's weights, fetched or converted if need be (GGUFs to `dtype`).

    A folder in citrus' own cache whose files have other sizes than when it was made is refused.
    """
    if source.kind is Kind.FOLDER and source.path is not None:
        return source.path
    if source.kind is Kind.HUB and source.hub_id is not None:
        here = None if force else _cached_hub_folder(source)
        return here or hub.fetch(source.hub_id, force=force, on_event=on_event)
    if source.kind is Kind.GGUF and source.path is not None:
        parent = convert.conversion_dir(source.path)
        made = convert.converted(
            source.name, source.path, parent, dtype, force=force, on_event=on_event
        )
    elif source.model is not None:
        made = _obtain_built_in(source.model, dtype, force, on_event)
    else:
        raise ModelError(f"{source.name} has no place that it could come from")
    if wrong := cache.damage(made):
        raise ModelError(f"{wrong}; {source.cure}")
    return made


def _obtain_built_in(model: CatalogueModel, dtype: str, force: bool, on_event: Listener) -> Path:
    parent = cache.models_dir() / model.name
    if (parent / dtype).is_dir() and not force:
        return parent / dtype
    gguf = fetch.fetch_gguf(model, force=force, on_event=on_event)
    made = {path.parent.name for path in parent.glob("*/config.json")} if force else set()
    for other in sorted(made - {dtype}):
        convert.converted(model.name, gguf, parent, other, force=True, on_event=on_event)
    return convert.converted(model.name, gguf, parent, dtype, force=force, on_event=on_event)


def _cached_hub_folder(source: Source) -> Path | None:
    """A hub model's folder in the local cache, if all its files are there."""
    path = hub.cached_folder(source.hub_id or "")
    if path is None or not folder.is_complete(path):
        return None
    return path
