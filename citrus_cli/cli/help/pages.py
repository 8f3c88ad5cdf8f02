"""The topics of `citrus help`: small Markdown files, and the exit codes, which have one place."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from citrus_cli.cli.exit_codes import markdown_table

FOLDER = resources.files("citrus_cli.cli.help").joinpath("topics")
_CODES = "<!-- exit codes -->"


@dataclass(frozen=True)
class Topic:
    """A topic: its name, and its text as Markdown, which begins with a title."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """What it is about, in a line; the heading says the topic before it."""
        return self.text.partition("\n")[0].partition(": ")[2]


def topics() -> dict[str, Topic]:
    """All of them, by name."""
    names = sorted(file.name[:-3] for file in FOLDER.iterdir() if file.name.endswith(".md"))
    return {name: _read(name) for name in names}


def _read(name: str) -> Topic:
    text = FOLDER.joinpath(f"{name}.md").read_text("utf-8")
    return Topic(name, text.replace(_CODES, markdown_table()))
