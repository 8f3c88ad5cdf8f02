"""The task `qa`: question sets, scored against accepted answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from citrus_cli.documents import open_documents
from citrus_cli.errors import DocumentError
from citrus_cli.evals.answers.retention import Span
from citrus_cli.evals.answers.scores import right
from citrus_cli.evals.answers.task import Answers, AskedTask, TextPlan, by_cell, mean
from citrus_cli.evals.answers.texts import EvalText, PagedText, Question
from citrus_cli.evals.questions.gold import Places
from citrus_cli.evals.questions.sets import QuestionSet, SetQuestion, SetText
from citrus_cli.evals.results import metrics
from citrus_cli.evals.results.intervals import bootstrap
from citrus_cli.evals.results.tables import Column, Kind, Row, Table
from citrus_cli.evals.runs.journal import Record
from citrus_cli.evals.runs.task import Scope
from citrus_cli.run import Runner
from citrus_cli.tokens import DocumentTokens

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCORES = ("em", "f1", "recall", "rouge_l", "right")
BANDS = ((2_000, "<2k"), (4_000, "2–4k"), (8_000, "4–8k"), (16_000, "8–16k"), (32_000, "16–32k"))
LONGEST = ">32k"
DEFAULT_ANSWER_TOKENS = 64

_SCORED: tuple[tuple[str, str, Kind], ...] = (
    ("em", "exact", "score"),
    ("f1", "F1", "score"),
    ("recall", "recall", "score"),
    ("rouge_l", "ROUGE-L", "score"),
    ("right", "right", "score"),
)
_CELL = (Column("method", "method"), Column("budget", "budget", "count"))
COLUMNS = (
    *_CELL,
    Column("asked", "asked", "count"),
    *(Column(*one) for one in _SCORED),
    Column("page_cited", "page cited", "share"),
    Column("retention", "retention", "share"),
    Column("without_place", "no place", "count"),
    Column("answerable", "answerable", "count"),
    Column("f1_answerable", "F1 of those", "share"),
    Column("right_answerable", "right of those", "share"),
    Column("seconds", "s/answer", "figure"),
)
BAND_COLUMNS = (
    *_CELL,
    Column("band", "tokens"),
    Column("asked", "asked", "count"),
    Column("f1", "F1", "score"),
    Column("right", "right", "score"),
    Column("retention", "retention", "share"),
)


def scored(answer: str, question: Question) -> dict[str, float]:
    """All scores of an answer."""
    accepted = question.accepted
    return {
        "em": metrics.exact_match(answer, accepted),
        "f1": metrics.f1(answer, accepted),
        "recall": metrics.recall(answer, accepted),
        "rouge_l": metrics.rouge_l(answer, accepted),
        **right(answer, question),
    }


def band(tokens: int) -> str:
    """The band of lengths that a text belongs to."""
    return next((name for limit, name in BANDS if tokens < limit), LONGEST)


class QuestionsTask(AskedTask):
    """The questions of a set, about its texts and documents."""

    name = "qa"
    score = staticmethod(scored)

    def __init__(
        self,
        scope: Scope,
        questions: QuestionSet,
        *,
        answer_tokens: int = DEFAULT_ANSWER_TOKENS,
        oracle: bool = True,
    ) -> None:
        super().__init__(scope, oracle=oracle)
        self.questions = questions
        self.answer_tokens = answer_tokens

    def settings(self) -> dict[str, Any]:
        """The set, by its content."""
        return {"questions": self.questions.sha256}

    def plans(self) -> list[TextPlan]:
        """A text for each of the set's."""
        return [
            TextPlan(
                f"{text.name} ({text.key[:8]})",
                tuple(question.part for question in text.questions),
                {"source": text.name},
                partial(_make, text),
            )
            for text in self.questions.texts
        ]

    def tables(self, records: Sequence[Record]) -> list[Table]:
        """A row for each method and budget; then the same for each band of lengths."""
        answers = by_cell(self, records)
        seed = self.scope.seed
        whole = tuple(_row(one, seed) for one in answers)
        names = [name for _, name in BANDS] + [LONGEST]
        by_band = tuple(
            _band_row(some, name, seed)
            for one in answers
            for name in names
            if (some := _in_band(one, name)).records
        )
        return [Table("qa", COLUMNS, whole), Table("qa by length", BAND_COLUMNS, by_band)]

    def plot(self, records: Sequence[Record]) -> Figure:
        """Bars of the scores with their intervals, for each method and budget."""
        from citrus_cli.evals.results.plots import scores_figure

        rows = [(one.cell.name, _row(one, self.scope.seed)) for one in by_cell(self, records)]
        return scores_figure(rows, [(key, title) for key, title, _ in _SCORED])


