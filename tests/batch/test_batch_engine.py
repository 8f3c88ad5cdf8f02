"""The work list against the real engine, with a tiny model: what other tests' fakes assume."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.batch.answering import Answering
from citrus_cli.batch.questions import Question
from citrus_cli.batch.work import Item, Target, plan
from citrus_cli.events import Writing

QUESTIONS = [Question(f"What is {n}?", f"q{n}", f"line {n}") for n in range(3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    make_model_folder(folder / "model")
    for name in "ab":
        (folder / f"{name}.txt").write_text(f"words about {name}. " * 40)
    (folder / "c.pdf").write_bytes(b"%PDF-1.7\nnothing")
    return folder


def asking(folder: Path, policy: str) -> DocumentQA:
    return DocumentQA(
        str(folder / "model"),
        policy=policy,
        budget=64,
        chunk_size=32,
        max_answer_tokens=6,
        quantize="none",
        device="cpu",
        always_answer=True,  # a random model finds nothing, or anything
    )


def outcomes(qa: DocumentQA, folder: Path, pressed: list[bool]) -> Iterator[tuple[Item, Any]]:
    sources = [str(folder / name) for name in ("a.txt", "c.pdf", "b.txt")]
    groups: list[tuple[Target, list[Item]]] = plan(QUESTIONS, sources, "s", name="q").groups()
    answering = Answering(qa, {}, lambda: bool(pressed), lambda error: None)
    for some in answering.outcomes(groups):
        yield from some


@pytest.mark.parametrize("policy", ["citrus", "citrus-individual"])
def test_a_batch_answers_as_ask_does(folder: Path, policy: str) -> None:
    qa = asking(folder, policy)
    found = {(item.name, item.question.text): one for item, one in outcomes(qa, folder, [])}
    assert len(found) == 9
    for (name, question), outcome in found.items():
        if name.endswith(".pdf"):
            assert (outcome["status"], outcome["exit_code"]) == ("failed", 3)
        else:
            assert outcome["answer"] == qa.ask(name, question).answer
            assert outcome["states_kept"] == 64


@pytest.mark.parametrize("policy", ["citrus", "citrus-individual"])
def test_an_answer_cut_short_by_ctrl_c_is_no_outcome(folder: Path, policy: str) -> None:
    qa, pressed = asking(folder, policy), []
    done = []

    def press(event: object) -> None:
        if isinstance(event, Writing) and len(done) == 2:
            pressed.append(True)
            raise KeyboardInterrupt

    def run() -> None:
        for one in outcomes(qa, folder, pressed):
            done.append(one)

    qa.on_event = press
    with pytest.raises(KeyboardInterrupt):
        run()
    assert pressed == [True]
    assert [item.question.id for item, _ in done] == ["q0", "q1"]
