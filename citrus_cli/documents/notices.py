"""What a reader of documents should know: one line, with a code that stays the same."""

from __future__ import annotations

import re

_NOTHING_LOST = frozenset(
    (
        "link-loop",
        "library-damaged",
        "no-embedder",
        "not-kept",
        "own-file",
        "smaller-chunks",
    )
)
"""Codes of what is said about something else than text that is missing."""

_SHOWN = re.compile(r" \[([a-z]+(?:-[a-z]+)*)\]$")


_NAMED = frozenset(("file-not-read", "files-left-out", "folder-left-out", "link-loop"))
"""Codes of what names the file or folder that it is about."""

OTHER = "other"


class Notice(str):
    """A warning; compares and prints as its text.

    `code` is stable over versions, lower case with hyphens ("pages-without-text"), for programs.
    """

    code: str

    def __new__(cls, text: str, code: str) -> Notice:
        """A warning that says `text`."""
        made = super().__new__(cls, text)
        made.code = code
        return made

    @property
    def loss(self) -> bool:
        """Whether it says that something of a document was not read, or may be wrong."""
        return self.code not in _NOTHING_LOST

    def naming(self, name: str) -> Notice:
        """The warning as one of a document among several: it begins with the document's name."""
        named = self.code in _NAMED or name in self
        return self if named else Notice(f"{name}: {self}", self.code)

    @property
    def shown(self) -> str:
        """Its text and its code, as people are shown it; what has no code is its text."""
        return str(self) if self.code == OTHER else f"{self} [{self.code}]"

    @classmethod
    def of(cls, warning: str) -> Notice:
        """A warning as one with a code, which may be `shown`; "other" for what has none."""
        if isinstance(warning, cls):
            return warning
        shown = _SHOWN.search(warning)
        return cls(warning[: shown.start()], shown[1]) if shown else cls(warning, OTHER)

    def __reduce__(self) -> tuple[type[Notice], tuple[str, str]]:
        return type(self), (str(self), self.code)
