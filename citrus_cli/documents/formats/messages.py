"""Reads messages in MIME: their headers, their text, what is attached to them."""

from __future__ import annotations

import email
import email.policy
import mailbox
import plistlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from citrus_cli.documents.formats.base import (
    Head,
    OnePage,
    PageText,
    Reader,
    ReadPages,
    Refusal,
    StreamedFormat,
)
from citrus_cli.documents.formats.html import decode_html
from citrus_cli.documents.formats.writing import PageBuilder, one_line
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import Job
from citrus_cli.documents.selection import PageSelection

_SHOWN = ("From", "To", "Cc", "Bcc", "Date", "Subject")
_LIMIT = 200 * 2**20
_DEPTH = 3
_ATTACHED = 200
_FLOWED = re.compile(r"format\s*=\s*\"?flowed", re.IGNORECASE)
_LABEL = 80


def read_mail(job: Job) -> Reader:
    """An e-mail: the message as the first page, then what is attached and can be read."""
    file = Path(job.path)
    if file.stat().st_size > _LIMIT:
        raise Refusal(
            f"it is larger than {_LIMIT // 2**20} MB; save its attachments, and give them"
        )
    message = _parsed(file.read_bytes())
    pages = list(_pages(message, job, 0))
    return ReadPages(pages)


class Letters:
    """The reader of a mailbox: every message with its attachments is a page."""

    notices: Sequence[Notice] = ()

    def __init__(self, job: Job) -> None:
        self._job = job
        self._box = mailbox.mbox(job.path, create=False)
        self._keys = list(self._box.keys())

    @property
    def pages(self) -> int:
        return len(self._keys)

    def page(self, number: int) -> PageText:
        data = self._box.get_bytes(self._keys[number - 1])
        if len(data) > _LIMIT:
            raise Refusal(f"it is larger than {_LIMIT // 2**20} MB")
        message = _parsed(data)
        first, *others = _pages(message, self._job, 0)
        builder = PageBuilder(first.label)
        for page in (first, *others):
            builder.extend(page)
            builder.notices += page.notices
        return builder.page()


def read_web_archive(job: Job) -> Reader:
    """The page that was saved, without what it was shown with."""
    data = Path(job.path).read_bytes()
    if data.startswith(b"bplist00"):
        try:
            main = plistlib.loads(data)["WebMainResource"]
            page, encoding = main["WebResourceData"], main.get("WebResourceTextEncodingName")
        except (KeyError, TypeError, ValueError, plistlib.InvalidFileException) as error:
            raise Refusal("it is damaged; save the page anew") from error
        return OnePage(lambda: _html(decode_html(page, encoding)))
    message = _parsed(data)
    root = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    if root is None:
        raise Refusal("it holds no web page; save the page anew")
    return OnePage(lambda: _html(_content(root)))


def _parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _html(page: str) -> PageText:
    from citrus_cli.documents.formats.html.page import read_html

    return read_html(page)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return one_line(", ".join(str(value) for value in message.get_all(name, [])))
    except Exception:  # headers that break the rules break the library in many ways
        return ""


def _pages(message: EmailMessage, job: Job, depth: int) -> Iterator[PageText]:
    """The message as a page, and the pages of what is attached to it."""
    page = PageBuilder(_header(message, "Subject")[:_LABEL] or None)
    page.paragraph(
        "\n".join(f"{name}: {value}" for name in _SHOWN if (value := _header(message, name)))
    )
    _body(message, page)
    further: list[PageText] = []
    for part in _attachments(message)[:_ATTACHED]:
        name = _name(part)
        read, why = _attached(part, name, job, depth)
        further += read
        said = "" if read else f" ({why})"
        page.paragraph(f"[attachment: {name}{said}]")
        if not read:
            page.notices.append(
                Notice(f"the attachment {name} was not read ({why})", "attachments-not-read")
            )
    yield page.page()
    yield from further


def _body(message: EmailMessage, page: PageBuilder) -> None:
    """Writes the text of a message: the plain part, unless the other says much more."""
    plain = _part(message, "plain")
    html = _part(message, "html")
    text = _content(plain) if plain is not None else ""
    if html is not None:
        shown = _html(_content(html))
        words = len(text.split())
        if plain is None or words * 4 < len(shown.text.split()) or "| " in shown.text:
            page.extend(shown)
            page.notices += shown.notices
            return
    if plain is None:
        return
    if _FLOWED.search(str(plain.get("Content-Type", ""))):
        text = _unflowed(text)
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        page.preformatted(paragraph.strip("\n"))


def _part(message: EmailMessage, kind: str) -> EmailMessage | None:
    try:
        found = message.get_body(preferencelist=(kind,))
    except Exception:  # a structure that breaks the rules
        found = None
    if found is None:
        found = next(
            (
                part for part in message.walk()
                if part.get_content_type() == f"text/{kind}" and not part.get_filename()
                and part.get_content_disposition() != "attachment"
            ),
            None,
        )  # fmt: skip
    return found if isinstance(found, EmailMessage) else None


