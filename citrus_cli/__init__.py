"""citrus: ask long documents anything, on your own machine, in memory that does not grow."""

from citrus_cli._version import __version__
from citrus_cli.answer import Answer, DocumentReceipt, Seconds
from citrus_cli.errors import (
    CitrusError,
    DocumentError,
    MemoryLimitError,
    ModelError,
    UsageError,
)
from citrus_cli.qa import DocumentQA

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
