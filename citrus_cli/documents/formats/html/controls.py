"""What forms and pictures show: filled values, what is chosen and ticked, texts for pictures."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from citrus_cli.documents.formats.scripts import plain

TAGS = frozenset(("input", "select", "textarea", "meter", "progress"))

_TYPED_WORDS = """
    text search email url tel number date time datetime-local month week range color
"""
_TYPED = frozenset(_TYPED_WORDS.split())
_ALT_LIMIT = 1000


def picture(alt: str) -> str:
    """What stands in a text for a picture that `alt` describes; "" for a mere ornament."""
    alt = " ".join(plain(alt).split())[:_ALT_LIMIT]
    return f" [picture: {alt}] " if alt else ""


def shown(node: LexborNode) -> str:
    """What a reader sees of a picture or of a control."""
    tag, attributes = node.tag, node.attributes
    if tag == "img":
        return picture(attributes.get("alt") or "")
    if tag == "input":
        return _input(attributes.get("type"), attributes)
    if tag == "textarea":
        return plain(node.text(deep=True))
    if tag == "select":
        return f" {', '.join(_chosen(node))} "
    return f" {attributes.get('value') or ''} "


def _input(kind: str | None, attributes: dict[str, str | None]) -> str:
    kind = (kind or "text").lower()
    if kind in ("checkbox", "radio"):
        sides = "[]" if kind == "checkbox" else "()"
        return f" {sides[0]}{'x' if 'checked' in attributes else ' '}{sides[1]} "
    if kind == "image":
        return picture(attributes.get("alt") or "")
    if kind in _TYPED or kind not in ("hidden", "password", "file", "submit", "reset", "button"):
        return f" {plain(attributes.get('value') or '')} "
    return ""


def _chosen(node: LexborNode) -> list[str]:
    options = node.css("option")
    chosen = [option for option in options if "selected" in option.attributes]
    if "multiple" not in node.attributes:
        chosen = (chosen or options)[-1:] if chosen else options[:1]
    return [plain(" ".join(option.text(deep=True).split())) for option in chosen]
