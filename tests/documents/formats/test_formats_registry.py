"""Which format a document is of, and formats from outside the package."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from citrus_cli.documents import Document, formats
from citrus_cli.errors import DocumentError

Open = Callable[..., Document]
Write = Callable[[str, "bytes | str"], Path]

# All that another package has to write, but for the entry point.
RECIPE = """
    from pathlib import Path
    from citrus_cli.documents.blocks import Part
    from citrus_cli.documents.formats import Format, PageText, ReadPages, Refusal
    from citrus_cli.documents.notices import Notice

    class Recipe(Format):
        name, title, suffixes = "recipe", "a recipe", frozenset((".recipe",))

        def accepts(self, head):
            return head.data.startswith(b"RECIPE")

        def open(self, job):
            text = Path(job.path).read_text()
            if "burnt" in text:
                raise Refusal("it is burnt; cook it anew")
            noted = [Notice("it tastes of salt", "salty")]
            pages = [
                PageText(page.strip(), page[7:12], [Part("paragraph", 0, 6)], noted)
                for page in text.split("---")
            ]
            return ReadPages(pages, [Notice("read with care", "careful")])
"""


@pytest.fixture
def _recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Installs a package that has a format, for this process and its children."""
    site = tmp_path / "site"
    about = site / "recipes-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: recipes\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[citrus.formats]\nrecipe = recipes:Recipe\n")
    (site / "recipes.py").write_text(textwrap.dedent(RECIPE))
    monkeypatch.syspath_prepend(str(site))
    formats.all_formats.cache_clear()
    yield
    formats.all_formats.cache_clear()


@pytest.mark.usefixtures("_recipes")
def test_a_format_from_outside(opened: Open, write: Write) -> None:
    document = opened(write("soup.txt", "RECIPE soup, hot\n---\nRECIPE stew, cold\n"))
    blocks = list(document.blocks())
    assert document.kind == "recipe"
    assert [(block.text, block.label) for block in blocks] == [
        ("RECIPE soup, hot\n\n", "soup,"),
        ("RECIPE stew, cold\n\n", " stew"),
    ]
    assert blocks[0].parts[0].kind == "paragraph"
    assert [(str(one), one.code) for one in document.warnings] == [
        ("read with care", "careful"),
        ("pages 1-2: it tastes of salt", "salty"),
    ]
    assert ".recipe" in formats.suffixes()
    with pytest.raises(DocumentError, match=r"^bad.recipe: it is burnt; cook it anew$"):
        opened(write("bad.recipe", "RECIPE burnt"))


def test_a_format_that_does_not_load(
    tmp_path: Path, write: Write, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / "site" / "broken-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[citrus.formats]\nodd = nowhere_at_all:Odd\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    formats.all_formats.cache_clear()
    try:
        with pytest.raises(DocumentError, match=r"the format odd .*nowhere_at_all"):
            opened(write("a.txt", "text"))
    finally:
        formats.all_formats.cache_clear()


def test_names_and_suffixes_are_those_of_one_format() -> None:
    every = formats.all_formats()
    assert len({one.name for one in every}) == len(every)
    for one in every:
        assert formats.by_name(one.name) is one
        assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in one.suffixes)
    with pytest.raises(KeyError):
        formats.by_name("papyrus")
