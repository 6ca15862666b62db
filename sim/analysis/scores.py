"""How good a predicted interval is: width, and a penalty for what lies outside."""

from __future__ import annotations


def interval_score(low: float, high: float, observed: float, level: float = 0.9) -> float:
    """The interval score of one prediction, in the unit of what is predicted; less is better.

    Width, and 2 / (1 - level) times the distance of what was observed from the interval. Gneiting & Raftery
    2007, doi:10.1198/016214506000001437, section 6.2.
    """
    outside = max(0.0, low - observed, observed - high)
    return high - low + 2 / (1 - level) * outside
