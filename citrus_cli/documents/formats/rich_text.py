"""Reads the text of RTF: groups, control words, and characters in the encodings of fonts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from citrus_cli.documents.formats.base import PageText
from citrus_cli.documents.formats.html.links import Links
from citrus_cli.documents.formats.scripts import END, LOWERED, NOTE, RAISED, plain
from citrus_cli.documents.formats.writing import PageBuilder, tidy
from citrus_cli.documents.notices import Notice

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+"
    rb"|([^\\{}\r\n]+)"
)
_SKIPPED_WORDS = """
    fonttbl colortbl stylesheet info pict object themedata colorschememapping datastore latentstyles
    listtable listoverridetable revtbl rsidtbl generator header headerl headerr headerf footer
    footerl footerr footerf xmlnstbl mmathPr fldtype filetbl bkmkstart bkmkend pgdsctbl objdata
    nonshppict atnid atnref atntime annotation_time atrfstart atrfend
    ftnsep ftnsepc aftnsep aftnsepc wgrffmtfilter passwordhash userprops docvar
"""
_SKIPPED = frozenset(_SKIPPED_WORDS.split())
_SYMBOLS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "tab": "\t", "emdash": "—",
    "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_CHARSETS = {
    0: "cp1252", 77: "mac-roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030",
    136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256",
    186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 255: "cp437",
}  # fmt: skip
_HYPERLINK = re.compile(r'HYPERLINK\s+"([^"]+)"')
_STRUCK = Notice("struck-out text was left out", "struck-out-text")
_HIDDEN = Notice("text that is hidden was left out", "hidden-text")
_DELETED = Notice("text that was deleted in tracked changes was left out", "deleted-text")


@dataclass(frozen=True)
class _State:
    """What a group has from those around it."""

    target: str = "text"
    """Where text goes: "text", "note", "comment", "author", "instruction", "font", or "" ."""

    skipped: int = 1
    """So many characters after \\u stand for readers that know no Unicode."""

    encoding: str = "cp1252"
    script: str = ""
    gone: Notice | None = None
    in_table: bool = False
    heading: int = 0


def read_rtf(data: bytes) -> PageText:
    """The text of a document as a page."""
    reader = _Reader()
    reader.read(data)
    return reader.page()


class _Reader:
    def __init__(self) -> None:
        self._page = PageBuilder()
        self._links = Links()
        self._state = _State()
        self._stack: list[tuple[_State, int]] = []
        self._out: list[str] = []
        self._bytes = bytearray()
        self._to_skip = 0
        self._rows: list[list[str]] = []
        self._row: list[str] = []
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._instruction = ""
        self._fields: list[tuple[int, str]] = []  # how deep their groups are, addresses of links
        self._notes: list[str] = []
        self._author = ""
        self._surrogate = 0
        self._written: set[str] = set()

    def page(self) -> PageText:
        """What has been read."""
        self._end_paragraph()
        self._end_table()
        self._write_notes()
        return self._page.page()

    def read(self, data: bytes) -> None:
        """Reads all tokens; what is damaged is passed over."""
        at = 0
        while match := _TOKEN.search(data, at):
            at = match.end()
            word, number, code, symbol, brace, text = match.groups()
            if code is not None:
                if self._to_skip:
                    self._to_skip -= 1
                else:
                    self._bytes.append(int(code, 16))
                continue
            if text is not None:
                if self._to_skip:
                    text, self._to_skip = text[self._to_skip :], max(self._to_skip - len(text), 0)
                self._bytes += text
                continue
            self._decode()
            if brace is not None:
                self._brace(brace)
            elif symbol is not None:
                self._symbol(symbol.decode("latin-1"))
            elif word is not None:
                name, value = word.decode(), int(number) if number is not None else None
                if name == "bin":
                    at += max(value or 0, 0)
                else:
                    self._word(name, value)
        self._decode()

    def _decode(self) -> None:
        if self._bytes:
            text = self._bytes.decode(self._state.encoding, "replace")
            self._bytes.clear()
            self._text(plain(text))

    def _text(self, text: str) -> None:
        state = self._state
        if state.target in ("text", "note", "comment"):
            if state.gone is not None:
                if text.strip() and state.gone not in self._page.notices:
                    self._page.notices.append(state.gone)
                return
            if state.script and text.strip():
                text = f"{state.script}{text}{END}"
            self._out.append(text)
        elif state.target == "instruction":
            self._instruction += text
        elif state.target == "author":
            self._author += text

    def _brace(self, brace: bytes) -> None:
        self._to_skip = 0
        if brace == b"{":
            if len(self._stack) < 10_000:
                self._stack.append((self._state, len(self._out)))
            return
        if not self._stack:
            return
        inner = self._state
        self._state, start = self._stack.pop()
        if inner.target != self._state.target:
            said = "".join(self._out[start:]).strip()
            if inner.target == "note":
                del self._out[start:]
                number = len(self._notes) + 1
                self._notes.append(f"[{number}] {' '.join(said.split())}")
                self._out.append(f"{NOTE}{number}{END}")
            elif inner.target == "comment":
                del self._out[start:]
                author = f"{self._author}: " if self._author else ""
                self._out.append(f" [note: {author}{' '.join(said.split())}] ")
                self._author = ""
            elif inner.target == "instruction" and (match := _HYPERLINK.search(self._instruction)):
                self._fields[-1:] = [(depth, match[1]) for depth, _ in self._fields[-1:]]
        if self._fields and len(self._stack) < self._fields[-1][0]:
            address = self._fields.pop()[1]
            if address:
                self._out.append(self._links.told(address, "".join(self._out[start:])))

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._state = replace(self._state, target="*")
        elif symbol in "\\{}":
            self._text(symbol)
        elif symbol == "~":
            self._text("\u00a0")
        elif symbol == "_":
            self._text("-")
        elif symbol in "\r\n":
            self._break()

    def _word(self, name: str, value: int | None) -> None:
        state = self._state
        if state.target == "*":
            known = {"fldinst": "instruction", "annotation": "comment", "atnauthor": "author",
                     "footnote": "note", "shptxt": "text", "shpinst": "text"}  # fmt: skip
            self._state = replace(state, target=known.get(name, ""))
            if name == "fldinst":
                self._instruction = ""
            return
        if name in _SKIPPED:
            self._state = replace(state, target="font" if name == "fonttbl" else "")
        elif name == "field":
            self._fields.append((len(self._stack), ""))
        elif name == "fldinst":
            self._instruction = ""
            self._state = replace(state, target="instruction")
        elif name == "footnote" and state.target == "text":
            self._state = replace(state, target="note")
        elif name == "annotation":
            self._state = replace(state, target="comment")
        elif name in ("par", "sect", "page") and state.target == "text":
            self._break()
        elif name in ("cell", "nestcell"):
            self._row.append("".join(self._out).strip())
            self._out.clear()
        elif name in ("row", "nestrow"):
            self._rows.append(self._row)
            self._row = []
        elif name in _SYMBOLS:
            self._text(_SYMBOLS[name])
        elif name == "u" and value is not None:
            self._unicode(value & 0xFFFF)
        else:
            self._format(name, value, state)

    def _unicode(self, code: int) -> None:
        self._to_skip = self._state.skipped
        if 0xD800 <= code < 0xDC00:
            self._surrogate = code
            return
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((self._surrogate - 0xD800) << 10) + code - 0xDC00
            if not 0x10000 <= code <= 0x10FFFF:
                return
        elif 0xF020 <= code <= 0xF0FF:  # a font of symbols
            code -= 0xF000
        self._text(chr(code))

    def _format(self, name: str, value: int | None, state: _State) -> None:
        on = value != 0
        changes: dict[str, object] = {}
        if name == "uc":
            changes["skipped"] = min(value or 0, 10)
        elif name == "ansicpg" and value:
            changes["encoding"] = _known(f"cp{value}")
            self._fonts.setdefault(-1, _known(f"cp{value}"))
        elif name == "f" and value is not None:
            self._font = value
            if state.target != "font":
                changes["encoding"] = self._fonts.get(value, self._fonts.get(-1, "cp1252"))
        elif name == "fcharset" and value is not None:
            if value > 1:
                self._fonts[self._font] = _known(_CHARSETS.get(value, "cp1252"))
        elif name == "super":
            changes["script"] = RAISED if on else ""
        elif name == "sub":
            changes["script"] = LOWERED if on else ""
        elif name == "nosupersub":
            changes["script"] = ""
        elif name in ("strike", "striked", "v", "deleted"):
            gone = {"v": _HIDDEN, "deleted": _DELETED}.get(name, _STRUCK)
            changes["gone"] = gone if on else None
        elif name == "plain":
            changes |= {"script": "", "gone": None}
        elif name == "pard":
            changes |= {"in_table": False, "heading": 0}
        elif name == "intbl":
            changes["in_table"] = True
        elif name == "outlinelevel" and value is not None and value < 9:
            changes["heading"] = value + 1
        elif name == "chftn":
            return
        if changes:
            self._state = replace(state, **changes)  # type: ignore[arg-type]

    def _break(self) -> None:
        if self._state.in_table or self._row:
            self._out.append(" ")
        else:
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        text = "".join(self._out)
        self._out.clear()
        self._stack = [(state, 0) for state, _ in self._stack]  # what groups began is written
        if text.strip():
            self._end_table()
            if self._state.heading:
                self._page.heading(text.strip(), self._state.heading)
            else:
                self._page.paragraph(text)
        if not self._state.in_table:
            self._write_notes()

    def _end_table(self) -> None:
        if self._row:
            self._rows.append(self._row)
        if self._rows:
            rows, self._rows, self._row = self._rows, [], []
            self._page.table(tidy(rows))

    def _write_notes(self) -> None:
        for note in self._notes:
            if note not in self._written:
                self._written.add(note)
                self._page.note(note)


def _known(encoding: str) -> str:
    try:
        b"a".decode(encoding)
    except LookupError:
        return "cp1252"
    return encoding
