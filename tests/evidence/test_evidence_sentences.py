"""The parts of a page: no rule without an example, and what must hold for any text."""

from __future__ import annotations

import random

import pytest
from evidence_texts import assert_partition, random_text

from citrus_cli.evidence.sentences import LONGEST_UNIT, sentences, units


def parts(text: str) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in sentences(text)]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(u.kind, " ".join(text[u.start : u.end].split())) for u in units(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["It rained.", "It stopped!", "Did it?", "It did."],
        ["Mr. Smith met Dr. Jones and Mrs. O'Neil of St. Mary's.", "They spoke."],
        ["Use tools, e.g. Hammers, i.e. Things that hit.", "Then stop."],
        ["See No. 5, p. 12 and Fig. 3 for it.", "No.", "We did not."],
        ["The U.S. Generally Accepted rules apply in the U.S.", "The others do not."],
        ["It moved to the U.S.", "The others stayed."],
        [
            "Acme Inc. Holdings bought Beta Corp. of Ohio.",
            "He left Acme Inc.",
            "In May he came back.",
        ],
        ["J. R. Hartley wrote it.", "Plan B.", "It worked."],
        ["It rose by 4.5 percent to 1,234.56 in version 2.6.1 of it.", "Good."],
        ["At 4:30 p.m. Eastern time it began.", "It ended at 6 p.m.", "The hall was empty."],
        ["I waited ... and waited… and left.", "Well...", "Then what?"],
        ['He said "Stop." and "Go!" to them.', '"Stop."', "They did."],
        ["(See the notes.)", "The rest follows.[1]", "It ends."],
        ["“Is it?” she asked.", "“It is.”", "«Oui.»", "Fin."],
        ["これは最初の文です。", "次の文です！", "「本当ですか？」", "はい。"],
        ["Am 4. Mai 2023 kam z.B. Herr Dr. Braun.", "Er ging."],
    ],
)
def test_sentences_of_prose(expected: list[str]) -> None:
    text = "".join(expected) if "です" in expected[0] else " ".join(expected)
    assert parts(text) == expected


def test_sentences_go_on_over_printed_lines() -> None:
    text = (
        "The group was built by those who repaired other firms' cold rooms before they made any\n"
        "of their own. That history still shapes how we judge a quarter, and it is told to all by\n"
        "Edmund Farraday, who retired after nine years, and by those whom he has taught to tell\n"
        "it well. It is short.\n"
    )
    assert [len(part.split()) for part in parts(text)] == [19, 34, 3]


def test_a_line_of_full_width_goes_on_with_a_capital_letter() -> None:
    text = (
        "Everyone in the valley knew that the road to the pass was closed by snow, and that\n"
        "nobody would open it before spring, or before the men from the other side had come\n"
        "over to help them dig. In the meantime the letters were carried by one\n"
        "Edmund Farraday on his skis, who was related to the families of Achterberg, Oyelund\n"
        "Verhallen and Lindqvist, or said so.\n"
    )
    assert [part.split()[0] for part in parts(text)] == ["Everyone", "In"]


def test_a_heading_is_not_part_of_the_sentence_below() -> None:
    text = (
        "Debt and facilities\n"
        "Net debt at the end of September was 226.7 million euros, including lease liabilities of\n"
        "51.3 million euros. The covenant in the loan agreements is three times what it was, and\n"
        "the board's own ceiling is two.\n"
        "Quality\n"
        "Complaints fell to 11 in a thousand machines.\n"
    )
    found = kinds(text)
    assert found[0] == ("heading", "Debt and facilities")
    assert ("heading", "Quality") in found
    assert ("sentence", "Complaints fell to 11 in a thousand machines.") in found
    assert len(found) == 5


def test_numbered_headings_and_clauses() -> None:
    text = (
        "3 Markets\n\n3.1 Risk\n\nRisk is what remains.\n\n"
        "3.2 The Supplier shall install the System.\n"
        "(a) at once; and\n(b) with care.\n## Safety\nWear gloves.\n1. Open it. Wait.\n2. Close it."
    )
    assert kinds(text)[1:] == [
        ("heading", "3.1 Risk"),
        ("sentence", "Risk is what remains."),
        ("item", "3.2 The Supplier shall install the System."),
        ("item", "(a) at once; and"),
        ("item", "(b) with care."),
        ("heading", "## Safety"),
        ("sentence", "Wear gloves."),
        ("item", "1. Open it. Wait."),
        ("item", "2. Close it."),
    ]


