"""Intervals: against an independent formula, with the coverage that they promise, never over holes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.analysis.intervals import MONTE_CARLO, PREDICTION, central, mean_interval, prediction_interval

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
    assert (more.point, more.low, more.high) == pytest.approx((once.point, once.low, once.high), abs=1)
    assert (once.point, once.low, once.high) == pytest.approx((499.5, 49.5, 949.5), abs=1)
    assert (once.level, once.kind) == (0.9, PREDICTION)
    assert mean_interval(np.tile(values, 20)).high - 499.5 < (mean_interval(values).high - 499.5) / 4


@pytest.mark.parametrize("n", [2, 3, 6, 13, 40, 99, 200])
def test_a_prediction_is_by_the_eighth_definition(n: int) -> None:
    """Would catch another of the nine definitions of a quantile. Rule: SciPy's own, with its thirds."""
    values = np.random.default_rng(n).normal(size=n)
    got = prediction_interval(values)
    want = stats.mstats.mquantiles(values, [0.05, 0.5, 0.95], alphap=1 / 3, betap=1 / 3)
    assert (got.low, got.point, got.high) == pytest.approx(tuple(want))
    assert values.min() <= got.low <= got.point <= got.high <= values.max()


@pytest.mark.parametrize("n", [2, 4, 6, 20, 51, 200])
def test_both_ends_of_a_prediction_are_treated_alike(n: int) -> None:
    """Would catch the lower middle value taken for the median, or a low end taken further out than the high
    one: the spread of a difference must be that of the difference the other way round, turned."""
    values = np.random.default_rng(n).poisson(5.0, n).astype(float)
    there, back = prediction_interval(values), prediction_interval(-values)
    assert (there.low, there.point, there.high) == pytest.approx((-back.high, -back.point, -back.low))
    assert there.point == np.median(values)


def test_the_bands_of_a_figure_are_the_same_intervals() -> None:
    """Would catch a second definition of the interval, for series."""
    series = np.random.default_rng(1).normal(size=(30, 4))
    for column, ends in zip(series.T, central(series).T, strict=True):
        got = prediction_interval(column)
        assert (got.low, got.point, got.high) == tuple(ends)


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


def test_a_mean_over_dependent_replications_has_no_interval() -> None:
    """Would catch states of a Markov chain counted as so many independent replications: the interval of a
    chain that repeats every state ten times would be some three times too narrow."""
    values = np.repeat(VALUES, 10)
    got = mean_interval(values, independent=False)
    assert got.point == pytest.approx(np.mean(VALUES))
    assert np.isnan([got.low, got.high]).all()
    assert got.kind == MONTE_CARLO
