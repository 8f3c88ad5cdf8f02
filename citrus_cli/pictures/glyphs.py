"""Where on a PDF page each character is drawn, from the page's operators and its fonts' widths."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pypdf import PageObject
from pypdf.generic import ContentStream, DictionaryObject

Matrix = tuple[float, float, float, float, float, float]
Quad = tuple[float, ...]
"""The corners upper left, upper right, lower left, lower right, as a highlight has them."""

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_DEEPEST = 8
_MOST_FORMS = 500
_MOST_GLYPHS = 200_000
_ASCENT, _DESCENT = 0.78, -0.22


class UnknownPlaceError(Exception):
    """The page draws its text in a way whose places cannot be told."""


@dataclass(frozen=True)
class Glyph:
    """Characters drawn as one, and the corners around them; `line` tells runs of text apart."""

    text: str
    quad: Quad
    line: int


@dataclass(frozen=True)
class _Text:
    """The text state that operators set, and `q` saves."""

    matrix: Matrix = IDENTITY
    font: Any = None
    size: float = 0.0
    between: float = 0.0
    words: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0


def multiply(first: Matrix, second: Matrix) -> Matrix:
    """The matrix that does `first`, then `second`."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def place(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """Where a matrix puts a point."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def glyphs(page: PageObject) -> Iterator[Glyph]:
    """The page's characters in the order in which they are drawn.

    Raises:
        UnknownPlaceError: a part of the page's text has no place that can be told.
        Exception: whatever pypdf raises on damaged pages.
    """
    yield from _Walk(page).read(page, page.get("/Contents"), IDENTITY, 0)


@dataclass
class _Walk:
    """One walk over a page and the forms that it draws."""

    page: PageObject
    forms: int = 0
    count: int = 0
    line: int = 0
    fonts: dict[int, Any] = field(default_factory=dict)

    def read(self, holder: Any, content: Any, base: Matrix, depth: int) -> Iterator[Glyph]:
        """The glyphs of the page itself, or of a form."""
        if content is None:
            return
        resources = _dictionary(_inherited(holder, "/Resources"))
        state, saved = _Text(matrix=base), list[_Text]()
        text = start = IDENTITY
        stream = ContentStream(content.get_object(), self.page.pdf, "bytes")
        for operands, operator in stream.operations:
            if operator == b"q":
                saved.append(state)
            elif operator == b"Q":
                state = saved.pop() if saved else state
            elif operator == b"cm":
                state = replace(state, matrix=multiply(_matrix(operands), state.matrix))
            elif operator == b"BT":
                text = start = IDENTITY
                self.line += 1
            elif operator == b"Tm":
                text = start = _matrix(operands)
                self.line += 1
            elif operator in (b"Td", b"TD", b"T*", b"'", b'"'):
                if operator == b"TD":
                    state = replace(state, leading=-float(operands[1]))
                elif operator == b'"':
                    words, between = float(operands[0]), float(operands[1])
                    state = replace(state, words=words, between=between)
                x, y = (0.0, -state.leading) if operator not in (b"Td", b"TD") else _pair(operands)
                text = start = multiply((1.0, 0.0, 0.0, 1.0, x, y), start)
                self.line += 1
            elif operator == b"Do":
                yield from self._form(resources, operands, state.matrix, depth)
            else:
                state = self._set(state, operator, operands, resources)
            if operator in (b"Tj", b"TJ", b"'", b'"'):
                shown = operands[-1] if operator == b"TJ" else [operands[-1]]
                for part in shown:
                    text = yield from self._show(state, text, part)

    def _set(
        self, state: _Text, operator: bytes, operands: Sequence[Any], resources: DictionaryObject
    ) -> _Text:
        if operator == b"Tf":
            return replace(state, font=self._font(resources, operands[0]), size=float(operands[1]))
        if operator == b"Tz":
            return replace(state, scale=float(operands[0]) / 100)
        if operator == b"Tc":
            return replace(state, between=float(operands[0]))
        if operator == b"Tw":
            return replace(state, words=float(operands[0]))
        if operator == b"TL":
            return replace(state, leading=float(operands[0]))
        if operator == b"Ts":
            return replace(state, rise=float(operands[0]))
        return state

    def _font(self, resources: DictionaryObject, name: str) -> Any:
        fonts = _dictionary(resources.get("/Font"))
        given = _dictionary(fonts.get(name))
        if id(given) not in self.fonts:
            self.fonts[id(given)] = _Font(given)
        return self.fonts[id(given)]

    def _show(self, state: _Text, text: Matrix, part: Any) -> Generator[Glyph, None, Matrix]:
        """Glyphs of a string; gives back the text matrix after it. A number only moves on."""
        if isinstance(part, int | float):
            return multiply((1, 0, 0, 1, -part / 1000 * state.size * state.scale, 0), text)
        if state.font is None:
            raise UnknownPlaceError("text without a font")
        for shown, width, is_space in state.font.split(_bytes(part)):
            advance = width / 1000 * state.size + state.between + state.words * is_space
            quad = _quad(state, multiply(text, state.matrix), width / 1000 * state.size)
            self.count += 1
            if self.count > _MOST_GLYPHS:
                raise UnknownPlaceError("too much text")
            yield Glyph(shown, quad, self.line)
            text = multiply((1, 0, 0, 1, advance * state.scale, 0), text)
        return text

    def _form(
        self, resources: DictionaryObject, operands: Sequence[Any], base: Matrix, depth: int
    ) -> Iterator[Glyph]:
        form = _dictionary(_dictionary(resources.get("/XObject")).get(operands[0]))
        if form.get("/Subtype") != "/Form":
            return
        self.forms += 1
        if depth >= _DEEPEST or self.forms > _MOST_FORMS:
            raise UnknownPlaceError("forms within forms")
        given: Any = form.get("/Matrix")
        matrix = _matrix(given) if given is not None else IDENTITY
        holder = form if "/Resources" in form else self.page
        yield from self.read(holder, form, multiply(matrix, base), depth + 1)


