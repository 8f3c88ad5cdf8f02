"""Characters that pdfium cannot tell, found by what their fonts call the glyphs.

A font may have no map to Unicode for a glyph, or one that leads to the private use area or to
nothing, and yet name it "f_i", "c_t" or "one.oldstyle". What the file says that a stretch of text
stands for (ActualText) goes before.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as raw
from pypdf import PageObject
from pypdf.generic import DictionaryObject, IndirectObject

from citrus_cli.documents.formats.pdf import pdfium
from citrus_cli.documents.formats.pdf.characters import STAND_IN

_BAD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd]")
_LIGATURES = frozenset(
    ["ff", "fi", "fl", "ffi", "ffl", "st", "ft", "ct", "tt", "ti", "tf", "fj", "ffj"]
)
_SIGNS = frozenset(map(chr, range(0xFB00, 0xFB07)))
_SUFFIX = re.compile(r"\.[A-Za-z0-9_.]+\Z")
_BFCHAR = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]*)>")
_BFRANGE = re.compile(
    rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]+)>\s*(?:<([0-9A-Fa-f\s]*)>|\[([^\]]*)\])"
)
_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_RANGE_LIMIT = 70_000
_DEPTH = 4
_ACTUAL_TEXT = b"ActualText\0"


@dataclass(frozen=True)
class _Glyph:
    """What a font calls a glyph, as text, and how wide it is in thousandths of the size."""

    text: str
    width: float | None
    right: bool


_Fonts = dict[str, dict[str, list[_Glyph]]]


class FontBook:
    """What is known of a document's fonts, looked at once each."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, dict[str, list[_Glyph]]]] = {}

    def of_page(self, page: PageObject) -> PageFonts:
        """What may be wrong about the characters of a page."""
        found: _Fonts = {}
        try:
            self._collect(page.get("/Resources"), found, 0)
        except Exception:  # damaged resources say nothing
            found = {}
        return PageFonts(found)

    def _collect(self, resources: Any, found: _Fonts, depth: int) -> None:
        if resources is None or depth > _DEPTH:
            return
        resources = resources.get_object()
        fonts = resources.get("/Font")
        for name in fonts.get_object() if fonts is not None else ():
            reference = fonts.get_object().raw_get(name)
            number = reference.idnum if isinstance(reference, IndirectObject) else 0
            known = self._known.get(number) if number else None
            if known is None:
                known = _doubtful(reference.get_object())
                if number:
                    self._known[number] = known
            base, glyphs = known
            mine = found.setdefault(base, {})
            for character, those in glyphs.items():
                mine[character] = [*mine.get(character, ()), *those]
        objects = resources.get("/XObject")
        for name in objects.get_object() if objects is not None else ():
            drawn = objects.get_object()[name]
            if drawn.get("/Subtype") == "/Form" and "/Resources" in drawn:
                self._collect(drawn["/Resources"], found, depth + 1)


class PageFonts:
    """Replaces the characters of one page that are not what their fonts call them."""

    def __init__(self, fonts: _Fonts) -> None:
        self._fonts = {base: glyphs for base, glyphs in fonts.items() if glyphs}
        self._doubtful = np.array(
            sorted({ord(one) for glyphs in self._fonts.values() for one in glyphs}), np.uint32
        )
        self.replacements: list[str] = []
        """What stands for the characters from STAND_IN on."""
        self._names: dict[int, str] = {}

    def mend(self, page: int, codes: np.ndarray[Any, Any], boxes: np.ndarray[Any, Any]) -> None:
        """Puts stand-ins into `codes` for the characters to be replaced.

        `page` is a text page, `boxes` those of its characters, as pdfium counts.
        """
        self.replacements = []
        bad = (codes < 32) & ~np.isin(codes, (9, 10, 13)) | (codes >= 0x7F) & (codes < 0xA0)
        bad |= (codes >= 0xE000) & (codes < 0xF900) | (codes == 0xFFFD)
        doubtful = np.isin(codes, self._doubtful) | bad
        told: dict[str, str] = {}
        for at in np.flatnonzero(doubtful).tolist():
            drawn = pdfium.get_text_object(page, at)
            if not drawn:
                continue
            text = None
            if bad[at]:
                text = self._actual_text(drawn, told)
            if text is None:
                width = abs(float(boxes[at, 2] - boxes[at, 0]))
                text = self._named(page, at, drawn, chr(codes[at]), width)
            if text is not None:
                codes[at] = STAND_IN + len(self.replacements)
                self.replacements.append(text)

    def _named(self, page: int, at: int, drawn: int, character: str, width: float) -> str | None:
        """What the font of a text object calls the glyph that is taken for `character`."""
        font = pdfium.get_font(drawn)
        if not font:
            return None
        if font not in self._names:
            self._names[font] = _base_name(font)
        glyphs = self._fonts.get(self._names[font], {}).get(character)
        if not glyphs:
            return None
        if len(glyphs) == 1:
            return None if glyphs[0].right else glyphs[0].text
        size = pdfium.get_font_size(page, at) or 1.0
        known = [glyph for glyph in glyphs if glyph.width is not None]
        if not known:
            return None
        share = 1000 * width / abs(size)
        best = min(known, key=lambda glyph: (abs((glyph.width or 0) - share), not glyph.right))
        return None if best.right else best.text

    def _actual_text(self, drawn: int, told: dict[str, str]) -> str | None:
        """What the file says that a text object stands for; "" once it has been said."""
        handle = ctypes.cast(drawn, raw.FPDF_PAGEOBJECT)
        for index in range(raw.FPDFPageObj_CountMarks(handle)):
            mark = raw.FPDFPageObj_GetMark(handle, index)
            length = ctypes.c_ulong()
            buffer = ctypes.create_string_buffer(2048)
            if raw.FPDFPageObjMark_GetParamStringValue(
                mark, _ACTUAL_TEXT, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), 2048,
                ctypes.byref(length),
            ):  # fmt: skip
                text = buffer.raw[: min(length.value, 2048)].decode("utf-16-le", "replace")
                place = str(ctypes.cast(mark, ctypes.c_void_p).value)
                if place in told:
                    return ""
                told[place] = text
                return text.rstrip("\0")
        return None


