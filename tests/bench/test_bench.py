"""What `citrus bench` measures is what it says."""

from __future__ import annotations

import pytest
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.bench import indexing, speed
from citrus_cli.bench.sections import Bench, Settings
from citrus_cli.errors import UsageError
from citrus_cli.run import Runner


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model with room for two caches' worth of positions."""
    folder = tmp_path_factory.mktemp("evals") / "tiny"
    return str(make_model_folder(folder, max_position_embeddings=4096))


def test_an_unknown_section_is_refused():
    with pytest.raises(UsageError, match="startup, reading"):
        list(Bench(Settings("smollm2")).run(("speed",)))


def test_what_moved_is_said():
    with pytest.raises(UsageError, match=r"^section 'kills' is of this project's own benchmarks"):
        list(Bench(Settings("smollm2")).run(("startup", "kills")))


def test_speeds_are_measured_on_the_same_work(tmp_path):
    folder = str(make_model_folder(tmp_path / "tiny"))
    runner = DocumentQA(folder, policy="citrus").runner()
    reading = speed.reading_speed(runner, budget=40, chunk_size=24, rounds=2)
    assert reading.of_bare_forward == reading.bare_seconds / reading.citrus_seconds > 0
    full = speed.against_full_attention(runner, 200, budget=40, chunk_size=24, answer_tokens=4)
    assert full.ratio == full.full_seconds / full.citrus_seconds > 0


@pytest.mark.parametrize("policy", ["index", "citrus-individual"])
def test_one_reading_for_many_questions_is_measured(roomy, policy):
    runner = make_runner(roomy, policy)
    runs = list(indexing.many_questions(runner, 200, (1, 3)))
    assert [run.questions for run in runs] == [1, 3]
    assert runs[0].tokens == runs[1].tokens > 200
    assert all(run.seconds > 0 for run in runs)


def test_an_index_is_measured(roomy):
    times = indexing.index_times(make_runner(roomy, "index"), 400, rounds=1)
    assert times.tokens > 400
    assert times.bytes_per_token > 4  # an id at least
    assert min(times.make_seconds, times.find_seconds) > 0


def make_runner(model: str, policy: str) -> Runner:
    qa = DocumentQA(model, policy=policy, find="heads,words", budget=40, chunk_size=48)
    return qa.runner()
