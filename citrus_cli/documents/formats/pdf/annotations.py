"""What is laid on a page beside its content: form values, notes, links, marked-up text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote

from pypdf import PageObject
from pypdf.generic import ArrayObject, IndirectObject

from citrus_cli.documents.formats.pdf.characters import Piece, Style
from citrus_cli.documents.formats.pdf.geometry import Box, Frame, Geometry
from citrus_cli.documents.formats.pdf.paint import Rule

_LIMIT = 5_000
"""More annotations than this on one page are not looked at."""

_HIDDEN_FLAGS = 0b100010
_SECRET = 1 << 13
_LONGEST_ADDRESS = 300
_MARKING = frozenset(("/Highlight", "/Underline", "/Squiggly", "/StrikeOut", "/Caret", "/Redact"))
_NOTING = _MARKING | {
    "/Text",
    "/FreeText",
    "/Stamp",
    "/Square",
    "/Circle",
    "/Line",
    "/Polygon",
    "/PolyLine",
    "/Ink",
}
_Chunk = TypeVar("_Chunk")
Quad = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Value:
    box: Quad
    text: str
    size: float


@dataclass(frozen=True)
class _Note:
    box: Quad
    text: str
    marked: tuple[Quad, ...]


@dataclass
class Annotations:
    """Those of one page; boxes are left, bottom, right, top, as pdfium counts."""

    values: list[_Value] = field(default_factory=list)
    notes: list[_Note] = field(default_factory=list)
    links: list[tuple[Quad, str]] = field(default_factory=list)
    struck: list[Quad] = field(default_factory=list)
    struck_words: list[str] = field(default_factory=list)
    """What stands in the areas of `struck`, once `strikes` has looked."""
    attached: list[str] = field(default_factory=list)

    def strikes(self, pieces: list[Piece], geometry: Geometry) -> list[Rule]:
        """The lines that annotations draw through text: somebody asks to delete it."""
        rules = []
        for left, bottom, right, top in self.struck:
            covered = _covered(pieces, geometry.box(left, bottom, right, top))
            self.struck_words.append(" ".join(piece.text for piece in covered))
            middle = bottom + 0.42 * (top - bottom)
            rules.append(Rule(geometry.box(left, middle, right, middle + 0.1), True, None, 0))
        return rules

    def add_values(self, pieces: list[Piece], geometry: Geometry) -> None:
        """Adds what a form is filled with, as if it were printed there."""
        for value in self.values:
            left, top, right, bottom = geometry.box(*value.box)
            lines = value.text.splitlines() or [""]
            size = value.size or min(12.0, 0.75 * (bottom - top) / len(lines))
            style = Style(0, size, 0, (0, 0, 0, 255), Frame.UPRIGHT)
            single = len(lines) == 1
            first = (top + bottom) / 2 + 0.35 * size if single else top + size
            for at, line in enumerate(lines):
                base = first + 1.15 * size * at
                end = left + min(right - left, max(0.5 * size * len(line), size))
                step = (end - left) / max(len(line), 1)
                edges = [left + step * index for index in range(len(line) + 1)]
                box = (left, base - 0.8 * size, end, base + 0.2 * size)
                piece = Piece(line, edges, box, base, style)
                piece.order = 10**9
                _settle(piece, pieces)
                if line.strip():
                    pieces.append(piece)

    def add_links(self, pieces: list[Piece], geometry: Geometry) -> None:
        """Adds the addresses of links behind the text that is linked, unless it says them."""
        if not self.links:
            return
        said: set[str] = set()
        for quad, address in self.links:
            if address in said:
                continue
            covered = _covered(pieces, geometry.box(*quad))
            if not covered:
                continue
            shown = re.sub(r"\s+", "", "".join(piece.text for piece in covered)).lower()
            bare = re.sub(r"^(?:https?://)?(?:www\.)?|/$", "", address.lower())
            said.add(address)
            if bare in shown or (len(shown) > 8 and shown.strip("/.…") in bare):
                continue
            covered[-1].after = f" ({address})"

    def note_chunks(
        self, geometry: Geometry, pieces: list[Piece], make: Callable[[str, Box], _Chunk]
    ) -> list[_Chunk]:
        """The notes in the order in which they stand on the page."""
        found = []
        for note in self.notes:
            box = geometry.box(*note.box)
            marked = [
                piece for quad in note.marked for piece in _covered(pieces, geometry.box(*quad))
            ]
            on = " ".join(piece.text for piece in marked)
            about = f" on “{on}”" if on else ""
            found.append((box[1], make(f"[note{about}: {' '.join(note.text.split())}]", box)))
        for quad, words in zip(self.struck, self.struck_words, strict=False):
            if words:
                box = geometry.box(*quad)
                found.append((box[1], make(f"[struck out: {words}]", box)))
        found.sort(key=lambda item: item[0])
        return [chunk for _, chunk in found]


def _settle(value: Piece, pieces: list[Piece]) -> None:
    """Sets a form's value on the line of the label beside it."""
    near = [
        piece
        for piece in pieces
        if abs(piece.base - value.base) < 0.6 * value.size
        and piece.style.frame is Frame.UPRIGHT
        and piece.right < value.left + value.size
    ]
    if near:
        label = max(near, key=lambda piece: piece.right)
        value.base = label.base