def _base_name(font: int) -> str:
    buffer = ctypes.create_string_buffer(256)
    handle = ctypes.cast(font, raw.FPDF_FONT)
    length = raw.FPDFFont_GetBaseFontName(handle, buffer, 256)
    return buffer.raw[: max(length - 1, 0)].decode("utf-8", "replace")


def _doubtful(font: Any) -> tuple[str, dict[str, list[_Glyph]]]:
    """A font's base name, and the characters that some of its glyphs are wrongly taken for."""
    base = str(font.get("/BaseFont", "")).lstrip("/")
    try:
        return base, _compare(font)
    except Exception:  # what a damaged font says of its glyphs is not to be had
        return base, {}


def _compare(font: Any) -> dict[str, list[_Glyph]]:
    names = _glyph_names(font)
    if not names:
        return {}
    to_unicode = _to_unicode(font)
    widths = _widths(font)
    taken: dict[str, list[_Glyph]] = defaultdict(list)
    wrong = set()
    for code, name in names.items():
        text = _text_of(name)
        mapped = to_unicode.get(code)
        if text is None:
            if mapped:
                taken[mapped].append(_Glyph(mapped, widths.get(code), True))
            continue
        seen = mapped if mapped else (chr(code) if _is_unusual(name) else None)
        if seen is None or len(seen) != 1:
            continue
        right = seen == text or not (
            _BAD.match(seen) or _is_ligature(text) or (mapped is None and _is_unusual(name))
        )
        taken[seen].append(_Glyph(text, widths.get(code), right))
        if not right:
            wrong.add(seen)
    for code, mapped in to_unicode.items():
        if mapped in wrong and code not in names:
            taken[mapped].append(_Glyph(mapped, widths.get(code), True))
    return {seen: glyphs for seen, glyphs in taken.items() if seen in wrong}


def _is_ligature(text: str) -> bool:
    return text in _LIGATURES


def _is_unusual(name: str) -> bool:
    """Whether a name is none of the plain ones that every reader knows."""
    return "_" in name or "." in name[1:]


def _glyph_names(font: Any) -> dict[int, str]:
    """What a simple font's encoding calls the glyphs, by their codes, where it differs."""
    encoding = font.get("/Encoding")
    encoding = encoding.get_object() if encoding is not None else None
    if not isinstance(encoding, DictionaryObject) or "/Differences" not in encoding:
        return {}
    names, code = {}, 0
    listed: Any = encoding["/Differences"].get_object()
    for item in listed:
        item = item.get_object()
        if isinstance(item, (int, float)):
            code = int(item)
        else:
            names[code] = str(item).lstrip("/")
            code += 1
    return names


def _text_of(name: str) -> str | None:
    """The text that a glyph's name says, by Adobe's rules; None for a name that says nothing."""
    from pypdf._codecs.adobe_glyphs import adobe_glyphs

    whole = _SUFFIX.sub("", name) if not name.startswith(".") else ""
    texts = []
    for part in whole.split("_"):
        known = adobe_glyphs.get(f"/{part}")
        if known is not None:
            texts.append(unicodedata.normalize("NFKC", known) if known in _SIGNS else known)
        elif len(part) == 1:
            texts.append(part)
        elif found := re.fullmatch(r"uni((?:[0-9A-F]{4})+)|u([0-9A-F]{4,6})", part):
            digits = found[1] or found[2]
            step = 4 if found[1] else len(digits)
            texts += [chr(int(digits[at : at + step], 16)) for at in range(0, len(digits), step)]
        elif part in _LIGATURES:
            texts.append(part)
        else:
            return None
    text = "".join(texts)
    return text if text and not _BAD.search(text) else None


def _widths(font: Any) -> dict[int, float]:
    if "/Widths" not in font:
        return {}
    first = int(font.get("/FirstChar", 0))
    return {
        code: float(width.get_object())
        for code, width in enumerate(font["/Widths"].get_object(), start=first)
    }


def _to_unicode(font: Any) -> dict[int, str]:
    """A font's own map from codes to text."""
    reference = font.get("/ToUnicode")
    stream: Any = reference.get_object() if reference is not None else None
    if not hasattr(stream, "get_data"):
        return {}
    found: dict[int, str] = {}
    for section in _SECTION.finditer(stream.get_data()):
        if section[1] == b"bfchar":
            for code, text in _BFCHAR.findall(section[2]):
                found[_number(code)] = _decoded(text)
            continue
        for first, last, text, texts in _BFRANGE.findall(section[2]):
            start, end = _number(first), _number(last)
            if end - start > _RANGE_LIMIT:
                continue
            if texts:
                for code, one in enumerate(re.findall(rb"<([^>]*)>", texts), start=start):
                    found[code] = _decoded(one)
                continue
            base = _decoded(text)
            for code in range(start, end + 1):
                if base:
                    last_code = ord(base[-1]) + code - start
                    found[code] = base[:-1] + chr(last_code) if last_code < 0x110000 else base
    return found


def _number(digits: bytes) -> int:
    return int(b"".join(digits.split()) or b"0", 16)


def _decoded(digits: bytes) -> str:
    packed = b"".join(digits.split())
    return bytes.fromhex(
        packed.decode("ascii").zfill(4 if len(packed) <= 4 else len(packed))
    ).decode("utf-16-be", "replace")
