"""A page as a tree, with what is wrong in its HTML found on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(("meta", "br", "img", "link", "hr", "input"))


@dataclass
class Node:
    """An element: its name, attributes, and what is in it."""

    tag: str
    attributes: dict[str, str | None]
    inside: list[Node | str] = field(default_factory=list)

    def all(self, tag: str | None = None, **wanted: str) -> list[Node]:
        """Elements below this one; `class_` matches one of several."""
        return [one for one in self.walk() if one.fits(tag, wanted)]

    def one(self, tag: str | None = None, **wanted: str) -> Node:
        """The only such element."""
        (found,) = self.all(tag, **wanted)
        return found

    def fits(self, tag: str | None, wanted: dict[str, str]) -> bool:
        """Whether it has this name and these attributes."""
        return tag in (None, self.tag) and all(
            value in (self.attributes.get("class") or "").split()
            if name == "class_"
            else self.attributes.get(name.replace("_", "-")) == value
            for name, value in wanted.items()
        )

    def walk(self) -> Iterator[Node]:
        """All elements below this one."""
        for one in self.inside:
            if isinstance(one, Node):
                yield one
                yield from one.walk()

    @property
    def text(self) -> str:
        """The text in it."""
        return "".join(one if isinstance(one, str) else one.text for one in self.inside)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> says an attribute twice"
        node = Node(tag, dict(attrs))
        self.open[-1].inside.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Node(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        last = self.open.pop()
        assert last.tag == tag, f"</{tag}> closes <{last.tag}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def parse(html: str) -> Node:
    """The tree; fails where an element is not closed, or closed by another's end."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root], "an element is never closed"
    return reader.root
