"""Shared fixtures of the documents' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from citrus_cli.documents import Document, open_documents


@pytest.fixture
def opened() -> Iterator[Callable[..., Document]]:
    """Opens one source, and closes whatever was opened when the test ends."""
    documents: list[Document] = []

    def open_one(source: str | Path, **settings: Any) -> Document:
        new = open_documents([source], **settings)
        documents.extend(new)
        assert len(new) == 1
        return new[0]

    yield open_one
    for document in documents:
        document.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    """Writes a file of the test's own folder."""

    def write_one(name: str, content: bytes | str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write_one
