"""Reading afresh: which tokens, from the log of the text, and that the answer sees no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.documents import open_documents
from citrus_cli.engine.afresh import read_whole
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.engine.policies import POLICIES
from citrus_cli.evals.methods import METHODS
from citrus_cli.keeping import read_live
from citrus_cli.rereading import logged_tokens
from citrus_cli.run import Runner
from citrus_cli.tokens import DocumentTokens

SETTINGS = ReadingSettings(budget=100, chunk_size=32, answer_tokens=4)
STORY = "".join(f"On day {day} the river rose. Nobody slept.\n" for day in range(60))


@pytest.fixture(scope="module")
def qa(tmp_path_factory: pytest.TempPathFactory) -> DocumentQA:
    folder = make_model_folder(
        tmp_path_factory.mktemp("afresh") / "tiny",
        num_hidden_layers=4,
        max_position_embeddings=4096,
    )
    return DocumentQA(str(folder), policy="citrus-reread", budget=100, chunk_size=32)


@pytest.fixture(scope="module")
def runner(qa: DocumentQA) -> Runner:
    return qa.runner()


@pytest.fixture
def documents(tmp_path: Path):
    (tmp_path / "a.txt").write_text(STORY)
    (tmp_path / "b.txt").write_text("The barge is red. " * 40)
    opened = open_documents([tmp_path / "a.txt", tmp_path / "b.txt"])
    yield opened
    for one in opened:
        one.close()


def test_the_log_knows_every_token_but_titles(runner: Runner, documents) -> None:
    tokens = DocumentTokens(documents, runner.encoder)
    ids = [one for run in tokens for one in run]
    token_of = logged_tokens(runner.encoder, tokens.log)
    titles = [runner.encoder.encode(f"[{one.name}]\n\n") for one in documents]
    start = tokens.counts[0]
    unknown = {*range(len(titles[0])), *range(start, start + len(titles[1]))}
    known = [token_of(origin) for origin in range(len(ids))]
    assert known == [None if at in unknown else one for at, one in enumerate(ids)]
    assert token_of(len(ids)) is None


def test_the_answer_sees_what_was_found_and_nothing_else(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(POLICIES["citrus-heads-individual"], "focus", 60)
    monkeypatch.setattr(runner.policy("citrus-reread"), "found", 0.0)  # focus, whatever is asked
    text = runner.encoder.encode(STORY)
    asked = [runner.instruction(question) for question in ("Who slept?", "When did it rise?")]
    both = [
        list(METHODS[name].remember(runner, text, asked, SETTINGS))
        for name in ("citrus-heads-individual", "citrus-reread")
    ]
    for plain, afresh in zip(*both, strict=True):
        assert plain.origins.shape[1] == 60
        assert afresh.origins.tolist() == plain.origins.tolist()
        ids = [text[origin] for origin in plain.origins[0].tolist()]
        alone = read_whole(runner.backbone, runner.prompt.prefix, ids, afresh.instruction, SETTINGS)
        assert alone.keys[..., : alone.length, :].equal(
            afresh.cache.keys[..., : afresh.cache.length, :]
        )


def test_what_fits_the_budget_is_not_read_again(runner: Runner) -> None:
    text = runner.encoder.encode(STORY)[:100]
    asked = [runner.instruction("Who slept?")]
    (afresh,) = METHODS["citrus-reread"].remember(runner, text, asked, SETTINGS)
    (plain,) = METHODS["citrus-heads-wide"].remember(runner, text, asked, SETTINGS)
    assert afresh.origins.tolist() == plain.origins.tolist() == [list(range(100))] * 4
    assert afresh.cache.keys.equal(plain.cache.keys)


def test_documents_are_reread_from_their_log(runner: Runner, documents) -> None:
    asked = [runner.instruction("What is red?"), runner.instruction("Who slept?")]
    kept = read_live(runner, documents, asked)
    encoded = DocumentTokens(documents, runner.encoder)
    ids = [one for run in encoded for one in run]
    first = kept.bases[0].cache
    assert kept.bases[0].cache is first
    for basis, instruction in zip(kept.bases, asked, strict=True):
        cache, rows = basis.cache, basis.origins()
        assert rows == [rows[0]] * 4
        assert basis.size == len(rows[0]) <= 100
        alone = read_whole(
            runner.backbone,
            runner.prompt.prefix,
            [ids[origin] for origin in rows[0]],
            instruction,
            runner.reading_settings,
        )
        length = cache.length
        assert cache.keys[..., :length, :].equal(alone.keys[..., :length, :])


def test_stored_documents_are_answered_as_read_ones(
    qa: DocumentQA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "a.txt").write_text(STORY)
    read = qa.ask(tmp_path / "a.txt", "Who slept?")
    qa.ingest(tmp_path / "a.txt")
    stored = qa.ask(tmp_path / "a.txt", "Who slept?")
    assert (read.from_store, stored.from_store) == (False, True)
    assert stored.answer == read.answer
    assert stored.evidence == read.evidence
    assert stored.states_kept == read.states_kept
