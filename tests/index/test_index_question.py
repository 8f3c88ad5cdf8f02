"""What a question asks for: the kind of answer, the words to look for, the form left out."""

from __future__ import annotations

import pytest

from citrus_cli.index.question import asked, glossary, without_form


@pytest.mark.parametrize(
    ("question", "kind", "several"),
    [
        ("How much did the pump cost?", "amount", False),
        ("What was the effective tax rate for Q3?", "amount", False),
        ("What share of profit went to owners?", "amount", False),
        ("When does the daily transmission start?", "date", False),
        ("By what date must notice be given?", "date", False),
        ("Who is the chair of the Project Board?", "person", False),
        ("Which bank leads the new credit facility?", "person", False),
        ("Where will the new test laboratory be built?", "place", False),
        ("Why did revenue fall?", "reason", False),
        ("What drove operating margin change?", "reason", False),
        ("What are the risks?", "list", True),
        ("List the members of the board.", "list", True),
        ("Compare the two offers.", "list", True),
        ("Summarize the report.", "whole", False),
        ("What is this document about?", "whole", False),
        ("What is the factory password?", "other", False),
        ("", "other", False),
    ],
)
def test_kinds(question, kind, several):
    found = asked(question)
    assert (found.kind, found.several) == (kind, several)


@pytest.mark.parametrize(
    ("question", "search"),
    [
        ("What is the FY2018 capex (in USD millions) of 3M?", "What is the FY2018 capex of 3M?"),
        ("What was net income? Round to two decimals.", "What was net income?"),
        ("What was net income? Answer in one sentence.", "What was net income?"),
        (
            "Is the firm liquid? Answer yes or no. If not relevant, state that and explain why.",
            "Is the firm liquid?",
        ),
        ("Who signed the lease", "Who signed the lease"),
        # a sentence that only begins like one about form is none
        (
            "Users of the pump complained. What was the reply?",
            "Users of the pump complained. What was the reply?",
        ),
        (
            "Statement 4 was withdrawn. Who withdrew it?",
            "Statement 4 was withdrawn. Who withdrew it?",
        ),
        (
            "Rounders was played in 1925. Where was it?",
            "Rounders was played in 1925. Where was it?",
        ),
        # a definition says what to look for
        (
            "What is the ratio? Define it as: current assets / current liabilities.",
            "What is the ratio? Define it as: current assets / current liabilities.",
        ),
    ],
)
def test_form_is_left_out_of_the_search(question, search):
    found = asked(question)
    assert found.search == search
    assert found.question == question


@pytest.mark.parametrize(
    "question",
    [
        "Wie hoch waren die Umsatzerlöse im dritten Quartal?",
        "Pourquoi la société a-t-elle réduit son dividende en 2023 ?",
        "¿Cuánto costó la bomba, y quién la pagó?",
        "第三四半期の売上高はいくらですか？",
        "Какова была выручка компании?",
        "ما هي قيمة العقد؟",
        "Quanto è costata la pompa in milioni?",
        "Base de datos: ¿dónde está?",
        "🍋?",
    ],
)
def test_other_languages_pass_unharmed(question):
    found = asked(question)
    assert found.search == question
    assert (found.terms, found.headings) == ((), ())
    assert found.words or question == "🍋?"


@pytest.mark.parametrize(
    "question",
    [
        "yes or no",
        "Answer yes or no.",
        "Round to two decimals.",
        "Answer the question:",
        "In USD millions.",
        "Give a list.",
        "State the warranty period.",
        "?!",
        "in one sentence",
    ],
)
def test_what_is_only_about_form_is_searched_for_as_it_is(question):
    assert without_form(question) == question


def test_one_word_and_stop_words():
    assert asked("dividend").words[0] == "dividend"
    assert asked("Kiln").words == ("kiln",)
    assert asked("What is it about?").words == ("what", "is", "it", "about")
    assert asked("the the THE").words == ("the",)
    assert asked("Who oiled the pump, the old pump?").words == ("oiled", "pump", "old")
    assert asked("").words == ()


def test_a_question_of_3000_words_is_taken_in_whole():
    question = "Where is it? " + " ".join(f"word{at}" for at in range(3000))
    found = asked(question)
    assert len(found.words) >= 3000
    assert found.words[-1] == "word2999"


def test_filings_have_other_names_for_things():
    found = asked("What is the FY2018 capital expenditure amount for 3M?")
    assert any("property" in name for name in found.terms)
    assert found.kind == "amount"
    named = asked("Based on the balance sheet, what is the year end FY2018 net PPNE for 3M?")
    assert any("balance sheet" in name for name in named.headings)
    assert named.kind == "amount"
    assert "; " in named.meaning
    assert asked("Who is the escrow agent?").terms == ()


def test_every_name_in_the_glossary_can_be_asked_for():
    known = glossary()
    assert known.terms
    assert known.statements
    for one in (*known.terms, *known.statements):
        assert one.called
        assert all(name.strip() == name and name for name in one.called)
