"""Made-up pages, columns and identities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from citrus_cli.library.entry import Entry, Receipt
from citrus_cli.library.identity import Identity, digest
from citrus_cli.library.library import Library
from citrus_cli.library.pages import PageRecord

PAGES = (
    PageRecord(1, "i", "The pump is oiled each spring.\n", ((0, 1), (20, 3))),
    PageRecord(2, None, "Revenue rose to 12 million. Crème brûlée was served.\n"),
    PageRecord(3, None, ""),
)
RECEIPT = Receipt("notes.txt", "notes.txt", "text", tokens=300, model="tiny", dtype="int8")

Write = Callable[..., Entry]


def identity(name: str = "a", **changes: str) -> Identity:
    """An identity that is told from others by `name`."""
    return Identity(**{"content": digest(name) * 2, "opened": "how", "reader": "who", **changes})


def give_up(library: Library, error: BaseException, *, commit: bool = False) -> None:
    """Begin a reading that ends with an error of the caller's."""
    with library.writing(identity()) as writer:
        writer.add_page(PAGES[0])
        writer.append("keys", keys())
        if commit:
            writer.commit()
        raise error


def keys(rows: int = 300, seed: int = 0) -> np.ndarray:
    """Rows of 64 small numbers."""
    return np.random.default_rng(seed).integers(-127, 128, (rows, 64), np.int8)
