"""Invented facts planted as single sentences in ordinary text, by depth and length."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from itertools import accumulate, product
from typing import Any

from citrus_cli.errors import UsageError
from citrus_cli.evals.answers.retention import Span
from citrus_cli.evals.answers.task import TextPlan
from citrus_cli.evals.answers.texts import EvalText, Question, window
from citrus_cli.evals.fillers import Filler, FillerTokens
from citrus_cli.evals.hidden.facts import KINDS, PER_KIND, Fact, choose, together
from citrus_cli.evals.hidden.task import HiddenTask
from citrus_cli.evals.runs.task import Scope
from citrus_cli.run import Runner


class NeedleTask(HiddenTask):
    """Invented facts planted in ordinary text, at each of some depths."""

    name = "needle"

    def __init__(
        self,
        scope: Scope,
        lengths: Sequence[int],
        filler: Filler,
        *,
        depths: int = 5,
        trials: int = 1,
        needles: int = 1,
        together: bool = False,
        paraphrase: bool = False,
        oracle: bool = True,
    ) -> None:
        """Settle what is planted, and how it is asked for.

        Args:
            scope: what is compared.
            lengths: of the texts, in tokens.
            filler: what the texts are made of.
            depths: at how many even depths facts are planted.
            trials: how many texts there are for each depth and length.
            needles: how many facts are in a text, evenly from that depth on, over all of it.
            together: one question needs all of a text's facts, which are of one kind.
            paraphrase: the question shares no content word with the fact.
            oracle: whether to find out which questions the model can answer at all.

        Raises:
            UsageError: these do not go together.
        """
        super().__init__(scope, lengths, oracle=oracle)
        if together and paraphrase:
            raise UsageError("--together and --paraphrase exclude each other: give one of them")
        if together and needles < 2:
            raise UsageError("--together needs several facts: give --needles 2 or more")
        most = PER_KIND if together else len(KINDS)
        if not 1 <= needles <= most:
            raise UsageError(f"--needles must be between 1 and {most} here, not {needles}")
        self.filler, self.trials, self.needles = filler, trials, needles
        self.together, self.paraphrase = together, paraphrase
        if together:  # an answer that names them all is as much longer
            self.answer_tokens *= needles
        self.depths = tuple((at + 0.5) / depths for at in range(depths))
        self._encoded: FillerTokens | None = None

    def settings(self) -> dict[str, Any]:
        """What decides the texts and the questions."""
        return {
            "filler": self.filler.sha256,
            "filler_repeats": self.filler.repeats,
            "depths": len(self.depths),
            "needles": self.needles,
            "together": self.together,
            "paraphrase": self.paraphrase,
        }

    def about(self) -> dict[str, Any]:
        """What the filler is called."""
        return {"filler": {"name": self.filler.name, "sha256": self.filler.sha256}}

    def check(self, runner: Runner) -> None:
        """Refuse lengths that the filler is too short for."""
        self._filler(runner).check(max(self.lengths))

    def plans(self) -> list[TextPlan]:
        """A text for each length, depth and trial."""
        parts = ("all",) if self.together else tuple(str(at + 1) for at in range(self.needles))
        digits = max(2, len(str(len(self.depths))))  # no two depths may look alike: they are keys
        return [
            TextPlan(
                f"{length} tokens, depth {self.depths[depth]:.{digits}f}, text {trial + 1}",
                parts,
                {"length": length, "trial": trial},
                partial(self._make, length, depth, trial),
            )
            for length, depth, trial in product(
                self.lengths, range(len(self.depths)), range(self.trials)
            )
        ]

    def _make(self, length: int, depth: int, trial: int, runner: Runner) -> EvalText:
        rng = random.Random(f"needle {self.scope.seed} {length} {depth} {trial}")
        chosen = choose(self.needles, rng, self.scope.seed, one_kind=self.together)
        encode = runner.encoder.encode
        planted = [encode(f" {fact.sentence}") for fact in chosen]
        around = self._filler(runner).take(length - sum(map(len, planted)), rng)
        # the others evenly over the whole text, beginning again at the top
        at = [(self.depths[depth] + n / self.needles) % 1.0 for n in range(self.needles)]
        ids, places, breaks = plant(around, planted, at)
        passages = [window(breaks, place, len(ids)) for place in places]
        if self.together:
            return EvalText(ids, (_together(tuple(chosen), at[0], places, passages),))
        return EvalText(
            ids,
            tuple(
                Question(
                    part=str(number + 1),
                    question=fact.paraphrase if self.paraphrase else fact.question,
                    needed=(fact.accepted,),
                    places=((places[number],),),
                    passages=(passages[number],),
                    about={"depth": at[number], "kind": fact.kind.name},
                )
                for number, fact in enumerate(chosen)
            ),
        )

    def _filler(self, runner: Runner) -> FillerTokens:
        if self._encoded is None:
            self._encoded = FillerTokens(self.filler, runner.encoder)
        return self._encoded


def _together(
    facts: tuple[Fact, ...], depth: float, places: Sequence[Span], passages: Sequence[Span]
) -> Question:
    return Question(
        part="all",
        question=together(facts),
        needed=tuple(fact.accepted for fact in facts),
        places=tuple((place,) for place in places),
        passages=tuple(passages),
        about={"depth": depth, "kind": facts[0].kind.name},
    )


def plant(
    around: Sequence[list[int]], planted: Sequence[list[int]], depths: Sequence[float]
) -> tuple[list[int], list[Span], list[int]]:
    """Put sentences between the sentences of a text, each as near to its depth as these allow.

    Returns:
        The text's tokens, where each of `planted` lies in it, and where sentences begin.
    """
    ends = [0, *accumulate(map(len, around))]
    slots: dict[int, list[int]] = {}
    for number, depth in enumerate(depths):
        after = bisect_left(ends, depth * ends[-1])
        before = max(0, after - 1)
        wanted = depth * ends[-1]
        nearest = before if wanted - ends[before] <= ends[after] - wanted else after
        slots.setdefault(nearest, []).append(number)
    ids: list[int] = []
    breaks: list[int] = []
    places: list[Span] = [(0, 0)] * len(planted)
    for slot in range(len(around) + 1):
        for number in slots.get(slot, ()):
            breaks.append(len(ids))
            places[number] = (len(ids), len(ids) + len(planted[number]))
            ids += planted[number]
        if slot < len(around):
            breaks.append(len(ids))
            ids += around[slot]
    return ids, places, breaks
