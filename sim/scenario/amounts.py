"""Numbers with and without units, from text: exact decimals, so that ten times 0.1 h is one hour.

Digits with an optional decimal point are the only spelling of a number: no sign, no exponent (`1e3` is
refused: write 1000), no thousands separators.
"""

from __future__ import annotations

import re
from decimal import Decimal

from sim.scenario.scalar import SMART_QUOTES, code_point, did_you_mean, is_quoted, shown

DAY = 86_400
LONGEST_SECONDS = 200 * 36_525 * DAY // 100  # 200 years: beyond it, a slip of the unit
MOST_COUNTED = 1_000_000_000
MOST_DIGITS = 18

SECONDS = {
    **dict.fromkeys(("s", "second", "seconds"), 1),
    **dict.fromkeys(("min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), DAY),
    **dict.fromkeys(("week", "weeks"), 7 * DAY),
}
TIME_UNITS = "s, min, h, day, week"
_NOT_FIXED = ("month", "months", "year", "years", "mo", "y")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_AMOUNT = re.compile(r"(?P<number>.*?)\s*(?P<unit>[A-Za-z]*)", re.DOTALL)


def decimal(text: str) -> Decimal:
    """A number, 0 or more. Raises ValueError that says what is wrong with the spelling."""
    word = text.strip()
    if _NUMBER.fullmatch(word):
        if len(word) > MOST_DIGITS:
            raise ValueError(f"a number of {len(word)} characters: at most {MOST_DIGITS}")
        return Decimal(word)
    raise ValueError(_what_is_wrong(word))


def _what_is_wrong(word: str) -> str:
    lower = word.lower().lstrip("+-.")
    odd = next((c for c in word if c in SMART_QUOTES), None)
    if not word:
        return "no number here"
    if odd:
        return f"a typographic quote ({code_point(odd)}) is part of the text: remove it"
    if lower.split(" ")[0] in ("nan", "inf", "infinity"):
        return "not a finite number"
    if word.startswith(("-", "\u2212")) and any(c.isdigit() for c in word):
        return "negative: it must be 0 or more"
    if re.fullmatch(r"[0-9.]+[eE][+-]?[0-9]+", word):
        return "no exponents: write the number out, as in `1000`"
    if any(c.isnumeric() and not c.isascii() for c in word):
        return f"{shown(word)} is not a number: write it with the digits 0 to 9"
    if re.fullmatch(r"\+[0-9.]+", word):
        return "no sign: write it without the `+`"
    if re.fullmatch(r"[0-9.]+ *(d|days?|h|hours?|min|minutes?) *[0-9.]+( *[a-z]+)?", word):
        return "one number and one unit, as in `5.5 h`"
    if re.fullmatch(r"[0-9][0-9,_' ]*[0-9](\.[0-9]+)?", word) and re.search(r"[,_' ]", word):
        return "digits only, no separators, with a point for decimals, as in `1500` or `0.5`"
    if re.fullmatch(r"\.[0-9]+|[0-9]+\.", word):
        return "a digit on both sides of the point, as in `0.5`"
    if lower in ("true", "false", "yes", "no", "on", "off"):
        return "a boolean is not a number"
    return f"{shown(word)} is not a number"


def unquoted(text: str) -> str:
    """The stripped text; raises ValueError if it is a number in quotes."""
    if is_quoted(text):
        bare = _NUMBER.fullmatch(text.strip())
        raise ValueError("remove the quotes: a number is written without them" if bare else "text in quotes")
    return text.strip()


def _unquoted_if_bare(text: str) -> str:
    return unquoted(text) if _NUMBER.fullmatch(text.strip()) else text.strip()


def split_unit(text: str) -> tuple[Decimal, str]:
    """`20 min` -> (20, "min"). Raises ValueError if the number is misspelt."""
    word = text.strip()
    found = _AMOUNT.fullmatch(word)
    if found is None or not any(c.isdigit() for c in found["number"]):
        return decimal(word), ""
    return decimal(found["number"]), found["unit"]


def whole(text: str, most: int = MOST_COUNTED) -> int:
    """A whole number from plain digits. Raises ValueError."""
    word = unquoted(text)
    if not (word.isascii() and word.isdigit()):
        if _NUMBER.fullmatch(word):
            raise ValueError("a whole number has no decimal point")
        raise ValueError(_what_is_wrong(word))
    if len(word) > 1 and word.startswith("0"):
        raise ValueError("no leading zeros")
    if len(word) > len(str(most)) or int(word) > most:
        raise ValueError(f"too large: at most {most}")
    return int(word)


def count(text: str) -> int:
    """Things, 0 or more (at most 1,000,000,000)."""
    return whole(text)


def seed(text: str) -> int:
    """0 .. 2^63 - 1."""
    return whole(text, 2**63 - 1)


def positive(text: str) -> float:
    """A number without a unit, from 1e-12 to 1e12."""
    value = float(decimal(unquoted(text)))
    if not 1e-12 <= value <= 1e12:
        raise ValueError("it must be more than 0" if value < 1 else "too large: at most 1e12")
    return value


def amount(text: str) -> float:
    """A number without a unit, 0 or from 1e-12 to 1e12."""
    value = float(decimal(unquoted(text)))
    return value if value == 0 else positive(text)


def share(text: str) -> float:
    """0 .. 1, written `0.4` or `40%`."""
    word = _unquoted_if_bare(text)
    percent = word.endswith("%")
    value = decimal(word[:-1] if percent else word) / (100 if percent else 1)
    if value > 1:
        raise ValueError("more than 100%" if percent else "more than 1 (for per cent write `%`)")
    return float(value)


def rate(text: str) -> float:
    """Events a day, written `6 / day`, `0.25 / h`, `2 / week`."""
    number, _, unit = text.strip().partition("/")
    if not _:
        value, rest = split_unit(text)
        raise ValueError(f"a rate is per unit of time: write `{value} / day`" if not rest else "no `/ unit`")
    per_day = decimal(number) * DAY / _seconds_of(unit.strip(), number.strip() + " / ")
    if per_day and not Decimal("1e-9") <= per_day <= 1_000_000:
        raise ValueError("out of range: 0, or 0.000000001 to 1,000,000 a day")
    return float(per_day)


def _seconds_of(unit: str, before: str) -> int:
    if unit in SECONDS:
        return SECONDS[unit]
    if not unit:
        raise ValueError(f"unit missing: {before.strip()} what? write `{before.strip()} min`, `h` or `day`")
    if unit.lower() in _NOT_FIXED:
        raise ValueError(f"`{unit}` has no fixed length: use days")
    raise ValueError(f"unknown unit {shown(unit)} (units: {TIME_UNITS}){did_you_mean(unit, SECONDS)}")


def exact_seconds(text: str) -> Decimal:
    """Seconds, not rounded: for the parameters of distributions. At most 200 years."""
    value, unit = split_unit(text)
    seconds = value * _seconds_of(unit, f"{value} ")
    if seconds > LONGEST_SECONDS:
        raise ValueError("longer than 200 years")
    return seconds


def duration(text: str) -> int:
    """Whole seconds. `0.1 h` is 360 s; a fraction of a second is refused, never rounded."""
    seconds = exact_seconds(text)
    if seconds != int(seconds):
        raise ValueError(f"{seconds.normalize():f} s is not a whole number of seconds")
    return int(seconds)


def length(text: str) -> float:
    """Kilometres, written `57 km` or `900 m`."""
    value, unit = split_unit(text)
    if unit not in ("km", "m"):
        raise ValueError(
            "unit missing (km or m)" if not unit else f"unknown unit {shown(unit)} (units: km, m)"
        )
    km = float(value if unit == "km" else value / 1000)
    if km > 20_000:
        raise ValueError("longer than 20,000 km")
    return km


def litres(text: str) -> int:
    """Whole litres, written `400 l`."""
    value, unit = split_unit(text)
    if unit not in ("l", "litre", "litres"):
        raise ValueError("unit missing (l)" if not unit else f"unknown unit {shown(unit)} (unit: l)")
    if value != int(value) or value > MOST_COUNTED:
        raise ValueError("litres are whole numbers" if value <= MOST_COUNTED else "too large")
    return int(value)


def plain(value: float) -> str:
    """A number as a file would spell it: no exponent, no trailing zeros."""
    return f"{Decimal(repr(float(value))).normalize():f}"


def duration_text(seconds: float) -> str:
    """Seconds as text, in the largest unit that leaves a whole number."""
    for name, size in (("day", DAY), ("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            number = int(seconds // size)
            return f"{number} {name}" + ("s" if name == "day" and number > 1 else "")
    return f"{plain(seconds)} s"
