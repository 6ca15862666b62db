"""What would be published: counts of histories with the error of whoever observes them.

Why: a published figure held against counts without its error looks like a surprise where there is none,
and an interval that leaves the error out is scored as if the record were exact.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.analysis.intervals import central
from sim.analysis.predictive import published_interval, share_below
from sim.analysis.validate import check_observed
from sim.model.streams import generator
from tests.analysis.ensembles import ensemble


def test_of_one_count_it_is_the_normal_distribution() -> None:
    values = np.full(7, 40.0)
    low, high = published_interval(values, 3.0, 0.9)
    assert (low, high) == pytest.approx(stats.norm.interval(0.9, 40.0, 3.0))
    assert share_below(values, 3.0, 43.0) == pytest.approx(stats.norm.cdf(1.0))


def test_the_ends_have_their_shares() -> None:
    """Two far groups of counts: the quantiles of a mixture, not a widened interval of the counts."""
    values = np.array([10.0] * 39 + [1000.0])
    low, high = published_interval(values, 2.0, 0.9)
    assert (share_below(values, 2.0, low), share_below(values, 2.0, high)) == pytest.approx((0.05, 0.95))
    assert high < 500


def test_a_small_error_leaves_the_interval_as_it_is() -> None:
    values = generator(1, 0, "test/published").normal(50, 10, 4000)
    low, _, high = central(values)
    assert published_interval(values, 0.0, 0.9) == (low, high)
    assert published_interval(values, 1e-3, 0.9) == pytest.approx((low, high), abs=0.05)


def test_shares_of_published_figures_are_uniform() -> None:
    """Figures made as the model says (a count, and an error) must fall evenly.

    Rule: Kolmogorov–Smirnov at 1 % does not reject uniform shares; it rejects those that leave the error
    out, which are too often near 0 and 1.
    """
    rng = generator(2, 0, "test/published/uniform")
    counts = rng.poisson(60, 400).astype(np.float64)
    figures = rng.poisson(60, 500) + 8.0 * rng.normal(size=500)
    assert stats.kstest([share_below(counts, 8.0, f) for f in figures], "uniform").pvalue > 0.01
    assert stats.kstest([share_below(counts, 0.0, f) for f in figures], "uniform").pvalue < 0.01
    low, high = published_interval(counts, 8.0, 0.9)
    assert 0.87 < np.mean((low <= figures) & (figures <= high)) < 0.93


def test_nobody_publishes_less_than_nothing() -> None:
    """Would catch an interval from −8 to 8 of convoys that nobody saw, and its score."""
    none = np.zeros(5)
    assert published_interval(none, 5.0, 0.9) == (0.0, pytest.approx(5 * stats.norm.ppf(0.95)))
    assert share_below(none, 5.0, 0.0) == 0.25
    assert share_below(none, 5.0, 5.0) == pytest.approx(stats.norm.cdf(1.0))
    assert share_below(none, 5.0, 1.0) == pytest.approx(stats.norm.cdf(0.2))


def test_validation_scores_what_would_be_published() -> None:
    """The interval of the count stays as it is, and so do floors; share and score go by the error."""
    daily = {
        f"{what}[carrier={name}]": [[0, 0, 0, 0, n if name == "clinic" else 0] for n in (8, 9, 10, 11)]
        for what in ("patients", "convoys", "people")
        for name in ("clinic", "army")
    }
    more = (
        "observed:\n  a: {what: patients, by: 2030-03-04, value: 12, error: 2}\n"
        "  b: {what: patients, by: 2030-03-04, value: 12}\n"
        "  c: {what: patients, by: 2030-03-04, at_least: 12, error: 2}\n"
    )
    table = check_observed(ensemble(daily=daily, more=more)).set_index("figure")
    assert table["low"].nunique() == table["high"].nunique() == 1
    assert table.loc["a", "published_low"] < table.loc["a", "low"]
    assert table.loc["a", "published_high"] > 12 > table.loc["a", "high"]
    expected = stats.norm.cdf(12, [8, 9, 10, 11], 2).mean()
    assert table["pit"].to_dict() == {"a": pytest.approx(expected), "b": 1.0, "c": 1.0}
    width = table.loc["a", "published_high"] - table.loc["a", "published_low"]
    assert table.loc["a", "score"] == pytest.approx(width), "it lies inside: no penalty"
    assert table.loc["b", "score"] > width
    assert (table.loc["b", "published_low"], table.loc["b", "published_high"]) == tuple(
        table.loc["b", ["low", "high"]]
    )
    assert np.isnan(table.loc["c", ["published_low", "published_high", "score"]].astype(float)).all()
    assert table["strictly"].to_dict() == {"a": False, "b": False, "c": None}
