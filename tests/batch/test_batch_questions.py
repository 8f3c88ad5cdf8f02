"""Question files: every format, and one clear line for everything that can be wrong with one."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from citrus_cli.batch.questions import read_questions
from citrus_cli.errors import UsageError

FULL = [
    {"id": "a", "question": "One?", "document": "x.pdf", "answers": ["1", "one"], "note": "n"},
    {"question": "Two?"},
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, data: bytes | str) -> str:
    Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return name


CSV = 'id,question,document,answers,note\na,One?,x.pdf,1|one,n\n,"Two?",,,\n'
YAML = """
# a comment
- id: a
  question: One?
  document: x.pdf
  answers: ["1", one]
  note: n
- Two?
"""


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("q.csv", CSV),
        ("q.CSV", CSV.replace("\n", "\r\n")),
        ("q.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("q.csv", CSV.encode("utf-16")),
        ("q.csv", CSV.encode("utf-16-le")),
        ("q.csv", CSV.encode("utf-16-be")),
        ("q.csv", CSV.encode("utf-32")),
        ("q.csv", CSV.replace(",", ";")),
        ("q.csv", CSV.replace(",", "\t")),
        ("q.csv", "sep=;\n" + CSV.replace(",", ";")),
        ("q.csv", CSV.replace("id,question", "ID,Question")),
        ("q.tsv", CSV.replace(",", "\t")),
        ("q.json", json.dumps(FULL)),
        ("q.json", json.dumps(FULL).encode("utf-16")),
        ("q.jsonl", "\n".join(map(json.dumps, [FULL[0], "Two?"])) + "\n\n"),
        ("q.ndjson", "\r\n".join(map(json.dumps, FULL))),
        ("q.yaml", YAML),
        ("q.yml", YAML.replace("\n", "\r\n")),
    ],
)
def test_every_format_gives_the_same_questions(name: str, data: bytes | str) -> None:
    one, two = read_questions(written(name, data))
    assert (one.text, one.id, one.named, one.document) == ("One?", "a", True, "x.pdf")
    assert (one.answers, one.extra) == (("1", "one"), {"note": "n"})
    assert (two.text, two.id, two.named, two.document, two.answers) == (
        *("Two?", "q2", False),
        *(None, ()),
    )


def test_text_has_a_question_on_each_line() -> None:
    name = written("q.txt", b"\xef\xbb\xbfOne?\r\n\r\n# no\r\n  Two?\r\n")
    assert [(one.text, one.place) for one in read_questions(name)] == [
        ("One?", "line 1"),
        ("Two?", "line 4"),
    ]


def test_standard_input_and_names_without_a_suffix_are_text() -> None:
    (one,) = read_questions("-", stdin=io.BytesIO(b"One?\n"))
    assert one.text == "One?"
    (one,) = read_questions("-", "json", stdin=io.BytesIO(b'["One?"]'))
    assert one.text == "One?"
    assert read_questions(written("questions", "One?"))[0].text == "One?"


def test_a_format_that_is_named_wins_over_the_suffix() -> None:
    assert read_questions(written("q.dat", '["One?"]'), "json")[0].text == "One?"
    assert read_questions(written("q.csv", "One?"), "txt")[0].text == "One?"
    assert read_questions("q.csv", "txt", fallback="json")[0].text == "One?"
    assert read_questions(written("q.md", "One?"), fallback="txt")[0].text == "One?"


def test_a_hundred_thousand_rows() -> None:
    rows = "".join(f"r{n},Question {n}?\n" for n in range(100_000))
    questions = read_questions(written("q.csv", f"id,question\n{rows}"))
    assert len(questions) == 100_000
    assert (questions[-1].id, questions[-1].place) == ("r99999", "line 100001")


def test_a_cell_may_hold_lines_and_separators() -> None:
    one, two = read_questions(written("q.csv", 'question\n"One,\nreally?"\nTwo?\n'))
    assert (one.text, one.place) == ("One,\nreally?", "line 2")
    assert two.place == "line 4"


def test_a_text_in_json_is_one_answer_and_in_a_table_several() -> None:
    (one,) = read_questions(written("q.json", '[{"question": "?", "answers": "a|b"}]'))
    assert one.answers == ("a|b",)
    (one,) = read_questions(written("q.csv", "question,answers\n?,a| b |\n"))
    assert one.answers == ("a", "b")


def test_numbers_may_be_ids_and_answers() -> None:
    (one,) = read_questions(written("q.yaml", "- {id: 7, question: How many?, answers: [42]}"))
    assert (one.id, one.named, one.answers) == ("7", True, ("42",))


def test_yaml_values_become_plain() -> None:
    text = "- {question: When?, day: 2024-05-01, some: !!set {a}, 3: x, inf: .inf}"
    (one,) = read_questions(written("q.yaml", text))
    assert one.extra == {"day": "2024-05-01", "some": ["a"], "3": "x", "inf": "inf"}


def test_half_a_character_becomes_a_whole_one() -> None:
    (one,) = read_questions(written("q.json", '["What \\ud800?"]'))
    assert one.text == "What \ufffd?"


def bomb() -> str:
    levels = [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "- question: What?\n  x0: &x0 [a]\n" + "".join(f"  {level}\n" for level in levels)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gone.csv", None, r"cannot read the questions file gone\.csv: No such file"),
        (".", None, r"cannot read the questions file \.: Is a directory"),
        ("q.txt", "", r"q\.txt: no questions in this file \(one on each line"),
        ("q.csv", "\n\n", r"q\.csv: no questions in this file$"),
        ("q.csv", "question\nOne?,\n,x\n", r"q\.csv, line 3: 2 cells under 1 columns"),
        ("q.csv", "question\n\n", r"q\.csv: no questions in this file$"),
        ("q.json", "[]", r"q\.json: no questions in this file$"),
        ("q.csv", "a,b\n1,2\n", r"q\.csv: no column called question; its first line names a, b"),
        ("q.csv", ",,\n", r"q\.csv: no column called question; its first line names none"),
        ("q.tsv", "id;question\n1;2\n", r"by semicolons: use --questions-format csv"),
        ("q.tsv", "id,question\n1,2\n", r"separated by commas: use --questions-format csv"),
        ("q.csv", "question,question\n", r"q\.csv: two columns are called question"),
        ("q.csv", "question,,b\n", r"q\.csv: column 2 has no name"),
        ("q.csv", "id,question\n1,One?\n2,\n", r"q\.csv, line 3: the row has no question"),
        ("q.csv", "id,question\n1,One?\n\n1,Two?\n", r"q\.csv, line 4: the id 1 is that of line 2"),
        ("q.csv", "id,question\nq2,One?\n,Two?\n", r"line 3: the id q2 .*rows without one"),
        ("q.csv", 'question\nOne?\n"Two?\nThree?\n', r"q\.csv, line 3: not valid CSV"),
        ("q.csv", 'question\n"One"?\n', r"q\.csv, line 2: not valid CSV"),
        ("q.json", '[\n"One?",\n]', r"q\.json, line \d, column \d+: not valid JSON"),
        ("q.json", '{"question": "?"}', r"q\.json: must be a list of questions .* not an object"),
        ("q.json", '["One?", {"a": 1}]', r"q\.json, row 2: the row has no question; .* are a"),
        ("q.json", '["One?", 2]', r"q\.json, row 2: neither a text nor a mapping"),
        ("q.json", '[{"question": 2}]', r"q\.json, row 1: the question is not a text but 2"),
        ("q.json", '["", "One?"]', r"q\.json, row 1: the row has no question"),
        ("q.json", '[{"question": "?", "x": NaN}]', r"q\.json: not valid JSON: NaN is not"),
        ("q.json", "[" * 200_000, r"q\.json: not valid JSON"),
        ("q.jsonl", '"One?"\n\n{"question"\n', r"q\.jsonl, line 3, column \d+: not valid JSON"),
        ("q.jsonl", '{"question": "?", "answers": {}}', r"line 1: the answers must be a list"),
        ("q.jsonl", '{"question": "?", "id": []}', r"line 1: the id must be a text or a number"),
        ("q.jsonl", '{"question": "?", "document": 1}', r"line 1: the document must be the name"),
        ("q.yaml", "- One?\n- [", r"q\.yaml, line \d: not valid YAML"),
        ("q.yaml", "question: One?", r"q\.yaml: must be a list of questions"),
        ("q.yaml", "- One?\n- !!python/object:os.system x", r"q\.yaml, line 2: not valid YAML"),
        ("q.yaml", "- One?\n- yes", r"q\.yaml, line 2: neither a text nor a mapping"),
        ("q.yaml", bomb(), r"q\.yaml, line 1: the row holds more than 100,000 values"),
        ("q.yaml", "- &a\n  question: One?\n  b: *a", r"q\.yaml, line 1: the row is nested"),
        ("q.odt", "x", r"q\.odt: .* does not end in \.odt; .* --questions-format txt\|csv"),
        ("q.xlsx", "x", r"q\.xlsx: not a workbook that can be read \(.*\); save .* as \.xlsx or"),
        ("q.txt", b"PK\3\4" + bytes(90), r"q\.txt: not a workbook that can be read"),
        ("q.csv", b"\xd0\xcf\x11\xe0" + bytes(90), r"q\.csv: not a workbook that can be read"),
        ("q.txt", "One?\n".encode("utf-16-le")[:-1] + b"\xd8", r"q\.txt: not UTF-16-LE at byte"),
        ("q.csv", b"question\nQu\xe9?\n", r"q\.csv: not UTF-8 at byte 11 \(line 2\); save"),
        ("q.csv", "question\n".encode("utf-16") + b"x", r"q\.csv: not UTF-16 at byte"),
    ],
)
def test_what_is_wrong_with_a_file(name: str, data: bytes | str | None, message: str) -> None:
    if data is not None:
        written(name, data)
    with pytest.raises(UsageError, match=message) as raised:
        read_questions(name)
    assert "\n" not in str(raised.value)


def test_a_format_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="--questions-format xml: not known; one of txt, csv"):
        read_questions(written("q.txt", "One?"), "xml")


def test_a_closed_standard_input() -> None:
    with pytest.raises(UsageError, match="standard input, and that is closed"):
        read_questions("-", stdin=None)


def workbook(**sheets: list[list[object]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_a_workbook_whatever_its_name() -> None:
    rows = (
        [["Notes"], ["not a question"]],
        [
            ["id", "Question", "answers", "asked on", None],
            [],
            [7, "One?", "1|one", datetime(2024, 5, 1), None],
            [None, "- Two; and 3?", 4.0, None, None],
        ],
    )
    data = workbook(first=rows[0], second=rows[1])
    for name in ("q.xlsx", "q.XLSM", "q.csv", "q"):
        one, two = read_questions(written(name, data))
        assert (one.id, one.text, one.answers) == ("7", "One?", ("1", "one"))
        assert (one.place, one.extra) == ("row 3", {"asked on": "2024-05-01"})
        assert (two.id, two.text, two.answers) == ("q2", "- Two; and 3?", ("4",))


def test_a_workbook_of_one_column_needs_no_header() -> None:
    data = workbook(only=[["Who keeps the keys?"], [None], ["Until when?"]])
    assert [one.text for one in read_questions(written("q.xlsx", data))] == [
        "Who keeps the keys?",
        "Until when?",
    ]


def test_what_is_wrong_with_a_workbook() -> None:
    with pytest.raises(UsageError, match=r"no column called question; .* names a, b"):
        read_questions(written("q.xlsx", workbook(only=[["a", "b"], [1, 2]])))
    with pytest.raises(UsageError, match=r"row 2: a cell stands under no column"):
        read_questions(written("q.xlsx", workbook(only=[["question"], ["One?", "x"]])))
    with pytest.raises(UsageError, match=r"no questions in this file"):
        read_questions(written("q.xlsx", workbook(only=[])))


def test_utf_16_without_a_mark_in_any_script() -> None:
    for text in ("Who keeps the keys?\nUntil when?\n", "鍵は誰が持つか\nいつまでか\n"):
        for encoding in ("utf-16-le", "utf-16-be"):
            got = read_questions(written("q.txt", text.encode(encoding)))
            assert [one.text for one in got] == text.splitlines()