def _content(part: Any) -> str:
    """The text of a part, in the encoding that it names or that fits."""
    data = part.get_payload(decode=True) or b""
    if part.get_content_type() == "text/html":
        charset = part.get_content_charset()
        try:
            return decode_html(data, charset)
        except (Refusal, LookupError):
            return str(data.decode("cp1252", "replace"))
    for encoding in (part.get_content_charset(), "utf-8", "cp1252", "latin-1"):
        try:
            return str(data.decode(encoding or "utf-8"))
        except (UnicodeError, LookupError):
            continue
    return ""


def _unflowed(text: str) -> str:
    """Paragraphs of which the lines were broken for the way (RFC 3676)."""
    out: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        quoted = re.match(r">*", line)
        depth = quoted[0] if quoted else ""
        rest = line[len(depth) :].removeprefix(" ")
        joins = out and out[-1].endswith(" ") and out[-1] != "-- "
        if joins and re.match(r">*", out[-1])[0] == depth:  # type: ignore[index]
            out[-1] += rest
        else:
            out.append(f"{depth} {rest}" if depth else rest)
    return "\n".join(out)


def _attachments(message: EmailMessage) -> list[EmailMessage]:
    found: list[EmailMessage] = []

    def collect(part: Any, depth: int) -> None:
        attached = part.get_content_disposition() == "attachment" or part.get_filename()
        kind = part.get_content_type()
        if depth and (attached or kind == "message/rfc822"):
            shown = "Content-ID" in part and part.get_content_disposition() != "attachment"
            if not (shown and kind.startswith("image/")):
                found.append(part)
        elif part.is_multipart() and depth < 20:
            for inner in part.iter_parts() if hasattr(part, "iter_parts") else ():
                collect(inner, depth + 1)
        elif not depth and attached:
            found.append(part)

    collect(message, 0)
    return found


def _name(part: EmailMessage) -> str:
    try:
        name = part.get_filename()
    except Exception:
        name = None
    if not name and part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        subject = _header(inner[0], "Subject") if isinstance(inner, list) and inner else ""  # type: ignore[arg-type]
        name = f"{subject or 'message'}.eml"
    return one_line(name or f"unnamed ({part.get_content_type()})").replace("/", "_")


def _attached(part: EmailMessage, name: str, job: Job, depth: int) -> tuple[list[PageText], str]:
    """The pages of an attachment, or why it cannot be read."""
    if depth >= _DEPTH:
        return [], "nested too deep"
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], EmailMessage):
            return list(_pages(inner[0], job, depth + 1)), ""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data.strip():
        return [], "empty"
    try:
        return read_bytes(data, name, job), ""
    except Refusal as refusal:
        return [], str(refusal).split(";")[0] or "it is encrypted"
    except MemoryError:
        raise
    except Exception:
        return [], "it is damaged"


def read_bytes(data: bytes, name: str, job: Job) -> list[PageText]:
    """The pages of a file that is part of another. Raises Refusal, or what its reader raises."""
    from citrus_cli.documents.formats import by_content, by_suffix
    from citrus_cli.documents.sniff import HEAD, why_no_text

    with tempfile.TemporaryDirectory(prefix="citrus-") as folder:
        suffix = "".join(re.findall(r"[\w.]", Path(name).suffix))[:20]
        file = Path(folder, f"attached{suffix}")
        file.write_bytes(data)
        head = Head(data[:HEAD], file.name, file)
        form = by_content(head)
        if form is None:
            if why := why_no_text(head):
                raise Refusal(why)
            form = by_suffix(head)
        if form is None:
            raise Refusal("it is of no format that can be read")
        if isinstance(form, StreamedFormat):
            return [PageText(_streamed(data, form), name)]
        inner = replace(job, path=str(file), name=name, format=form.name, after=0, encoding=None)
        reader = form.open(inner)
        everything = PageSelection(((1, None),))
        pages = [reader.page(number) for number in everything.within(reader.pages)]
        own = [Notice(f"{name}: {one}", one.code) for one in reader.notices]
        labelled = []
        for number, page in enumerate(pages, start=1):
            label = name if len(pages) == 1 else f"{name}, {page.label or number}"
            notices = [Notice(f"{name}: {one}", one.code) for one in page.notices]
            labelled.append(replace(page, label=label, notices=[*own, *notices]))
            own = []
        return labelled


def _streamed(data: bytes, form: StreamedFormat) -> str:
    from citrus_cli.documents.clean import clean_characters, compact_white_space
    from citrus_cli.documents.encodings import advise, bom_encoding, declared_encoding
    from citrus_cli.documents.filters import Newlines, Terminal

    encoding = bom_encoding(data) or (declared_encoding(data) if form.declares_encoding else None)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeError:
        text = data.decode(advise(lambda: [data], wrong="utf-8"), "replace")
    for one in (Newlines(), Terminal(), *form.filters()):
        text = one.feed(text, final=True)
    return compact_white_space(clean_characters(text), keep_indent=True)
