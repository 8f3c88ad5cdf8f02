"""Random and hostile texts, and checks that hold for any text."""

from __future__ import annotations

import random

from citrus_cli.evidence.sentences import sentences

PIECES = [
    *(
        "Mr. Smith",
        "e.g. this",
        "No. 5",
        "3.14",
        "U.S. law",
        "...",
        "…",
        "etc.",
        "14 %",
        "$ 1,234.5",
    ),
    *(
        "the rain",
        "The plant",
        "Revenue",
        "333.9",
        "—",
        "(54)%",
        "4 May 2023",
        "Q3 2024",
        "million",
    ),
    *(
        "- item",
        "• item",
        "1. item",
        "3.1 Risk",
        "(a) item",
        "| a | b |",
        "| --- | --- |",
        "# Title",
    ),
    *(
        ". ",
        "! ",
        "? ",
        ", ",
        "; ",
        ": ",
        "\n",
        "\n",
        "\n\n",
        " ",
        "  ",
        "\t",
        "\u3000",
        "\r\n",
        "\x1c",
    ),
    *(
        "これは文です。",
        "次の行",
        "«mot»",
        "“quoted.”",
        '"said."',
        "\u202egnp.exe",
        "\x00",
        "\x1b[31m",
        "e\u0301",
    ),
    *("\ufffd", "👩\u200d🔬", "ﬁ", "ß", "İ", "word" * 30, "x" * 900, "." * 12, '"', "“", "١٢٣"),
]


def random_text(random_: random.Random, most: int = 60) -> str:
    """Pieces of real and of strange text in any order."""
    count = random_.randrange(most)
    return "".join(random_.choice(PIECES) + random_.choice(["", " ", "\n"]) for _ in range(count))


def assert_partition(text: str) -> None:
    """The sentences hold all of a text but white space, once and in order."""
    at = 0
    for start, end in sentences(text):
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()
