"""Dates, names and quotations in English."""

from __future__ import annotations

import unicodedata
from random import Random

from tests.benchmarks.claims.fact import Fact

_MONTHS = [
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
]


def _ordinal(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in (11, 12, 13) else 0, "th")
    return f"{day}{ending}"


def day(random: Random) -> Fact:
    """A day of a year."""
    y, m, d = random.randrange(1950, 2035), random.randrange(1, 13), random.randrange(1, 29)
    month, after = _MONTHS[m - 1], _MONTHS[m % 12]
    named = [f"{d} {month} {y}", f"{month} {d}, {y}", f"{_ordinal(d)} of {month} {y}"]
    named += [f"{month.upper()} {d}, {y}", f"{d}-{month[:3]}-{y}", f"{month[:3]}. {d}, {y}"]
    named += [f"{d}\n{month}\n{y}", f"{y}-{m:02}-{d:02}", f"{month} {_ordinal(d)}, {y}"]
    named += [f"{y}/{m:02}/{d:02}", f"{y}年{m}月{d}日"]
    near = d % 28 + 1
    others = [f"{month} {y}", f"{d} {month}", f"{y}-{m:02}-{near:02}", f"{y}年{m}月{near}日"]
    if random.random() < 0.5:  # a document has one order of its own
        numeric = [f"{m}/{d}/{y}", f"{m:02}-{d:02}-{y}", f"{m}/{d}/{y % 100:02}"]
        others += [f"{month} {near}, {y}", f"{month} {d}, {y - 10}", f"{after} {d}, {y}"]
        others += [f"{month} 2{d}, {y}"] if d < 9 else []
        first = f"{d:02}/{m:02}/{y} after 01/31/{y}"
    else:
        numeric = [f"{d:02}.{m:02}.{y}", f"{d}/{m}/{y}", f"{d}/{m}/{y % 100:02}"]
        others += [f"{near} {month} {y}", f"{d} {month} {y + 1}", f"{d} {after} {y}"]
        others.append(f"{d} {month} {y}5")
        others += [f"1{d} {month} {y}"] if d < 9 else []
        first = f"{m:02}/{d:02}/{y} after 31/01/{y}"
    if d < 13 and d != m and random.random() < 0.5:
        numeric, others = [], [*others, first]
    claims = [*named[:3], named[7]]
    return Fact("date", random.choice(claims), (*named, *numeric), tuple(others))


def month(random: Random) -> Fact:
    """A month, or a quarter, of a year."""
    y, m = random.randrange(1950, 2035), random.randrange(1, 13)
    if random.random() < 0.5:
        q = random.randrange(1, 5)
        name = ["first", "second", "third", "fourth"][q - 1]
        same = [f"Q{q} {y}", f"{name} quarter of {y}", f"{q}Q{y % 100:02}", f"Q{q} FY{y}"]
        same += [f"{y} Q{q}", f"Q{q}'{y % 100:02}", f"{name} quarter of fiscal year {y}"]
        next_ = ["second", "third", "fourth", "first"][q - 1]
        others = [f"Q{q % 4 + 1} {y}", f"Q{q} {y + 1}", f"{next_} quarter of {y}", f"H1 {y}"]
        claim = random.choice(same[:2])
        return Fact("date", claim, tuple(same), tuple(others))
    full, after = _MONTHS[m - 1], _MONTHS[m % 12]
    same = [f"{full} {y}", f"{full}, {y}", f"14 {full} {y}", f"{full} 14, {y}", f"{y}-{m:02}"]
    same += [f"{full.upper()} {y}", f"{full[:3]} {y}", f"{y}年{m}月"]
    others = [f"{after} {y}", f"{full} {y + 1}", f"{y}-{m % 12 + 1:02}", f"{full} {y}5"]
    return Fact("date", f"{full} {y}", tuple(same), tuple(others))


_FIRST = [
    *("Marta", "Tomas", "Zoë", "José", "Jean-Marie", "Søren", "Ngaio"),
    *("Ömer", "Siobhán", "Łukasz", "Renée", "Björn"),
]
_LAST = [
    *("Lindqvist", "Verhallen", "O’Brannigan", "van der Meulen", "de la Cruz", "Ångström"),
    *("Smythe-Orwell", "von Aulock", "D’Arcy", "Müller", "al-Rashid", "Weiß"),
    *("Quillfeather", "Nuñez"),
]


