"""Indexes for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_index import Making


@pytest.fixture
def making(tmp_path: Path) -> Making:
    """making(*pages, embedder=…, keys=…) → the index of a document with these pages."""
    return Making(tmp_path / "library")


@pytest.fixture(scope="module")
def making_once(tmp_path_factory: pytest.TempPathFactory) -> Making:
    """The same for all tests of a file."""
    return Making(tmp_path_factory.mktemp("made") / "library")
