"""The prompt: the model's chat template around the document and the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from citrus_cli.models.plain import PlainEncoder

SYSTEM = "You answer questions about a document."
BEFORE_DOCUMENT = "Document:\n"
BEFORE_QUESTION = "\n\nAnswer in one short sentence, using only the document above.\nQuestion:"
AFTER_QUESTION = ""

HISTORY_TOKENS = 1024
"""A question sees the exchanges before it, the latest first, as far as they fit into so many."""

_SYSTEM, _DOCUMENT, _QUESTION = "CITRUS-SYSTEM-5B1E", "CITRUS-DOCUMENT-5B1E", "CITRUS-QUESTION-5B1E"
_ANSWER, _NEXT = "CITRUS-ANSWER-5B1E", "CITRUS-NEXT-5B1E"
"""Placeholders, found again in the rendered template. They never reach the model."""

_USER = f"{BEFORE_DOCUMENT}{_DOCUMENT}{BEFORE_QUESTION}{_QUESTION}{AFTER_QUESTION}"


@dataclass(frozen=True)
class QuestionPrompt:
    """The token ids after the document; `question` marks the question's own, [start, stop)."""

    ids: tuple[int, ...]
    question: tuple[int, int]


class Exchange(NamedTuple):
    """An earlier question and its answer."""

    question: str
    answer: str


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

    def instruction(self, question: str, earlier: Sequence[Exchange] = ()) -> QuestionPrompt:
        """The token ids after the document, for a question and those asked before it.

        Only the latest of `earlier` are there, as far as `HISTORY_TOKENS` reach.
        """
        before = self._before(earlier)
        words = self._words(question)
        after = self._encode_template(self._after_question)
        start = len(before)
        return QuestionPrompt((*before, *words, *after), (start, start + len(words)))

    def _before(self, earlier: Sequence[Exchange]) -> list[int]:
        """The ids between the document and the question."""
        history: list[int] = []
        for exchange in reversed(earlier):
            to_answer, to_next = map(self._encode_template, self._around_answer)
            answer = self._encoder.encode(exchange.answer.strip())
            ids = [*self._words(exchange.question), *to_answer, *answer, *to_next]
            if len(ids) + len(history) > HISTORY_TOKENS:
                break
            history = ids + history
        return self._encode_template(self._before_question) + history

    def _words(self, question: str) -> list[int]:
        # the space belongs to the first word: that is how byte-pair vocabularies spell words
        return self._encoder.encode(" " + question.strip())

    @cached_property
    def _around_answer(self) -> tuple[str, str]:
        """The template's text from a question to its answer, and from there to the next one."""
        lead = BEFORE_QUESTION.lstrip()
        tail = f"{lead}{_NEXT}{AFTER_QUESTION}"
        if not getattr(self._tokenizer, "chat_template", None):
            return "\nAnswer:", f"\n\n{lead}"
        rendered = self._messages(
            [{"role": "assistant", "content": _ANSWER}, {"role": "user", "content": tail}]
        )
        _, rest = rendered.split(_QUESTION)
        to_answer, rest = rest.split(_ANSWER)
        return to_answer, rest.split(_NEXT)[0]

    def _render(self) -> str:
        if not getattr(self._tokenizer, "chat_template", None):
            return f"{self._bos()}{_SYSTEM}\n\n{_USER}\nAnswer:"
        return self._messages([])

    def _messages(self, following: list[dict[str, str]]) -> str:
        """The template around the document, its question, and the messages that follow."""
        try:
            return self._apply(
                [
                    {"role": "system", "content": _SYSTEM},
                    {"role": "user", "content": _USER},
                    *following,
                ]
            )
        except Exception:  # templates refuse a system message each in their own way
            return self._apply([{"role": "user", "content": f"{_SYSTEM}\n\n{_USER}"}, *following])

    def _apply(self, messages: list[dict[str, str]]) -> str:
        rendered: str = self._tokenizer.apply_chat_template(
            messages,
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,  # models that think aloud are asked not to; others ignore it
        )
        said = "".join(message["content"] for message in messages)
        for placeholder in (_SYSTEM, _DOCUMENT, _QUESTION, _ANSWER, _NEXT):
            if rendered.count(placeholder) != said.count(placeholder):
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
