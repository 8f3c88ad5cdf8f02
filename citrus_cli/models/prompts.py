"""The prompt: the model's chat template around the document and the question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from citrus_cli.models.plain import PlainEncoder

SYSTEM = "You answer questions about a document."
BEFORE_DOCUMENT = "Document:\n"
BEFORE_QUESTION = "\n\nAnswer in one short sentence, using only the document above.\nQuestion:"
AFTER_QUESTION = ""

_SYSTEM, _DOCUMENT, _QUESTION = "CITRUS-SYSTEM-5B1E", "CITRUS-DOCUMENT-5B1E", "CITRUS-QUESTION-5B1E"
"""Placeholders, found again in the rendered template. They never reach the model."""


@dataclass(frozen=True)
class QuestionPrompt:
    """The token ids after the document; `question` marks the question's own, [start, stop)."""

    ids: tuple[int, ...]
    question: tuple[int, int]


class ChatPrompt:
    """Splits a model's chat template into what stands before and after the document.

    Only the template's own text may give special tokens. The system message, the document and the
    question are encoded as plain text.
    """

    def __init__(self, tokenizer: Any, encoder: PlainEncoder, system: str | None = None) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder
        self._system = SYSTEM if system is None else system
        before, after = self._render().split(_DOCUMENT)
        self.prefix = tuple(self._encode_template(before))
        """The token ids before the document."""
        self._before_question, self._after_question = after.split(_QUESTION)

    def instruction(self, question: str) -> QuestionPrompt:
        """The token ids after the document, for one question."""
        before = self._encode_template(self._before_question)
        # the space belongs to the first word: that is how byte-pair vocabularies spell words
        words = self._encoder.encode(" " + question.strip())
        after = self._encode_template(self._after_question)
        start = len(before)
        return QuestionPrompt((*before, *words, *after), (start, start + len(words)))

    def _render(self) -> str:
        user = f"{BEFORE_DOCUMENT}{_DOCUMENT}{BEFORE_QUESTION}{_QUESTION}{AFTER_QUESTION}"
        if not getattr(self._tokenizer, "chat_template", None):
            return f"{self._bos()}{_SYSTEM}\n\n{user}\nAnswer:"
        try:
            return self._apply(
                [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": user}]
            )
        except Exception:  # templates refuse a system message each in their own way
            return self._apply([{"role": "user", "content": f"{_SYSTEM}\n\n{user}"}])

    def _apply(self, messages: list[dict[str, str]]) -> str:
        rendered: str = self._tokenizer.apply_chat_template(
            messages,
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,  # models that think aloud are asked not to; others ignore it
        )
        for placeholder in (_SYSTEM, _DOCUMENT, _QUESTION):
            if rendered.count(placeholder) != 1:
                raise ValueError("the chat template does not show each message once")
        return rendered

    def _bos(self) -> str:
        return self._tokenizer.bos_token or ""

    def _encode_template(self, text: str) -> list[int]:
        """Template text, special tokens parsed; the system message in it as plain text."""
        ids: list[int] = []
        for i, part in enumerate(text.split(_SYSTEM)):
            if i:
                ids += self._encoder.encode(self._system)
            if part:
                ids += self._tokenizer.encode(part, add_special_tokens=False)
        return ids
