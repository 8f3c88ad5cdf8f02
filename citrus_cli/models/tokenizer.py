"""The tokenizer of a model folder, checked to be one, and its tokens as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import ModelError
from citrus_cli.models.folder import ModelFolder
from citrus_cli.models.quiet import quiet

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MAX_CHARACTER_TOKENS = 4
"""A character in UTF-8 has at most four bytes, so it is complete after as many tokens."""

_PLAIN_CLASSES = ("TokenizersBackend", "PreTrainedTokenizerFast")
_UNLIMITED = int(1e30)


def load_tokenizer(folder: ModelFolder, cure: str) -> PreTrainedTokenizerBase:
    """Load a folder's tokenizer; it never warns about long texts, since citrus reads in chunks."""
    path = folder.path
    settings = _check_json(path / "tokenizer_config.json", cure)
    failure: Exception | None = None
    try:
        with quiet():
            tokenizer = _tokenizer_class(path, settings).from_pretrained(
                path, local_files_only=True, trust_remote_code=False
            )
    except Exception as error:  # the tokenizers library raises bare Exceptions
        failure = error
    if failure is not None:
        _check_json(path / "tokenizer.json", cure)  # only now: it is long, and often the culprit
        reason = (" ".join(str(failure).split()) or type(failure).__name__)[:160]
        name = "tokenizer.json" if (path / "tokenizer.json").is_file() else "the tokenizer"
        raise ModelError(f"{name} in {path} cannot be used ({reason}); {cure}") from failure
    if not tokenizer.is_fast:
        raise ModelError(
            f"the tokenizer in {path} has no tokenizer.json form, which citrus needs to tell text "
            "from special tokens; choose a model that has one"
        )
    tokenizer.model_max_length = _UNLIMITED
    loaded: PreTrainedTokenizerBase = tokenizer
    return loaded


def _tokenizer_class(path: Path, settings: dict[str, Any]) -> Any:
    """The plain class where that is what is stored: it starts in half the time."""
    import transformers

    if settings.get("tokenizer_class") in _PLAIN_CLASSES and (path / "tokenizer.json").is_file():
        return transformers.PreTrainedTokenizerFast
    return transformers.AutoTokenizer


def _check_json(path: Path, cure: str) -> dict[str, Any]:
    """The JSON object in a file that need not exist; ModelError if it holds anything else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}); {cure}") from error
    except ValueError as error:
        raise ModelError(f"{path} is damaged (not valid JSON); {cure}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} is damaged (not a JSON object); {cure}")
    return content


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
