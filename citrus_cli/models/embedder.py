"""Sentences as vectors: texts of like meaning lie close together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citrus_cli.errors import ModelError
from citrus_cli.events import Listener, Loading, ignore
from citrus_cli.models.convert import one_line
from citrus_cli.models.embedders import DEFAULT_EMBEDDER, EmbedderFiles, fetched
from citrus_cli.models.folder import ModelFolder, inspect
from citrus_cli.models.hardware import check_device_name, pick_device
from citrus_cli.models.quantization import choose_dtype
from citrus_cli.models.quiet import quiet
from citrus_cli.models.tokenizer import load_tokenizer

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_LONGEST_WINDOW = 512
_BATCH_TOKENS = {"cpu": 2048}
"""Tokens in a batch, padding included. On a CPU its activations should stay in the caches."""
_BATCH_TOKENS_ELSEWHERE = 32_768
_WORK = 1
"""Goes up when the same weights give other vectors."""


@dataclass(frozen=True)
class Pooling:
    """How a text's vector is made of its tokens': their mean, or the first one's.

    `window` is the most tokens that the model sees at once, its special ones included.
    """

    first: bool
    window: int


class Embedder:
    """A sentence embedder on a device.

    Texts longer than the window are cut into windows of equal length, and the mean goes over the
    tokens of all of them: no word of a text is left out.
    """

    def __init__(
        self,
        name: str,
        fingerprint: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        pooling: Pooling,
    ) -> None:
        """`model` is in eval mode; `fingerprint` tells all of this from any other embedder."""
        from tokenizers import Tokenizer

        self.name, self.fingerprint = name, fingerprint
        self.dimensions = int(model.config.hidden_size)
        self._model, self._pooling = model, pooling
        self._before, self._after = _frame(tokenizer)
        self._padding = int(tokenizer.pad_token_id or 0)
        # a copy: the tokenizer's own is set up anew by each of its calls
        self._backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        self._backend.no_truncation()
        self._backend.no_padding()
        self._backend.encode_special_tokens = True  # "[SEP]" in a text is but these characters

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, (len(texts), dimensions); zeros for a text without tokens.

        A text's vector depends on the texts beside it only by rounding: in bfloat16 the cosine of
        two such vectors stays above .999, in float32 above .99999.
        """
        import torch

        encoded = self._backend.encode_batch_fast(list(texts), add_special_tokens=False)
        windows = [window for i, one in enumerate(encoded) for window in self._windows(i, one.ids)]
        windows.sort(key=lambda window: -len(window[1]))
        sums = np.zeros((len(texts), self.dimensions), np.float32)
        with torch.inference_mode():
            for batch in self._batches(windows):
                owners = [owner for owner, _ in batch]
                np.add.at(sums, owners, self._pooled([ids for _, ids in batch]))
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return sums / np.where(lengths > 0, lengths, 1)

    def _windows(self, owner: int, ids: list[int]) -> Iterator[tuple[int, list[int]]]:
        room = self._pooling.window - len(self._before) - len(self._after)
        count = -(-len(ids) // room)
        for i in range(count):
            part = ids[len(ids) * i // count : len(ids) * (i + 1) // count]
            yield owner, [*self._before, *part, *self._after]

    def _batches(
        self, windows: list[tuple[int, list[int]]]
    ) -> Iterator[list[tuple[int, list[int]]]]:
        """Windows of nearly the same length, the longest first, so that little is padding."""
        budget = _BATCH_TOKENS.get(self._model.device.type, _BATCH_TOKENS_ELSEWHERE)
        start = 0
        while start < len(windows):
            size = max(1, budget // len(windows[start][1]))
            yield windows[start : start + size]
            start += size

    def _pooled(self, batch: list[list[int]]) -> NDArray[np.float32]:
        """Sums over each window's tokens, (windows, dimensions): longer windows weigh more."""
        import torch

        longest = len(batch[0])
        ids = np.full((len(batch), longest), self._padding, np.int64)
        lengths = np.array([len(window) for window in batch])
        for row, window in zip(ids, batch, strict=True):
            row[: len(window)] = window
        seen = torch.from_numpy(np.arange(longest) < lengths[:, None]).to(self._model.device)
        padded = int(lengths[-1]) < longest
        states: Tensor = self._model(
            input_ids=torch.from_numpy(ids).to(self._model.device),
            # without one, attention takes its fast path
            attention_mask=seen.long() if padded else None,
        ).last_hidden_state
        if self._pooling.first:
            sums = states[:, 0].float() * torch.from_numpy(lengths).to(states.device)[:, None]
        else:
            sums = (states.float() * seen[..., None]).sum(dim=1)
        return sums.cpu().numpy()


def load_embedder(
    name: str = DEFAULT_EMBEDDER, *, device: str = "auto", on_event: Listener = ignore
) -> Embedder:
    """Load an embedder by its built-in name, folder or Hugging Face id; fetched if not here.

    Computes in bfloat16 where the device does so natively.

    Raises:
        ModelError: it cannot be had or loaded; the message ends with the cure.
    """
    check_device_name(device)
    files = fetched(name, on_event=on_event)
    folder = inspect(files.path, files.cure)
    target = pick_device(device)
    dtype = choose_dtype("auto", target)
    on_event(Loading(files.name, f"loading the embedder on {target}"))
    tokenizer = load_tokenizer(folder, files.cure)
    model = _load(files, folder, dtype, target)
    pooling = _pooling(files, model.config)
    parts = (folder.fingerprint(), dtype, pooling.first, pooling.window, _WORK)
    fingerprint = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return Embedder(files.name, fingerprint, model, tokenizer, pooling)


def _load(
    files: EmbedderFiles, folder: ModelFolder, dtype: str, device: torch.device
) -> PreTrainedModel:
    import torch
    from transformers import AutoModel

    failure: Exception | None = None
    try:
        with quiet():
            model, info = AutoModel.from_pretrained(
                folder.path,
                dtype=getattr(torch, dtype),
                attn_implementation="sdpa",
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
    except Exception as error:  # transformers and safetensors raise all sorts
        failure = error
    if failure is not None:
        raise ModelError(
            f"{files.name} cannot be loaded as a sentence embedder: {one_line(failure)}; "
            f"{files.cure}"
        ) from failure
    # the pooler is for another task; everything else must be there
    missing = sorted(str(key) for key in info["missing_keys"] if "pooler" not in str(key))
    if missing or info.get("mismatched_keys"):
        example = missing[0] if missing else "other shapes than config.json says"
        raise ModelError(
            f"the weights in {folder.path} do not make the embedder that its config.json describes "
            f"({example}); {files.cure}"
        )
    loaded: PreTrainedModel = model
    loaded.requires_grad_(False)
    return loaded.to(device).eval()


def _pooling(files: EmbedderFiles, config: Any) -> Pooling:
    """As the files beside the weights say, in the way of sentence-transformers; else the mean."""
    said = _settings(files.path / "1_Pooling" / "config.json")
    modes = [mode for mode, on in said.items() if mode.startswith("pooling_mode_") and on is True]
    if modes not in ([], ["pooling_mode_mean_tokens"], ["pooling_mode_cls_token"]):
        raise ModelError(
            f"{files.name} makes a text's vector in a way that citrus does not know "
            f"({', '.join(modes)}); choose another --embedder, such as {DEFAULT_EMBEDDER}"
        )
    window = _settings(files.path / "sentence_bert_config.json").get("max_seq_length")
    positions = getattr(config, "max_position_embeddings", None)
    limits = [limit for limit in (window, positions) if isinstance(limit, int) and limit > 0]
    return Pooling("pooling_mode_cls_token" in modes, min([_LONGEST_WINDOW, *limits]))


def _settings(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _frame(tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    """The special tokens that this tokenizer puts before and after a text."""
    framed = tokenizer("a")["input_ids"]
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    start = next(i for i in range(len(framed)) if framed[i : i + len(bare)] == bare)
    return framed[:start], framed[start + len(bare) :]
