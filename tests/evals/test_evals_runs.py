"""Runs of tasks: what is measured, kept, gone on with, and said when it cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_model_folder

from citrus_cli import DocumentQA
from citrus_cli.engine.instruction import Instruction, ReadingSettings
from citrus_cli.errors import ModelError, UsageError
from citrus_cli.evals.answers import scores as asking
from citrus_cli.evals.answers.oracle import ORACLE
from citrus_cli.evals.answers.task import AskedTask, by_cell
from citrus_cli.evals.fillers import built_in_filler
from citrus_cli.evals.hidden.needle import NeedleTask
from citrus_cli.evals.hidden.passkey import ANSWER_TOKENS
from citrus_cli.evals.hidden.task import PasskeyTask
from citrus_cli.evals.methods import METHODS, Method, PolicyMethod, Remembered
from citrus_cli.evals.questions.sets import read_question_set
from citrus_cli.evals.questions.task import QuestionsTask, band
from citrus_cli.evals.results.tables import as_csv, as_json, as_markdown
from citrus_cli.evals.runs.folder import RunFolder, default_folder
from citrus_cli.evals.runs.journal import Journal, JournalError
from citrus_cli.evals.runs.run import TaskRun
from citrus_cli.evals.runs.task import Scope, Task, cells
from citrus_cli.events import Measuring
from citrus_cli.run import Runner


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    folder = make_model_folder(
        tmp_path_factory.mktemp("runs") / "tiny", max_position_embeddings=8192
    )
    return DocumentQA(str(folder), policy="citrus", device="cpu").runner()


def scope(*methods: str, budgets: Sequence[int] = (256,), seed: int = 0) -> Scope:
    return Scope(cells(methods, budgets), chunk_size=128, seed=seed)


def done(task: Task, runner: Runner, path: Path, **listen: Any) -> TaskRun:
    """The task's run, finished."""
    folder = RunFolder(path, {"task": task.name, **task.settings()}, task.about())
    run = TaskRun(task, folder, lambda: runner, **listen)
    try:
        run.run()
    finally:
        folder.close()
    return run


