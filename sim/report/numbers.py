"""How a number is written: to the digit that its interval supports, and never without the interval."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import floor, isfinite, log10

FEW = 20
"""Replications; with fewer no rule of three is printed, and the intervals come with a warning."""


def rounded(value: float, width: float, whole: bool = False) -> str:
    """A value as text, rounded to the digit that the width of its interval supports.

    The last digit kept is the second significant one of the width: of an interval 463 wide the tens, of
    one 4.6 wide the tenths. Halves go away from zero. Where there is no width to go by (0, nan), the
    value is written to a tenth.

    Parameters
    ----------
    value
        Finite; ``inf`` is written as "never".
    width
        High end of the interval minus low end, in the unit of the value.
    whole
        A count: never more digits than the units.

    Examples
    --------
    >>> rounded(537, 463), rounded(537, 46), rounded(5.37, 4.6), rounded(5.37, 4.6, whole=True)
    ('540', '537', '5.4', '5')
    >>> rounded(15250, 9800), rounded(-0.4, 46)
    ('15,300', '0')
    """
    if not isfinite(value):
        return "not defined" if value != value else "never" if value > 0 else "−never"
    last = floor(log10(width)) - 1 if isfinite(width) and width > 0 else -1
    if whole:
        last = max(last, 0)
    unit = Decimal(1).scaleb(last)
    steps = (Decimal(repr(float(value))) / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    number = steps * unit
    places = max(0, -last)
    if width == 0 or not isfinite(width):
        places = 0 if number == number.to_integral_value() else places
    return f"{number + 0:,.{places}f}".replace("-", "−")


def whole_unit(unit: str) -> bool:
    """Whether things of this unit are counted: patients, people, convoys, departures."""
    return unit in ("patients", "people", "convoys", "departures")


def span(low: float, high: float, whole: bool = False) -> str:
    """A range, both ends rounded to the digit that its width supports: "320–780", "−40 to 120"."""
    width = high - low
    ends = rounded(low, width, whole), rounded(high, width, whole)
    return " to ".join(ends) if low < 0 or high < 0 else "–".join(ends)


def with_interval(point: float, low: float, high: float, whole: bool = False) -> str:
    """A point with its interval: "540 [320–780]"; where one replication allows none, that is said."""
    if low != low or high != high:
        return f"{rounded(point, 0.0, whole)} [no interval]"
    return f"{rounded(point, high - low, whole)} [{span(low, high, whole)}]"


def mean_and_ends(mean: float, low: float, high: float, width: float) -> tuple[str, str]:
    """A mean and its interval as text; where it has none, to the digit that another width supports.

    >>> mean_and_ends(359.7, 343.1, 376.9, 380.0), mean_and_ends(359.7, float("nan"), float("nan"), 380.0)
    (('360', '343–377'), ('360', 'no interval'))
    """
    if low != low:
        return rounded(mean, width), "no interval"
    return rounded(mean, high - low), span(low, high)


def rule_of_three(found: int, of: int, independent: bool = True) -> str:
    """In how many replications something happened, in words that allow for what few cannot show.

    None in n is no proof of never: with 95 % confidence it is rarer than about 1 in n/3 (Hanley &
    Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031). Of fewer than `FEW`, and of histories
    that are not independent of each other, the rule says nothing.

    >>> rule_of_three(0, 200), rule_of_three(7, 200), rule_of_three(0, 4)
    ('0 of 200 (fewer than about 1 in 67)', '7 of 200', '0 of 4')
    """
    if found or of < FEW or not independent:
        return f"{found} of {of}"
    return f"0 of {of} (fewer than about 1 in {round(of / 3)})"
