"""From the document options of a command line to how documents are opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from citrus_cli.cli.options import (
    DocumentOptions,
    MethodOptions,
    ModelOptions,
    StoreOptions,
    SupportOptions,
)
from citrus_cli.errors import UsageError


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


def engine_of(
    model: ModelOptions,
    method: MethodOptions,
    store: StoreOptions | None = None,
    support: SupportOptions | None = None,
) -> dict[str, Any]:
    """The settings that were given: the API has the defaults, and judges the values."""
    settings = {**vars(model), **vars(method)}
    if store is not None and store.no_store:
        settings["store"] = False
    if support is not None and support.always_answer:
        settings["always_answer"] = True
    return {name: value for name, value in settings.items() if value is not None}


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
