"""All formats of documents, and which of them a document is of.

A document's content goes before its name: formats are asked in the order of their priority whether
they accept it, and only one that none accepts goes by its suffix.

A format is one class in one file. This one reads recipes, each page after a line of dashes::

    class Recipe(Format):
        name, title, suffixes = "recipe", "a recipe", frozenset((".recipe",))

        def accepts(self, head: Head) -> bool:
            return head.data.startswith(b"RECIPE")

        def open(self, job: Job) -> Reader:
            pages = Path(job.path).read_text().split("\\n---\\n")
            return ReadPages([PageText(compact_white_space(clean_characters(p))) for p in pages])

In this package it is added to `_BUILT_IN`. Another package names it in its pyproject.toml, and need
do no more: `[project.entry-points."citrus.formats"]`, `recipe = "its_module:Recipe"`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from citrus_cli.documents.formats.base import (
    Format,
    Head,
    OnePage,
    PageText,
    Reader,
    ReadPages,
    Refusal,
    StreamedFormat,
)
from citrus_cli.errors import DocumentError

__all__ = [
    "Format",
    "Head",
    "OnePage",
    "PageText",
    "ReadPages",
    "Reader",
    "Refusal",
    "StreamedFormat",
    "all_formats",
    "by_content",
    "by_name",
    "by_suffix",
    "suffixes",
]

ENTRY_POINTS = "citrus.formats"

_BUILT_IN = (
    "pdf:Pdf",
    "image:Image",
    "docx:Docx",
    "xlsx:Xlsx",
    "pptx:Pptx",
    "odf:Odt",
    "odf:Ods",
    "odf:Odp",
    "epub:Epub",
    "rtf:Rtf",
    "mail:Mail",
    "mail:Mailbox",
    "mail:WebArchive",
    "notebook:Notebook",
    "html:Html",
    "markdown:Markdown",
    "csv:Csv",
    "json:Json",
    "xml:Xml",
    "text:Text",
)


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format there is, in the order in which they are asked. Raises DocumentError."""
    found: dict[str, Format] = {}
    for place in _BUILT_IN:
        module, name = place.split(":")
        made: Format = getattr(import_module(f"{__name__}.{module}"), name)()
        found[made.name] = made
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            added: Format = entry.load()()
        except Exception as error:
            raise DocumentError(
                f"the format {entry.name} ({entry.value}) cannot be loaded "
                f"({type(error).__name__}: {error}); mend or remove the package it comes from"
            ) from error
        found[added.name] = added
    return tuple(sorted(found.values(), key=lambda one: -one.priority))


def by_name(name: str) -> Format:
    """The format of that name; raises KeyError where there is none."""
    for one in all_formats():
        if one.name == name:
            return one
    raise KeyError(name)


def by_content(head: Head) -> Format | None:
    """The format that a document is of by what is in it; None where no format knows its mark."""
    return next((one for one in all_formats() if one.accepts(head)), None)


def by_suffix(head: Head) -> Format | None:
    """The format that claims a document by its name; only for those without a mark of a format."""
    return next((one for one in all_formats() if one.claims(head)), None)


def suffixes() -> frozenset[str]:
    """The endings of names that documents in folders have, with their dots, in lower case."""
    return frozenset().union(*(one.suffixes for one in all_formats() if one.in_folders))
