"""Reading the head of a GGUF file: what it holds, and whether it is whole, before any weight."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from citrus_cli.errors import ModelError

_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
_LONGEST = 1 << 28  # no count or string in a sound file comes near; damage does


@dataclass(frozen=True)
class GgufTensor:
    """Where a tensor lies in the file and how it is stored. `shape` is in torch's order."""

    shape: tuple[int, ...]
    kind: int
    start: int
    length: int


@dataclass(frozen=True)
class GgufHead:
    """What a GGUF file says about itself. Arrays (the vocabulary) are left out of `metadata`."""

    metadata: dict[str, Any]
    tensors: dict[str, GgufTensor]

    @property
    def parameters(self) -> int:
        """The number of weights in all tensors."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())

    @property
    def file_bytes(self) -> int:
        """Where the last tensor ends: the least that the file must have."""
        return max((tensor.start + tensor.length for tensor in self.tensors.values()), default=0)

    @property
    def architecture(self) -> str:
        """The name of the model's family, as llama.cpp spells it."""
        return str(self.metadata.get("general.architecture", "unknown"))

    @property
    def pre_tokenizer(self) -> str | None:
        """The rule by which text is split before the vocabulary is applied."""
        return self.metadata.get("tokenizer.ggml.pre")

    @property
    def scaled_rope(self) -> bool:
        """Whether positions are rotated by scaled frequencies (Llama 3.1, Phi-3.5 and the like)."""
        scaling = self.metadata.get(f"{self.architecture}.rope.scaling.type", "none")
        return scaling != "none" or any(name.startswith("rope_f") for name in self.tensors)


def read_gguf_head(path: Path) -> GgufHead:
    """Read a GGUF file's head and check that the tensors it promises are all there."""
    try:
        actual = path.stat().st_size
        with path.open("rb") as file:
            head = _read_head(file)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    except (struct.error, ValueError, KeyError, OverflowError) as error:
        raise ModelError(
            f"{path} is not a sound GGUF file ({error}); fetch it again, or check that it is one"
        ) from error
    if actual < head.file_bytes:
        raise ModelError(
            f"{path} is incomplete: {actual} bytes of {head.file_bytes}; fetch it again"
        )
    if int(head.metadata.get("split.count", 1)) > 1:
        raise ModelError(
            f"{path} is one part of a split model; join the parts first, with "
            "`llama-gguf-split --merge`"
        )
    return head


def _read_head(file: BinaryIO) -> GgufHead:
    if file.read(4) != b"GGUF":
        raise ValueError("it does not start with GGUF")
    version, tensor_count, pairs = _unpack(file, "IQQ")
    if version not in (2, 3):
        raise ValueError(f"version {version} is not 2 or 3")
    if max(tensor_count, pairs) > _LONGEST:
        raise ValueError("its counts make no sense")
    metadata: dict[str, Any] = {}
    for _ in range(pairs):
        key = _string(file)
        value = _value(file, *_unpack(file, "I"))
        if value is not None:
            metadata[key] = value
    tensors = [_tensor(file) for _ in range(tensor_count)]
    alignment = int(metadata.get("general.alignment", 32))
    start = math.ceil(file.tell() / alignment) * alignment
    return GgufHead(
        metadata, {name: replace(tensor, start=start + tensor.start) for name, tensor in tensors}
    )


def _tensor(file: BinaryIO) -> tuple[str, GgufTensor]:
    """A tensor's name and place; the place is still counted from where the tensors start."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    name = _string(file)
    (dimensions,) = _unpack(file, "I")
    if dimensions > 8:
        raise ValueError(f"a tensor of {dimensions} dimensions")
    shape = tuple(reversed(_unpack(file, f"{dimensions}Q")))
    kind, offset = _unpack(file, "IQ")
    block, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
    return name, GgufTensor(shape, kind, offset, math.prod(shape) // block * block_bytes)


def _value(file: BinaryIO, kind: int) -> Any:
    """A value of the metadata; None for an array, which is passed over."""
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        return _unpack(file, _SCALARS[kind])[0]
    item, count = _unpack(file, "IQ")
    if count > _LONGEST:
        raise ValueError("an array that makes no sense")
    if item in _SCALARS:
        file.seek(count * struct.calcsize(_SCALARS[item]), 1)
    else:
        for _ in range(count):
            _value(file, item)
    return None


def _string(file: BinaryIO) -> str:
    (length,) = _unpack(file, "Q")
    if length > _LONGEST:
        raise ValueError("a string that makes no sense")
    data = file.read(length)
    if len(data) < length:
        raise ValueError("it ends in the middle of its head")
    return data.decode("utf-8", "replace")


def _unpack(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    size = struct.calcsize(f"<{layout}")
    data = file.read(size)
    if len(data) < size:
        raise ValueError("it ends in the middle of its head")
    return struct.unpack(f"<{layout}", data)