class Counting(Method):
    """Streaming, with its readings counted; what it is told to fail at, it fails at."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.budgets: list[int] = []
        self.fails_at = 10**9

    def remember(
        self,
        runner: Runner,
        text: Sequence[int],
        instructions: Sequence[Instruction],
        settings: ReadingSettings,
    ) -> Iterator[Remembered]:
        self.asked.append(len(instructions))
        self.budgets.append(settings.budget)
        if len(text) > self.fails_at:
            raise UsageError("too long for me")
        yield from PolicyMethod("streaming").remember(runner, text, instructions, settings)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    method = Counting()
    monkeypatch.setitem(METHODS._known, "counting", method)
    return method


@pytest.fixture
def knowing(monkeypatch: pytest.MonkeyPatch, runner: Runner) -> dict[str, str]:
    """The model as one that knows some answers; "X|500" only with fewer states in its cache."""
    answers: dict[str, str] = {}
    encode = runner.encoder.encode

    def generate(backbone, cache, instruction, limit, stop, on_token=None):
        start, stop_at = instruction.question
        asked = runner.loaded.tokenizer.decode(list(instruction.ids[start:stop_at])).strip()
        answer = answers.get(asked, "")
        known, _, most = answer.partition("|")
        return encode(known) if cache.length < int(most or 10**9) else encode("No idea.")

    monkeypatch.setattr(asking, "generate", generate)
    return answers


def test_streaming_keeps_the_end_of_a_text_and_full_attention_all_of_it(runner, tmp_path):
    task = PasskeyTask(scope("streaming", budgets=[300, 5000]), [1000], trials=5)
    records = done(task, runner, tmp_path / "run").records
    of_300 = [one["retention"] for one in records if one["budget"] == 300]
    of_5000 = [one["retention"] for one in records if one["budget"] == 5000]
    assert of_5000 == [1.0] * 5
    assert of_300[:2] == [0.0, 0.0]
    assert of_300[4] == 1.0
    assert [one["depth"] for one in records[::3]] == [0.1, 0.3, 0.5, 0.7, 0.9]


def test_all_questions_of_a_text_are_asked_at_once(runner, counting, tmp_path):
    task = NeedleTask(scope("counting"), [600], built_in_filler(), depths=2, needles=3)
    run = done(task, runner, tmp_path / "run")
    assert counting.asked == [3, 3]
    assert run.total == run.done == 2 * 3 * 2
    needles = [one for one in run.records if one["method"] == "counting"]
    assert len({one["question"] for one in needles}) == 6
    assert all(one["tokens"] == 600 for one in needles)


def test_what_has_no_budget_is_run_once_with_room_for_everything(runner, monkeypatch, tmp_path):
    full = Counting()
    monkeypatch.setattr(Counting, "budgeted", False)
    monkeypatch.setitem(METHODS._known, "counting", full)
    task = PasskeyTask(scope("counting", budgets=[128, 256, 512]), [500], trials=1)
    (_, record) = done(task, runner, tmp_path / "run").records
    assert full.budgets == [record["tokens"]]
    assert (record["budget"], record["retention"]) == (None, 1.0)


def test_the_text_that_is_asked_about_holds_the_facts(runner):
    task = NeedleTask(scope("streaming"), [800], built_in_filler(), depths=4, needles=2)
    decode = runner.loaded.tokenizer.decode
    for plan in task.plans():
        text = plan.make(runner)
        assert len(text.ids) == 800
        for question in text.questions:
            ((place,),) = question.places
            sentence = decode(text.ids[slice(*place)])
            assert any(one in sentence for one in question.accepted)
            (passage,) = question.passages
            assert passage[0] <= place[0] < place[1] <= passage[1]
            assert passage[1] - passage[0] < 600
            assert abs(place[0] / 800 - question.about["depth"]) < 0.25


def test_several_facts_are_spread_over_the_whole_text(runner):
    task = NeedleTask(scope("streaming"), [1600], built_in_filler(), depths=1, needles=4)
    (plan,) = task.plans()
    starts = [one.places[0][0][0] / 1600 for one in plan.make(runner).questions]
    assert starts == pytest.approx([0.5, 0.75, 0.0, 0.25], abs=0.05)


def test_one_question_may_need_all_facts(runner, knowing, tmp_path):
    task = NeedleTask(
        scope("streaming"), [800], built_in_filler(), depths=1, needles=2, together=True
    )
    (question,) = task.plans()[0].make(runner).questions
    first, second = (spellings[0] for spellings in question.needed)
    assert len(question.places) == len(question.passages) == 2
    assert task.answer_tokens == 2 * ANSWER_TOKENS  # room to name both
    assert asking.right(f"{first}, {second}", question) == {"right": 1.0}
    assert asking.right(first, question) == {"right": 0.0}
    knowing[question.question] = f"{first} and {second}"
    run = done(task, runner, tmp_path / "run")
    assert [one["scores"]["right"] for one in run.records] == [1.0, 1.0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"together": True},
        {"together": True, "paraphrase": True, "needles": 2},
        {"needles": 0},
        {"needles": 13},
        {"needles": 9, "together": True},
        {"lengths": [50]},
    ],
)
def test_variants_that_do_not_go_together_are_refused(wrong):
    lengths = wrong.pop("lengths", [500])
    with pytest.raises(UsageError):
        NeedleTask(scope("streaming"), lengths, built_in_filler(), **wrong)


def test_a_paraphrase_is_asked_instead(runner):
    task = NeedleTask(scope("streaming"), [500], built_in_filler(), depths=1, paraphrase=True)
    plain = NeedleTask(scope("streaming"), [500], built_in_filler(), depths=1)
    (asked,), (other,) = (one.plans()[0].make(runner).questions for one in (task, plain))
    assert asked.needed == other.needed
    assert asked.question != other.question


def test_a_run_does_only_what_is_missing(runner, counting, tmp_path):
    def task(*budgets: int) -> PasskeyTask:
        return PasskeyTask(scope("counting", budgets=budgets), [500], trials=2)

    first = done(task(128), runner, tmp_path / "run")
    assert (first.earlier, first.done, len(counting.asked)) == (0, 4, 2)
    again = done(task(128), runner, tmp_path / "run")
    assert (again.earlier, again.done, len(counting.asked)) == (4, 4, 2)
    assert again.records == first.records
    more = done(task(128, 256), runner, tmp_path / "run")
    assert (more.earlier, more.done, len(counting.asked)) == (4, 6, 4)
    # what an earlier run measured beside is not shown
    assert len(done(task(256), runner, tmp_path / "run").records) == 4
    facts = json.loads((tmp_path / "run/run.json").read_text())
    assert facts["model"]["quantization"] == "none"
    assert facts["versions"]["torch"]


def test_an_interrupted_unit_goes_on_with_its_missing_questions(runner, counting, tmp_path):
    task = NeedleTask(
        scope("counting"), [500], built_in_filler(), depths=1, needles=4, oracle=False
    )

    def listen(event: object) -> None:
        if isinstance(event, Measuring) and event.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        done(task, runner, tmp_path / "run", on_event=listen)
    run = done(task, runner, tmp_path / "run")
    assert (run.earlier, run.done) == (3, 4)
    assert counting.asked == [4, 1]
    assert [one["part"] for one in run.records] == ["1", "2", "3", "4"]


def test_a_line_that_was_cut_off_is_dropped_and_done_again(runner, counting, tmp_path):
    task = PasskeyTask(scope("counting"), [500], trials=2, oracle=False)
    done(task, runner, tmp_path / "run")
    file = tmp_path / "run/journal.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    assert done(task, runner, tmp_path / "run").earlier == 1
    lines = file.read_bytes().splitlines()
    assert [json.loads(line)["unit"] for line in lines] == [
        json.loads(line)["unit"] for line in whole.splitlines()
    ]


def test_a_journal_that_is_something_else_is_left_alone(tmp_path):
    file = tmp_path / "journal.jsonl"
    file.write_text('{"unit": "a", "part": "b"}\nshopping list\n')
    with pytest.raises(UsageError, match=r"line 2.*--run"):
        Journal(file)
    assert file.read_text().endswith("shopping list\n")


def test_a_journal_is_written_by_one_run_at_a_time(tmp_path):
    first = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(UsageError, match="another citrus eval"):
        Journal(tmp_path / "journal.jsonl")
    first.close()
    Journal(tmp_path / "journal.jsonl").close()


def test_a_full_disk_ends_the_run_and_leaves_no_torn_line(runner, counting, tmp_path, monkeypatch):
    task = PasskeyTask(scope("counting"), [500], trials=2, oracle=False)
    folder = RunFolder(tmp_path / "run", {}, {})
    run = TaskRun(task, folder, lambda: runner)
    import os

    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if run.done:
            real(descriptor, bytes(data[:5]))
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JournalError, match=r"No space left.*make room"):
        run.run()
    folder.close()
    (line,) = (tmp_path / "run/journal.jsonl").read_text().splitlines()
    assert json.loads(line)["method"] == "counting"


def test_a_folder_is_for_one_run(runner, counting, tmp_path):
    done(PasskeyTask(scope("counting"), [500], trials=1), runner, tmp_path / "run")
    with pytest.raises(UsageError, match="trials: 1 there, 2 now"):
        done(PasskeyTask(scope("counting"), [500], trials=2), runner, tmp_path / "run")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/run.json").write_text("[]")
    with pytest.raises(UsageError, match="not of a run"):
        RunFolder(tmp_path / "other", {}, {})


def test_other_weights_are_another_run(runner, counting, tmp_path):
    task = PasskeyTask(scope("counting"), [500], trials=1)
    done(task, runner, tmp_path / "run")
    facts = json.loads((tmp_path / "run/run.json").read_text())
    facts["model"]["fingerprint"] = "other"
    facts["versions"]["torch"] = "0.1"
    (tmp_path / "run/run.json").write_text(json.dumps(facts))
    more = PasskeyTask(scope("counting", budgets=[99]), [500], trials=1)
    with pytest.raises(UsageError, match="fingerprint changed"):
        done(more, runner, tmp_path / "run")
    folder = RunFolder(tmp_path / "run", facts["identity"], {})
    folder.close()
    assert "torch 0.1 then" in folder.notes[0]


def test_the_default_folder_is_named_by_what_is_measured(own_cache_dir):
    one = default_folder("passkey", {"seed": 0})
    assert one.parent == own_cache_dir / "evals"
    assert one == default_folder("passkey", {"seed": 0}) != default_folder("passkey", {"seed": 1})


@pytest.fixture
def own_cache_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_cannot_be_measured_does_not_end_the_run(runner, counting, tmp_path):
    counting.fails_at = 700
    task = PasskeyTask(scope("counting"), [500, 1000], trials=2, oracle=False)
    run = done(task, runner, tmp_path / "run")
    assert run.done == 2
    assert run.failures == ["1000 tokens, key 1, counting @ 256 (and 1 more): too long for me"]
    (table,) = task.tables(run.records)
    assert [row["length"] for row in table.rows] == [500]
    counting.fails_at = 10**9
    assert done(task, runner, tmp_path / "run").done == 4


def test_a_model_that_cannot_be_loaded_ends_it(counting, tmp_path):
    def load() -> Runner:
        raise ModelError("no such model")

    folder = RunFolder(tmp_path / "run", {}, {})
    with pytest.raises(ModelError):
        TaskRun(PasskeyTask(scope("counting"), [500], trials=2), folder, load).run()
    folder.close()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    text = "Weather was fine. " * 40 + "Anna owns a blue boat. " + "Nobody came. " * 40
    rows = [
        {
            "text": text,
            "questions": ["What does Anna own?", "Who came?", "How so?"],
            "answers": [["a blue boat", "boat"], ["Nobody"], ["unheard of"]],
        }
    ]
    (tmp_path / "pages.txt").write_text("First page.\n\fSecond page: Otto sings.\n\fThird page.\n")
    rows.append(
        {
            "document": "pages.txt",
            "question": "Who sings?",
            "answers": ["Otto"],
            "evidence_pages": [2],
        }
    )
    path = tmp_path / "set.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_questions_are_scored_located_and_cited(runner, knowing, questions, tmp_path):
    knowing |= {
        "What does Anna own?": "The blue boat",
        "Who came?": "Nobody|500",
        "Who sings?": "Otto Smith",
    }
    task = QuestionsTask(scope("streaming", budgets=[512]), read_question_set(questions))
    run = done(task, runner, tmp_path / "run")
    by_question = {one["question"]: one for one in run.records if one["method"] != ORACLE}
    boat = by_question["What does Anna own?"]
    assert boat["scores"] == {
        "em": 1.0, "f1": 1.0, "recall": 1.0, "rouge_l": pytest.approx(2 / 3), "right": 1.0,
    }  # fmt: skip
    assert boat["retention"] == 0.0  # in the middle, which streaming forgets
    assert by_question["Who came?"]["retention"] == 1.0  # said forty times, also at the end
    assert by_question["How so?"]["retention"] is None
    song = by_question["Who sings?"]
    assert song["retention"] == 1.0
    assert song["scores"]["f1"] == pytest.approx(2 / 3)
    assert "page_cited" not in boat
    assert song["page_cited"] == (2 in song["cited_pages"])
    assert song["cited_pages"]
    oracle = {one["question"]: one["answerable"] for one in run.records if one["method"] == ORACLE}
    assert oracle == {
        "What does Anna own?": True, "Who came?": True, "How so?": None, "Who sings?": True,
    }  # fmt: skip
    whole, by_length = task.tables(run.records)
    (row,) = whole.rows
    # "Who came?" is answered from the passage alone, and not from the long text
    assert (row["asked"], row["right"], row["without_place"], row["pages_asked"]) == (4, 0.5, 1, 1)
    assert (row["answerable"], row["right_answerable"]) == (3, pytest.approx(2 / 3))
    assert row["f1_low"] <= row["f1"] <= row["f1_high"]
    assert [one["band"] for one in by_length.rows] == ["<2k"]
    assert band(2_000) == "2–4k"
    assert band(31_999) == "16–32k"
    assert band(32_000) == ">32k"


def test_the_gold_lies_where_the_answer_stands(runner, questions):
    task = QuestionsTask(scope("streaming"), read_question_set(questions))
    decode = runner.loaded.tokenizer.decode
    text, document = (plan.make(runner) for plan in task.plans())
    (places,) = text.questions[0].places
    assert sorted(decode(text.ids[slice(*place)]).strip() for place in places) == [
        "blue boat", "boat",
    ]  # fmt: skip
    (song,) = document.questions
    assert [decode(document.ids[slice(*one)]).strip() for one in song.places[0]] == ["Otto"]
    said = "".join(decode(document.ids[slice(*one)]) for one in song.passages)
    assert "Otto sings" in said
    assert "First" not in said
    assert "Third" not in said


def test_a_table_says_what_only_one_of_a_method_and_full_attention_got_right():
    task = PasskeyTask(scope("full", "streaming", "random"), [400, 800], trials=3, oracle=False)
    rights = {"full": (1, 1, 0), "streaming": (1, 0, 1), "random": (0, 0)}
    records = [
        {
            "method": method,
            "budget": None if method == "full" else 256,
            "text": f"text {number}",
            "part": "key",
            "length": 400,
            "scores": {"right": float(right)},
            "retention": None,
            "read_seconds": 1.0,
            "answer_seconds": 1.0,
        }
        for method, answers in rights.items()
        for number, right in enumerate(answers)
    ]
    (table,) = task.tables(records)
    told = {row["method"]: (row["found"], row["against_full"]) for row in table.rows}
    assert told == {"full": (2, None), "streaming": (2, "1 : 1"), "random": (0, "0 : 2")}
    row = next(row for row in table.rows if row["method"] == "streaming")
    (shown,) = [column.written(row) for column in table.columns if column.title == "right"]
    assert shown == "0.67 [0.21, 0.94]"
    (table,) = task.tables([one for one in records if one["method"] != "full"])
    assert {row["against_full"] for row in table.rows} == {None}


def test_without_the_oracle_its_columns_are_left_out(runner, counting, tmp_path):
    task = PasskeyTask(scope("counting"), [500], trials=1, oracle=False)
    run = done(task, runner, tmp_path / "run")
    (table,) = task.tables(run.records)
    assert table.rows[0]["answerable"] is None
    assert "answerable" not in {column.key for column in table.shown()}


def hidden(runner: Runner, path: Path) -> tuple[AskedTask, TaskRun]:
    names = ("streaming", "citrus")
    task = PasskeyTask(scope(*names, budgets=[128, 256]), [500, 1000], trials=2, oracle=False)
    return task, done(task, runner, path)


def test_results_are_written_in_every_form(runner, tmp_path):
    task, run = hidden(runner, tmp_path / "run")
    tables = task.tables(run.records)
    whole = json.loads(as_json(tables, run.folder.facts, run.records))
    assert len(whole["records"]) == 16
    assert len(whole["tables"]["passkey"]) == 8
    assert whole["run"]["identity"]["task"] == "passkey"
    lines = as_csv(tables).splitlines()
    assert lines[0].startswith("table,method,budget,length,asked,found")
    assert len(lines) == 9
    markdown = as_markdown(tables, run.folder.facts)
    assert "| streaming | 128 | 500 | 2 |" in markdown
    assert '"torch"' in markdown


def test_pictures_tell_methods_apart_without_colour(runner, tmp_path):
    task, run = hidden(runner, tmp_path / "run")
    figure = task.plot(run.records)
    titles = {axes.get_title() for part in figure.subfigs for axes in part.axes}
    assert titles == {one.cell.name for one in by_cell(task, run.records)} | {"passkey"}
    (lines,) = (axes for part in figure.subfigs for axes in part.axes if axes.get_legend())
    styles = [(line.get_marker(), line.get_linestyle()) for line in lines.lines]
    assert len(set(styles)) == len(styles) == 4
    written = [
        text.get_text() for part in figure.subfigs for axes in part.axes for text in axes.texts
    ]
    assert len(written) == 4 * 2 * 2


def test_facts_between_depths_are_drawn_at_the_nearest(runner, tmp_path):
    task = NeedleTask(
        scope("streaming"), [600], built_in_filler(), depths=2, needles=4, oracle=False
    )
    run = done(task, runner, tmp_path / "run")
    for one, depth in zip(run.records, [0.25, 0.5, 0.75, 0.0], strict=False):
        assert one["depth"] == depth
    for one in run.records:
        one["scores"]["right"] = float(one["depth"] == 0.25)
    axes = task.plot(run.records).subfigs[0].axes[0]
    assert [text.get_text() for text in axes.texts] == ["33%", "0%"]


def test_bars_have_hatches_and_intervals(runner, knowing, questions, tmp_path):
    task = QuestionsTask(scope("streaming", "citrus"), read_question_set(questions), oracle=False)
    run = done(task, runner, tmp_path / "run")
    (axes,) = task.plot(run.records).axes
    hatches = {bars.patches[0].get_hatch() for bars in axes.containers if hasattr(bars, "patches")}
    assert len(hatches) == 2
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "exact", "F1", "recall", "ROUGE-L", "right",
    ]  # fmt: skip


def test_methods_and_sizes_that_make_no_sense_are_refused():
    with pytest.raises(UsageError, match=r"'nope'; choose of .*streaming"):
        cells(["streaming", "nope"], [128])
    with pytest.raises(UsageError, match="budget must be at least 1"):
        scope("streaming", budgets=[0])
    with pytest.raises(UsageError, match="nothing is to be measured"):
        scope()
