"""Are the right pages cited? Beside plain retrieval (BM25) over the same pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from citrus_cli.documents import open_documents
from citrus_cli.errors import UsageError
from citrus_cli.evals.methods.ranking import Ranking
from citrus_cli.qa import DocumentQA

CUTS = (1, 3, 5)


@dataclass(frozen=True)
class PageQuestion:
    """A question about a PDF, and the 1-based pages that hold its answer."""

    question: str
    pages: frozenset[int]


@dataclass(frozen=True)
class Cited:
    """Of `questions`, how many have a right page among the first 1, 3 and 5 that are named."""

    way: str
    document: str
    questions: int
    hits: tuple[int, ...]


def cited_pages(qa: DocumentQA, questions: Path) -> Iterator[Cited]:
    """The pages that answers cite, and those that BM25 ranks first, for each document of a set.

    `questions` is JSON Lines with `document` (beside the file), `question`, and `evidence_pages` or
    `pages`; rows without pages are left out.

    Raises:
        UsageError: the file is not such a set.
    """
    for document, asked in _question_set(questions).items():
        path = questions.parent / document
        texts = _texts(path)
        cited = [
            list(dict.fromkeys(one.page for one in answer.evidence))
            for answer in qa.ask_all(path, [one.question for one in asked])
        ]
        yield _cited(f"citrus ({qa.settings.policy})", document, asked, cited)
        pages, ranks = list(texts), Ranking(list(texts.values()))
        ranked = [[pages[at] for at in ranks.best_first(one.question)] for one in asked]
        yield _cited("BM25 over pages", document, asked, ranked)


def _cited(
    way: str, document: str, asked: Sequence[PageQuestion], named: Sequence[Sequence[int]]
) -> Cited:
    hits = tuple(
        sum(bool(one.pages & set(pages[:cut])) for one, pages in zip(asked, named, strict=True))
        for cut in CUTS
    )
    return Cited(way, document, len(asked), hits)


def _texts(path: Path) -> dict[int, str]:
    texts: dict[int, str] = {}
    with open_documents([path])[0] as document:
        for block in document.blocks():
            texts[block.page] = texts.get(block.page, "") + block.text
    return texts


def _question_set(path: Path) -> dict[str, list[PageQuestion]]:
    found: dict[str, list[PageQuestion]] = {}
    try:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            pages = row.get("evidence_pages") or row.get("pages")
            if pages:
                one = PageQuestion(row["question"], frozenset(map(int, pages)))
                found.setdefault(row["document"], []).append(one)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is not lines of JSON with document and question") from error
    return found
