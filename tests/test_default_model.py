"""The default model with the default settings, as a user runs it: real files, processes, pipes."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partialmethod
from pathlib import Path

import pytest

from citrus_cli import DocumentQA
from citrus_cli.bench.processes import PAGE, PAGE_ANSWER, PAGE_QUESTION
from citrus_cli.evals.results.metrics import is_right
from citrus_cli.library.library import Library
from citrus_cli.settings import QUICK

SAMPLES = Path(__file__).parent.parent / "sample_docs"
REPORT = SAMPLES / "quarterly_report.pdf"
CITRUS = [sys.executable, "-m", "citrus_cli"]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "minutes.txt"
    path.write_text(PAGE)
    return path


def test_one_page(smollm2, page):
    answer = smollm2.ask(page, PAGE_QUESTION)
    assert PAGE_ANSWER in answer.answer
    assert answer.model == "smollm2-135m-instruct"
    assert not answer.warnings


def test_the_q3_risks_stand_in_the_report(smollm2):
    answer = smollm2.ask(REPORT, "What were Q3 risks?", pages="20-24")
    for risk in ("shortage of compressor valves", "dock strike", "tariff on aluminium"):
        assert risk in answer.answer
    assert answer.tokens_read > 5 * answer.states_kept
    assert answer.documents[0].pages == 5
    assert answer.evidence[0].page == 22
    assert "compressor valves" in answer.evidence[0].quote


def test_a_kept_index_answers_as_a_reading_does(smollm2, tmp_path, monkeypatch):
    monkeypatch.setattr(Library, "__init__", partialmethod(Library.__init__, tmp_path / "library"))
    path = tmp_path / "manual.md"
    path.write_text((SAMPLES / "manual.md").read_text("utf-8")[:8000], "utf-8")
    for question in ("What is the factory password?", "How long does the warranty last?"):
        read, kept = (smollm2.ask(path, question) for _ in range(2))
        assert kept.from_store
        assert (kept.answer, kept.evidence) == (read.answer, read.evidence)


def test_a_pipe_gives_the_answer_and_nothing_else(page):
    done = subprocess.run(
        [*CITRUS, "ask", PAGE_QUESTION], input=PAGE, capture_output=True, text=True, check=True
    )
    assert PAGE_ANSWER in done.stdout
    assert done.stdout.count("\n") == 1
    # in bfloat16 the model may add a figure that the page does not have: that is said, no more
    assert all(line.startswith("warning: ") for line in done.stderr.splitlines())


def test_json_is_one_object_with_every_field(page):
    done = subprocess.run(
        [*CITRUS, "ask", str(page), PAGE_QUESTION, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    fields = (
        "question answer documents model quantization device policy budget chunk_size tokens_read "
        "states_kept answer_tokens seconds peak_memory_bytes warnings"
    )
    assert set(fields.split()) <= answer.keys()
    assert set(answer["documents"][0]) >= {"path", "pages", "tokens", "pages_without_text"}
    assert set(answer["seconds"]) == {"load", "read", "answer"}


def test_four_bits_run_on_the_cpu(page):
    """NF4 costs so small a model much of its wit; what the text says twice it still finds."""
    page.write_text(PAGE + "\nThe pass key is 48213. Remember it. 48213 is the pass key.\n")
    qa = DocumentQA(quantize="4bit", max_answer_tokens=24)
    answer = qa.ask(page, "What is the pass key? Give the number.")
    assert answer.quantization == "4bit"
    assert "48213" in answer.answer


def test_what_counts_as_right():
    assert is_right("It is\nHallowby.", ["hallowby"])
    assert is_right("23.9 % of profit", ["23.9 percent", "23.9 %"])
    assert not is_right("", ["x"])
    assert not is_right("In 1925.", ["19"]), "a number within a number is another number"


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("Where will the new test laboratory be built?", 7),
        ("What caused the fire in Kvistholm?", 13),
        ("Who is the company secretary?", 36),
    ],
)
def test_the_page_of_a_fact_is_found_first(question, page):
    found = DocumentQA(store=False, find=QUICK).find(REPORT, question)
    assert not found.warnings
    assert len(found.passages) == 5
    assert found.passages[0].page == page
