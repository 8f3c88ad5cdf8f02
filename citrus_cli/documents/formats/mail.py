"""E-mails, mailboxes and saved web pages in MIME."""

from __future__ import annotations

import re

from citrus_cli.documents.formats.base import Format, Head, Reader
from citrus_cli.documents.protocol import Job

_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):[ \t]")
_SURE = frozenset(
    (
        b"received",
        b"message-id",
        b"mime-version",
        b"return-path",
        b"delivered-to",
        b"dkim-signature",
    )
)
_USUAL = frozenset((b"from", b"to", b"subject", b"date", b"cc", b"sender", b"reply-to")) | _SURE
_SAVED = re.compile(rb"Snapshot-Content-Location:|From: <?Saved by |multipart/related", re.I)


def _headers(data: bytes) -> set[bytes]:
    """The names of the headers with which a text begins."""
    found = set()
    for line in data[:16_384].splitlines()[:200]:
        match = _HEADER.match(line)
        if match:
            found.add(match[1].lower())
        elif not line.strip() or line[:1] not in b" \t":
            break
    return found


class Mail(Format):
    """An e-mail as a program for mail shows it; attachments that can be read are further pages."""

    name = "eml"
    title = "an e-mail"
    suffixes = frozenset((".eml",))
    priority = 20

    def accepts(self, head: Head) -> bool:
        found = _headers(head.data.lstrip(b"\xef\xbb\xbf"))
        if head.suffix in self.suffixes:
            return len(found & _USUAL) > 0
        return len(found & _USUAL) > 2 and len(found & _SURE) > 0

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.messages import read_mail

        return read_mail(job)


class Mailbox(Format):
    """A file of many e-mails; every one is a page, which is called by its subject."""

    name = "mbox"
    title = "a mailbox"
    suffixes = frozenset((".mbox", ".mbx"))
    priority = 30

    def accepts(self, head: Head) -> bool:
        first, _, rest = head.data.partition(b"\n")
        if not re.match(rb"From \S+.*\d\d:\d\d", first):
            return False
        return head.suffix in self.suffixes or len(_headers(rest) & _USUAL) > 1

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.messages import Letters

        return Letters(job)


class WebArchive(Format):
    """A web page that was saved whole: MHTML, or Safari's web archive."""

    name = "mhtml"
    title = "a saved web page"
    suffixes = frozenset((".mhtml", ".mht", ".webarchive"))
    priority = 25

    def accepts(self, head: Head) -> bool:
        if head.data.startswith(b"bplist00"):
            return b"WebMainResource" in head.data
        found = _headers(head.data)
        if b"mime-version" not in found and b"content-type" not in found:
            return False
        saved = _SAVED.search(head.data[:4_096])
        return bool(saved) and (
            head.suffix in self.suffixes
            or b"from: <saved by" in head.data[:4_096].lower()
            or b"snapshot-content-location" in found
        )

    def open(self, job: Job) -> Reader:
        from citrus_cli.documents.formats.messages import read_web_archive

        return read_web_archive(job)
