"""Text to token ids in which nothing is special.

A document that contains `<|im_end|>`, `[INST]` or any other added token of the tokenizer must be
read as those characters, never as the token: or it could end its own turn and speak as the user.
"""

from __future__ import annotations

import json
from typing import Any

from citrus_cli.errors import ModelError


class PlainEncoder:
    """Encodes text without ever giving the id of an added token.

    The tokenizer's backend is copied with its added tokens removed. Where the vocabulary itself
    still leads to such an id (unigram models list them as pieces), the text is cut until it does
    not.
    """

    def __init__(self, tokenizer: Any) -> None:
        """`tokenizer` is any of transformers' tokenizers; it is not changed."""
        self._tokenizer = tokenizer
        self.added_ids = frozenset(tokenizer.added_tokens_decoder)
        self._unknown = tokenizer.unk_token_id
        self._backend = None
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is not None:
            from tokenizers import Tokenizer

            state = json.loads(backend.to_str())
            state["added_tokens"] = []
            state["truncation"] = state["padding"] = state["post_processor"] = None
            self._backend = Tokenizer.from_str(json.dumps(state))

    def encode(self, text: str) -> list[int]:
        """The ids of `text`, none of them an added token's.

        Raises:
            ModelError: the tokenizer has no other id for a character.
        """
        ids = self._raw(text)
        if self.added_ids.isdisjoint(ids):
            return ids
        if len(text) > 1:
            middle = len(text) // 2
            return self.encode(text[:middle]) + self.encode(text[middle:])
        raise ModelError(
            f"the tokenizer has no ordinary token for {text!r}; choose another --model"
        )

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Which characters of `text` each of its ids stands for: (start, end), end not included.

        With a tokenizer that cannot say, characters are shared out evenly.
        """
        ids = self._raw(text)
        if not self.added_ids.isdisjoint(ids) and len(text) > 1:
            middle = len(text) // 2
            after = self.spans(text[middle:])
            return self.spans(text[:middle]) + [(a + middle, b + middle) for a, b in after]
        if self._backend is not None:
            return list(self._backend.encode(text, add_special_tokens=False).offsets)
        size = len(text) / max(1, len(ids))
        return [(int(i * size), int((i + 1) * size)) for i in range(len(ids))]

    def tokens(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of `text` and their characters, as `encode` and `spans`, in one go."""
        if self._backend is not None:
            encoded = self._backend.encode(text, add_special_tokens=False)
            if self.added_ids.isdisjoint(encoded.ids):
                return list(encoded.ids), list(encoded.offsets)
        return self.encode(text), self.spans(text)

    def _raw(self, text: str) -> list[int]:
        if self._backend is not None:
            return list(self._backend.encode(text, add_special_tokens=False).ids)
        return list(
            self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        )
