"""A copy of a PDF to write on: decrypted to be changed, and encrypted as it was when written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citrus_cli.errors import DocumentError

if TYPE_CHECKING:
    from pypdf import PdfReader, PdfWriter


def copy_of(source: Path, password: str | None) -> PdfWriter:
    """A writer that holds all of the document."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(source, strict=False)
        used = _decrypt(reader, source, password)
        writer = PdfWriter(clone_from=reader)
        if not len(writer.pages):
            raise DocumentError(f"{source}: it has no pages to mark")
    except DocumentError:
        raise
    except OSError as error:
        raise DocumentError(f"{source}: {error.strerror or error}") from error
    except DependencyError as error:
        raise DocumentError(f"{source}: its encryption cannot be undone ({error})") from error
    except Exception as error:
        raise DocumentError(
            f"{source}: it is damaged, so that no copy can be made to mark "
            f"({type(error).__name__}); open and save it in a PDF viewer first"
        ) from error
    if used is not None:
        _encrypt(writer, reader, used)
    return writer


def _decrypt(reader: PdfReader, source: Path, password: str | None) -> str | None:
    """The password that opens the document; None where it is not encrypted."""
    if not reader.is_encrypted:
        return None
    if reader.decrypt(""):
        return ""
    if password is None:
        raise DocumentError(f"{source}: it is encrypted; give its password")
    if not reader.decrypt(password):
        raise DocumentError(f"{source}: the password does not open it")
    return password


def _encrypt(writer: PdfWriter, reader: PdfReader, password: str) -> None:
    """The copy opens with the same password, and allows no more than the document."""
    import secrets

    allowed = reader.user_access_permissions
    owner = password or secrets.token_urlsafe(24)
    rights: Any = {} if allowed is None else {"permissions_flag": allowed}
    writer.encrypt(password, owner, algorithm="AES-256", **rights)


def write(writer: PdfWriter, file: Path, source: Path) -> None:
    """Writes the copy of `source`; raises OSError where that is why it cannot be written."""
    try:
        with file.open("wb") as opened:
            writer.write(opened)
    except OSError:
        raise
    except Exception as error:
        raise DocumentError(
            f"{source}: it is damaged, so that no copy can be written ({type(error).__name__}); "
            "open and save it in a PDF viewer first"
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Holds back what pypdf complains about on standard error."""
    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
