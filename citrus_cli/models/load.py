"""A name becomes a model on a device, its weights complete and its tokenizer sound, or an error."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import MemoryLimitError, ModelError
from citrus_cli.events import Listener, Loading, ignore
from citrus_cli.models import cache
from citrus_cli.models.architecture import model_class
from citrus_cli.models.catalogue import DEFAULT_MODEL
from citrus_cli.models.convert import one_line
from citrus_cli.models.folder import ModelFolder, inspect
from citrus_cli.models.hardware import check_device_name, free_memory, pick_device
from citrus_cli.models.quantization import (
    check_names,
    check_quantization,
    choose_dtype,
    choose_quantization,
    loading_options,
)
from citrus_cli.models.quiet import quiet
from citrus_cli.models.sources import Kind, Source, obtain, resolve
from citrus_cli.models.tokenizer import load_tokenizer
from citrus_cli.wording import human_bytes

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# left over in sound checkpoints: buffers of old versions, and parts this class does not have
_HARMLESS_KEYS = ("inv_freq", "vision", "visual", "mtp")


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to run: in eval mode, with scaled-dot-product attention and no gradients.

    `quantization` is `4bit`, `8bit` or `none` (or the method of a checkpoint that came quantized
    another way); `dtype` is what it computes in. `max_positions` is the longest input it was
    trained on, where its configuration says so; generation ends at any of `eos_token_ids`.
    `fingerprint` tells these weights and this tokenizer from any other.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: str
    quantization: str
    device: torch.device
    dtype: torch.dtype
    max_positions: int | None
    eos_token_ids: frozenset[int]
    seconds: float
    fingerprint: str


def load_model(
    name: str = DEFAULT_MODEL,
    *,
    quantize: str = "auto",
    device: str = "auto",
    dtype: str = "auto",
    on_event: Listener = ignore,
) -> LoadedModel:
    """Load a model by its name, fetching it first if it is not here.

    `quantize` is auto, 4bit, 8bit or none; `device` auto, cuda, cuda:N, mps or cpu; `dtype` auto,
    bfloat16, float16 or float32. Without a need to fetch, no network is touched.
    """
    import torch

    started = time.perf_counter()
    check_names(quantize, dtype)
    check_device_name(device)
    source = resolve(name)
    target = pick_device(device)
    compute = choose_dtype(dtype, target)
    if quantize != "auto":
        check_quantization(quantize, target)  # before a download that would be in vain
    path = obtain(source, compute, on_event=on_event)
    folder = inspect(path, source.cure)
    quantization = _settle_quantization(source, folder, quantize, target)
    _require_memory(source, folder, quantization, compute, target)
    on_event(Loading(source.name, "loading the tokenizer"))
    tokenizer = load_tokenizer(folder, source.cure)
    how = "" if quantization == "none" else f" in {quantization}"
    on_event(Loading(source.name, f"loading the weights{how} on {target}"))
    model = _load_weights(source, folder, quantization, compute, target)
    _check_vocabulary(source, model, tokenizer)
    return LoadedModel(
        model=model,
        tokenizer=tokenizer,
        name=source.name,
        quantization=quantization,
        device=target,
        dtype=getattr(torch, compute),
        max_positions=_max_positions(model),
        eos_token_ids=_eos_token_ids(model, tokenizer),
        seconds=time.perf_counter() - started,
        fingerprint=folder.fingerprint(),
    )


def _settle_quantization(
    source: Source, folder: ModelFolder, asked: str, device: torch.device
) -> str:
    """The precision to load in; one that is stored quantized stays as it is."""
    stored = folder.stored_quantization
    if stored is None:
        quantization = choose_quantization(asked, device)
    elif asked in ("auto", stored):
        quantization = stored
    else:
        raise ModelError(
            f"{source.name} is stored quantized ({stored}) and cannot be loaded as {asked}; use "
            "--quantize auto, or the version that is not quantized"
        )
    if quantization != asked:  # else it has been checked
        check_quantization(quantization, device)
    return quantization


def _require_memory(
    source: Source, folder: ModelFolder, quantization: str, dtype: str, device: torch.device
) -> None:
    needed, free = folder.bytes_in_memory(quantization, dtype), free_memory(device)
    if needed > free:
        raise _no_memory(source, folder, quantization, dtype, device)


def _no_memory(
    source: Source, folder: ModelFolder, quantization: str, dtype: str, device: torch.device
) -> MemoryLimitError:
    needed, free = folder.bytes_in_memory(quantization, dtype), free_memory(device)
    smaller = folder.bytes_in_memory("4bit", dtype)
    cure = "choose a smaller model (`citrus models list`), or free memory on the device"
    if quantization != "4bit" and folder.stored_quantization is None and smaller <= free:
        cure = f"use --quantize 4bit ({human_bytes(smaller)}), or {cure}"
    return MemoryLimitError(
        f"the weights of {source.name} take {human_bytes(needed)} ({quantization}, {dtype}) and "
        f"{device} has {human_bytes(free)} free; {cure}"
    )


def _load_weights(
    source: Source, folder: ModelFolder, quantization: str, dtype: str, device: torch.device
) -> PreTrainedModel:
    """The weights, straight onto the device, every one of them accounted for."""
    import torch

    options: dict[str, Any] = {"dtype": getattr(torch, dtype), "attn_implementation": "sdpa"}
    if folder.stored_quantization is None:
        options |= loading_options(quantization, dtype)
    if device.type != "cpu" or quantization != "none":
        options["device_map"] = {"": device}
    failure: Exception | None = None
    try:
        with quiet():
            model, info = model_class(folder).from_pretrained(
                folder.path,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                **options,
            )
    except ModelError:
        raise
    except Exception as error:  # transformers, safetensors and bitsandbytes raise all sorts
        failure = error.with_traceback(None)  # its frames would hold on to half a model
    if failure is not None:
        raise _loading_error(source, folder, quantization, dtype, device, failure) from failure
    _check_complete(source, folder, info)
    loaded: PreTrainedModel = model
    loaded.requires_grad_(False)
    return loaded.eval()


def _loading_error(
    source: Source,
    folder: ModelFolder,
    quantization: str,
    dtype: str,
    device: torch.device,
    error: Exception,
) -> ModelError | MemoryLimitError:
    import torch

    text = str(error).lower()
    if (
        isinstance(error, torch.OutOfMemoryError | MemoryError)
        or "out of memory" in text
        or "can't allocate memory" in text
    ):
        if device.type == "cuda":
            torch.cuda.empty_cache()
        return _no_memory(source, folder, quantization, dtype, device)
    if source.kind in (Kind.BUILT_IN, Kind.GGUF) and (
        wrong := cache.damage(folder.path, thorough=True)
    ):
        return ModelError(f"{wrong}; {source.cure}")
    if "does not support an attention implementation" in text:
        return ModelError(
            f"{source.name} cannot be served: its attention is not open to other implementations "
            f"({type(error).__name__}); choose another --model"
        )
    if "size mismatch" in text or "ignore_mismatched_sizes" in text:
        return ModelError(
            f"the weights in {folder.path} have other shapes than its config.json says, so they "
            f"belong to another model; {source.cure}"
        )
    return ModelError(f"{source.name} cannot be loaded: {one_line(error)}; {source.cure}")


def _check_complete(source: Source, folder: ModelFolder, info: dict[str, Any]) -> None:
    """transformers fills missing weights with random numbers and warns; here that is an error."""
    missing = sorted(map(str, info["missing_keys"]))
    if missing or info.get("mismatched_keys") or info.get("error_msgs"):
        example = missing[0] if missing else "other shapes than config.json says"
        raise ModelError(
            f"the weights in {folder.path} do not make the model that its config.json describes "
            f"({len(missing)} tensors missing: {example}); {source.cure}"
        )
    unexpected = sorted(
        str(key)
        for key in info["unexpected_keys"]
        if not any(part in str(key) for part in _HARMLESS_KEYS)
    )
    if unexpected:
        raise ModelError(
            f"the weights in {folder.path} hold {len(unexpected)} tensors that its config.json "
            f"has no place for ({unexpected[0]}), so they belong to another model; {source.cure}"
        )


def _check_vocabulary(
    source: Source, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    rows = int(model.get_input_embeddings().weight.shape[0])
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if not 0 <= highest < rows:
        raise ModelError(
            f"the tokenizer of {source.name} does not fit its weights (token {highest} of {rows}); "
            f"{source.cure}"
        )


def _max_positions(model: PreTrainedModel) -> int | None:
    config = model.config.get_text_config()
    positions = getattr(config, "max_position_embeddings", None)
    return int(positions) if positions else None


def _eos_token_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Every id that ends an answer: from generation settings, configuration and tokenizer."""
    ids: set[int] = set()
    settings = (model.generation_config, model.config.get_text_config(), tokenizer)
    for holder in settings:
        found = getattr(holder, "eos_token_id", None)
        if found is not None:
            ids.update(map(int, found if isinstance(found, list | tuple) else [found]))
    return frozenset(ids)
