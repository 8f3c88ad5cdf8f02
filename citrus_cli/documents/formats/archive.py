"""Documents that are zip archives of XML: opened with care for what they may unpack to."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from citrus_cli.documents.formats.base import Refusal
from citrus_cli.documents.notices import Notice

TREE_LIMIT = 48 * 2**20
"""Most bytes of an XML file that is held in memory as a tree, which takes some eight times that."""

STREAM_LIMIT = 2**30
"""Most bytes that one file of an archive may unpack to where it is read as it comes."""

Element = Any
_DAMAGED = Notice("a part of the file is damaged, so text may be missing", "damaged")


class Archive:
    """A zip archive. Raises Refusal for what cannot be read; a damaged one raises BadZipFile.

    `notices` collects what is to know about the files that were read.
    """

    def __init__(self, path: str) -> None:
        self._zip = zipfile.ZipFile(path)
        self._names = frozenset(self._zip.namelist())
        self.notices: list[Notice] = []

    def __contains__(self, name: str) -> bool:
        return name in self._names

    @property
    def names(self) -> frozenset[str]:
        """The names of all files in it."""
        return self._names

    def open(self, name: str, limit: int = STREAM_LIMIT) -> IO[bytes]:
        """A file of the archive as a stream, which ends with a Refusal after `limit` bytes."""
        info = self._zip.getinfo(name)
        if info.flag_bits & 1:
            raise Refusal("it is protected with a password; save a copy without one")
        if info.file_size > limit:
            raise _too_large(name, limit)
        return _Limited(self._zip.open(info), name, limit)  # type: ignore[return-value]

    def read(self, name: str, limit: int = TREE_LIMIT) -> bytes:
        """The bytes of a file of the archive."""
        with self.open(name, limit) as stream:
            return stream.read()

    def xml(self, name: str) -> Element:
        """The root of a file of XML; where it is damaged, of what could be read of it."""
        root, whole = parse_xml(self.read(name))
        if root is None:
            raise Refusal(f"{name} in it is damaged; save it anew in the program it comes from")
        if not whole and _DAMAGED not in self.notices:
            self.notices.append(_DAMAGED)
        return root

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """What a part of an Office document refers to: by its id, the kind and the target.

        Targets within the archive are names in it; others are left as they are.
        """
        folder, base = posixpath.split(name)
        place = posixpath.join(folder, "_rels", f"{base}.rels")
        if place not in self:
            return {}
        found = {}
        for one in self.xml(place):
            target = one.get("Target") or ""
            if one.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[one.get("Id") or ""] = ((one.get("Type") or "").rsplit("/", 1)[-1], target)
        return found


class _Limited:
    """A stream that refuses to go on after so many bytes, whatever the archive says of itself."""

    def __init__(self, stream: IO[bytes], name: str, limit: int) -> None:
        self._stream = stream
        self._name = name
        self._limit = self._left = limit

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(self._left + 1 if size is None or size < 0 else size)
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._name, self._limit)
        return data

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> _Limited:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _too_large(name: str, limit: int) -> Refusal:
    return Refusal(
        f"{name} in it unpacks to more than {limit // 2**20} MB; if it is no attack, split the "
        "document, or save it as PDF"
    )


def parse_xml(data: bytes) -> tuple[Element | None, bool]:
    """The root of some XML, without entities and without the network, and whether it is whole."""
    try:
        return etree.fromstring(data, _parser(recover=False)), True
    except etree.XMLSyntaxError:
        return etree.fromstring(data, _parser(recover=True)), False


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )


def elements(stream: IO[bytes], *tags: str) -> Iterator[Element]:
    """Elements with these tags as they end, freed once the next is asked for."""
    found = etree.iterparse(
        stream,
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        recover=True,
    )
    for _, element in found:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def local(element: Element) -> str:
    """An element's name without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element | None, name: str) -> str | None:
    """An attribute by its name without a namespace."""
    if element is None:
        return None
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return None


def child(element: Element | None, *names: str) -> Element | None:
    """The descendant that one gets to by children of these names, one in the other."""
    for name in names:
        if element is None:
            return None
        element = next((one for one in element if local(one) == name), None)
    return element


def children(element: Element | None, name: str) -> Iterator[Element]:
    """Those children that have the name."""
    if element is not None:
        yield from (one for one in element if local(one) == name)


def switched_on(properties: Element | None, name: str) -> bool:
    """Whether a property of Word that is on or off is on."""
    found = child(properties, name)
    return found is not None and attribute(found, "val") not in ("0", "false", "off", "none")
