"""Which transformers class a model folder needs; what citrus cannot run is refused by name."""

from __future__ import annotations

from typing import Any

from citrus_cli.errors import ModelError
from citrus_cli.models.folder import ModelFolder


def model_class(folder: ModelFolder) -> Any:
    """The class whose `from_pretrained` loads this folder as a causal language model.

    The class that config.json names is imported directly where it can be: the automatic one pulls
    in the tables of all models first.
    """
    import transformers

    config = folder.config
    named = [str(name) for name in config.get("architectures") or ()]
    if named and named[0].endswith("ForCausalLM") and not config.get("is_encoder_decoder"):
        direct = getattr(transformers, named[0], None)
        if direct is not None and direct.config_class.model_type == config.get("model_type"):
            return direct
    _refuse_unknown(folder)
    return transformers.AutoModelForCausalLM


def _refuse_unknown(folder: ModelFolder) -> None:
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL

    config = folder.config
    kind = config.get("model_type")
    named = [str(name) for name in config.get("architectures") or ()]
    if kind not in CONFIG_MAPPING_NAMES:
        if config.get("auto_map"):
            raise ModelError(
                f"{folder.path} needs program code of its own to run, and citrus does not run code "
                "that comes with a model; choose a model that transformers supports itself"
            )
        raise ModelError(
            f"{folder.path} is of a kind ({kind}) that transformers {transformers.__version__} "
            "does not know; run `pip install -U transformers`, or choose another model"
        )
    classes: set[str] = set()
    for value in CAUSAL.values():
        classes.update([value] if isinstance(value, str) else value)
    unsuitable = named and not any(name in classes for name in named)
    if kind not in CAUSAL or unsuitable or config.get("is_encoder_decoder"):
        raise ModelError(
            f"{folder.path} holds no causal language model but {', '.join(named) or kind}; choose "
            "an instruction-tuned text model (`citrus models list`)"
        )
