"""What all tests share: the real default model, fetched once into the user's cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from tiny import HEADS, QUESTION, build

from citrus_cli import DocumentQA
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import make_policy
from citrus_cli.engine.reader import Reading


@pytest.fixture(scope="session")
def smollm2() -> DocumentQA:
    """The default model and settings, loaded once for all tests; answers are kept short."""
    return DocumentQA(max_answer_tokens=32)


@pytest.fixture(scope="session")
def llama() -> Backbone:
    return Backbone(build("llama"))


@pytest.fixture
def read() -> Callable[..., Reading]:
    """read(backbone, ids, policy=…, budget=…, chunk=…) → the finished reading."""

    def run(
        backbone: Backbone,
        ids: Sequence[int],
        policy: str = "citrus",
        budget: int = 48,
        chunk: int = 16,
        questions: Sequence[Instruction] = (QUESTION,),
        prefix: Sequence[int] = (),
        on_chunk: Callable[[int], None] = lambda read: None,
    ) -> Reading:
        settings = ReadingSettings(budget, chunk, answer_tokens=8)
        reading = Reading(backbone, make_policy(policy, HEADS), settings, questions, prefix)
        reading.read([ids], on_chunk)
        return reading

    return run
