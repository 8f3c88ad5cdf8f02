"""A model's name becomes weights on a device: catalogue, fetching, quantization, hardware.

Nothing heavy is imported until a function needs it.
"""

from citrus_cli.models.catalogue import CATALOGUE, DEFAULT_MODEL, CatalogueModel
from citrus_cli.models.fetch import default_gguf_path
from citrus_cli.models.load import LoadedModel, load_model
from citrus_cli.models.sources import Kind, Source, is_here, pull, resolve

__all__ = [
    "CATALOGUE",
    "DEFAULT_MODEL",
    "CatalogueModel",
    "Kind",
    "LoadedModel",
    "Source",
    "default_gguf_path",
    "is_here",
    "load_model",
    "pull",
    "resolve",
]
