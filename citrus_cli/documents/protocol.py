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

from citrus_cli.documents.blocks import Part
from citrus_cli.documents.notices import Notice

SHORT_TEXT = 200
"""A page with fewer characters than this, white space aside, may be a picture of text with a mark
on it: then it matters what else the page shows."""


@dataclass(frozen=True)
class Job:
    """One document to open, and unless `check` is set, to read.

    Attributes:
        path: where it lies.
        format: the name of its format, under which the child finds what reads it.
        ranges: the pages wanted (as in PageSelection).
        memory_bytes: what the child's memory is limited to.
        name: what its file is called by the user, for its suffix; "" where it has no name.
        password: what it is encrypted with; a PDF's empty password is tried first.
        encoding: of its text, where the user says so.
        after: the pages up to this one have been had.
    """

    path: str
    format: str
    ranges: tuple[tuple[int, int | None], ...]
    memory_bytes: int
    name: str = ""
    password: str | None = None
    encoding: str | None = None
    after: int = 0
    check: bool = False


@dataclass(frozen=True)
class Ready:
    """The child runs and has loaded what it needs."""


@dataclass(frozen=True)
class Opened:
    """The document opens, and has `pages` pages; `notices` say what is to know about it."""

    pages: int
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Refused:
    """The document cannot be opened.

    `code` is one of "password missing", "password wrong", "no cipher", "no pages", "memory",
    "file" (the operating system says no), "damaged", and "said", of which `detail` says all.
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
    unreadable: int = 0
    readable: int = 0
    latin: int = 0
    vowels: int = 0
    short: str | None = None


@dataclass(frozen=True)
class Page:
    """A page has been read; `blocks` messages with its text follow.

    `drawn`: it has little text, and shows a picture or drawing.
    """

    page: int
    label: str | None
    blocks: int
    drawn: bool
    measure: Measure
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Text:
    """A block of the page announced last: where it starts, and the parts that start in it."""

    start: int
    text: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A page cannot be read; `memory` says that it was for want of memory."""

    page: int
    reason: str
    memory: bool = False


@dataclass(frozen=True)
class Damage:
    """The format's library complained, `count` times since the last such message.

    `first` is what it said.
    """

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
    fields = asdict(message)
    if isinstance(message, (Opened, Page)):
        fields["notices"] = [(str(notice), notice.code) for notice in message.notices]
    return json.dumps({"kind": type(message).__name__, **fields}).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """The message of one line."""
    fields = json.loads(line)
    kind = _KINDS[fields.pop("kind")]
    if "notices" in fields:
        fields["notices"] = tuple(Notice(text, code) for text, code in fields["notices"])
    if kind is Page:
        fields["measure"] = Measure(**fields["measure"])
    elif kind is Text:
        fields["parts"] = tuple(_part(part) for part in fields["parts"])
    message: Message = kind(**fields)
    return message


def _part(fields: dict[str, Any]) -> Part:
    box = fields.pop("box")
    return Part(**fields, box=box and tuple(box))


def decode_job(line: bytes) -> Job:
    """The job of one line."""
    fields = json.loads(line)
    if fields.pop("kind") != Job.__name__:
        raise ValueError("not a job")
    fields["ranges"] = tuple((first, last) for first, last in fields["ranges"])
    return Job(**fields)
