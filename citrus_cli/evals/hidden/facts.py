"""Invented facts to plant in a text: a sentence, what is asked about it, and the right answer.

Twelve kinds of fact times eight; names, places and numbers are drawn for a seed and never twice,
so that no model can know them and no two facts share an answer. They have nothing in common with
the facts by which a model's retrieval heads are found (calibration.json).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

PER_KIND = 8
"""How many facts of each kind there are for a seed."""


@dataclass(frozen=True)
class Kind:
    """How facts of a kind are told and asked for.

    `paraphrase` shares no content word with `sentence`; it fits every fact of the kind, so a text
    that is asked it may hold only one of them. `together` asks for several facts of the kind at
    once, `about` being who or what each of them is about. `value` is what the answer is: a person,
    a place or a number.
    """

    name: str
    sentence: str
    question: str
    paraphrase: str
    together: str
    about: str
    value: str


@dataclass(frozen=True)
class Fact:
    """One planted sentence; `accepted` are the spellings of its answer, the full one first."""

    kind: Kind
    sentence: str
    question: str
    paraphrase: str
    about: str
    accepted: tuple[str, ...]


KINDS = (
    Kind(
        "honey",
        "The beekeeper {person} harvested {number} jars of honey last summer.",
        "How many jars of honey did the beekeeper {person} harvest?",
        "What quantity of sweet stuff did the hive owner collect?",
        "How many jars of honey did each of the beekeepers {list} harvest?",
        "{person}",
        "number",
    ),
    Kind(
        "violin",
        "The widow {person} buried the family violin in {place}.",
        "Where did the widow {person} bury the family violin?",
        "In which town was the stringed instrument hidden underground?",
        "Where did each of the widows {list} bury the family violin?",
        "{person}",
        "place",
    ),
    Kind(
        "meteorite",
        "A meteorite of {number} kilograms fell on the farm of {person}.",
        "How many kilograms did the meteorite on the farm of {person} weigh?",
        "How heavy was the stone from outer space?",
        "How many kilograms did the meteorite weigh that fell on each of the farms of {list}?",
        "{person}",
        "number",
    ),
    Kind(
        "dogs",
        "The trainer {person} prepared her sled dogs in {place}.",
        "Where did the trainer {person} prepare her sled dogs?",
        "In which town did somebody get the huskies ready?",
        "Where did each of the trainers {list} prepare her sled dogs?",
        "{person}",
        "place",
    ),
    Kind(
        "bridge",
        "The stone bridge in {place} was designed by {person}.",
        "Who designed the stone bridge in {place}?",
        "Which architect planned the crossing of the water?",
        "Who designed each of the stone bridges in {list}?",
        "{place}",
        "person",
    ),
    Kind(
        "tapestry",
        "The museum in {place} insured its finest tapestry for {number} florins.",
        "For how many florins did the museum in {place} insure its finest tapestry?",
        "What sum would be paid out if the wall hanging were stolen?",
        "For how many florins did each of the museums in {list} insure its finest tapestry?",
        "{place}",
        "number",
    ),
    Kind(
        "vault",
        "The locksmith {person} opened the jammed vault of a bank in {place}.",
        "Where did the locksmith {person} open the jammed vault of a bank?",
        "In which town did a craftsman free the stuck door of a strongroom?",
        "Where did each of the locksmiths {list} open the jammed vault of a bank?",
        "{person}",
        "place",
    ),
    Kind(
        "cook",
        "The governor of {place} hired {person} as his cook.",
        "Whom did the governor of {place} hire as his cook?",
        "Which chef prepares meals for the head of the province?",
        "Whom did each of the governors of {list} hire as his cook?",
        "{place}",
        "person",
    ),
    Kind(
        "orchestra",
        "The orchestra of {place} rehearses in hall {number}.",
        "In which hall does the orchestra of {place} rehearse?",
        "What room do the musicians practise their pieces at?",
        "In which hall does each of the orchestras of {list} rehearse?",
        "{place}",
        "number",
    ),
    Kind(
        "necklace",
        "The lawyer {person} lost a diamond necklace in {place}.",
        "Where did the lawyer {person} lose a diamond necklace?",
        "In which town did an attorney mislay some precious jewellery?",
        "Where did each of the lawyers {list} lose a diamond necklace?",
        "{person}",
        "place",
    ),
    Kind(
        "comet",
        "The comet above {place} was photographed by {person}.",
        "Who photographed the comet above {place}?",
        "Which stargazer took the picture of a tailed thing up there among the planets?",
        "Who photographed each of the comets above {list}?",
        "{place}",
        "person",
    ),
    Kind(
        "mushrooms",
        "The hermit {person} owns {number} books about mushrooms.",
        "How many books about mushrooms does the hermit {person} own?",
        "What is the size of the recluse's library on fungi?",
        "How many books about mushrooms does each of the hermits {list} own?",
        "{person}",
        "number",
    ),
)

_FIRST = (
    "Alrik", "Bettina", "Casimir", "Dorothea", "Emeric", "Florentina", "Gideon", "Hedwig",
    "Ignatius", "Jolanda", "Konstantin", "Leocadia", "Matthias", "Nepomuk", "Ottilie", "Perpetua",
)  # fmt: skip
_LAST = (
    ("Bram", "Cord", "Drav", "Fenw", "Galt", "Hask", "Jorv", "Kelm", "Lund", "Mord", "Nesb", "Pra"),
    ("ecki", "ofsen", "ington", "ulescu", "andri", "iveros", "aldo", "omeny", "usic", "everin"),
)  # fmt: skip
_PLACE = (
    ("Ald", "Brey", "Cull", "Dors", "Esk", "Farn", "Gris", "Hovel", "Ivar", "Kund", "Lorr", "Melk"),
    ("avik", "emora", "ingham", "oria", "ustad", "abruck", "ewater", "imont", "ozero", "ulinn"),
)  # fmt: skip


def facts(seed: int = 0) -> tuple[Fact, ...]:
    """All facts of a seed, kind by kind: `PER_KIND` of each of `KINDS`."""
    rng = random.Random(f"facts {seed}")
    last = ["".join(parts) for parts in product(*_LAST)]
    places = ["".join(parts) for parts in product(*_PLACE)]
    numbers = list(range(117, 990))
    for pool in (last, places, numbers):
        rng.shuffle(pool)
    made = []
    for kind in KINDS:
        for _ in range(PER_KIND):
            surname, place, number = last.pop(), places.pop(), str(numbers.pop())
            person = f"{rng.choice(_FIRST)} {surname}"
            names = {"person": person, "place": place, "number": number}
            spellings = (person, surname) if kind.value == "person" else (names[kind.value],)
            made.append(
                Fact(
                    kind,
                    kind.sentence.format(**names),
                    kind.question.format(**names),
                    kind.paraphrase,
                    kind.about.format(**names),
                    spellings,
                )
            )
    return tuple(made)


def together(some: tuple[Fact, ...]) -> str:
    """One question that needs all of some facts of the same kind.

    Raises:
        ValueError: they are of several kinds.
    """
    if len({fact.kind.name for fact in some}) != 1:
        raise ValueError("only facts of one kind can be asked for together")
    *most, final = (fact.about for fact in some)
    listed = f"{', '.join(most)} and {final}" if most else final
    return some[0].kind.together.format(list=listed)


def choose(number: int, rng: random.Random, seed: int = 0, *, one_kind: bool = False) -> list[Fact]:
    """Some facts for one text, drawn by `rng`: each of another kind, or all of one.

    Raises:
        ValueError: there are not so many.
    """
    known = facts(seed)
    by_kind = [known[at : at + PER_KIND] for at in range(0, len(known), PER_KIND)]
    if one_kind:
        return rng.sample(rng.choice(by_kind), number)
    return [rng.choice(of_kind) for of_kind in rng.sample(by_kind, number)]
