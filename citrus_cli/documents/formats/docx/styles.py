"""What styles and numbering say about the paragraphs of a Word document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from citrus_cli.documents.formats.archive import Element, attribute, child, children, switched_on
from citrus_cli.documents.formats.html.marks import BULLET, number_mark

_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik)\s*(\d)", re.I)
_KINDS = {
    "lowerLetter": "lower-alpha", "upperLetter": "upper-alpha", "lowerRoman": "lower-roman",
    "upperRoman": "upper-roman", "decimalZero": "decimal-leading-zero",
}  # fmt: skip
_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True)
class Style:
    """A style of paragraphs or characters, with what it has from those that it is based on."""

    heading: int = 0
    list: tuple[str, int] | None = None
    properties: tuple[Element, ...] = ()


class Styles:
    """The styles of a document, by their ids."""

    def __init__(self, root: Element | None) -> None:
        self._elements = {attribute(one, "styleId") or "": one for one in children(root, "style")}
        self._known: dict[str, Style] = {}

    def get(self, name: str | None) -> Style:
        """The style with that id."""
        if not name or name not in self._elements:
            return Style()
        if name not in self._known:
            self._known[name] = Style()  # for one that is based on itself
            self._known[name] = self._read(self._elements[name])
        return self._known[name]

    def _read(self, element: Element) -> Style:
        base = self.get(attribute(child(element, "basedOn"), "val"))
        title = attribute(child(element, "name"), "val") or ""
        level = attribute(child(element, "pPr", "outlineLvl"), "val")
        heading = base.heading
        if match := _HEADING.match(title):
            heading = int(match[1])
        elif title.lower() == "title":
            heading = 1
        elif level is not None and level.isdigit():
            heading = int(level) + 1 if int(level) < 9 else 0
        own = child(element, "rPr")
        properties = (*base.properties, *([own] if own is not None else []))
        return Style(heading, numbered(child(element, "pPr")) or base.list, properties)


def numbered(properties: Element | None) -> tuple[str, int] | None:
    """The list and the level, from 0, that a paragraph's properties put it in."""
    found = child(properties, "numPr")
    if found is None:
        return None
    level = attribute(child(found, "ilvl"), "val") or "0"
    number = attribute(child(found, "numId"), "val")
    return (number or "", int(level) if level.isdigit() else 0) if number else None


def is_on(name: str, direct: Element | None, styles: tuple[Element, ...]) -> bool:
    """Whether a property of characters is on: by the run itself, else by its styles."""
    if child(direct, name) is not None:
        return switched_on(direct, name)
    last = next((one for one in reversed(styles) if child(one, name) is not None), None)
    return last is not None and switched_on(last, name)


@dataclass
class _Level:
    start: int = 1
    kind: str = "decimal"
    text: str = "%1."


@dataclass
class _List:
    abstract: str
    levels: dict[int, _Level]
    restarts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the items of all lists, as they come."""

    def __init__(self, root: Element | None) -> None:
        abstract = {
            attribute(one, "abstractNumId") or "": _levels(one)
            for one in children(root, "abstractNum")
        }
        self._lists: dict[str, _List] = {}
        for one in children(root, "num"):
            base = attribute(child(one, "abstractNumId"), "val") or ""
            made = _List(base, dict(abstract.get(base, {})))
            for override in children(one, "lvlOverride"):
                at = int(attribute(override, "ilvl") or 0)
                made.levels |= _levels(override)
                start = attribute(child(override, "startOverride"), "val")
                if start is not None:
                    made.restarts[at] = int(start)
            self._lists[attribute(one, "numId") or ""] = made
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[str] = set()

    def mark(self, number: str, level: int) -> str | None:
        """The mark of the next item of a list; None where it is no list."""
        found = self._lists.get(number)
        if found is None or level not in found.levels:
            return None if found is None else BULLET
        counts = self._counts.setdefault(found.abstract, [None] * 10)
        if number not in self._begun:
            self._begun.add(number)
            for at, start in found.restarts.items():
                counts[at] = start - 1
        at = min(level, 9)
        before = counts[at]
        counts[at] = found.levels[level].start if before is None else before + 1
        for deeper in range(at + 1, 10):
            counts[deeper] = None
        own = found.levels[level]
        if own.kind == "bullet":
            return BULLET
        if own.kind == "none":
            return _PLACE.sub("", own.text).strip()

        def shown(place: re.Match[str]) -> str:
            which = int(place[1]) - 1
            rule = found.levels.get(which, _Level())
            count = counts[which] if counts[which] is not None else rule.start
            return number_mark(count or 0, _KINDS.get(rule.kind, "decimal"))

        return _PLACE.sub(shown, own.text).strip()


def _levels(element: Element) -> dict[int, _Level]:
    levels = {}
    for one in children(element, "lvl"):
        start = attribute(child(one, "start"), "val") or "1"
        levels[int(attribute(one, "ilvl") or 0)] = _Level(
            int(start) if start.isdigit() else 1,
            attribute(child(one, "numFmt"), "val") or "decimal",
            attribute(child(one, "lvlText"), "val") or "",
        )
    return levels
