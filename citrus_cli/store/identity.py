"""What tells one reading from another: the documents' content, the model, and how it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from citrus_cli._version import __version__
from citrus_cli.models.cache import checksum
from citrus_cli.store.entry import Identity

if TYPE_CHECKING:
    from citrus_cli.documents import Document


def digest(*parts: Any) -> str:
    """A short name for some plain values."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def identify(
    documents: Sequence[Document], how_opened: Sequence[str | None], model: str, reading: str
) -> Identity | None:
    """The identity of a reading; None when a document is a stream, which cannot be known before.

    The content counts, not where a file lies; its name counts where the model sees it: when there
    are several documents.

    Raises:
        OSError: a file cannot be read.
    """
    named = len(documents) > 1
    found = []
    for document in documents:
        if document.file is None:
            return None
        name = document.name if named else ""
        found.append(
            digest(checksum(document.file), name, *how_opened, __version__, version("pypdf"))
        )
    return Identity(tuple(found), model, reading)


def key_of(identity: Identity) -> str:
    """The name of an entry with this identity."""
    return digest(identity.documents, identity.model, identity.reading)