def _covered(pieces: list[Piece], box: Box) -> list[Piece]:
    """The pieces in an area, in the order of reading."""
    left, top, right, bottom = box
    found = [
        piece
        for piece in pieces
        if piece.style.frame is Frame.UPRIGHT
        and left - 1 < (piece.left + piece.right) / 2 < right + 1
        and top - 1 < piece.base - 0.3 * piece.size < bottom + 1
    ]
    found.sort(key=lambda piece: (round(piece.base / 3), piece.left))
    return found


def read_annotations(page: PageObject) -> Annotations:
    """Those of a page; what is damaged is left out."""
    found = Annotations()
    try:
        listed = page.get("/Annots")
        listed = listed.get_object() if listed is not None else None
    except Exception:
        return found
    if not isinstance(listed, (list, ArrayObject)):
        return found
    for one in listed[:_LIMIT]:
        try:
            _take(one.get_object(), found)
        except Exception:
            continue
    return found


def _take(annotation: Any, found: Annotations) -> None:
    kind = annotation.get("/Subtype")
    if int(annotation.get("/F", 0)) & _HIDDEN_FLAGS:
        return
    rect = [float(number) for number in annotation["/Rect"]]
    box = (
        min(rect[0], rect[2]),
        min(rect[1], rect[3]),
        max(rect[0], rect[2]),
        max(rect[1], rect[3]),
    )
    if kind == "/Widget":
        text = _field_value(annotation)
        if text:
            found.values.append(_Value(box, text, _field_size(annotation)))
    elif kind == "/Link":
        address = _address(annotation)
        if address:
            found.links.append((box, address))
    elif kind == "/FileAttachment":
        found.attached.append(_file_name(annotation.get("/FS")))
    elif kind in _NOTING:
        quads = tuple(_quads(annotation)) if kind in _MARKING else ()
        if kind == "/StrikeOut":
            found.struck += quads or (box,)
        contents = str(annotation.get("/Contents") or "").strip()
        if contents:
            author = str(annotation.get("/T") or "").strip() if kind != "/FreeText" else ""
            text = f"{contents} ({author})" if author else contents
            found.notes.append(_Note(box, text, () if kind == "/StrikeOut" else quads))


def _quads(annotation: Any) -> Iterator[Quad]:
    numbers = [float(number) for number in annotation.get("/QuadPoints", ())]
    for at in range(0, len(numbers) - 7, 8):
        xs, ys = numbers[at : at + 8 : 2], numbers[at + 1 : at + 8 : 2]
        yield min(xs), min(ys), max(xs), max(ys)


def _inherited(widget: Any, key: str) -> Any:
    for _ in range(20):
        if key in widget:
            return widget[key].get_object() if hasattr(widget[key], "get_object") else widget[key]
        parent = widget.get("/Parent")
        if parent is None:
            return None
        widget = parent.get_object()
    return None


def _field_value(widget: Any) -> str:
    kind = _inherited(widget, "/FT")
    flags = int(_inherited(widget, "/Ff") or 0)
    if kind == "/Btn":
        if flags & (1 << 16):
            return ""
        state = widget.get("/AS")
        if state is None:
            return ""
        return "[ ]" if state == "/Off" else "[x]"
    value = _inherited(widget, "/V")
    if value is None or kind not in ("/Tx", "/Ch") or (kind == "/Tx" and flags & _SECRET):
        return ""
    if isinstance(value, (list, ArrayObject)):
        return ", ".join(str(one) for one in value)
    if hasattr(value, "get_data"):
        return value.get_data().decode("utf-8", "replace")
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    return _shown_choice(widget, text) if kind == "/Ch" else text


def _shown_choice(widget: Any, value: str) -> str:
    """What a list shows for the value that was chosen from it."""
    for option in _inherited(widget, "/Opt") or ():
        option = option.get_object() if isinstance(option, IndirectObject) else option
        if isinstance(option, (list, ArrayObject)) and len(option) == 2 and option[0] == value:
            return str(option[1])
    return value


def _field_size(widget: Any) -> float:
    found = re.search(r"([\d.]+)\s+Tf", str(_inherited(widget, "/DA") or ""))
    size = float(found[1]) if found else 0.0
    return size if 3 <= size <= 40 else 0.0


def _address(annotation: Any) -> str:
    action = annotation.get("/A")
    if action is None:
        return ""
    action = action.get_object()
    if action.get("/S") == "/Launch" or action.get("/S") == "/GoToR":
        return _file_name(action.get("/F"))
    uri = action.get("/URI")
    if isinstance(uri, bytes):
        uri = uri.decode("utf-8", "replace")
    text = str(uri or "").strip()
    if (
        not text
        or len(text) > _LONGEST_ADDRESS
        or text.lower().startswith(("javascript:", "data:"))
    ):
        return ""
    if text.lower().startswith(("mailto:", "tel:")):
        return unquote(text.split(":", 1)[1].split("?", 1)[0])
    return text


def _file_name(spec: Any) -> str:
    spec = spec.get_object() if isinstance(spec, IndirectObject) else spec
    if hasattr(spec, "get"):
        return str(spec.get("/UF") or spec.get("/F") or "a file")
    return str(spec or "a file")
