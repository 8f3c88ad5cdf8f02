"""Documents in a folder, a library of one's own, and tiny tools to find with."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import made_index
import pytest
from made_index import ENCODER, HEADS, FakeEmbedder, filler
from tiny_models import make_model_folder, make_tokenizer

from citrus_cli.documents import open_documents
from citrus_cli.index.corpus import Corpus
from citrus_cli.library.library import Library
from citrus_cli.models.prompts import ChatPrompt
from citrus_cli.pipeline import tools as tools_module
from citrus_cli.pipeline.finding import Found, find, passages
from citrus_cli.pipeline.indexes import Indexes
from citrus_cli.pipeline.tools import HeadReader, Tools

FACT = "The escrow agent is Lockhart Repository."
QUESTION = "Who is the escrow agent?"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder; temporary ones beside it, to see whether they are left behind."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(folder))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return folder


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    return tmp_path / "temporary"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three documents; the fact stands on the second page of b.txt."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.txt").write_text("\n".join(filler(8)))
    (folder / "b.txt").write_text("\n".join([*filler(5, 8), "\f" + FACT, *filler(5, 13)]))
    (folder / "c.txt").write_text(" ".join(filler(7, 20)))
    return folder


@pytest.fixture(scope="session")
def reader() -> HeadReader:
    return HeadReader(made_index.model(), HEADS, ChatPrompt(make_tokenizer(), ENCODER), "tiny")


@pytest.fixture
def tools(reader: HeadReader) -> Tools:
    """All three finders."""
    return Tools(ENCODER, "bytes", FakeEmbedder(), reader)


@pytest.fixture
def library(cache: Path) -> Library:
    return Library(cache / "library")


@pytest.fixture
def look(tools: Tools, library: Library) -> Callable[..., Found]:
    """look(*sources, question=…, library=…, tools=…, stdin=…) → what is found."""

    def run(*sources, question=QUESTION, most=5, library=library, tools=tools, **how) -> Found:
        if "stdin" in how:
            how["stdin"] = io.BytesIO(how["stdin"])
        documents = open_documents([str(one) for one in sources], **how)
        try:
            with Indexes(tools, (None, None), library) as indexes:
                corpus = Corpus(indexes.of(documents))
                shown = tuple(passages(find(corpus, question, tools), most))
                return Found(shown, indexes.said(), corpus.tokens, indexes.made, 0.0)
        finally:
            for document in documents:
                document.close()

    return run


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "tiny"
    return make_model_folder(folder, max_position_embeddings=8192, initializer_range=0.3)


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> FakeEmbedder:
    """What `load_embedder` gives."""
    made = FakeEmbedder()
    monkeypatch.setattr(tools_module, "load_embedder", lambda *_, **__: made)
    return made
