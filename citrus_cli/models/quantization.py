"""In what precision a model runs: 4 bit, 8 bit or plain, and in which type it computes.

A precision that was asked for, or that `auto` stands for, is used or refused; never replaced.
"""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import ModelError, UsageError
from citrus_cli.models.hardware import has_native_bf16
from citrus_cli.models.quiet import quiet

if TYPE_CHECKING:
    import torch

QUANTIZATIONS = ("auto", "4bit", "8bit", "none")
DTYPES = ("auto", "bfloat16", "float16", "float32")


def check_names(quantize: str, dtype: str) -> None:
    """Refuse unknown values before anything slow happens."""
    if quantize not in QUANTIZATIONS:
        raise UsageError(f"unknown quantization {quantize!r}; choose {', '.join(QUANTIZATIONS)}")
    if dtype not in DTYPES:
        raise UsageError(f"unknown dtype {dtype!r}; choose {', '.join(DTYPES)}")


def choose_quantization(asked: str, device: torch.device) -> str:
    """What `asked` means on a device: `auto` is 4 bit on CUDA and none elsewhere.

    Elsewhere 4 bit saves memory but costs speed: each multiplication unpacks the weights first.
    """
    if asked != "auto":
        return asked
    return "4bit" if device.type == "cuda" else "none"


def choose_dtype(asked: str, device: torch.device) -> str:
    """What `asked` means on a device: `auto` is bfloat16 where it is native.

    Without it a GPU computes in float16; a CPU in float32, since it emulates both others slowly.
    """
    import torch

    if asked != "auto":
        return asked
    if device.type == "cuda":
        with torch.cuda.device(device):
            native = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bfloat16" if native else "float16"
    if device.type == "mps":
        return "bfloat16" if torch.backends.mps.is_macos_or_newer(14, 0) else "float16"
    return "bfloat16" if has_native_bf16() else "float32"


def check_quantization(quantization: str, device: torch.device) -> None:
    """Refuse a quantization that cannot run here: bitsandbytes or its kernel is missing.

    A small layer is quantized and run, which is the only dependable answer.
    """
    if quantization not in ("4bit", "8bit"):
        return
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError(
            f"{quantization} needs the package bitsandbytes, which is not installed; run "
            "`pip install bitsandbytes`, or use --quantize none"
        )
    try:
        with quiet():
            _run_small_layer(quantization, device)
    except Exception as error:  # an import, a library or a kernel fails in many ways
        reason = (" ".join(str(error).split()) or type(error).__name__)[:160]
        raise ModelError(
            f"{quantization} does not work on {device} with the installed bitsandbytes ({reason}); "
            "run `pip install -U bitsandbytes`, or use --quantize none"
        ) from error


def _run_small_layer(quantization: str, device: torch.device) -> None:
    import bitsandbytes
    import torch

    dtype = getattr(torch, choose_dtype("auto", device))
    layer: Any
    if quantization == "4bit":
        layer = bitsandbytes.nn.Linear4bit(
            64, 64, bias=False, compute_dtype=dtype, quant_type="nf4", compress_statistics=True
        )
    else:
        layer = bitsandbytes.nn.Linear8bitLt(64, 64, bias=False, has_fp16_weights=False)
    with torch.inference_mode():
        output = layer.to(device)(torch.ones(2, 64, dtype=dtype, device=device))
    if not bool(output.isfinite().all()):
        raise RuntimeError("a small layer gave no finite numbers")


def loading_options(quantization: str, dtype: str) -> dict[str, Any]:
    """What `from_pretrained` is given for a quantization."""
    import torch
    from transformers import BitsAndBytesConfig

    if quantization == "4bit":
        settings = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, dtype),
        )
        return {"quantization_config": settings}
    if quantization == "8bit":
        # it computes in float16 whatever it is given, and says so at every call
        logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)
        return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True)}
    return {}
