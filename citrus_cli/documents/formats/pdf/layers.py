"""Optional content: what is switched off when a document is opened is taken out of its pages."""

from __future__ import annotations

import io
from typing import Any

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ContentStream, DictionaryObject, IndirectObject, NameObject

_DEPTH = 6


class Layers:
    """Which groups of a document's content are switched off."""

    def __init__(self, reader: PdfReader) -> None:
        self._off: set[int] = set()
        try:
            self._off = _switched_off(reader)
        except Exception:  # a damaged configuration hides nothing
            self._off = set()

    def without_hidden(self, page: PageObject) -> bytes | None:
        """A PDF of that page alone without what is switched off; None if it has nothing such."""
        if not self._off or not self._touches(page.get("/Resources"), 0):
            return None
        writer = PdfWriter()
        copy = writer.add_page(page)
        content = copy.get_contents()
        if content is not None:
            resources = page["/Resources"].get_object()
            content.operations = self._kept(content.operations, resources)
            copy[NameObject("/Contents")] = writer._add_object(content)
        self._clear_forms(page.get("/Resources"), copy.get("/Resources"), writer, 0)
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    def _clear_forms(self, original: Any, copied: Any, writer: PdfWriter, depth: int) -> None:
        """Takes what is switched off out of the forms that a page draws."""
        if original is None or copied is None or depth > _DEPTH:
            return
        ours = original.get_object().get("/XObject", DictionaryObject()).get_object()
        theirs = copied.get_object().get("/XObject", DictionaryObject()).get_object()
        for name in list(ours):
            form, copy = ours[name].get_object(), theirs[name].get_object()
            if form.get("/Subtype") != "/Form" or "/Resources" not in form:
                continue
            if self._touches(form["/Resources"], depth + 1):
                stream = ContentStream(copy, None)
                stream.operations = self._kept(stream.operations, form["/Resources"].get_object())
                copy.set_data(stream.get_data())
                self._clear_forms(form["/Resources"], copy["/Resources"], writer, depth + 1)

    def _is_off(self, group: Any) -> bool:
        if isinstance(group, IndirectObject) and group.idnum in self._off:
            return True
        one: Any = group.get_object() if group is not None else None
        if not isinstance(one, DictionaryObject) or one.get("/Type") != "/OCMD":
            return False
        groups = one.raw_get("/OCGs") if "/OCGs" in one else []
        listed = groups.get_object() if isinstance(groups, IndirectObject) else groups
        members = listed if isinstance(listed, list) else [groups]
        states = [not self._is_off(member) for member in members]
        if not states:
            return False
        policy = one.get("/P", "/AnyOn")
        shown = {
            "/AllOn": all(states),
            "/AnyOff": not all(states),
            "/AllOff": not any(states),
        }.get(policy, any(states))
        return not shown

    def _touches(self, resources: Any, depth: int) -> bool:
        """Whether anything that resources name is switched off."""
        if resources is None or depth > _DEPTH:
            return False
        resources = resources.get_object()
        properties: Any = resources.get("/Properties", DictionaryObject()).get_object()
        if any(self._is_off(properties.raw_get(name)) for name in properties):
            return True
        objects = resources.get("/XObject", DictionaryObject()).get_object()
        for name in objects:
            drawn = objects[name].get_object()
            if "/OC" in drawn and self._is_off(drawn.raw_get("/OC")):
                return True
            if drawn.get("/Subtype") == "/Form" and self._touches(
                drawn.get("/Resources"), depth + 1
            ):
                return True
        return False

    def _kept(self, operations: list[Any], resources: Any) -> list[Any]:
        """The operations without those that are switched off; states set in there stay."""
        properties = resources.get("/Properties", DictionaryObject()).get_object()
        objects = resources.get("/XObject", DictionaryObject()).get_object()
        kept, marks, hidden = list[Any](), list[bool](), 0
        for operands, operator in operations:
            if operator in (b"BDC", b"BMC"):
                off = (
                    operator == b"BDC"
                    and operands[0] == "/OC"
                    and operands[1] in properties
                    and self._is_off(properties.raw_get(operands[1]))
                )
                marks.append(off)
                hidden += off
            elif operator == b"EMC":
                if marks:
                    hidden -= marks.pop()
            elif operator == b"Do" and operands and operands[0] in objects:
                drawn = objects[operands[0]].get_object()
                if hidden or ("/OC" in drawn and self._is_off(drawn.raw_get("/OC"))):
                    continue
            elif hidden and operator in _PAINTING:
                if operator in (b"'", b'"'):  # they go to the next line, whatever they show
                    kept.append(([], b"T*"))
                continue
            kept.append((operands, operator))
        return kept


_PAINTING = frozenset(
    (
        b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*", b"sh",
        b"INLINE IMAGE",
    )
)  # fmt: skip


def _switched_off(reader: PdfReader) -> set[int]:
    root: Any = reader.trailer["/Root"]
    properties = root.get("/OCProperties")
    if properties is None:
        return set()
    properties = properties.get_object()
    default = properties.get("/D", DictionaryObject()).get_object()
    off: set[int] = set()
    if default.get("/BaseState") == "/OFF":
        off |= set(_numbers(properties.get("/OCGs", [])))
        off -= set(_numbers(default.get("/ON", [])))
    off |= set(_numbers(default.get("/OFF", [])))
    return off


def _numbers(groups: Any) -> list[int]:
    listed: Any = groups.get_object() if isinstance(groups, IndirectObject) else groups
    return [group.idnum for group in listed if isinstance(group, IndirectObject)]
