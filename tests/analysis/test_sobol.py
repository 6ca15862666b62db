"""Sobol indices of functions whose indices are known.

Would catch tables mixed the wrong way round, indices of the wrong input, and a variance of the wrong table.
"""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from sim.analysis import sobol

SEED = 20221212


def indices_of(function, inputs, groups, n=1024):
    a, b = sobol.design(SEED, inputs, n)
    mixes = np.array([function(sobol.mixed(a, b, group)) for group in groups])
    return sobol.indices(SEED, function(a), function(b), mixes)


def ishigami(u):
    x = pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_the_ishigami_function_has_its_textbook_indices():
    """Ishigami & Homma 1990: an input without a first order that counts all the same, and a group.

    Rule: within 0.05 of the exact value at 1,024 rows, which the interval's half width is at most twice.
    """
    found = indices_of(ishigami, 3, [(0,), (1,), (2,), (0, 2)])
    exact = [(0.3139, 0.5576), (0.4424, 0.4424), (0.0, 0.2437), (0.5576, 0.5576)]
    for index, (first, total) in zip(found, exact, strict=True):
        assert index.first.point == pytest.approx(first, abs=0.05)
        assert index.total.point == pytest.approx(total, abs=0.05)
        for interval in index:
            assert interval.low < interval.point < interval.high
            assert interval.high - interval.low < 0.2
            assert (interval.kind, interval.level) == ("bootstrap", 0.95)


def test_a_linear_function_shares_its_variance_by_squared_weights():
    """Each input by itself: first order and total are the same, and those of a group are sums."""
    weights = np.array([4.0, 2.0, 1.0, 0.0])
    found = indices_of(lambda u: u @ weights, 4, [(0,), (1,), (2,), (3,), (0, 1)])
    shares = weights**2 / (weights**2).sum()
    for index, share in zip(found, [*shares, shares[0] + shares[1]], strict=True):
        assert index.first.point == pytest.approx(share, abs=0.04)
        assert index.total.point == pytest.approx(share, abs=0.04)
    assert found[3].total[:3] == (0.0, 0.0, 0.0)


def test_the_intervals_cover_the_truth_about_as_often_as_they_say():
    """Over 40 designs of a linear function: at a true coverage of 95 % fewer than 31 of 40 happen about
    once in 20,000 times. Scrambled points vary less than a bootstrap of rows thinks: covering more is right.
    """
    weights = np.array([2.0, 1.0])
    covered = 0
    for seed in range(40):
        a, b = sobol.design(seed, 2, 64)
        mixes = np.array([sobol.mixed(a, b, group) @ weights for group in [(0,), (1,)]])
        index = sobol.indices(seed, a @ weights, b @ weights, mixes)[0]
        covered += index.total.low <= 0.8 <= index.total.high
    assert covered >= 31


def test_one_input_has_all_of_the_variance_and_nothing_is_shared_of_none():
    (only,) = indices_of(lambda u: 3 * u[:, 0], 1, [(0,)])
    assert only.first.point == pytest.approx(1, abs=0.02)
    assert only.total.point == pytest.approx(1, abs=0.02)
    (nothing,) = indices_of(lambda u: np.full(len(u), 7.0), 1, [(0,)], n=8)
    assert nothing.first[:3] == nothing.total[:3] == (0.0, 0.0, 0.0)


def test_the_design_is_the_seed_s_and_fills_every_stratum():
    a, b = sobol.design(3, 5, 32)
    again, _ = sobol.design(3, 5, 32)
    assert (a == again).all()
    assert (a != sobol.design(4, 5, 32)[0]).any()
    for column in (*a.T, *b.T):
        assert sorted((column * 32).astype(int)) == list(range(32))
        assert column.min() > 0
        assert column.max() < 1
