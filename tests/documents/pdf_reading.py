"""Reads PDFs that tests make, in this process, without a child."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from pdf_builder import PageSpec, build

from citrus_cli.documents.formats import by_name
from citrus_cli.documents.formats.base import PageText
from citrus_cli.documents.protocol import Job, Text
from citrus_cli.documents.worker import _read


def at(x: float, y: float, text: str, size: float = 11, before: str = "") -> bytes:
    """Operators that show Latin-1 text at a point, counted from the lower left corner."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT {before} /F1 {size:g} Tf {x:g} {y:g} Td ({escaped}) Tj ET\n".encode("latin-1")


def page_of(data: bytes | Sequence[bytes]) -> PageText:
    """The first page, as its reader hands it on; of operators, or of a whole PDF's bytes."""
    if not isinstance(data, bytes):
        data = build([PageSpec(b"".join(data))])
    with tempfile.TemporaryDirectory() as folder:
        return by_name("pdf").open(_job(data, folder)).page(1)


def text_of(*operators: bytes) -> str:
    """The text of a page with these operators."""
    return page_of(operators).text


def texts_of(pages: Sequence[bytes | str | PageSpec]) -> list[str]:
    """The texts of pages that follow each other, as the parent settles them."""
    specs = [PageSpec(page) if isinstance(page, bytes) else page for page in pages]
    with tempfile.TemporaryDirectory() as folder:
        job = _job(build(specs), folder)
        messages = by_name("pdf").settle(_read(by_name("pdf").open(job), job))  # type: ignore[arg-type]
        texts: list[str] = []
        for message in messages:
            if isinstance(message, Text):
                texts[-1] += message.text
            else:
                texts.append("")
        return [text.strip() for text in texts]


def _job(data: bytes, folder: str) -> Job:
    file = Path(folder) / "a.pdf"
    file.write_bytes(data)
    return Job(path=str(file), format="pdf", ranges=((1, None),), memory_bytes=2**40)
