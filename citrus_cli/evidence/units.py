"""Units of measure: how each is written, and by how many powers of ten it differs from its base."""

from __future__ import annotations

import re
from dataclasses import dataclass

from citrus_cli.evidence.scripts import ENDS


@dataclass(frozen=True)
class Unit:
    """A unit: 10^`power` of a `base`. A kilometre is 10^3 of "metre"."""

    base: str
    power: int = 0


_WORDS = {
    "second": "second seconds sec secs sekunden secondes segundos secondi",
    "minute": "minute minutes min mins minuten minutos minuti",
    "hour": "hour hours hr hrs stunde stunden heure heures hora horas ore",
    "day": "day days tag tage tagen jour jours día días dia dias giorno giorni",
    "week": "week weeks woche wochen semaine semaines semana semanas settimana settimane",
    "month": "month months monat monate monaten mois mes meses mese mesi",
    "quarter": "quarter quarters quartal quartale",
    "year": "year years yr yrs jahr jahre jahren an ans année années año años anno anni",
    "decade": "decade decades",
    "century": "century centuries",
    "mile": "mile miles meile meilen",
    "inch": "inch inches zoll",
    "foot": "foot feet ft fuß",
    "yard": "yard yards",
    "hectare": "hectare hectares hektar",
    "acre": "acre acres",
    "gallon": "gallon gallons gal",
    "barrel": "barrel barrels bbl",
    "ounce": "ounce ounces oz",
    "lb": "lb lbs",
    "knot": "knot knots",
    "mph": "mph",
    "degree": "degree degrees grad",
    "bar": "bar",
    "psi": "psi",
    "rpm": "rpm",
    "decibel": "decibel decibels",
    "share": "share shares aktie aktien",
    "percentage point": "pp ppt ppts prozentpunkt prozentpunkte prozentpunkten",
    "basis point": "bp bps",
}
_PREFIXES = {"kilo": 3, "mega": 6, "giga": 9, "tera": 12, "centi": -2, "milli": -3, "micro": -6}
_PREFIXED = {
    "metre": "metre metres meter meters metern mètre mètres metro metros metri",
    "litre": "litre litres liter liters litern litro litros litri",
    "gram": "gram grams gramme grammes gramm gramo gramos grammi",
    "watt": "watt watts",
    "watt-hour": "watt-hour watt-hours",
    "volt": "volt volts",
    "ampere": "ampere amperes amp amps",
    "hertz": "hertz",
    "byte": "byte bytes",
    "bit": "bit bits",
    "joule": "joule joules",
    "pascal": "pascal pascals",
}
_SYMBOLS = {
    "metre": ("m", "k c m µ"),
    "litre": ("l", "c m h"),
    "gram": ("g", "k m µ"),
    "watt": ("W", "k M G T m"),
    "watt-hour": ("Wh", "k M G T"),
    "volt": ("V", "k m"),
    "hertz": ("Hz", "k M G"),
    "byte": ("B", "k M G T"),
    "pascal": ("Pa", "h k M"),
    "joule": ("J", "k M G"),
}
_LETTERS = {"k": 3, "M": 6, "G": 9, "T": 12, "h": 2, "c": -2, "m": -3, "µ": -6}
_AREAS = {"m": 0, "km": 3, "cm": -2, "mm": -3}


def _symbols() -> dict[str, Unit]:
    """What is written in one way only, capitals and all."""
    found = {"h": Unit("hour"), "s": Unit("second"), "t": Unit("gram", 6), "ha": Unit("hectare")}
    found |= {"L": Unit("litre"), "dB": Unit("decibel"), "km/h": Unit("km/h"), "m/s": Unit("m/s")}
    found |= {"°C": Unit("°C"), "°F": Unit("°F"), "°": Unit("degree"), "KB": Unit("byte", 3)}
    for base, (symbol, prefixes) in _SYMBOLS.items():
        found[symbol] = Unit(base)
        found |= {letter + symbol: Unit(base, _LETTERS[letter]) for letter in prefixes.split()}
    del found["B"]
    for symbol, power in _AREAS.items():
        for mark in "2²":
            found[symbol + mark] = found[f"sq {symbol}"] = Unit("square metre", 2 * power)
        for mark in "3³":
            found[symbol + mark] = Unit("cubic metre", 3 * power)
    return found


