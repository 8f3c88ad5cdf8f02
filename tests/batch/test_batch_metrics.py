"""Scores of answers, with SQuAD's normalisation."""

from __future__ import annotations

import pytest

from citrus_cli.evals.results.metrics import f1, normalized


def test_normalisation() -> None:
    assert normalized("The  Aria-9, a heat-pump!\nAn anthem") == "aria9 heatpump anthem"


@pytest.mark.parametrize(
    ("answer", "accepted", "score"),
    [
        ("The Eiffel Tower.", ["eiffel tower"], 1.0),
        ("in Paris", ["Paris"], 2 / 3),
        ("in Paris", ["London", "Paris, in"], 1.0),
        ("Paris Paris", ["Paris"], 2 / 3),
        ("London", ["Paris"], 0.0),
        ("", ["Paris"], 0.0),
        ("the", ["a"], 1.0),
    ],
)
def test_f1(answer: str, accepted: list[str], score: float) -> None:
    assert f1(answer, accepted) == pytest.approx(score)
