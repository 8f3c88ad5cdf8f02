"""What style sheets and attributes say about the elements of a page, as far as reading needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

_RULES = 20_000
"""So many selectors are looked at; the sheets of real pages have fewer that matter here."""

_READ_WORDS = """
    display visibility opacity position left top text-indent clip clip-path font-size color
    background background-color vertical-align text-decoration text-decoration-line
    white-space list-style list-style-type flex-direction flex-flow float content width
    margin margin-left margin-right padding padding-left padding-right
"""
_READ = frozenset(_READ_WORDS.split())
_MEDIA = re.compile(r"^\s*(?:only\s+)?(?:all|screen)?\s*$", re.IGNORECASE)
_PSEUDO = re.compile(r"::?(before|after)\s*$", re.IGNORECASE)
_UNSEEN_PSEUDO = re.compile(r"::|:(?:hover|focus|active|target|visited|checked|first-l)", re.I)
_ID, _CLASS, _TAG = (
    re.compile(r"#[\w-]+"),
    re.compile(r"\.[\w-]+|\[[^\]]*\]|:(?!:)[\w-]+"),
    re.compile(r"(?:^|[\s>+~])[a-zA-Z][\w-]*|::[\w-]+"),
)
_FAR = re.compile(r"^-\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%|vw)?$|^-\d{2,}(?:em|rem)$")
_NOTHING = re.compile(r"^0+(?:\.0*)?(?:px|em|rem|pt|%)?$")
_CLIPPED = re.compile(r"rect\(\s*(?:0|1px|1)(?:px)?[\s,]+(?:0|1px|1)|inset\(\s*(?:50|100)%")
_WHITE = frozenset(("white", "#fff", "#ffffff", "transparent", "rgb(255,255,255)"))

_WORTH_READING = re.compile("|".join(sorted(_READ)), re.IGNORECASE)
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|/\*.*?(?:\*/|\Z)|<!--|-->""", re.DOTALL
)
_BRACE = re.compile(r"""[{}]|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")
_DECLARATION = re.compile(
    r"""([\w-]+)\s*:\s*([^;"'(]*(?:(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\([^)]*\))[^;"'(]*)*)"""
)
_STRING = re.compile(r""""[^"\\]*"|'[^'\\]*'""")

Declared = dict[str, tuple[tuple[bool, int, int, int, int], str]]


@dataclass
class Style:
    """What is declared for one element: property to value, both in lower case.

    `before` and `after` are strings that the sheet puts before and after its content.
    """

    values: dict[str, str] = field(default_factory=dict)
    before: str = ""
    after: str = ""

    def get(self, name: str) -> str:
        """The value of a property, "" where it is not declared."""
        return self.values.get(name, "")

    @property
    def hidden(self) -> bool:
        """Whether a browser shows nothing of the element, nor of what is in it."""
        get = self.get
        return (
            get("display") == "none"
            or bool(_NOTHING.match(get("opacity")))
            or bool(_NOTHING.match(get("font-size")))
            or bool(_FAR.match(get("text-indent")))
            or (
                get("position") in ("absolute", "fixed")
                and bool(
                    _FAR.match(get("left"))
                    or _FAR.match(get("top"))
                    or _CLIPPED.search(get("clip"))
                    or _CLIPPED.search(get("clip-path"))
                )
            )
        )

    @property
    def ground(self) -> str:
        """The colour of the element's background, "" where it declares none."""
        return self.get("background-color") or self.get("background").split(" ")[0]

    @property
    def struck(self) -> bool:
        """Whether a line is drawn through its text."""
        return "line-through" in self.get("text-decoration") + self.get("text-decoration-line")


class StyleSheets:
    """The styles of all elements of a page."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._declared: dict[int, Declared] = {}
        self._generated: dict[int, dict[str, str]] = {}
        self._order = 0
        for sheet in tree.css("style"):
            if _MEDIA.match(sheet.attributes.get("media") or ""):
                self._take(tree, sheet.text(deep=True))

    def of(self, node: LexborNode) -> Style:
        """What is declared for an element, in its style sheets and itself."""
        declared = self._declared.get(node.mem_id)
        own = node.attributes.get("style")
        if declared is None and not own:
            return _PLAIN if not self._generated.get(node.mem_id) else self._made(node, {})
        declared = dict(declared or {})
        if own:
            for name, value, important in _declarations(own):
                _declare(declared, name, value, (important, 1, 0, 0, 0))
        return self._made(node, {name: value for name, (_, value) in declared.items()})

    def _made(self, node: LexborNode, values: dict[str, str]) -> Style:
        generated = self._generated.get(node.mem_id, {})
        return Style(values, generated.get("before", ""), generated.get("after", ""))

    def _take(self, tree: LexborHTMLParser, sheet: str) -> None:
        for selectors, content in _rules(sheet):
            if _WORTH_READING.search(content):
                declarations = [one for one in _declarations(content) if one[0] in _READ]
            else:
                declarations = []
            if not declarations:
                continue
            for selector in selectors:
                self._order += 1
                if self._order <= _RULES:
                    self._apply(tree, selector, declarations)

    def _apply(
        self, tree: LexborHTMLParser, selector: str, declarations: list[tuple[str, str, bool]]
    ) -> None:
        pseudo = _PSEUDO.search(selector)
        base = _PSEUDO.sub("", selector).strip() or "*"
        if _UNSEEN_PSEUDO.search(base):
            return
        try:
            nodes = tree.css(base)
        except Exception:  # a selector that the library does not know is no reason to fail
            return
        if pseudo is not None:
            content = next((value for name, value, _ in declarations if name == "content"), "")
            for node in nodes if content.startswith(('"', "'")) else ():
                self._generated.setdefault(node.mem_id, {})[pseudo[1].lower()] = content[1:-1]
            return
        weight = tuple(len(kind.findall(base)) for kind in (_ID, _CLASS, _TAG))
        for node in nodes:
            declared = self._declared.setdefault(node.mem_id, {})
            for name, value, important in declarations:
                _declare(declared, name, value, (important, 0, *weight))  # type: ignore[arg-type]


_PLAIN = Style()


def _declare(
    declared: Declared, name: str, value: str, weight: tuple[bool, int, int, int, int]
) -> None:
    if name not in declared or declared[name][0] <= weight:
        declared[name] = (weight, value)


def _rules(sheet: str) -> Iterator[tuple[list[str], str]]:
    """The rules of a sheet that hold on a screen: their selectors, and what they declare.

    A scanner of our own: complete parsers in Python take 30 seconds for a sheet of a megabyte.
    """
    sheet = _COMMENT.sub(_uncommented, sheet)
    at, skipped = 0, 0  # `skipped`: how deep we are in a block that does not matter
    selectors: list[str] = []
    for brace in _BRACE.finditer(sheet):
        if brace.group() not in "{}":
            continue  # a string, in which braces mean nothing
        text, at = sheet[at : brace.start()], brace.end()
        if brace.group() == "}":
            if selectors and not skipped:
                yield selectors, text
            skipped, selectors = max(skipped - 1, 0), []
        elif skipped:
            skipped += 1
        else:
            prelude = text.rpartition(";")[2].strip()
            if prelude.startswith("@"):
                skipped = not _holds(prelude)
            else:
                selectors = [one for one in map(str.strip, prelude.split(",")) if one]
    if selectors and not skipped:
        yield selectors, sheet[at:]


def _holds(at_rule: str) -> bool:
    """Whether the rules in a block of this kind hold on a screen."""
    keyword, _, condition = at_rule.partition(" ")
    if keyword.lower() == "@media":
        return any(_MEDIA.match(part) for part in condition.split(","))
    return keyword.lower() in ("@layer", "@supports")


def _uncommented(match: re.Match[str]) -> str:
    return match[1] or " "


def _declarations(content: str) -> Iterator[tuple[str, str, bool]]:
    for one in _DECLARATION.finditer(content):
        name, value = one[1].lower(), " ".join(one[2].split())
        if name == "content":
            if _STRING.fullmatch(value):
                yield name, value, False
            continue
        value = value.lower()
        plain = value.removesuffix("!important").rstrip()
        yield name, plain.replace(", ", ","), plain != value


def is_white(colour: str) -> bool:
    """Whether letters of that colour cannot be seen on white paper."""
    return colour.replace(" ", "") in _WHITE
