"""A model folder: is it whole, what kind of model is it, how large are its weights.

Only small files and the heads of the weight files are read, so this takes milliseconds and comes
before anything is loaded.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citrus_cli.errors import ModelError
from citrus_cli.models.memory import weight_bytes

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "vocab.txt")
_LARGEST_HEAD = 100_000_000  # the safetensors format's own limit

_COUNTED_SUFFIXES = {".safetensors", ".json", ".model", ".txt", ".jinja"}
_SAMPLE, _SAMPLES = 1 << 16, 256
"""A file's fingerprint reads up to so many samples of so many bytes: all of it up to 16 MiB."""


@dataclass(frozen=True)
class ModelFolder:
    """A model folder that looks whole.

    `linear_weights` counts what quantization can shrink, `other_weights` the rest (embeddings,
    norms, the output layer); `stored_bytes` is what they take on the disk.
    """

    path: Path
    config: dict[str, Any]
    linear_weights: int
    other_weights: int
    stored_bytes: int

    @property
    def stored_quantization(self) -> str | None:
        """How the stored weights are quantized already: `4bit`, `8bit`, a method's name or None."""
        settings = self.config.get("quantization_config")
        if not isinstance(settings, dict):
            return None
        if settings.get("load_in_4bit"):
            return "4bit"
        return "8bit" if settings.get("load_in_8bit") else str(settings.get("quant_method"))

    def bytes_in_memory(self, quantization: str, dtype: str) -> int:
        """What the loaded weights will take."""
        if self.stored_quantization:
            return self.stored_bytes
        return weight_bytes(self.linear_weights, self.other_weights, quantization, dtype)

    def fingerprint(self) -> str:
        """Tells this model from any other: every file's name and size, and what is in it.

        Small files count whole (settings, tokenizer), large ones (weights) by samples of them.
        """
        digest = hashlib.sha256()
        for path in sorted(self.path.iterdir()):
            if path.suffix not in _COUNTED_SUFFIXES or not path.is_file():
                continue
            size = path.stat().st_size
            digest.update(f"{path.name} {size} ".encode())
            with path.open("rb") as file:
                for start in range(0, size, max(_SAMPLE, size // _SAMPLES)):
                    file.seek(start)
                    digest.update(file.read(_SAMPLE))
        return digest.hexdigest()[:32]


def inspect(path: Path, cure: str) -> ModelFolder:
    """Check a folder's files; a ModelError names the first that is wrong and ends with `cure`."""
    config = _read_json(path / "config.json", cure)
    if not any((path / name).is_file() for name in _TOKENIZER_FILES):
        raise ModelError(f"{path} has no tokenizer (tokenizer.json is missing); {cure}")
    linear = other = stored = 0
    for file in _weight_files(path, cure):
        for name, shape, size in _tensors(file, cure):
            elements = math.prod(shape)
            stored += size
            if len(shape) == 2 and not any(part in name for part in ("embed", "lm_head", "wte")):
                linear += elements
            else:
                other += elements
    return ModelFolder(path, config, linear, other, stored)


def is_complete(path: Path) -> bool:
    """Whether every file that a model needs is there, sound or not."""
    try:
        _read_json(path / "config.json", "")
        _weight_files(path, "")
    except ModelError:
        return False
    return any((path / name).is_file() for name in _TOKENIZER_FILES)


def _read_json(path: Path, cure: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if (path.parent / "adapter_config.json").is_file():
            raise ModelError(
                f"{path.parent} is an adapter, not a whole model; merge it into its base first"
            ) from error
        raise ModelError(f"{path} is missing, so this is no model folder; {cure}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}); {cure}") from error
    except ValueError as error:
        raise ModelError(f"{path} is not valid JSON; {cure}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} does not hold a JSON object; {cure}")
    return content


def _weight_files(path: Path, cure: str) -> list[Path]:
    if (path / INDEX).is_file():
        placed = _read_json(path / INDEX, cure).get("weight_map")
        if not isinstance(placed, dict) or not placed:
            raise ModelError(f"{path / INDEX} lists no weights; {cure}")
        files = [path / name for name in sorted({str(name) for name in placed.values()})]
    else:
        files = [path / SINGLE]
    missing = [file for file in files if not file.is_file()]
    if missing and len(files) == 1 and any(path.glob("*.bin")):
        raise ModelError(
            f"{path} has only pickled weights (.bin), which citrus does not load (they can run "
            "code); convert them to safetensors first"
        )
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ModelError(f"{missing[0]}{more} missing: a partial download or copy; {cure}")
    return files


def _tensors(file: Path, cure: str) -> Iterable[tuple[str, tuple[int, ...], int]]:
    """Name, shape and bytes of each tensor in a safetensors file, if the file is whole."""
    try:
        actual = file.stat().st_size
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > _LARGEST_HEAD:
                raise ValueError("its head makes no sense")
            head = json.loads(stream.read(length))
        head.pop("__metadata__", None)
        tensors = [
            (str(name), tuple(map(int, entry["shape"])), tuple(map(int, entry["data_offsets"])))
            for name, entry in head.items()
        ]
        end = 8 + length + max((offsets[1] for _, _, offsets in tensors), default=0)
    except OSError as error:
        raise ModelError(f"{file} cannot be read ({error.strerror or error}); {cure}") from error
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"{file} is damaged (its head cannot be read); {cure}") from error
    if actual != end:
        raise ModelError(f"{file} is truncated or damaged: {actual} bytes of {end}; {cure}")
    return [(name, shape, offsets[1] - offsets[0]) for name, shape, offsets in tensors]
