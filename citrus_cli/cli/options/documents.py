"""The options that say how documents are opened, as arguments of the Python API."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from citrus_cli.cli.exit_codes import ExitCode
from citrus_cli.cli.options.declaration import DOCUMENTS, option
from citrus_cli.cli.options.request import STDIN_NAME, Request
from citrus_cli.errors import UsageError


@dataclass(frozen=True)
class DocumentOptions:
    """How documents are opened."""

    pages: Annotated[
        str | None,
        option(
            "--pages", help="Read only these pages, e.g. 5-10,14.", panel=DOCUMENTS, metavar="PAGES"
        ),
    ] = None
    password: Annotated[
        str | None,
        option("--password", help="Password of an encrypted PDF.", panel=DOCUMENTS, metavar="TEXT"),
    ] = None
    password_file: Annotated[
        str | None,
        option(
            "--password-file",
            help="File whose first line is that password, so that it stays out of the shell's "
            "history.",
            panel=DOCUMENTS,
            metavar="FILE",
        ),
    ] = None
    encoding: Annotated[
        str | None,
        option(
            "--encoding",
            help="Encoding of text that is not UTF-8, e.g. cp1252.",
            panel=DOCUMENTS,
            metavar="NAME",
        ),
    ] = None


@dataclass(frozen=True)
class StrictOptions:
    """Whether it is a failure that something of a document is not in its text."""

    strict: Annotated[
        bool,
        option(
            "--strict",
            help=f"End with exit code {ExitCode.NOT_ALL_READ.value} when a warning says that "
            "something of the documents was not read.",
            panel=DOCUMENTS,
        ),
    ] = False


def opening_of(documents: DocumentOptions) -> dict[str, Any]:
    """The keyword arguments of the API that say how documents are opened.

    Raises:
        UsageError: the password file cannot be used.
    """
    return {
        "pages": documents.pages,
        "password": _password(documents),
        "encoding": documents.encoding,
    }


def opening_for(documents: DocumentOptions, request: Request) -> dict[str, Any]:
    """The keyword arguments that say how documents are opened."""
    stdin = sys.stdin.buffer if STDIN_NAME in request.sources else None
    return {**opening_of(documents), "stdin": stdin}


def _password(documents: DocumentOptions) -> str | None:
    name = documents.password_file
    if name is None:
        return documents.password
    if documents.password is not None:
        raise UsageError("--password and --password-file exclude each other: give one of them")
    try:
        lines = Path(name).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read the password file {name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the password file {name} is not UTF-8 text") from None
    if not lines or not lines[0]:
        raise UsageError(f"the password file {name} has no password in its first line")
    return lines[0]