class _Font:
    """A font's characters and widths, as pypdf reads them."""

    def __init__(self, given: DictionaryObject) -> None:
        try:
            from pypdf.generic._font import Font
        except ImportError:  # where pypdf had it before
            try:
                from pypdf._font import Font  # type: ignore[import-not-found,no-redef]
            except ImportError:
                raise UnknownPlaceError("this pypdf has no widths") from None
        if given.get("/Subtype") == "/Type3" or str(given.get("/Encoding")).endswith("-V"):
            raise UnknownPlaceError("a font without plain widths")
        self._font = Font.from_font_resource(given)
        self._known: dict[str, float] = {}

    def split(self, shown: bytes) -> Iterator[tuple[str, float, bool]]:
        """The characters of a string, each with its width and whether word spacing applies."""
        encoding = self._font.encoding
        if isinstance(encoding, str):
            codes = shown.decode(encoding, "surrogatepass")
            single = len(codes) == len(shown)
            for code in codes:
                text = self._font.character_map.get(code, code)
                yield text, self._width(code), single and code == " "
            return
        for byte in shown:
            character = encoding.get(byte, chr(byte))
            text = self._font.character_map.get(character, character)
            yield text, self._width(chr(byte)), byte == 32

    def _width(self, code: str) -> float:
        if code not in self._known:
            widths = self._font.character_widths
            self._known[code] = float(widths.get(code, widths.get("default", 500)))
        return self._known[code]


def _quad(state: _Text, matrix: Matrix, width: float) -> Quad:
    low = state.rise + _DESCENT * state.size
    high = state.rise + _ASCENT * state.size
    right = width * state.scale
    corners = ((0.0, high), (right, high), (0.0, low), (right, low))
    return tuple(number for x, y in corners for number in place(matrix, x, y))


def _matrix(numbers: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = (float(number) for number in numbers)
    return a, b, c, d, e, f


def _pair(numbers: Sequence[Any]) -> tuple[float, float]:
    return float(numbers[0]), float(numbers[1])


def _bytes(shown: Any) -> bytes:
    return bytes(getattr(shown, "original_bytes", shown))


def _dictionary(found: Any) -> DictionaryObject:
    found = None if found is None else found.get_object()
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _inherited(holder: Any, name: str) -> Any:
    for _ in range(50):
        if name in holder:
            return holder[name]
        if "/Parent" not in holder:
            return None
        holder = holder["/Parent"].get_object()
    return None
