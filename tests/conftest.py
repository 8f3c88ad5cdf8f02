"""What all tests share: the real default model, fetched once into the user's cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import pytest
import torch
from tiny import QUESTION, build

from citrus_cli import DocumentQA
from citrus_cli.engine.backbone import Backbone
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.engine.policies import POLICIES
from citrus_cli.engine.reader import Reading


def pytest_configure() -> None:
    """Where tests run side by side, each keeps to a core: so do the processes that they start."""
    side_by_side = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if side_by_side > 1:
        share = max(1, (os.cpu_count() or 1) // side_by_side)
        os.environ["OMP_NUM_THREADS"] = str(share)
        torch.set_num_threads(share)


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
        reading = Reading(backbone, POLICIES[policy](), settings, questions, prefix)
        reading.read([ids], on_chunk)
        return reading

    return run
