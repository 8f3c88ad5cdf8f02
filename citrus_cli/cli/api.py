"""From option groups to the arguments of the Python API, for every command that asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from citrus_cli.cli.options import DocumentOptions, MethodOptions, ModelOptions
from citrus_cli.errors import UsageError

if TYPE_CHECKING:
    from citrus_cli.qa import DocumentQA


def load_document_qa() -> type[DocumentQA]:
    """The Python API, imported only now: it brings the libraries that take seconds to import."""
    from citrus_cli.qa import DocumentQA

    return DocumentQA


def opening(documents: DocumentOptions, stdin: BinaryIO | None = None) -> dict[str, Any]:
    """The keyword arguments that say how documents are opened."""
    return {
        "pages": documents.pages,
        "password": _password(documents),
        "encoding": documents.encoding,
        "stdin": stdin,
    }


def engine(model: ModelOptions, method: MethodOptions) -> dict[str, Any]:
    """The settings that were given: the API has the defaults, and judges the values."""
    settings = {**vars(model), **vars(method)}
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
