"""How much memory a model and a run need, computed from the model's dimensions, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# bytes for one weight of a linear layer. NF4 stores 4 bits and, with double quantization, one byte
# of scale per 64 weights and one float32 per 256 scales; 8 bit stores a float32 scale per row.
_NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
DTYPE_BYTES: Mapping[str, int] = {"bfloat16": 2, "float16": 2, "float32": 4}


@dataclass(frozen=True)
class Shape:
    """The dimensions of a decoder that memory depends on (gated MLP, grouped-query attention)."""

    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    tied_embeddings: bool
    context: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "tied_embeddings" and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} must be a positive whole number, not {value!r}")

    @property
    def linear_weights(self) -> int:
        """Weights of the linear layers inside the blocks: what quantization shrinks."""
        attention = 2 * self.hidden * self.heads * self.head_dim
        attention += 2 * self.hidden * self.kv_heads * self.head_dim
        return self.layers * (attention + 3 * self.hidden * self.intermediate)

    @property
    def embedding_weights(self) -> int:
        """Weights of the input embedding and, unless it is tied to it, of the output layer."""
        return self.vocabulary * self.hidden * (1 if self.tied_embeddings else 2)

    @property
    def parameters(self) -> int:
        """All weights but biases and the norms inside attention (less than 0.1 % of a model)."""
        norms = (2 * self.layers + 1) * self.hidden
        return self.linear_weights + self.embedding_weights + norms

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Shape | None:
        """The shape that a `config.json` describes; None if it is no dense decoder of this kind."""
        text = config.get("text_config") or config
        if any("expert" in key for key in text):
            return None
        try:
            heads, hidden = int(text["num_attention_heads"]), int(text["hidden_size"])
            return cls(
                layers=int(text["num_hidden_layers"]),
                hidden=hidden,
                intermediate=int(text["intermediate_size"]),
                heads=heads,
                kv_heads=int(text.get("num_key_value_heads") or heads),
                head_dim=int(text.get("head_dim") or hidden // heads),
                vocabulary=int(text["vocab_size"]),
                tied_embeddings=bool(text.get("tie_word_embeddings", False)),
                context=int(text["max_position_embeddings"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes that a run needs, by what they are for."""

    weights: int
    states: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.states + self.activations


def weight_bytes(linear: int, other: int, quantization: str, dtype: str = "bfloat16") -> int:
    """Bytes of `linear` quantizable weights and `other` weights that keep the compute type."""
    full = DTYPE_BYTES[dtype]
    per_linear = {"4bit": _NF4_BYTES, "8bit": 1.0, "none": float(full)}[quantization]
    return int(linear * per_linear) + other * full


def memory_needed(
    shape: Shape,
    quantization: str,
    budget: int,
    chunk_size: int,
    *,
    instruction: int = 256,
    answer: int = 512,
    caches: int = 2,
    dtype: str = "bfloat16",
) -> MemoryNeed:
    """The memory that reading a document of any length takes.

    With b bytes per value (2 in bfloat16), chunk_size + instruction rows in one forward pass and
    c = budget + chunk_size + instruction + answer slots in a cache:

    - weights: linear layers at their quantized size, embeddings and norms at b each;
    - states: caches x 2 (key, value) x layers x kv_heads x head_dim x c x b. Two caches when the
      question keeps its own (individual cache), one when it shares the document's;
    - activations, at the widest point of a layer: three hidden and three intermediate vectors per
      row at b; the instruction's attention scores, float32 and twice (before and after softmax),
      heads x instruction x c; one layer's keys and values at b, spread to all heads; one row of
      logits in float32; and, when weights are quantized, the largest matrix unpacked to b.
    """
    if budget < 1 or chunk_size < 1 or instruction < 0 or answer < 0 or caches < 1:
        raise ValueError("budget, chunk size and caches must be at least 1; the rest not negative")
    size = DTYPE_BYTES[dtype]
    rows, slots = chunk_size + instruction, budget + chunk_size + instruction + answer
    weights = weight_bytes(
        shape.linear_weights, shape.parameters - shape.linear_weights, quantization, dtype
    )
    states = caches * 2 * shape.layers * shape.kv_heads * shape.head_dim * slots * size
    activations = rows * 3 * (shape.hidden + shape.intermediate) * size
    activations += 2 * shape.heads * instruction * slots * 4
    activations += 2 * shape.heads * shape.head_dim * slots * size
    activations += shape.vocabulary * 4
    if quantization != "none":
        widest = max(shape.intermediate, shape.heads * shape.head_dim)
        activations += shape.hidden * widest * size
    return MemoryNeed(weights=weights, states=states, activations=activations)
