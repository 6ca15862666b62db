"""Stopping when the paired headline is precise enough: looks at fixed numbers of replications, with a cap.

The looks do not depend on workers or timing, and neither does the number of replications. Stopping at the
first look that is good enough makes the last interval slightly optimistic: it covers the mean a little less
often than its level says, the less so the more replications there are (Chow & Robbins 1965,
doi:10.1214/aoms/1177700156).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.scenario.schema import Scenario

FIRST_LOOK = 32
"""Replications before the first look; every further look is at twice as many."""
MOST = 10_000
"""Replications at most, unless said otherwise."""
LEVEL = 0.95
"""Of the Monte Carlo interval of the mean."""


class Precision(NamedTuple):
    """What was asked of the headline's mean, and what was reached."""

    asked: float
    """Half width of the 95 % Monte Carlo interval of the paired difference, as a share of its mean."""
    reached: float
    """The same share, as it is; the largest of all variants. inf where a mean is 0."""
    replications: int
    """How many it took."""
    capped: bool
    """Whether the cap ended it, and not the precision."""


def looks(most: int) -> list[int]:
    """Numbers of replications after which to look: 32, 64, 128, ... and the cap.

    Raises
    ------
    ValueError
        When the cap comes before the first look.
    """
    if most < FIRST_LOOK:
        raise ValueError(f"a precision takes at least {FIRST_LOOK} replications; the most are {most}")
    doubled = [FIRST_LOOK]
    while 2 * doubled[-1] < most:
        doubled.append(2 * doubled[-1])
    return [*doubled, most] if most > doubled[-1] else doubled


def reached(differences: Sequence[NDArray[np.float64]]) -> float:
    """Largest half width over its mean, of the paired differences of each variant; inf where one is 0."""
    return max(_share(pair) for pair in differences)


def _share(pair: NDArray[np.float64]) -> float:
    mean = abs(float(pair.mean()))
    return half_width(pair, LEVEL) / mean if mean > 0 else inf


def half_width(values: NDArray[np.float64], level: float) -> float:
    """Half the Student-t confidence interval of a mean over independent replications, two or more."""
    n = len(values)
    return float(special.stdtrit(n - 1, (1 + level) / 2) * values.std(ddof=1) / np.sqrt(n))


def headline_measure(scenario: Scenario) -> str:
    """Name of the measure that the scenario's headline quotes."""
    headline = scenario.headline
    carrier = "" if headline.carrier is None else f"[carrier={headline.carrier}]"
    return f"{headline.what}_evacuated{carrier}"
