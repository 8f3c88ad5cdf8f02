"""The settings of a run."""

from __future__ import annotations

import pytest

from citrus_cli.errors import UsageError
from citrus_cli.settings import finders


def test_finders_by_name():
    assert finders("words, HEADS") == ("heads", "words")
    assert finders(["meaning", "meaning"]) == ("meaning",)
    for names, message in [
        ("heads,telepathy", "no finder 'telepathy'; choose among heads, meaning, words"),
        ("", "no finder is named"),
        (" , ", "no finder is named"),
        ([], "no finder is named"),
    ]:
        with pytest.raises(UsageError, match=message):
            finders(names)