@pytest.mark.parametrize("bullet", ["-", "*", "•", "–", "▪"])
def test_bulleted_items_with_wrapped_lines(bullet: str) -> None:
    text = (
        "What went well\n"
        f"{bullet} Heating grew by 8.1 percent after five quarters of flat sales, helped by\n"
        "grant schemes and by lower stocks at installers.\n"
        f"{bullet} Margin improved\n"
    )
    assert kinds(text) == [
        ("heading", "What went well"),
        (
            "item",
            f"{bullet} Heating grew by 8.1 percent after five quarters of flat sales, helped by "
            "grant schemes and by lower stocks at installers.",
        ),
        ("item", f"{bullet} Margin improved"),
    ]


def test_a_long_item_is_cut_at_its_sentences() -> None:
    text = "- " + "This sentence of the item is of a certain length. " * 12
    assert len(parts(text)) == 12


def test_a_list_without_bullets() -> None:
    text = (
        "Risks and uncertainties include:\n"
        "epidemics or natural disasters that have negatively and for long impacted our\n"
        "sales;\n"
        "changes in the wholesale cost of our products;\n"
        "a decline in operating results that has led to asset impairment in some of our\n"
        "stores.\n"
    )
    assert [part.split()[0] for part in parts(text)] == ["Risks", "epidemics", "changes", "a"]


def test_rows_of_a_table() -> None:
    text = (
        "Cash flow (EUR million) 9M 2025 9M 2024\n"
        "Operating profit 82.3 83.7\n"
        "Change in working capital (31.7) (14.9)\n"
        "Late deliveries 9.8 % 6.3 % 4.0 %\n"
        "Total assets $  15,318   $  15,803   $  15,419\n"
        "Net revenue growth 10.2%\n"
        "Inventories stood at 236.8 million euros.\n"
    )
    assert parts(text) == [" ".join(line.split()) for line in text.splitlines()]
    assert [u.kind for u in units(text)] == ["row"] * 6 + ["sentence"]


def test_rows_with_pipes_and_tabs() -> None:
    text = "| Light | Meaning |\n| --- | --- |\n| Red, twice | The sensor is dry |\n"
    text += "name\tage\nAnn\t7\n"
    assert parts(text) == [
        "| Light | Meaning | | --- | --- |",
        "| Red, twice | The sensor is dry |",
        "name age",
        "Ann 7",
    ]


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_table_with_one_cell_per_line(between: str) -> None:
    cells = [
        "EUR million",
        "Measure",
        "Quarter",
        "Revenue",
        "333.9",
        "319.4",
        "Gross profit",
        "109.5",
        "—",
    ]
    assert parts(between.join(cells))[-2:] == ["Revenue 333.9 319.4", "Gross profit 109.5 —"]


def test_cells_without_figures_are_grouped_but_not_without_end() -> None:
    found = parts("\n".join(f"Name {chr(65 + i)}" for i in range(24)))
    assert len(found) == 4


def test_text_without_any_punctuation() -> None:
    line = "words that never come to an end because nobody has told them how to do so and why\n"
    text = line * 40
    assert_partition(text)
    assert all(
        LONGEST_UNIT / 2 <= end - start <= LONGEST_UNIT for start, end in sentences(text)[:-1]
    )
    assert not any(
        text[end - 1].isspace() or text[end].isalpha() for _, end in sentences(text)[:-1]
    )


def test_a_sentence_that_is_too_long_is_cut_between_its_clauses() -> None:
    clause = "the Supplier shall, without delay and at its own cost, put right what is wrong;\n"
    text = clause.replace("\n", " ") * 24 + "and that is all of it."
    assert_partition(text)
    assert len(sentences(text)) > 2
    assert all(text[end - 1] == ";" for _, end in sentences(text)[:-1])


def test_a_long_word_is_not_cut_before_an_accent() -> None:
    text = ("e" * (LONGEST_UNIT - 1)) + "e\u0301" + "e\u0301" * 900
    assert_partition(text)
    assert not any(text[start] == "\u0301" for start, _ in sentences(text))


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\n", "\u3000\x1c"])
def test_nothing(text: str) -> None:
    assert sentences(text) == []


def test_any_text_is_partitioned() -> None:
    random_ = random.Random(7)
    for _ in range(1500):
        text = random_text(random_)
        assert_partition(text)
        assert sentences(text) == sentences(text)


def test_any_characters_are_partitioned() -> None:
    random_ = random.Random(8)
    for _ in range(500):
        text = "".join(
            chr(random_.choice([random_.randrange(0x250), random_.randrange(0x110000)]))
            for _ in range(80)
        )
        assert_partition(text)
