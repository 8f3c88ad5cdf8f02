"""What the extracting process and its parent say to each other: one JSON object a line.

The parent writes jobs to the child's standard input; the child answers on its standard output
with a `Ready`, then for every job an `Opened` or a `Refused`; after `Opened` for every page a
`Page` followed by its `Text`s, or a `Failed`; at the end a `Done`, or `Recycle` when the child
has grown large and wants a fresh process to go on. `Damage` may come anywhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

SHORT_TEXT = 200
"""A page with fewer characters than this, white space aside, may be a picture of text with a mark
on it: then it matters what else the page shows."""


@dataclass(frozen=True)
class Job:
    """One PDF to open, and unless `check` is set, to extract.

    `ranges` are the pages wanted (as in PageSelection), those up to `after` have been had.
    `password` is tried after the empty one. The child's memory is limited to `memory_bytes`.
    """

    path: str
    ranges: tuple[tuple[int, int | None], ...]
    memory_bytes: int
    password: str | None = None
    after: int = 0
    check: bool = False


@dataclass(frozen=True)
class Ready:
    """The child runs and has loaded what it needs."""


@dataclass(frozen=True)
class Opened:
    """The document opens, and has `pages` pages."""

    pages: int


@dataclass(frozen=True)
class Refused:
    """The document cannot be opened.

    `code` is one of "password missing", "password wrong", "no cipher", "no pages", "memory",
    "file" (the operating system says no) and "damaged".
    """

    code: str
    detail: str


@dataclass(frozen=True)
class Measure:
    """Counts over a page's text, which tell text from scans and gibberish.

    `characters` counts all but white space; `unreadable` those of the raw text that no font should
    give (control, private and replacement characters), `readable` letters and digits, `latin` the
    letters from A to Z, `vowels` those among them. `short` is the text itself, its numbers made
    alike, where it is so short that it may be a mark that repeats on every page.
    """

    characters: int
    unreadable: int
    readable: int
    latin: int
    vowels: int
    short: str | None


@dataclass(frozen=True)
class Page:
    """A page has been extracted; `blocks` messages with its text follow.

    `drawn`: it has little text, and shows a picture or drawing; `hidden`: some of its text, but not
    all, is invisible.
    """

    page: int
    label: str | None
    blocks: int
    drawn: bool
    hidden: bool
    measure: Measure


@dataclass(frozen=True)
class Text:
    """A block of the page announced last, and where it starts."""

    start: int
    text: str


@dataclass(frozen=True)
class Failed:
    """A page cannot be extracted; `memory` says that it was for want of memory."""

    page: int
    reason: str
    memory: bool = False


@dataclass(frozen=True)
class Damage:
    """pypdf complained, `count` times since the last such message; `first` is what it said."""

    count: int
    first: str


@dataclass(frozen=True)
class Recycle:
    """The child ends because it has grown large; a new one can go on after the last page."""


@dataclass(frozen=True)
class Done:
    """The job is finished."""


Message = Ready | Opened | Refused | Page | Text | Failed | Damage | Recycle | Done

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Ready, Opened, Refused, Page, Text, Failed, Damage, Recycle, Done)
}


def encode(message: Message | Job) -> bytes:
    """The message as one line; any string survives, lone surrogates included."""
    return json.dumps({"kind": type(message).__name__, **asdict(message)}).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """The message of one line."""
    fields = json.loads(line)
    kind = _KINDS[fields.pop("kind")]
    if kind is Page:
        fields["measure"] = Measure(**fields["measure"])
    message: Message = kind(**fields)
    return message


def decode_job(line: bytes) -> Job:
    """The job of one line."""
    fields = json.loads(line)
    if fields.pop("kind") != Job.__name__:
        raise ValueError("not a job")
    fields["ranges"] = tuple((first, last) for first, last in fields["ranges"])
    return Job(**fields)
