"""Generated tokens to text, piece by piece."""

from __future__ import annotations

from typing import Any

MAX_CHARACTER_TOKENS = 4
"""A character in UTF-8 has at most four bytes, so it is complete after as many tokens."""


class TextStream:
    """Decodes tokens as they come; a character whose bytes are still missing is held back."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._given = 0
        self._held = 0

    def push(self, token: int) -> str:
        """The text that `token` completes; may be empty."""
        self._ids.append(token)
        text = self.text
        self._held += 1
        if text.endswith("\ufffd") and self._held < MAX_CHARACTER_TOKENS:
            return ""
        self._held = 0
        new = text[self._given :]
        self._given = len(text)
        return new

    @property
    def text(self) -> str:
        """All text so far."""
        decoded: str = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        return decoded
