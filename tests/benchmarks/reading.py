"""How fast a document is read, and a question asked of it: ratios, measured in one run.

    python -m tests.benchmarks.reading [DOCUMENT] [--rounds 3]

Each round does everything once, one after the other: the bare forward of transformers through all
layers with its best chunk, the language model's part of making an index, the embedder's, all of it
from the document on; the best of each counts. Then a question is found, and found again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch

from citrus_cli import DocumentQA
from citrus_cli.documents import open_documents
from citrus_cli.index.corpus import Corpus
from citrus_cli.library.library import Library
from citrus_cli.pipeline.finding import find
from citrus_cli.pipeline.indexes import Indexes, sheets

SAMPLE = Path(__file__).parents[2] / "sample_docs" / "quarterly_report.pdf"
CHUNKS = (1024, 2048)
QUESTION = "What were Q3 risks?"


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("document", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    runner = DocumentQA().runner()
    tools = runner.tools()
    reader, embedder = tools.reader, tools.embedder
    assert reader is not None
    assert embedder is not None
    (document,) = open_documents([given.document])
    texts = [sheet.text for sheet in sheets(document)]
    ids = [one for text in texts for one in runner.encoder.encode(text)]
    pieces = [text[at : at + 120] for text in texts for at in range(0, len(text), 120)]
    model = runner.loaded.model
    some = ids[: 8 * max(CHUNKS)]

    def bare(chunk: int) -> None:
        with torch.inference_mode():
            for at in range(0, len(some) - chunk + 1, chunk):
                row = torch.tensor([some[at : at + chunk]], device=model.device)
                model.base_model(input_ids=row, use_cache=False)

    def keys() -> None:
        list(reader.keys().read(some, last=True))

    def whole() -> Corpus:
        with Library.temporary() as library:
            (again,) = open_documents([given.document])
            with Indexes(tools, (None, None), library) as indexes:
                corpus = Corpus(indexes.of([again]))
                again.close()
                find(corpus, QUESTION, tools)
                asking.append(min(seconds(lambda: find(corpus, QUESTION, tools)) for _ in range(3)))
                return corpus

    asking: list[float] = []
    best: dict[str, float] = {}

    def note(name: str, tokens: int, took: float) -> None:
        best[name] = max(best.get(name, 0.0), tokens / took)

    for _ in range(given.rounds):
        for chunk in CHUNKS:
            read = len(some) // chunk * chunk
            note("bare forward", read, seconds(lambda chunk=chunk: bare(chunk)))
        note("keys", len(some), seconds(keys))
        note("embedder", len(ids), seconds(lambda: embedder.embed(pieces)))
        note("index", len(ids), seconds(whole))
    for name, rate in best.items():
        print(f"{name}: {rate:,.0f} tokens/s, {rate / best['bare forward']:.2f} of a bare forward")
    print(f"finding in {len(ids):,} tokens: {min(asking):.3f} s")


if __name__ == "__main__":
    main()
