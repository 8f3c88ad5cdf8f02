"""How a model proves, at load, that its attention can be served position-free.

No list of classes: each layer is asked. A text goes through the model twice in one batch, once
with an identity rotation and once with the real one, and attention returns each token's own value,
so that both rows stay equal but for the rotation. What rotates the first row's queries and keys
into the second's is the layer's rotation; if nothing does, the model is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from citrus_cli.engine.attention import attending
from citrus_cli.engine.rope import NotServableError, Rope, Rotation, candidate_rotations

ROTATION_TOLERANCE = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 4e-2}
"""Relative error of a rotated query or key, by dtype."""

LOGIT_TOLERANCE = {torch.float32: 1e-2, torch.float16: 5e-2, torch.bfloat16: 0.15}
"""Relative error of the median token's logits, by dtype; a wrong rotation gives around 1."""


@dataclass(frozen=True)
class Seen:
    """What one attention layer handed over: (2, heads, tokens, dim), row 0 without rotation."""

    module: nn.Module
    query: Tensor
    key: Tensor
    value_dim: int


class RotationProbe:
    """Captures every layer's queries and keys, while values pass through unmixed."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []

    def __call__(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, scale: float
    ) -> Tensor:
        if getattr(module, "layer_idx", None) != len(self.seen):
            raise NotServableError("its attention layers do not say their order")
        self.seen.append(Seen(module, query, key, value.shape[-1]))
        return value.repeat_interleave(query.shape[1] // key.shape[1], dim=1)

    def run(self, model: PreTrainedModel, rope: Rope, ids: Tensor) -> None:
        """Send `ids` (tokens,) through `model`, whose attention is attached, in both ways."""

        def identity_in_row_0(
            module: nn.Module, args: object, output: tuple[Tensor, Tensor]
        ) -> tuple[Tensor, Tensor]:
            cos, sin = (x.clone() for x in output)
            cos[0], sin[0] = 1, 0
            return cos, sin

        positions = torch.arange(ids.shape[0], device=ids.device).expand(2, -1)
        hook = rope.module.register_forward_hook(identity_in_row_0)
        try:
            with attending(self):
                model(input_ids=ids.expand(2, -1), position_ids=positions, use_cache=False)
        finally:
            hook.remove()

    def rotations(self, rope: Rope) -> list[Rotation]:
        """The rotation of each layer.

        Raises:
            NotServableError: a layer's rotation is none of those known.
        """
        tokens, device = self.seen[0].query.shape[2], self.seen[0].query.device
        positions = torch.arange(tokens, device=device)
        cos, sin = rope.cos_sin(positions, self.seen[0].query)
        return [_rotation_of(seen, cos, sin) for seen in self.seen]


def _rotation_of(seen: Seen, cos: Tensor, sin: Tensor) -> Rotation:
    tolerance = ROTATION_TOLERANCE[seen.query.dtype]
    for rotation in candidate_rotations(seen.module):
        try:
            errors = [
                relative_error(rotation(x[:1], cos, sin), x[1:]) for x in (seen.query, seen.key)
            ]
        except (RuntimeError, TypeError):
            continue  # this way of calling does not fit the layer's shapes
        if max(errors) < tolerance:
            return rotation
    raise NotServableError("the way it rotates queries and keys is not known")


def relative_error(ours: Tensor, theirs: Tensor) -> float:
    """‖ours − theirs‖ / ‖theirs‖ over all elements."""
    difference = (ours.float() - theirs.float()).norm()
    return float(difference / theirs.float().norm().clamp_min(1e-12))


def compare_logits(ours: Tensor, theirs: Tensor, dtype: torch.dtype) -> None:
    """Hold our logits, (tokens, vocabulary), against the model's own.

    Raises:
        NotServableError: the median token's relative error is over the tolerance of `dtype`.
    """
    error = (ours.float() - theirs.float()).norm(dim=-1) / theirs.float().norm(dim=-1)
    median = float(error.median())
    if not median < LOGIT_TOLERANCE[dtype]:  # also when it is not a number
        raise NotServableError(f"read in chunks its logits differ from its own by {median:.0%}")
