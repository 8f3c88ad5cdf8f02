"""Measures how many of the words that pdftotext finds in PDFs citrus reads, too.

    python tests/benchmarks/pdf_recall.py FOLDER... [--out FILE.md]

Words are counted with their number; heads and feet that are kept as parts count as read. A figure
is glued if it stands in the text, not in pdftotext's, and consists of two neighbours there. A file
that takes longer than 120 seconds, or ends the process, counts as crashed. `pdftotext` (poppler)
must be installed; no file is committed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

# Chinese and Japanese write no spaces: each of their characters counts as a word.
_SOLID = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SOLID}]|[^\W{_SOLID}]+")
_FIGURE = re.compile(r"\d[\d.,]*\d|\d")
_LIMIT = 120
_LONGEST = 300


@dataclass(frozen=True)
class Result:
    """What was found of one file; `words` is how many pdftotext has."""

    file: str
    words: int
    recall: float
    glued: tuple[str, ...]
    pages: int
    seconds: float
    notices: tuple[str, ...]
    missing: tuple[str, ...]


def words(text: str) -> Counter[str]:
    """The words of a text, in one form and in lower case."""
    return Counter(_WORD.findall(unicodedata.normalize("NFKC", text).lower()))


def read(file: Path, password: str | None) -> tuple[str, int, set[str]]:
    """All text that citrus reads of a file, its pages, and the codes of its warnings."""
    from citrus_cli.documents.formats import by_name
    from citrus_cli.documents.protocol import Failed, Job, Page, Text
    from citrus_cli.documents.worker import _read

    form = by_name("pdf")
    job = Job(str(file), "pdf", ((1, _LONGEST),), 2**40, password=password)
    reader = form.open(job)
    texts, codes, pages = [], {notice.code for notice in reader.notices}, 0
    for message in form.settle(_read(reader, job)):
        if isinstance(message, Page):
            pages += 1
            codes |= {notice.code for notice in message.notices}
        elif isinstance(message, Text):
            texts.append(message.text)
            texts += [part.text for part in message.parts if part.text]
        elif isinstance(message, Failed):
            codes.add(f"failed: {message.reason}")
    return "\n".join(texts), pages, codes


def compare(file: Path) -> Result:
    """One file's result; raises whatever the reader raises."""
    given = ["pdftotext", "-q", "-l", str(_LONGEST), str(file), "-"]
    reference = subprocess.run(given, capture_output=True, check=False, timeout=_LIMIT)
    expected = reference.stdout.decode("utf-8", "replace")
    start = time.process_time()
    text, pages, codes = read(file, None)
    seconds = time.process_time() - start
    want, have = words(expected), words(text)
    total = sum(want.values())
    missing = want - have
    found = total - sum(missing.values())
    return Result(
        str(file), total, found / total if total else 1.0, tuple(_glued(expected, text)), pages,
        seconds, tuple(sorted(codes)), tuple(word for word, _ in missing.most_common(8)),
    )  # fmt: skip


def _glued(expected: str, text: str) -> list[str]:
    figures = _FIGURE.findall(expected)
    known = set(figures)
    joined = {a + b for a, b in pairwise(figures)} - known
    return sorted({one for one in _FIGURE.findall(text) if one in joined})


def _work(files: list[Path], pipe: multiprocessing.connection.Connection) -> None:
    for file in files:
        try:
            pipe.send(compare(file))
        except BaseException as error:
            pipe.send((str(file), f"{type(error).__name__}: {str(error)[:100]}"))


def measure(files: list[Path]) -> tuple[list[Result], dict[str, str]]:
    """Results, and why files have none."""
    results: list[Result] = []
    refused: dict[str, str] = {}
    while files:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=_work, args=(files, theirs))
        process.start()
        theirs.close()
        while files:
            try:
                if not ours.poll(_LIMIT):
                    raise EOFError
                got = ours.recv()
            except EOFError:
                refused[str(files[0])] = "crashed, or took too long"
                process.kill()
                files = files[1:]
                break
            files = files[1:]
            if isinstance(got, Result):
                results.append(got)
            else:
                refused[got[0]] = got[1]
        process.join()
    return results, refused


def report(results: list[Result], refused: dict[str, str], root: int) -> str:
    """The results as Markdown."""
    with_text = [one for one in results if one.words >= 5]
    recalls = sorted(one.recall for one in with_text)
    tenth = quantiles(recalls, n=10)[0] if len(recalls) > 1 else recalls[0]
    pages, seconds = sum(one.pages for one in results), sum(one.seconds for one in results)
    lines = [
        "# Words of public PDFs that are read",
        "",
        "Made by `python tests/benchmarks/pdf_recall.py FOLDER...`; the files are those of the",
        "test folders of pdfplumber, pdfminer.six, camelot, docling, unstructured and pypdf.",
        "",
        f"- {len(results)} files read ({len(with_text)} with text), {pages} pages, "
        f"{pages / max(seconds, 0.001):.0f} pages a second of processor time",
        f"- word recall against pdftotext: median {median(recalls):.4f}, tenth percentile "
        f"{tenth:.4f}",
        f"- files with glued figures: {sum(bool(one.glued) for one in results)}",
        f"- files that are refused or fail: {len(refused)}",
        "",
        "## Below 0.97",
        "",
        "| File | Words | Recall | Warnings | Missing, for example |",
        "|---|---|---|---|---|",
    ]
    for one in sorted(with_text, key=lambda one: one.recall):
        if one.recall < 0.97:
            name = "/".join(Path(one.file).parts[-root:])
            lines.append(
                f"| {name} | {one.words} | {one.recall:.3f} | {', '.join(one.notices)} | "
                f"{' '.join(one.missing)} |"
            )
    lines += ["", "## Glued figures", ""]
    lines += [f"- {Path(one.file).name}: {' '.join(one.glued[:8])}" for one in results if one.glued]
    lines += ["", "## Refused", ""]
    lines += [f"- {Path(name).name}: {reason}" for name, reason in sorted(refused.items())]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Runs the measurement."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--parts", type=int, default=2, help="of a file's path that are shown")
    given = parser.parse_args()
    files = sorted({file for folder in given.folders for file in folder.rglob("*.pdf")})
    if not files:
        print("no PDF there", file=sys.stderr)
        return 2
    text = report(*measure(files), given.parts)
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
