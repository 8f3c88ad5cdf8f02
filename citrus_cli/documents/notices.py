"""What a reader of documents should know: one line, with a code that stays the same."""

from __future__ import annotations


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

    @classmethod
    def of(cls, warning: str) -> Notice:
        """A warning as one with a code; "other" for what has none."""
        return warning if isinstance(warning, cls) else cls(warning, "other")

    def __reduce__(self) -> tuple[type[Notice], tuple[str, str]]:
        return type(self), (str(self), self.code)
