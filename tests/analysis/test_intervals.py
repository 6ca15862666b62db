"""Intervals: against an independent formula, with the coverage that they promise, never over holes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.analysis.intervals import MONTE_CARLO, PREDICTION, mean_interval, prediction_interval

VALUES = np.array([3.0, 7.0, 4.0, 9.0, 4.0, 6.0])


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_the_mean_interval_is_students(level: float) -> None:
    """Would catch a normal quantile in place of t, the population's deviation in place of the sample's, or
    one tail in place of two."""
    got = mean_interval(VALUES, level)
    low, high = stats.t.interval(level, len(VALUES) - 1, loc=VALUES.mean(), scale=stats.sem(VALUES))
    assert (got.point, got.low, got.high) == pytest.approx((5.5, low, high))
    assert (got.level, got.kind) == (level, MONTE_CARLO)
    assert got.low <= got.point <= got.high


def test_the_mean_interval_covers_as_often_as_it_says() -> None:
    """Would catch an interval that is right in form and too narrow. Rule: 2,000 samples of five; the number
    that cover is binomial at 95 %, accepted within its central 1 - 1e-6."""
    rng = np.random.default_rng(20)
    samples = rng.exponential(1.0, (2000, 5)) + rng.normal(0.0, 3.0, (2000, 5))
    intervals = [mean_interval(sample) for sample in samples]
    covered = sum(i.low <= 1.0 <= i.high for i in intervals)
    low, high = stats.binom.ppf([5e-7, 1 - 5e-7], 2000, 0.95)
    assert low <= covered <= high


def test_the_prediction_interval_does_not_shrink_with_replications() -> None:
    """Would catch the confused pair: an interval of the mean sold as the spread of single histories."""
    values = np.arange(1000.0)
    once, more = prediction_interval(values), prediction_interval(np.tile(values, 20))
    assert (once.point, once.low, once.high) == (more.point, more.low, more.high) == (499.0, 49.0, 949.0)
    assert (once.level, once.kind) == (0.9, PREDICTION)
    assert mean_interval(np.tile(values, 20)).high - 499.5 < (mean_interval(values).high - 499.5) / 4


def test_bounds_of_a_prediction_are_values_that_occurred() -> None:
    """Would catch interpolated bounds: half a patient."""
    got = prediction_interval(VALUES)
    assert {got.point, got.low, got.high} <= set(VALUES)
    assert got.low <= got.point <= got.high


def test_values_may_be_infinite_in_a_prediction() -> None:
    """Would catch a median wait that is not reached (infinite) being lost from the spread."""
    got = prediction_interval(np.array([1.0, 2.0, np.inf, np.inf]))
    assert (got.point, got.low, got.high) == (2.0, 1.0, np.inf)


@pytest.mark.parametrize("interval", [mean_interval, prediction_interval])
def test_a_missing_value_is_refused(interval) -> None:  # type: ignore[no-untyped-def]
    """Would catch failed replications left out in silence, and an interval over nothing."""
    for values in (np.array([1.0, np.nan, 2.0]), np.array([])):
        with pytest.raises(ValueError, match="every replication"):
            interval(values)


@pytest.mark.parametrize("interval", [mean_interval, prediction_interval])
def test_one_replication_has_no_bounds(interval) -> None:  # type: ignore[no-untyped-def]
    """Would catch an interval of width 0 that looks like certainty."""
    got = interval(np.array([4.0]))
    assert got.point == 4.0
    assert np.isnan([got.low, got.high]).all()
