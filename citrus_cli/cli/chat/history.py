"""What was typed in earlier chats, kept in a file that only its owner can read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from citrus_cli.cli.output.streams import ColorMode, warn

if TYPE_CHECKING:
    from prompt_toolkit.history import History


def history_path() -> Path:
    """Where the history is, or would be."""
    from platformdirs import user_state_dir

    return Path(user_state_dir("citrus", appauthor=False)) / "chat_history"


def open_history(*, keep: bool, color: ColorMode) -> History:
    """The lines of earlier chats and of this one; of this one alone without `keep`.

    A history that cannot be had is no reason not to chat: there is a warning.
    """
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    class Lenient(FileHistory):
        """A disk that fills up during a chat must not end it."""

        def store_string(self, string: str) -> None:
            with suppress(OSError):
                super().store_string(string)

    if not keep:
        return InMemoryHistory()
    path = history_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # created before anything is written, so that it is never readable for others
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        warn(f"no history: cannot write {path}: {error.strerror}; --no-history avoids it", color)
        return InMemoryHistory()
    return Lenient(str(path))
