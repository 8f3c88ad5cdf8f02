"""Numbers with what they measure, count or number."""

from __future__ import annotations

from random import Random

from tests.benchmarks.claims.fact import Fact
from tests.benchmarks.claims.words import cardinal

_UNITS = {
    "days": ("calendar days", "consecutive days"),
    "weeks": ("full weeks",),
    "months": (),
    "litres": ("l", "liters"),
    "kilometres": ("km", "kilometers"),
    "tonnes": ("t", "metric tonnes"),
    "megawatts": ("MW",),
    "hectares": ("ha",),
    "miles": (),
}
_COUNTED = {
    "plants": (),
    "employees": ("people", "workers"),
    "containers": (),
    "branches": (),
    "vessels": (),
}
_LABELS = {"section": ("§", "Sec."), "article": ("Art.",), "table": ("Table",), "clause": ()}


def _number(random: Random) -> int:
    return random.choice([x for x in range(13, 99) if x % 10])


def _elsewhere(n: int) -> list[str]:
    """The same digits, of another kind."""
    found = [
        f"{n}%",
        f"${n}",
        f"{n} million",
        f"€{n}",
        f"Table {n}",
        f"section {n}",
        f"see No. {n}",
    ]
    found += [f"sections 4 and {n}", f"{n}.{n}", f"{n} percentage points", f"Figures 2 to {n}"]
    if n < 29:
        found += [f"{n} May 2021", f"May {n}, 2021", f"the {n}th of June 1998"]
    return found


def measure(random: Random) -> Fact:
    """A number with a unit."""
    n, (unit, also) = _number(random), random.choice(list(_UNITS.items()))
    word = cardinal(n)
    same = [f"{n} {unit}", f"{n}\n{unit}", f"{n}-{unit[:-1]}", f"{word} {unit}", f"{n}\u00a0{unit}"]
    same += [f"{word} ({n}) {unit}", f"{n} ({word}) {unit}", f"{n} to {n + 5} {unit}"]
    same += [
        f"{n}–{n + 5} {unit}",
        f"{n}.0 {unit}",
        f"({n}) {unit}",
        *(f"{n} {one}" for one in also),
    ]
    if unit == "kilometres":
        same += [f"{n},000 metres", f"{n},000 m"]
    others = [f"{n} {other}" for other in _UNITS if other != unit]
    others += [
        *_elsewhere(n),
        f"{n} people",
        f"1{n} {unit}",
        f"{n}0 {unit}",
        f"{n}.5 {unit}",
        str(n),
    ]
    others += [
        f"{n} working days",
        f"{n} square {unit}",
        f"{n} thousand {unit}",
        f"{n} {unit[:2]}x",
    ]
    table = f"({unit})\nterm {n}"
    claim = random.choice([f"{n} {unit}", f"{word} {unit}"])
    return Fact("number", claim, tuple(same), tuple(others), (table,))


def counted(random: Random) -> Fact:
    """A number of things."""
    n, (noun, also) = _number(random), random.choice(list(_COUNTED.items()))
    word = cardinal(n)
    same = [
        f"{n} {noun}",
        f"{n} new {noun}",
        f"{word} {noun}",
        f"{n} of the {noun}",
        f"{noun}: {n}",
    ]
    same += [f"{n}\n{noun}", f"{word.title()} {noun}", *(f"{n} {one}" for one in also)]
    wrong = [other for other in _COUNTED if other != noun]
    others = [f"{n} {other}" for other in (*wrong, *_UNITS)]
    others += [
        *_elsewhere(n),
        f"1{n} {noun}",
        f"{n}0 {noun}",
        f"{n} thousand {noun}",
        f"{n}.5 {noun}",
    ]
    others.append(f"clause {n} on {noun}")
    claim = random.choice([str(n), word])
    return Fact("number", claim, tuple(same), tuple(others), around=("", f" {noun}"))


def labelled(random: Random) -> Fact:
    """The number of a part of a text."""
    n, (label, also) = _number(random), random.choice(list(_LABELS.items()))
    same = [f"{label} {n}", f"{label.title()} {n}", f"{label}s 4 and {n}", f"({label} {n})"]
    same += [f"{one} {n}" for one in also]
    others = [f"{other} {n}" for other in _LABELS if other != label]
    others += [str(n), f"{n} {label}s", f"{label} 1{n}", f"{label} {n}.5", f"{n} days", f"${n}"]
    return Fact("number", str(n), tuple(same), tuple(others), around=(f"{label} ", ""))


def points(random: Random) -> Fact:
    """A difference of percentages."""
    n = f"{random.randrange(2, 9)}.{random.randrange(1, 10)}"
    same = [f"{n} percentage points", f"{n} %-points", f"{n} pp", f"{n} percentage\npoints"]
    same += [f"{n}0 percentage points", f"({n}) percentage points", f"{n}-percentage-point"]
    others = [f"{n}%", f"{n} percent", f"{n} basis points", n, f"1{n} percentage points", f"${n}"]
    others += [f"{n}5 percentage points", f"{n} million", f"section {n}", f"{n} points"]
    return Fact("number", f"{n} percentage points", tuple(same), tuple(others))
