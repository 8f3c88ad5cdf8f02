"""The few exceptions a user can meet, each with the exit code it ends a command with."""

from __future__ import annotations

from typing import ClassVar


class CitrusError(Exception):
    """Something went wrong that the user can understand; the message names the thing and the cure.

    The message is one line: what failed (the file, the model), why, and what to do about it.
    """

    exit_code: ClassVar[int] = 1


class UsageError(CitrusError):
    """The request itself makes no sense: an unknown option value, an empty question, bad pages."""

    exit_code: ClassVar[int] = 2


class DocumentError(CitrusError):
    """A document cannot be read, or holds no text."""

    exit_code: ClassVar[int] = 3


class ModelError(CitrusError):
    """A model cannot be had, loaded or served."""

    exit_code: ClassVar[int] = 4


class MemoryLimitError(CitrusError):
    """The run needs more memory than the device has."""

    exit_code: ClassVar[int] = 5
