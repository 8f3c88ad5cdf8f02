"""Are the pages found that hold an answer? `citrus find`, on question sets with evidence pages.

    python -m tests.benchmarks.pages PAGES.jsonl.gz FOLDER [--find meaning,words]

PAGES.jsonl.gz: rows with `pages` (texts), `question` and `evidence` (1-based pages). FOLDER:
documents beside a questions.jsonl with `document`, `question` and `evidence_pages`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from citrus_cli import DocumentQA

RANKS = (1, 3, 5)


def excerpts(file: Path, folder: Path) -> Iterator[tuple[Path, str, list[int]]]:
    """Each excerpt as a text file with form feeds between its pages."""
    with gzip.open(file, "rt", encoding="utf-8") as rows:
        for number, row in enumerate(map(json.loads, rows)):
            path = folder / f"{number}.txt"
            path.write_text("\f".join(row["pages"]), "utf-8")
            yield path, row["question"], row["evidence"]


def filings(folder: Path) -> Iterator[tuple[Path, str, list[int]]]:
    """The questions about whole documents in a folder."""
    for line in (folder / "questions.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield folder / row["document"], row["question"], row["evidence_pages"]


def rank(qa: DocumentQA, path: Path, question: str, evidence: list[int]) -> int:
    """The rank of the first evidence page among the pages found; 1 is the best."""
    found = qa.find(str(path), question, most=40).passages
    pages = list(dict.fromkeys(one.page for one in found))
    return min(
        (pages.index(page) + 1 for page in evidence if page in pages), default=len(pages) + 1
    )


def main() -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", type=Path)
    parser.add_argument("filings", type=Path)
    parser.add_argument("--find", default="meaning,words")
    given = parser.parse_args()
    qa = DocumentQA(find=given.find)
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (
            ("excerpts", excerpts(given.pages, Path(folder))),
            ("filings", filings(given.filings)),
        ):
            ranks = [rank(qa, *row) for row in rows]
            right = "/".join(str(sum(one <= most for one in ranks)) for most in RANKS)
            mean = sum(1 / one for one in ranks) / len(ranks)
            print(f"{name}: {right} of {len(ranks)} at 1/3/5, mean reciprocal rank {mean:.3f}")
            print(f"  {ranks}")


if __name__ == "__main__":
    main()
