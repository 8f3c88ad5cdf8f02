"""The work list: which question is asked about which document, each pair with its key.

A key is made of the document's content, the question and its id, and the settings, so that a row
of an earlier run is found again whatever has been renamed or added since.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citrus_cli.batch.questions import Question
from citrus_cli.documents import discover
from citrus_cli.documents.notices import Notice
from citrus_cli.errors import DocumentError, UsageError

_DIGITS = 16
_BLOCK = 2**20


@dataclass(frozen=True)
class Target:
    """A document to ask about. `problem` says why it cannot be read; `digest` is its content's."""

    path: str
    digest: str
    problem: str | None = None


@dataclass(frozen=True)
class Item:
    """One question about one document; `name` is what the row calls the document."""

    question: Question
    target: Target
    name: str
    key: str


@dataclass(frozen=True)
class WorkList:
    """All items: in the order of the questions, and of the documents within each.

    `notes` say what was passed over while documents were looked for.
    """

    items: tuple[Item, ...]
    notes: tuple[Notice, ...] = ()

    def groups(self, done: Iterable[str] = ()) -> list[tuple[Target, list[Item]]]:
        """The items whose keys are not `done`, those of one document together."""
        finished = frozenset(done)
        groups: dict[str, tuple[Target, list[Item]]] = {}
        for item in self.items:
            if item.key not in finished:
                path = item.target.path
                groups.setdefault(path, (item.target, []))[1].append(item)
        return list(groups.values())


def digest(*parts: Any) -> str:
    """A short fingerprint of plain values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def settings_digest(settings: Mapping[str, Any], pages: str | None, encoding: str | None) -> str:
    """The fingerprint of everything but document and question that decides an answer."""
    return digest(dict(settings), pages, encoding)


def plan(
    questions: Sequence[Question],
    sources: Sequence[str],
    settings: str,
    *,
    name: str,
    folder: Path | None = None,
    without: Collection[Path] = (),
) -> WorkList:
    """Pair questions with documents.

    A document that cannot be read stays in the list with its reason: its rows fail, the others
    are answered.

    Args:
        questions: as `read_questions` gives them.
        sources: files, folders and patterns; every file is a document of its own.
        settings: from `settings_digest`.
        name: what the questions file is called, for messages.
        folder: where documents that rows name are looked for before the working directory.
        without: files that are no documents when a folder or pattern has them, such as the output.

    Raises:
        UsageError: a row has no document to be asked about, or a source makes no sense.
    """
    targets = _Targets()
    notes: list[Notice] = []
    common = _expand(sources, targets, notes, {path.resolve() for path in without})
    pairs: list[tuple[Question, Target, str]] = []
    for question in questions:
        where = f"{name}, {question.place}"
        if question.document is not None:
            target = targets.of(_locate(question.document, folder, where))
            pairs.append((question, target, question.document))
        elif not common:
            raise UsageError(
                f"{where}: the row names no document, and none is given after the questions file"
            )
        else:
            pairs += [(question, target, called) for target, called in common]
    return WorkList(tuple(_items(pairs, settings)), tuple(dict.fromkeys(notes)))


def _items(pairs: Iterable[tuple[Question, Target, str]], settings: str) -> Iterable[Item]:
    """Each pair with its key; what would share one (a copy of a document) is numbered."""
    seen: Counter[str] = Counter()
    asked: dict[int, str] = {}
    for question, target, called in pairs:
        part = asked.get(id(question))
        if part is None:
            given = question.id if question.named else None
            part = asked[id(question)] = digest(given, question.text)
        key = f"{target.digest}-{part}-{settings}"
        seen[key] += 1
        yield Item(question, target, called, key if seen[key] == 1 else f"{key}-{seen[key]}")


class _Targets:
    """Documents by where they really are, each looked at once."""

    def __init__(self) -> None:
        self._known: dict[str, Target] = {}

    def of(self, path: str, problem: str | None = None) -> Target:
        real = str(Path(path).expanduser().resolve()) if problem is None else path
        if real not in self._known:
            self._known[real] = _target(path, problem)
        return self._known[real]


def _expand(
    sources: Sequence[str], targets: _Targets, notes: list[Notice], without: Collection[Path]
) -> list[tuple[Target, str]]:
    """The documents that the arguments stand for, each once."""
    common: dict[str, tuple[Target, str]] = {}
    for source in sources:
        if source == discover.STDIN:
            raise UsageError(
                "a batch may be gone on with later, so its documents must be files; "
                "save what - reads to one"
            )
        try:
            found = discover.find([source])
        except DocumentError as error:
            target = targets.of(source, str(error))
            common.setdefault(target.path, (target, source))
            continue
        for one in found:
            notes += one.notes
            if one.path != source and Path(one.path).resolve() in without:
                own = f"{one.path}: left out, since it is this batch's own questions or output"
                notes.append(Notice(own, "own-file"))
                continue
            target = targets.of(one.path)
            common.setdefault(target.path, (target, one.path))
    return list(common.values())


def _locate(document: str, folder: Path | None, where: str) -> str:
    """A row's document: beside the questions file if it is there, else as it is."""
    try:
        if "\0" in document:
            raise ValueError
        beside = folder / document if folder is not None else Path(document)
        path = beside if beside.exists() else Path(document).expanduser()
        is_folder = path.is_dir()
    except (OSError, ValueError, RuntimeError):
        raise UsageError(f"{where}: {document!r} is not a file name") from None
    if is_folder or document == discover.STDIN:
        what = "a folder" if is_folder else "standard input"
        raise UsageError(f"{where}: the document {document} is {what}; name one file")
    return str(path)


def _target(path: str, problem: str | None) -> Target:
    if problem is None:
        try:
            return Target(path, _content(Path(path).expanduser()))
        except DocumentError as error:
            problem = f"{path}: {error}"
    return Target(path, digest("unreadable", path), problem)


def _content(file: Path) -> str:
    """The fingerprint of a file's bytes."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe: reading it would use it up
            raise DocumentError("not a file that can be read again; save it to one")
        whole = hashlib.sha256()
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                whole.update(block)
    except FileNotFoundError:
        raise DocumentError("there is no such file; check the name and the folder") from None
    except OSError as error:
        raise DocumentError(f"cannot be read ({error.strerror})") from None
    return whole.hexdigest()[:_DIGITS]
