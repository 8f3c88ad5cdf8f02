"""A library of its own for each test, and entries to put into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from made_entries import PAGES, RECEIPT, Write, identity, keys

from citrus_cli.library.entry import Entry
from citrus_cli.library.library import Library
from citrus_cli.library.pages import PageRecord


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def write(library: Library) -> Write:
    """write(name) → an entry of three pages and two columns."""

    def run(
        name: str = "a", pages: Sequence[PageRecord] = PAGES, rows: int = 300, **changes: str
    ) -> Entry:
        with library.writing(identity(name, **changes)) as writer:
            for page in pages:
                writer.add_page(page)
            writer.append("keys", keys(rows))
            writer.append("scales", np.linspace(0, 1, rows, dtype=np.float16))
            return writer.finish(RECEIPT)

    return run
