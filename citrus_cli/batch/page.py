"""A batch's output for people: Markdown, and one self-contained HTML page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citrus_cli.batch.cells import columns, plain, visible
from citrus_cli.batch.rows import KEY, OK, RECEIPT, RESULT, SCORES, Row
from citrus_cli.wording import json_text

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&])")
_SHOWN_APART = frozenset(("id", "question", "document", *RESULT, *SCORES, KEY))


@dataclass(frozen=True)
class Summary:
    """The figures above the rows."""

    rows: int
    failed: int
    documents: int
    scored: int
    right: int
    f1: float
    made_with: str

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Summary:
        """Count them."""
        scored = [row for row in rows if row.get("right") is not None]
        made = dict.fromkeys(
            f"{row['model']}, policy {row['policy']}, budget {row['budget']}"
            for row in rows
            if row.get("model")
        )
        return cls(
            rows=len(rows),
            failed=sum(row["status"] != OK for row in rows),
            documents=len({row.get("document") for row in rows}),
            scored=len(scored),
            right=sum(bool(row["right"]) for row in scored),
            f1=sum(row["f1"] for row in scored) / len(scored) if scored else 0.0,
            made_with="; ".join(made),
        )

    def parts(self) -> list[str]:
        """What it says, piece by piece."""
        parts = [f"{self.rows:,} rows", f"{self.documents:,} documents", f"{self.failed:,} failed"]
        if self.scored:
            parts.append(f"{self.right:,} of {self.scored:,} right, F1 {self.f1:.2f}")
        return [*parts, self.made_with] if self.made_with else parts


def markdown_page(rows: Sequence[Row]) -> str:
    """A table that any Markdown reader draws, the rows themselves in a comment after it."""
    summary = ", ".join(map(_escaped, Summary.of(rows).parts()))
    scored = any("right" in row for row in rows)
    names = ["id", "document", "question", "answer", "sources", "support"]
    names += [*(["right"] if scored else []), "status"]
    lines = [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}"]
    for row in rows:
        status = row["status"] if row["status"] == OK else f"{row['status']}: {row['error']}"
        pages = ", ".join(map(str, row.get("sources") or ()))
        shown = {**row, "status": status, "sources": pages}
        cells = [plain(shown.get(name)) for name in names]
        lines.append(f"| {' | '.join(map(_escaped, cells))} |")
    # a comment must not hold two hyphens, nor end early
    hidden = json_text(list(rows)).replace("--", "\\u002d\\u002d").replace(">", "\\u003e")
    table = "\n".join(lines)
    return f"# Answers\n\n{summary}\n\n{table}\n\n<!-- citrus-rows {hidden} -->\n"


def html_page(rows: Sequence[Row]) -> str:
    """One page with everything in it: it loads nothing, and runs nothing."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("citrus_cli.batch"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = lambda value: visible(plain(value))
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    details = [name for name in columns(rows) if name not in _SHOWN_APART]
    receipt = [name for name in details if name in RECEIPT]
    own = [name for name in details if name not in RECEIPT]
    return environment.get_template("batch.html").render(
        rows=rows,
        summary=Summary.of(rows),
        own=own,
        receipt=receipt,
        scored=any("right" in row for row in rows),
    )


def _escaped(text: str) -> str:
    text = _MARKDOWN.sub(r"\\\1", visible(text.replace("\r\n", "\n").replace("\r", "\n")))
    return "<br>".join(text.split("\n")).replace("\t", " ")
