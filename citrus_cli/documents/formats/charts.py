"""The figures that a chart of an Office document shows, as a table."""

from __future__ import annotations

from citrus_cli.documents.formats.archive import Element, child, children, local
from citrus_cli.documents.formats.writing import PageBuilder

_POINTS = 10_000


def write_chart(root: Element, page: PageBuilder) -> None:
    """Writes a chart's title, and its series as the columns of a table."""
    title = " ".join(_texts(child(root, "chart", "title")))
    page.paragraph(f"[chart: {title}]" if title else "[chart]")
    series = [one for one in root.iter() if local(one) == "ser"]
    if not series:
        return
    names = [" ".join(_values(child(one, "tx")).values()) for one in series]
    labels = _values(child(series[0], "cat")) or _values(child(series[0], "xVal"))
    columns = [_values(child(one, "val")) or _values(child(one, "yVal")) for one in series]
    points = sorted({at for column in [labels, *columns] for at in column})[:_POINTS]
    rows = [["", *names]]
    rows += [[labels.get(at, ""), *(column.get(at, "") for column in columns)] for at in points]
    page.table(rows, heading=1)


def _texts(element: Element | None) -> list[str]:
    if element is None:
        return []
    return [one.text for one in element.iter() if local(one) in ("t", "v") and one.text]


def _values(element: Element | None) -> dict[int, str]:
    """The points that a chart keeps of the cells it was made from."""
    if element is None:
        return {}
    found = {}
    for point in element.iter():
        if local(point) == "pt" and (point.get("idx") or "").isdigit():
            text = "".join(one.text or "" for one in children(point, "v"))
            found[int(point.get("idx") or 0)] = text
    return found or dict(enumerate(_texts(element)))
