"""What tells one index from another: the document's content, how it was opened, who read it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from citrus_cli.models.cache import checksum

FORMAT = 1
"""Goes up when what an index holds, or what its numbers mean, changes."""


@dataclass(frozen=True)
class Identity:
    """Two indexes with the same identity are the same.

    Attributes:
        content: SHA-256 of the document.
        opened: digest of how it was opened: pages, encoding, the versions that extract text.
        reader: digest of the model that read it, its precision, its heads, how it reads.
        embedder: an embedder's fingerprint; empty without one.
        format: of the index.
    """

    content: str
    opened: str
    reader: str
    embedder: str = ""
    format: int = FORMAT

    @property
    def key(self) -> str:
        """The name of an index with this identity."""
        return digest(*astuple(self))


def digest(*parts: Any) -> str:
    """A short name for some plain values."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def content_of(path: Path) -> str:
    """The content part of a file's identity.

    Raises:
        OSError: it cannot be read.
    """
    return checksum(path)