def _make(text: SetText, runner: Runner) -> EvalText:
    """A text of a set in tokens, with what is known of where its answers stand."""
    if text.document is None:
        whole = text.text or ""
        ids = runner.encoder.encode(whole)
        return _located(text, ids, whole, runner.encoder.spans(whole), None)
    documents = open_documents([text.document])
    try:
        tokens = DocumentTokens(documents, runner.encoder)
        ids = [one for some in tokens for one in some]
    finally:
        for document in documents:
            document.close()
    if not ids:
        raise DocumentError(f"{text.name}: there is no text to answer from")
    path = documents[0].path
    pieces, offsets, size = [], [], 0
    for part in tokens.log.parts([path]):
        for piece in part.pieces:
            characters = tokens.log.text(piece)
            offsets += [(a + size, b + size) for a, b in runner.encoder.spans(characters)]
            pieces.append(characters)
            size += len(characters)
    paged = PagedText(path, tokens.pages, tokens.log)
    return _located(text, ids, "".join(pieces), offsets, paged)


def _located(
    text: SetText, ids: list[int], whole: str, offsets: list[Span], paged: PagedText | None
) -> EvalText:
    places = Places(whole, offsets)
    pages = {} if paged is None else _page_spans(paged, len(ids))
    asked = tuple(_question(one, places, pages) for one in text.questions)
    return EvalText(ids, asked, paged)


def _question(one: SetQuestion, places: Places, pages: dict[int, list[Span]]) -> Question:
    found = tuple(dict.fromkeys(span for text in one.accepted for span in places.find(text)))
    evidence = tuple(span for page in sorted(one.evidence_pages) for span in pages.get(page, ()))
    passages = evidence
    if not passages and found:
        passages = (places.passage(found, one.question),)
    about = {"evidence_pages": sorted(one.evidence_pages)} if one.evidence_pages and pages else {}
    return Question(
        part=one.part,
        question=one.question,
        needed=(one.accepted,),
        places=(found,),
        passages=passages,
        about={**about, "line": one.line, "places": len(found)},
    )


def _page_spans(paged: PagedText, size: int) -> dict[int, list[Span]]:
    """The tokens of each page."""
    runs = paged.pages.runs()
    ends = [*(start for start, _ in runs[1:]), size]
    spans: dict[int, list[Span]] = {}
    for (start, place), end in zip(runs, ends, strict=True):
        spans.setdefault(place.page, []).append((start, end))
    return spans


def _row(answers: Answers, seed: int) -> Row:
    left = answers.answerable
    cited = [one["page_cited"] for one in answers.records if "page_cited" in one]
    return {
        "method": answers.cell.method,
        "budget": answers.cell.budget,
        "asked": len(answers.records),
        **_intervals(answers, SCORES, seed),
        "page_cited": mean(cited),
        "pages_asked": len(cited),
        "retention": answers.retention(),
        "without_place": sum(one["retention"] is None for one in answers.records),
        "answerable": None if left is None else len(left),
        "f1_answerable": answers.mean("f1", oracle=True),
        "right_answerable": answers.mean("right", oracle=True),
        "seconds": answers.seconds(),
    }


def _in_band(answers: Answers, name: str) -> Answers:
    return answers.where(lambda one: band(one["tokens"]) == name)


def _band_row(answers: Answers, name: str, seed: int) -> Row:
    return {
        "method": answers.cell.method,
        "budget": answers.cell.budget,
        "band": name,
        "asked": len(answers.records),
        **_intervals(answers, ("f1", "right"), seed),
        "retention": answers.retention(),
    }


def _intervals(answers: Answers, scores: Sequence[str], seed: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for score in scores:
        interval = bootstrap([one["scores"][score] for one in answers.records], seed)
        if interval is not None:
            found[score] = interval.mean
            found[f"{score}_low"], found[f"{score}_high"] = interval.low, interval.high
    return found
