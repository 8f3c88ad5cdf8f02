"""What a run reports while it works; the command line draws it, a library user may ignore it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fetching:
    """A model is being downloaded. `total_bytes` is None while the size is unknown."""

    model: str
    done_bytes: int
    total_bytes: int | None


@dataclass(frozen=True)
class Loading:
    """A model is being converted, loaded or checked; `step` says which in a few words."""

    model: str
    step: str


@dataclass(frozen=True)
class Reading:
    """The document is going through the model.

    `fraction` is the share of all documents read so far (0 to 1), None when the length is unknown
    (standard input).
    """

    document: str
    page: int
    tokens: int
    seconds: float
    fraction: float | None


@dataclass(frozen=True)
class Remembering:
    """A method that is compared with others reads `tokens` of a text's `total`."""

    method: str
    tokens: int
    total: int
    seconds: float


@dataclass(frozen=True)
class Writing:
    """A piece of an answer's text, as it is generated. `question` counts from 0."""

    question: int
    text: str


@dataclass(frozen=True)
class Note:
    """What the user may want to know before it happens: sizes, groups, where states come from."""

    text: str


@dataclass(frozen=True)
class Measuring:
    """A measurement: `label` is in hand, `done` of `total` records are there.

    `now` of these were made in this run, which has taken `seconds`.
    """

    label: str
    done: int
    total: int
    now: int
    seconds: float


Event = Fetching | Loading | Reading | Remembering | Writing | Note | Measuring
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener of a caller that does not want to know."""
