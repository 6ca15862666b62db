"""Intervals, each with its kind. A point never stands alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.precision import half_width

MONTE_CARLO = "monte_carlo"
"""Confidence interval of a mean over replications: shrinks as they grow."""
PREDICTION = "prediction"
"""Spread between replications (luck and, where there are priors, parameters): does not shrink."""

BOOTSTRAP = "bootstrap"
"""Central share of an estimate over resamples of the points it is made from: shrinks as they grow."""


class Interval(NamedTuple):
    """A point with its interval; nan bounds where there is none."""

    point: float
    low: float
    high: float
    level: float
    kind: str


def mean_interval(values: NDArray[np.float64], level: float = 0.95, independent: bool = True) -> Interval:
    """Mean and Student-t confidence interval over independent replications.

    Parameters
    ----------
    independent
        False of histories of a posterior: states of a few Markov chains, some of them repeated. They say
        less of a mean than as many independent replications, by a factor that is known of no measure
        (effective sample sizes are those of the parameters): the mean then has no interval.

    Raises
    ------
    ValueError
        When a value is nan: a failed replication is never left out.
    """
    _complete(values)
    mean = float(values.mean())
    if len(values) < 2 or not independent:
        return Interval(mean, float("nan"), float("nan"), level, MONTE_CARLO)
    half = half_width(values, level)
    return Interval(mean, mean - half, mean + half, level, MONTE_CARLO)


def prediction_interval(values: NDArray[np.float64], level: float = 0.9) -> Interval:
    """Median and central interval over replications (see `central`), for what one more would give.

    With few replications it is about the range of what occurred, which one more leaves more often than
    the level says.

    Raises
    ------
    ValueError
        When a value is nan.
    """
    _complete(values)
    low, mid, high = central(values, level)
    if len(values) < 2:
        return Interval(float(mid), float("nan"), float("nan"), level, PREDICTION)
    return Interval(float(mid), float(low), float(high), level, PREDICTION)


def central(values: NDArray[np.float64], level: float = 0.9) -> NDArray[np.float64]:
    """Low end, median and high end of the central share `level`, over the first axis; shape (3, ...).

    Estimated median-unbiased whatever the distribution (Hyndman & Fan 1996, type 8,
    doi:10.1080/00031305.1996.10473566): both ends alike, the median the middle of the two middle values,
    so that counts may fall between whole numbers. Where a value is infinite nothing lies between: then
    each is a value that occurred, the lower where two would do.
    """
    tail = (1 - level) / 2
    shares = [tail, 0.5, 1 - tail]
    if np.isfinite(values).all():
        return np.asarray(np.quantile(values, shares, axis=0, method="median_unbiased"))
    return np.asarray(np.quantile(values, shares, axis=0, method="inverted_cdf"))


def _complete(values: NDArray[np.float64]) -> None:
    if len(values) == 0 or np.isnan(values).any():
        raise ValueError("an interval needs every replication's value")
