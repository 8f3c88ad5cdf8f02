"""Question files: text, CSV, TSV, JSON, JSON lines, YAML and Excel, each row checked and named.

The columns are `question` (required), `id`, `document` and `answers`; any other is carried through
to the output. `answers` is a list of accepted answers; in tables a text, the alternatives
separated by `|`. In a text file every line is a question, blank lines and # comments left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from citrus_cli.batch import structured, tables, workbook
from citrus_cli.batch.decoding import decode
from citrus_cli.batch.records import COLUMNS, Records
from citrus_cli.errors import UsageError

STDIN = "-"
SUFFIXES = {
    ".txt": "txt",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Question:
    """One row of a question file.

    `id` is the row's own, or `q` and its position when it has none (`named` is False then);
    `place` says where in the file it stands; `extra` holds the columns citrus does not know.
    """

    text: str
    id: str
    place: str
    named: bool = False
    document: str | None = None
    answers: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def read_questions(
    name: str,
    format: str | None = None,
    *,
    stdin: BinaryIO | None = None,
    fallback: str | None = None,
) -> list[Question]:
    """The questions of a file, in its order.

    Args:
        name: the file; `-` for `stdin`.
        format: one of `FORMATS`; None: by the suffix. Without a suffix, and for `-`: `txt`. A
            workbook is known by its content, whatever its name.
        stdin: what `-` reads.
        fallback: the format for a suffix that is not known; None refuses it.

    Raises:
        UsageError: the file cannot be read or makes no sense; names the file and the line or row.
    """
    chosen = _format(name, format, fallback)
    data = _read(name, stdin)
    if chosen == "xlsx" or workbook.is_workbook(data):
        return _checked(name, workbook.read(name, data), "xlsx")
    text = decode(name, data)
    if not text.strip():
        raise _none(name, chosen)
    return _checked(name, _PARSERS[chosen](name, text), chosen)


def _format(name: str, format: str | None, fallback: str | None) -> str:
    if format is not None:
        if format not in FORMATS:
            known = ", ".join(FORMATS)
            raise UsageError(f"--questions-format {format}: not known; one of {known}")
        return format
    suffix = "" if name == STDIN else Path(name).suffix.lower()
    found = SUFFIXES.get(suffix, fallback) if suffix else "txt"
    if found is None:
        raise UsageError(
            f"{name}: a questions file does not end in {suffix}; name its format with "
            f"--questions-format {'|'.join(FORMATS)}"
        )
    return found


def _read(name: str, stdin: BinaryIO | None) -> bytes:
    try:
        if name == STDIN:
            if stdin is None:
                raise UsageError("- is standard input, and that is closed: pipe the questions in")
            return stdin.read()
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the questions file {name}: {error.strerror}") from None
    except ValueError:  # a NUL in the name
        raise UsageError(f"{name!r} is not a file name") from None


def _lines(name: str, text: str) -> Records:
    """A text file: one question on each line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield f"line {number}", stripped


_PARSERS: dict[str, Callable[[str, str], Records]] = {
    "txt": _lines,
    "csv": lambda name, text: tables.read(name, text, tables.CSV),
    "tsv": lambda name, text: tables.read(name, text, tables.TSV),
    "json": structured.read_json,
    "jsonl": structured.read_json_lines,
    "yaml": structured.read_yaml,
}


def _checked(name: str, records: Records, format: str) -> list[Question]:
    """Every record as a question; no two with one id."""
    in_table = format in ("csv", "tsv", "xlsx")
    places: dict[str, str] = {}
    questions = []
    for question in _questions(name, records, in_table):
        first = places.setdefault(question.id, question.place)
        if first != question.place:
            why = "" if question.named else " (rows without one are called q1, q2, …)"
            raise UsageError(
                f"{name}, {question.place}: the id {question.id} is that of {first} too{why}; "
                "give every row its own"
            )
        questions.append(question)
    if not questions:
        raise _none(name, format)
    return questions


def _questions(name: str, records: Records, in_table: bool) -> Iterator[Question]:
    for position, (place, value) in enumerate(records, 1):
        where = f"{name}, {place}"
        row = {"question": value} if isinstance(value, str) else value
        if not isinstance(row, dict):
            raise UsageError(f"{where}: neither a text nor a mapping with a question")
        given = _identity(where, row.get("id"))
        yield Question(
            text=_text(where, row),
            id=given or f"q{position}",
            place=place,
            named=given is not None,
            document=_document(where, row.get("document")),
            answers=_answers(where, row.get("answers"), in_table),
            extra={key: value for key, value in row.items() if key not in COLUMNS},
        )


def _text(where: str, row: dict[str, Any]) -> str:
    text = row.get("question")
    if text is None:
        has = f"; its columns are {', '.join(row)}" if row and "question" not in row else ""
        raise UsageError(f"{where}: the row has no question{has}")
    if not isinstance(text, str):
        raise UsageError(f"{where}: the question is not a text but {text!r}; put it in quotes")
    text = _SURROGATE.sub("\ufffd", text).strip()
    if not text:
        raise UsageError(f"{where}: the row has no question")
    return text


def _identity(where: str, value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise UsageError(f"{where}: the id must be a text or a number")
    text = "" if value is None else str(value).strip()
    return text or None


def _document(where: str, value: Any) -> str | None:
    if not isinstance(value, str | None):
        raise UsageError(f"{where}: the document must be the name of a file")
    return value or None


def _answers(where: str, value: Any, in_table: bool) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split("|") if in_table else [value]
    if not isinstance(value, list | None):
        raise UsageError(f"{where}: the answers must be a list of texts")
    accepted = []
    for one in value or ():
        if isinstance(one, bool) or not isinstance(one, str | int | float):
            raise UsageError(f"{where}: the answers must be a list of texts")
        accepted.append(_SURROGATE.sub("\ufffd", str(one)).strip())
    return tuple(one for one in accepted if one)


def _none(name: str, format: str) -> UsageError:
    how = " (one on each line, # is a comment)" if format == "txt" else ""
    return UsageError(f"{name}: no questions in this file{how}")
