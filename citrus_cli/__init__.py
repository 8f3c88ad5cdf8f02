"""citrus: ask long documents anything, on your own machine, in memory that does not grow."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from citrus_cli._version import __version__

if TYPE_CHECKING:
    from citrus_cli.answer import Answer, DocumentReceipt, Seconds
    from citrus_cli.errors import (
        CitrusError,
        DocumentError,
        MemoryLimitError,
        ModelError,
        UsageError,
    )
    from citrus_cli.qa import DocumentQA

# where each is defined
_HOMES = {
    "Answer": "answer",
    "CitrusError": "errors",
    "DocumentError": "errors",
    "DocumentQA": "qa",
    "DocumentReceipt": "answer",
    "MemoryLimitError": "errors",
    "ModelError": "errors",
    "Seconds": "answer",
    "UsageError": "errors",
}

__all__ = [
    "Answer",
    "CitrusError",
    "DocumentError",
    "DocumentQA",
    "DocumentReceipt",
    "MemoryLimitError",
    "ModelError",
    "Seconds",
    "UsageError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """What is exported, imported when it is first used: `citrus --help` needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
