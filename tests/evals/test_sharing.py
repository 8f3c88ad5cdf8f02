"""Methods that read alike read a text once, and remember what they would have alone."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
import torch
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.engine.instruction import ReadingSettings
from citrus_cli.engine.reader import Reading
from citrus_cli.evals.answers import readings as sharing
from citrus_cli.evals.answers.readings import Readings
from citrus_cli.evals.methods import METHODS, Remembered
from citrus_cli.run import Runner

STORY = "The tide rose at six. Nobody on the pier had slept. " * 30
QUESTIONS = ("Who slept?", "When did it rise?")
ALIKE = [("gemfilter", budget) for budget in (40, 60, 80)]


def settings(budget: int = 60) -> ReadingSettings:
    return ReadingSettings(budget=budget, chunk_size=24, answer_tokens=6)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    folder = make_model_folder(tmp_path_factory.mktemp("sharing") / "tiny", initializer_range=0.2)
    runner = DocumentQA(str(folder), policy="citrus").runner()
    assert runner.heads  # found now, so that no test counts the readings that this takes
    return runner


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens of every reading that is made, what is read afresh left out."""
    made: list[int] = []
    read = Reading.read

    def counted(self: Reading, *args: object) -> None:
        read(self, *args)  # type: ignore[arg-type]
        if self.tokens_read > 100:
            made.append(self.tokens_read)

    monkeypatch.setattr(Reading, "read", counted)
    return made


def bits(keys: torch.Tensor) -> bytes:
    """The keys bit by bit, in whatever type the model computes."""
    return keys.contiguous().view(torch.uint8).numpy().tobytes()


def remembered(
    runner: Runner, asked: list[tuple[str, int]], shared: bool
) -> list[list[tuple[Remembered, bytes]]]:
    """What each method remembers at a budget, with the bytes of the keys that it keeps."""
    text = runner.encoder.encode(STORY)
    instructions = [runner.instruction(question) for question in QUESTIONS]
    kept = Readings(runner, [(METHODS[name], settings(budget)) for name, budget in asked])
    found = []
    for name, budget in asked:
        method = METHODS[name]
        if shared:
            method = kept.method(method, settings(budget), len(text))
        assert method.name == name
        found.append(
            [
                (one, bits(one.cache.keys[..., : one.cache.length, :]))
                for one in method.remember(runner, text, instructions, settings(budget))
            ]
        )
    kept.close()
    return found


@pytest.mark.parametrize(
    ("asked", "alone", "together"),
    [
        (ALIKE, 3, 1),
        # its document's cache is as large as the budget: another budget is another reading
        ([("citrus-individual", budget) for budget in (40, 60)], 2, 2),
        ([("citrus-individual", 60), ("gemfilter", 60)], 2, 2),
        # these read for each question, or not for any
        ([("citrus", 60), ("citrus-recent", 60), ("bm25", 60)], 4, 4),
    ],
)
def test_what_is_read_alike_is_read_once_and_remembered_as_alone(
    runner: Runner,
    readings: list[int],
    asked: list[tuple[str, int]],
    alone: int,
    together: int,
) -> None:
    size = len(runner.encoder.encode(STORY))
    before = remembered(runner, asked, shared=False)
    assert readings == [size] * alone
    readings.clear()
    after = remembered(runner, asked, shared=True)
    assert readings == [size] * together
    for one, other in zip(before, after, strict=True):
        assert [keys for _, keys in one] == [keys for _, keys in other]
        for (first, _), (second, _) in zip(one, other, strict=True):
            assert first.instruction == second.instruction
            assert first.origins.tolist() == second.origins.tolist()


def test_the_seconds_of_a_reading_count_for_each_that_takes_it(runner: Runner) -> None:
    first, second = remembered(runner, ALIKE[:2], shared=True)
    # the first was read for while it was asked for; the second's questions share one reading
    assert [one.read_before for one, _ in first] == [0.0, 0.0]
    assert second[0][0].read_before > 0.0
    assert second[1][0].read_before == 0.0


@pytest.mark.parametrize(
    "trouble",
    [
        lambda patch: patch.setattr(sharing, "LARGEST", 1000),
        lambda patch: patch.setattr(sharing.Recording, "add", _full),
    ],
    ids=["the text is too long", "the disk is full"],
)
def test_what_cannot_be_kept_is_read_again(
    runner: Runner,
    readings: list[int],
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[pytest.MonkeyPatch], None],
) -> None:
    alone = remembered(runner, ALIKE, shared=False)
    readings.clear()
    trouble(monkeypatch)
    shared = remembered(runner, ALIKE, shared=True)
    assert len(readings) == len(ALIKE)
    assert [[keys for _, keys in one] for one in alone] == [
        [keys for _, keys in one] for one in shared
    ]


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "no space left on device")
