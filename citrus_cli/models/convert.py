"""GGUF to a folder that transformers loads in a moment: dequantized once, kept in the cache.

The folder is made per compute type, straight from the GGUF, so float32 weights are exactly the
GGUF's and bfloat16 ones are rounded once.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import MemoryLimitError, ModelError
from citrus_cli.events import Listener, Loading, ignore
from citrus_cli.models import cache, llama_gguf
from citrus_cli.models.gguf_file import GgufHead, read_gguf_head
from citrus_cli.models.memory import DTYPE_BYTES
from citrus_cli.models.quiet import quiet
from citrus_cli.wording import human_bytes

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

_SMALL_FILES_BYTES = 32_000_000  # the tokenizer and the configuration, at most
WEIGHTS = "model.safetensors"


def converted(
    name: str,
    gguf: Path,
    parent: Path,
    dtype: str,
    *,
    force: bool = False,
    on_event: Listener = ignore,
) -> Path:
    """The folder under `parent` with the weights of `gguf` as `dtype`; made if it is not there."""
    target = parent / dtype
    if target.exists() and not force:
        return target
    head = read_gguf_head(gguf)
    _refuse_scaled_rope(gguf, head)
    size = head.parameters * DTYPE_BYTES[dtype]
    _require_memory(gguf, size)
    on_event(Loading(name, f"converting the weights to {dtype} (once)"))
    return cache.build(
        target,
        lambda folder: convert(gguf, head, folder, dtype),
        replace=force,
        needed=size + _SMALL_FILES_BYTES,
    )


def conversion_dir(gguf: Path) -> Path:
    """Where the conversions of a user's GGUF file are kept; a changed file gets another place."""
    resolved = gguf.resolve()
    stat = resolved.stat()
    identity = f"{resolved}|{stat.st_size}|{stat.st_mtime_ns}"
    key = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache.models_dir() / "gguf" / f"{gguf.stem[:80]}-{key}"


def convert(gguf: Path, head: GgufHead, folder: Path, dtype: str) -> None:
    """Write config, weights, tokenizer and generation settings of `gguf` into an empty folder."""
    with quiet():
        if llama_gguf.is_plain_llama(head):
            config, tensors = llama_gguf.read(gguf, head, dtype)
        else:
            config, tensors = _read_with_transformers(gguf, dtype)
        tokenizer = _load_gguf_tokenizer(gguf, head)
        _save(folder, config, tensors, dtype)
        _save_generation_settings(head, config, folder)
        tokenizer.save_pretrained(folder)


def _refuse_scaled_rope(gguf: Path, head: GgufHead) -> None:
    # transformers drops these factors when it reads a GGUF, and the answers would be subtly wrong
    if head.scaled_rope:
        raise ModelError(
            f"{gguf} scales its rotary positions, which is lost when a GGUF is converted; use the "
            "model's safetensors version instead (its Hugging Face id, or a local folder)"
        )


def _require_memory(gguf: Path, size: int) -> None:
    import torch

    from citrus_cli.models.hardware import free_memory

    free = free_memory(torch.device("cpu"))
    if free < size * 1.2:
        raise MemoryLimitError(
            f"{gguf} takes {human_bytes(size * 1.2)} of memory to convert and {human_bytes(free)} "
            "are free; close other programs, or choose a smaller model"
        )


def _read_with_transformers(gguf: Path, dtype: str) -> tuple[Any, dict[str, torch.Tensor]]:
    """The configuration and weights of any family that transformers can read from a GGUF."""
    import torch
    from transformers import AutoModelForCausalLM

    options: dict[str, Any] = {}
    try:
        # newer transformers would keep the blocks packed where a kernel exists
        from transformers import GgufConfig

        options["quantization_config"] = GgufConfig(dequantize=True)
    except ImportError:
        pass
    try:
        with _no_gguf_bar():
            model, info = AutoModelForCausalLM.from_pretrained(
                str(gguf.parent),
                gguf_file=gguf.name,
                dtype=getattr(torch, dtype),
                attn_implementation="sdpa",
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                **options,
            )
    except (ValueError, KeyError, RuntimeError, OSError, ImportError) as error:
        raise ModelError(
            f"{gguf} cannot be converted: {one_line(error)}; use the model's safetensors version "
            "instead (its Hugging Face id, or a local folder)"
        ) from error
    if info["missing_keys"] or info["mismatched_keys"]:
        lost = sorted(map(str, (*info["missing_keys"], *info["mismatched_keys"])))
        raise ModelError(
            f"{gguf} lacks {len(lost)} of the model's tensors ({lost[0]}, …); fetch it again"
        )
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config.architectures = [type(model).__name__]
    return config, _without_ties(model.state_dict())


@contextmanager
def _no_gguf_bar() -> Iterator[None]:
    """transformers draws this one progress bar past its own switch."""
    from transformers import modeling_gguf_pytorch_utils as module

    bar = getattr(module, "tqdm", None)
    if bar is None:
        yield
        return
    module.tqdm = functools.partial(bar, disable=True)
    try:
        yield
    finally:
        module.tqdm = bar


def _without_ties(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights that share their memory are stored once, under the first name."""
    tensors, seen = {}, set()
    for name, tensor in state.items():
        place = (tensor.data_ptr(), tensor.shape)
        if place not in seen:
            seen.add(place)
            tensors[name] = tensor.contiguous()
    return tensors


def _load_gguf_tokenizer(gguf: Path, head: GgufHead) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    # a byte-level vocabulary needs no class of its own, and finding one takes seconds
    plain = head.metadata.get("tokenizer.ggml.model") == "gpt2"
    try:
        tokenizer: PreTrainedTokenizerBase = (
            PreTrainedTokenizerFast if plain else AutoTokenizer
        ).from_pretrained(
            str(gguf.parent), gguf_file=gguf.name, local_files_only=True, trust_remote_code=False
        )
    except (ValueError, KeyError, TypeError, OSError, ImportError) as error:
        raise ModelError(
            f"no tokenizer can be made from {gguf}: {one_line(error)}; use the model's safetensors "
            "version instead (its Hugging Face id, or a local folder)"
        ) from error
    if head.pre_tokenizer == "smollm":
        _split_digits(tokenizer)
    return tokenizer


def _split_digits(tokenizer: Any) -> None:
    """Split at every digit, as SmolLM's own tokenizer does and transformers' does not.

    Without it, blanks before a number become other tokens than the model was trained on.
    """
    from tokenizers import pre_tokenizers

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )


def _save(folder: Path, config: Any, tensors: dict[str, torch.Tensor], dtype: str) -> None:
    from safetensors.torch import save_file

    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    config.name_or_path = ""
    config.dtype = dtype
    config.save_pretrained(folder)
    # safetensors makes its file private; follow the user's umask like the files beside it
    (folder / WEIGHTS).chmod((folder / "config.json").stat().st_mode & 0o777)


def _save_generation_settings(head: GgufHead, config: Any, folder: Path) -> None:
    """What ends an answer: a chat model's GGUF may name an end of turn beside the end of text."""
    from transformers import GenerationConfig

    text = config.get_text_config()
    known = text.eos_token_id
    ids = {known} if isinstance(known, int) else set(known or ())
    for key in ("eos_token_id", "eot_token_id"):
        if (value := head.metadata.get(f"tokenizer.ggml.{key}")) is not None:
            ids.add(int(value))
    settings = GenerationConfig(
        bos_token_id=text.bos_token_id,
        eos_token_id=sorted(ids) or None,
        pad_token_id=text.pad_token_id,
    )
    settings.save_pretrained(folder)


def one_line(error: BaseException) -> str:
    """A library's message as one short line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"
