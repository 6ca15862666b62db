"""Loops that only run compiled, run as they are written: both give the same, and what others give.

Why: what a compiler makes of a line (a cast, a word that wraps around, an index that is not asked for) is
seen by nobody who reads the line. `test_engines.py` holds the kernel against Python in the same way.
"""

from __future__ import annotations

import warnings
from itertools import count

import numpy as np
import pytest

from sim.model import kernel, philox, quantiles, streams
from sim.model.plan import Steps
from sim.model.quantiles import SPECIAL, delay_seconds, heads_steps, prior_row, prior_value
from sim.model.streams import counter_words, every, round_keys, uniforms
from sim.model.tables import GROUP, STEP
from sim.scenario import distributions
from sim.scenario.quantities import Delay, Heads, Prior


@pytest.mark.parametrize(("start", "stride"), [(0, 1), (5, 3)])
def test_the_search_for_luck_finds_the_first_that_fits(start: int, stride: int) -> None:
    """Would catch a bound that is asked of another uniform, a number that fits and is passed over, and one
    that does not fit: the uniforms of every number are drawn by another loop, and looked through."""
    key, name = np.array([7, 2**64 - 20], dtype=np.uint64), counter_words(["plan/icrc"])
    lower, upper = np.zeros((2, 4)), np.ones((2, 4))
    lower[0, 1], upper[0, 2], lower[1, 0], upper[1, 3] = 0.6, 0.5, 0.3, 0.7

    def fits(number: int) -> bool:
        of_number = np.array([[7, (2**64 - 20 + number) % 2**64]], dtype=np.uint64)
        u = uniforms(every(1, 1, 12), name, round_keys(of_number))[4:].reshape(2, 4)
        return bool(((u >= lower) & (u < upper)).all())

    first = next(number for number in count(start, stride) if fits(number))
    assert first > start  # or nothing is searched for
    for search in (streams.loops()["search"], philox.search):
        rounds = np.empty((1, 2 * philox.ROUNDS), dtype=np.uint64)
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # words wrap around
            found = search(np.array([2, 3]), name, lower, upper, key, start, stride, rounds)
        assert found == first


def test_values_of_priors_are_those_of_one_prior_at_a_time() -> None:
    """Would catch a table whose rows are read as another kind; those of special functions are left alone."""
    read = distributions.positive_prior
    priors = [
        read(text)
        for text in (
            "uniform 2 .. 5",
            "lognormal 4 ± 3",
            "triangular 1 .. 2 .. 5",
            "loguniform 1 .. 9",
            "normal 3 ± 1",
        )
    ]
    table = np.array([*(prior_row(prior, False) for prior in priors), prior_row(priors[0], True)])
    u = np.linspace(0.05, 0.95, len(table))
    expected = [prior_value(p, False, x) for p, x in zip(priors, u, strict=False)]
    expected.append(prior_value(priors[0], True, u[-1]))
    for values in (quantiles.loops()["plain_values"], quantiles.plain_values):
        out = np.full(len(table), -1.0)
        values(table, u, out)
        assert out.tolist() == [
            -1.0 if row[0] == SPECIAL else x for row, x in zip(table, expected, strict=True)
        ]


def test_a_distribution_nobody_has_programmed_is_an_error() -> None:
    """Would catch a new kind of the scenario room's that is drawn as whichever kind comes last."""
    u = np.array([0.5])
    with pytest.raises(ValueError, match="no delay of kind cauchy"):
        delay_seconds(Delay("cauchy", (1.0, 2.0), "cauchy"), None, 0, u)
    with pytest.raises(ValueError, match="no prior of kind cauchy"):
        prior_value(Prior("cauchy", (1.0, 2.0), "cauchy"), False, 0.5)
    with pytest.raises(ValueError, match="no count of kind cauchy"):
        heads_steps(Heads("cauchy", (1.0, 2.0), "cauchy"), None)


def test_steps_may_be_looked_at_in_any_order() -> None:
    """Would catch a step that is right only for who comes later than whoever looked before."""
    steps = Steps((10, 20, 30), (1, 0, 2))
    rows = np.array([(0, 9), *zip(*steps, strict=True), (5, 9)], dtype=np.int64).view(STEP).ravel()
    groups = np.array([(1, 4, 1)], dtype=np.int64).view(GROUP).ravel()
    as_written = rows.view(np.recarray), groups.view(np.recarray), 0
    for second in (25, 9, 40, 10, 30, 19, 20, 29, 0):
        assert kernel.step_at(*as_written, second) == steps.at(second)
        assert kernel.next_change(*as_written, second) == steps.next_change(second)