def _words() -> dict[str, Unit]:
    """What is written in small letters or capitals."""
    found = {word: Unit(base) for base, words in _WORDS.items() for word in words.split()}
    tonnes = ("ton", "tons", "tonne", "tonnes", "tonnen", "tonelada", "toneladas", "tonnellate")
    found |= dict.fromkeys(tonnes, Unit("gram", 6))
    found |= dict.fromkeys(("kilo", "kilos"), Unit("gram", 3))
    for base, words in _PREFIXED.items():
        for word in words.split():
            found[word] = Unit(base)
            found |= {prefix + word: Unit(base, power) for prefix, power in _PREFIXES.items()}
    plain = {word: unit for word, unit in found.items() if unit.base in _SQUARED}
    for word, unit in plain.items():
        found |= {f"{sq} {word}": Unit(f"square {unit.base}", 2 * unit.power) for sq in _SQUARE}
        found |= {f"{cu} {word}": Unit(f"cubic {unit.base}", 3 * unit.power) for cu in _CUBE}
    for kind in ("working", "business", "trading"):
        found |= {f"{kind} day": Unit("working day"), f"{kind} days": Unit("working day")}
    found |= dict.fromkeys(("werktage", "werktagen", "arbeitstage"), Unit("working day"))
    points = {"percentage": "percentage point", "percent": "percentage point"}
    for long, base in {**points, "basis": "basis point"}.items():
        found |= {f"{long} point": Unit(base), f"{long} points": Unit(base)}
    found |= {"% points": Unit("percentage point")}
    found |= {"nautical mile": Unit("sea mile"), "nautical miles": Unit("sea mile")}
    for scale, sign in (("celsius", "°C"), ("fahrenheit", "°F")):
        found |= dict.fromkeys((f"degrees {scale}", f"degree {scale}"), Unit(sign))
    for way in ("kilometres per hour", "kilometers per hour", "kph"):
        found[way] = Unit("km/h")
    found["miles per hour"] = Unit("mph")
    return found


_SQUARED = ("metre", "foot", "mile", "inch", "yard")
_SQUARE = ("square", "sq", "sq.")
_CUBE = ("cubic", "cu")
SYMBOLS = _symbols()
WORDS = _words()


def _either(names: dict[str, Unit]) -> str:
    longest = sorted(names, key=len, reverse=True)
    return "|".join(re.escape(name).replace(r"\ ", r"[\s-]{1,2}") for name in longest)


ANY = rf"(?:(?P<symbol>{_either(SYMBOLS)})|(?i:(?P<word>{_either(WORDS)}))){ENDS}"
"""A pattern for every unit, with the groups that `unit_of` reads."""

_BETWEEN = (
    r"(?:\s?\([^()]{1,40}\))?\)?[\s-]{0,2}"
    r"(?:(?i:calendar|consecutive|full|whole|further|additional|more|metric|fiscal|net)[\s-])?"
)
_AFTER = re.compile(_BETWEEN + ANY)
_ANNOUNCED = re.compile(rf"(?:[(\[|\t]\s?|\b[Ii]n\s|,\s){ANY}(?=\s?(?:[)\]|:\t]|$))")


def unit_of(match: re.Match[str]) -> Unit:
    """The unit that a match of `ANY` is."""
    if match["symbol"]:
        return SYMBOLS[match["symbol"]]
    return WORDS[re.sub(r"[\s-]+", " ", match["word"]).lower()]


def unit_after(text: str, at: int) -> tuple[int, Unit] | None:
    """The unit of a number that ends at `at`, and where it ends: "14 (fourteen) days"."""
    match = _AFTER.match(text, at, at + 80)
    return (match.end(), unit_of(match)) if match else None


def announced_units(text: str) -> frozenset[Unit]:
    """The units that a text gives for figures that stand elsewhere: "(days)", "in litres:"."""
    return frozenset(unit_of(match) for match in _ANNOUNCED.finditer(text))
