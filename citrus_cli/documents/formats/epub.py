"""E-books in EPUB."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from citrus_cli.documents.formats.base import Format, Head, PageText, Reader, Refusal
from citrus_cli.documents.formats.html import decode_html
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import Job

if TYPE_CHECKING:
    from citrus_cli.documents.formats.archive import Archive

_CONTAINER = "META-INF/container.xml"
_LABEL = 80
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_TEXTS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


class Epub(Format):
    """An e-book; every chapter is a page, which is called by its title."""

    name = "epub"
    title = "an e-book"
    suffixes = frozenset((".epub",))
    priority = 50

    def accepts(self, head: Head) -> bool:
        return b"mimetypeapplication/epub+zip" in head.data[:200] or _CONTAINER in head.entries

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.archive import Archive

        return Chapters(Archive(job.path))


class Chapters:
    """The reader of an e-book: the files that it lists, in the order in which they are read."""

    notices: Sequence[Notice] = ()

    def __init__(self, archive: Archive) -> None:
        from citrus_cli.documents.formats.archive import attribute, child, children, local

        self._archive = archive
        if "META-INF/encryption.xml" in archive and any(
            local(one) == "EncryptionMethod"
            and not (attribute(one, "Algorithm") or "").startswith(_FONTS)
            for one in archive.xml("META-INF/encryption.xml").iter()
        ):
            raise Refusal("it is protected against copying (DRM); give a copy that is not")
        if _CONTAINER not in archive:
            raise Refusal(f"its contents are missing ({_CONTAINER}); fetch it again")
        found = child(archive.xml(_CONTAINER), "rootfiles", "rootfile")
        package = attribute(found, "full-path") or ""
        if package not in archive:
            raise Refusal("its list of chapters is missing; fetch it again")
        self._folder = posixpath.dirname(package)
        root = archive.xml(package)
        items = {}
        self._titles: dict[str, str] = {}
        for one in children(child(root, "manifest"), "item"):
            target = self._target(attribute(one, "href") or "")
            kind = attribute(one, "media-type") or ""
            if kind in _TEXTS:
                items[attribute(one, "id") or ""] = target
            if kind == "application/x-dtbncx+xml" or "nav" in (attribute(one, "properties") or ""):
                self._read_titles(target)
        order = (attribute(one, "idref") or "" for one in children(child(root, "spine"), "itemref"))
        self._chapters = [items[name] for name in order if items.get(name, "") in archive]

    @property
    def pages(self) -> int:
        return len(self._chapters)

    def page(self, number: int) -> PageText:
        from citrus_cli.documents.formats.html.page import read_html

        place = self._chapters[number - 1]
        page = read_html(decode_html(self._archive.read(place)))
        return PageText(page.text, self._titles.get(place), page.parts, page.notices)

    def _target(self, address: str, folder: str | None = None) -> str:
        base = self._folder if folder is None else folder
        return posixpath.normpath(posixpath.join(base, unquote(address.split("#")[0])))

    def _read_titles(self, place: str) -> None:
        """What the table of contents calls the chapters."""
        from citrus_cli.documents.formats.archive import attribute, child, local

        if place not in self._archive:
            return
        folder = posixpath.dirname(place)
        for one in self._archive.xml(place).iter():
            if local(one) == "navPoint":
                target = attribute(child(one, "content"), "src") or ""
                text = child(one, "navLabel", "text")
                title = text.text or "" if text is not None else ""
            elif local(one) == "a":
                target, title = attribute(one, "href") or "", "".join(one.itertext())
            else:
                continue
            title = " ".join(title.split())[:_LABEL]
            if target and title:
                self._titles.setdefault(self._target(target, folder), title)
