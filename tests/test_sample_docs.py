"""The sample documents: made from their sources alone, and asked for facts they state once."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import fpdf
import pytest
from pypdf import PdfReader

SAMPLES = Path(__file__).parents[1] / "sample_docs"
REPORT = SAMPLES / "quarterly_report.pdf"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def make_samples() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def report() -> PdfReader:
    return PdfReader(REPORT)


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@cache  # a PDF's text takes seconds
def page_texts(path: Path) -> list[str]:
    """The pages of a document; a text file is one page."""
    if path.suffix == ".pdf":
        return [flat(page.extract_text()) for page in PdfReader(path).pages]
    return [flat(path.read_text("utf-8"))]


def make(folder: Path) -> bytes:
    """The report as a process of its own makes it."""
    folder.mkdir()
    subprocess.run(
        [sys.executable, str(SAMPLES / "make_samples.py"), str(folder)],
        check=True,
        capture_output=True,
    )
    return (folder / REPORT.name).read_bytes()


def test_the_report_is_what_its_sources_make(report: PdfReader, tmp_path: Path) -> None:
    made = make(tmp_path / "first")
    again = PdfReader(tmp_path / "first" / REPORT.name)
    assert page_texts(tmp_path / "first" / REPORT.name) == page_texts(REPORT)
    assert again.page_labels == report.page_labels
    assert report.metadata is not None
    # Another version of fpdf2 may spell the same pages in other bytes.
    if report.metadata.producer == f"fpdf2 {fpdf.__version__}":
        assert made == REPORT.read_bytes()
    else:
        assert made == make(tmp_path / "second")


def test_the_report_is_long_and_small(report: PdfReader) -> None:
    assert 32 <= len(report.pages) <= 36
    assert 11_000 <= sum(len(text.split()) for text in page_texts(REPORT)) <= 15_000
    assert REPORT.stat().st_size < 400_000


def test_every_page_has_text_and_the_label_it_prints(report: PdfReader) -> None:
    labels = report.page_labels
    assert labels == ["i", "ii", "iii", *(str(n) for n in range(1, len(report.pages) - 2))]
    for label, text in list(zip(labels, page_texts(REPORT), strict=True))[1:]:
        assert text.startswith("Quillmarsh Thermal Group plc Third Quarter Report 2025")
        assert text.endswith(f"Page {label}")
        assert len(text.split()) > 100


def test_the_contents_name_the_page_of_each_chapter(report: PdfReader) -> None:
    texts = page_texts(REPORT)
    chapters = [item for item in report.outline if not isinstance(item, list)]
    assert len(chapters) >= 20
    for chapter in chapters:
        index = report.get_destination_page_number(chapter)
        title = str(chapter.title)
        assert index is not None
        assert f"{title} {report.page_labels[index]}" in texts[1]
        assert title in texts[index]


def test_no_paragraph_is_used_twice() -> None:
    sources = [*sorted((SAMPLES / "src" / "report").glob("*.md")), SAMPLES / "manual.md"]
    sources.append(SAMPLES / "contract.txt")
    sentences = Counter(
        sentence
        for path in sources
        for paragraph in path.read_text("utf-8").split("\n\n")
        if not paragraph.startswith("|")
        for sentence in re.split(r"(?<=[.?!]) ", flat(paragraph))
        if len(sentence.split()) > 6
    )
    assert len(sentences) > 900
    assert [sentence for sentence, count in sentences.items() if count > 1] == []


def test_a_table_with_uneven_rows_is_refused(make_samples: ModuleType) -> None:
    with pytest.raises(ValueError, match="different lengths"):
        list(make_samples.parse("| A | B |\n| --- | --- |\n| 1 | 2 | 3 |"))


def test_there_are_ten_questions_on_the_report_and_five_on_the_others() -> None:
    asked = Counter(question["document"] for question in QUESTIONS)
    assert asked["quarterly_report.pdf"] == 10
    assert asked["contract.txt"] == 5
    assert asked["manual.md"] == 5
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_an_answer_stands_once_in_its_document_on_the_named_page(question: dict[str, Any]) -> None:
    texts = page_texts(SAMPLES / question["document"])
    pages = question.get("pages", [1])
    assert len(pages) == 1
    found = {
        answer: [
            page
            for page, text in enumerate(texts, start=1)
            for _ in re.findall(re.escape(answer), text, re.IGNORECASE)
        ]
        for answer in question["answers"]
    }
    assert found[question["answers"][0]] == pages
    # The others are further facts of the same sentence, or other spellings that do not occur.
    assert all(where in ([], pages) for where in found.values())
