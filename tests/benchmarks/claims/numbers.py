"""Numbers, amounts of money and percentages."""

from __future__ import annotations

from random import Random

from tests.benchmarks.claims.fact import Fact
from tests.benchmarks.claims.words import cardinal


def grouped(number: int, separator: str = ",") -> str:
    """1234567 as `1,234,567`."""
    return f"{number:,}".replace(",", separator)


def count(random: Random) -> Fact:
    """A whole number of four to seven digits."""
    n = random.randrange(1_001, 9_999_999)
    n += n % 10 == 0
    other = n + random.choice([1, 10, 100, 1_000])
    same = [grouped(n, mark) for mark in (",", " ", "\u00a0", "\u202f", "'", "’")]
    same += [f"({grouped(n)})", f"−{grouped(n)}", f"-{n}", f"${grouped(n)}", f"{grouped(n)}.00"]
    others = [grouped(other), f"{n}0", f"1{n}", f"{grouped(n)}.5", f"{n / 10}", f"X{n}", f"0.{n}"]
    others += [f"{grouped(n)},000", f"{n}x7", f"AB-{n}", f"7:{n}"]
    claim = random.choice([grouped(n), str(n)])
    return Fact("number", claim, (str(n), *same), tuple(others))


def small(random: Random) -> Fact:
    """A number of two digits, which is a part of many others."""
    n = random.choice([x for x in range(13, 99) if x % 10])
    words = cardinal(n)
    same = [str(n), words, words.replace("-", " "), f"({n})", f"{n}.", f"{n}, ", f"{n}:", f"{n}%"]
    others = [f"20{n}", f"{n}00", f"{n},000", f"${n}.5", f"0.{n}", f"1{n}", f"{n}1", f"1,0{n}"]
    others += [f"COVID-{n}", f"T{n}", f"{n}:30", f"9:{n}", f"{words} hundred", f"{n}.{n}"]
    others += [f"one hundred and {words}", f"two hundred {words}", f"{words} thousand"]
    return Fact("number", random.choice([str(n), words]), tuple(same), tuple(others))


def spelled(random: Random) -> Fact:
    """A number in words of several parts."""
    n = random.choice([random.randrange(101, 999), random.randrange(1_001, 99_999)])
    n += n % 10 == 0
    forms = [cardinal(n), cardinal(n, "and ")]
    others = [cardinal(n + 1), cardinal(n + 100, "and "), str(n + 1)]
    others += [cardinal(n * 1_000), f"{n}0", cardinal(n % 100)]
    claim = random.choice([*forms, str(n), grouped(n)])
    return Fact("number", claim, (*forms, str(n), grouped(n), forms[0].title()), tuple(others))


_SCALES = {"thousand": 3, "million": 6, "billion": 9}
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}


def money(random: Random) -> Fact:
    """An amount of money with a scale."""
    sign, code = random.choice(list(_SIGNS.items()))
    wrong = random.choice([other for other in _SIGNS if other != sign])
    scale, power = random.choice(list(_SCALES.items()))
    tenths = random.choice([x for x in range(11, 99) if x % 10])
    n = f"{tenths // 10}.{tenths % 10}"
    full = grouped(tenths * 10 ** (power - 1))
    letter = {"thousand": "k", "million": "m", "billion": "bn"}[scale]
    same = [f"{sign}{n} {scale}", f"{code} {n} {scale}", f"{sign}{full}", f"{full} {code}"]
    same += [f"{sign}{n}{letter}", f"({sign}{n} {scale})", f"{sign}({n}) {scale}", f"-{sign}{full}"]
    same += [f"{code}{n}{letter}", f"{sign} {n}\n{scale}", f"{n}0 {scale} {code}", f"{full}.00"]
    if scale != "thousand":
        less = {"million": "thousand", "billion": "million"}[scale]
        same += [f"{sign}{tenths}00 {less}", f"{sign}{tenths // 10},{tenths % 10}00 {less}"]
    others = [f"{wrong}{n} {scale}", f"{sign}{n}", n, f"{n}%", f"{sign}{n}5 {scale}"]
    others += [f"{sign}1{n} {scale}", f"{sign}{tenths} {scale}", f"{sign}{full},000", f"{n} m wide"]
    others += [f"{sign}{n} {other}" for other in _SCALES if other != scale]
    others += [f"{code} {full}5", f"{sign}{n}.1", f"{wrong}{full}"]
    table = f"(in {scale}s)\nrent income {n} 7.7"
    claim = random.choice([f"{sign}{n} {scale}", f"{code} {n} {scale}", f"{sign}{full}"])
    return Fact("number", claim, tuple(same), tuple(others), (table,))


def percent(random: Random) -> Fact:
    """A percentage."""
    tenths = random.choice([x for x in range(111, 989) if x % 10])
    whole = random.random() < 0.5
    n = str(tenths // 10 + (tenths // 10 % 10 == 0)) if whole else f"{tenths // 10}.{tenths % 10}"
    same = [f"{n}%", f"{n} %", f"{n} percent", f"{n} per cent", f"({n})%", f"({n}%)", f"{n}\n%"]
    same += [f"-{n}%", f"{n.replace('.', ',')} %"]
    same += [f"{n}.0%", f"{cardinal(int(n))} percent"] if whole else [f"{n}0%"]
    others = [n, f"${n}", f"{n} million", f"1{n}%", f"{n}.1 %" if whole else f"{n}1 %"]
    others += [f"{n} percentage points", f"{n} %-points", f"section {n}" if whole else f"{n} km"]
    others += [f"0.{n.replace('.', '')} %", f"{n} kg", f"{float(n) + 1:g}%", f"€{n} m"]
    table = f"% change\nnorth region {n}"
    claim = random.choice([f"{n}%", f"{n} %", f"{n} percent"])
    return Fact("number", claim, tuple(same), tuple(others), (table,))