def name(random: Random) -> Fact:
    """A person's name."""
    first, last = random.choice(_FIRST), random.choice(_LAST)
    letter, middle = random.choice("BFGKP"), random.choice(["", "", "initials", "middle"])
    given = {"initials": f"{first[0]}. {letter}.", "middle": f"{first} {letter}."}.get(
        middle, first
    )
    whole = f"{given} {last}"
    same = [whole, whole.upper(), f"{whole}’s", f"({whole})", f"{given}\n{last}", f"Dr. {whole}"]
    same += [unicodedata.normalize("NFD", whole), whole.replace("’", "'"), f"{whole}-led"]
    same += [f"{given}  {last},", f"“{whole}”", f"日本の{whole}です"]
    if middle == "initials":
        same += [f"{first[0]}.{letter}. {last}", f"{first[0]} {letter} {last}"]
    elsewhere = next(one for one in _FIRST if one[0] not in given and one != first)
    others = [given, last, f"{elsewhere} {last}", f"{given} {last}er", f"{given} {last}-Moran"]
    others += [f"{given} beside a {last}", f"{last}, {elsewhere}", f"Anne-{whole}"]
    others += [f"{given} Xavier {last}", f"Mc{whole}", f"{given} {last[:-1]}"]
    claim = random.choice([whole, whole.replace("’", "'")])
    return Fact("name", claim, tuple(same), tuple(others), torn=(given, last))


_QUOTED = """
    the efficient office of the final reserve doesn’t offer affluent clients any benefit from
    fluctuating interest on their offshore portfolio unless specific conditions are fulfilled and
    the beneficiary hasn’t filed a conflicting affidavit with the official registry of the region
"""
_MARKS = ["“{}”", '"{}"', "«{}»", "„{}“", "「{}」", "« {} »", "‘{}’", "»{}«"]
_LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "fi": "ﬁ", "fl": "ﬂ", "ff": "ﬀ"}


def quote(random: Random) -> Fact:
    """A quotation of six to twelve words."""
    size = random.randrange(6, 13)
    words = _QUOTED.split()
    at = random.randrange(len(words) - size)
    some = words[at : at + size]
    text = " ".join(some)
    same = [text, "\n".join(some), text.replace("’", "'"), f"({text})", f'"{text}"']
    same += [" \n ".join((" ".join(some[:3]), " ".join(some[3:]))), text.replace(" ", "\u00a0")]
    tied = text
    for letters, one in _LIGATURES.items():
        tied = tied.replace(letters, one)
    same += [tied, _hyphenated(some, "-"), _hyphenated(some, "\u00ad"), text + "."]
    others = [text.replace(some[2], "entire", 1), " ".join([some[1], some[0], *some[2:]])]
    others += [" ".join(some[:-1]), " ".join(some[1:]), " ".join([*some[:2], "very", *some[2:]])]
    others += [text.upper(), " ".join([*some[:3], *some[4:]]), text[:-2] + "xx"]
    inner = random.choice(
        [text, text.replace("’", "'"), f"{' '.join(some[:3])} … {some[-2]} {some[-1]}"]
    )
    if "…" in inner:
        others = [
            text.upper(),
            " ".join(reversed(some)),
            f"{' '.join(some[:-1])} entire {some[-1]}",
        ]
        others.append(f"{' '.join(some[:3])}{' and so it went on' * 50} {some[-2]} {some[-1]}")
    claim = random.choice(_MARKS[:6] if "'" in inner else _MARKS).format(inner)
    return Fact(
        "quote", claim, tuple(same), tuple(others), torn=(" ".join(some[:3]), " ".join(some[3:]))
    )


def _hyphenated(some: list[str], hyphen: str) -> str:
    """The words with a line's end inside of the longest one."""
    longest = max(range(len(some)), key=lambda at: len(some[at]))
    word = some[longest]
    broken = f"{word[:4]}{hyphen}\n{word[4:]}"
    return " ".join([*some[:longest], broken, *some[longest + 1 :]])
