"""Sobol indices: what share of a result's variance each uncertain input brings.

The design is scrambled Sobol points, two independent tables A and B and for each group of inputs the table
A with that group's columns from B (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.analysis.intervals import BOOTSTRAP, Interval
from sim.model.streams import counter_words, every, keys, round_keys, uniforms

Floats = NDArray[np.float64]
RESAMPLES, AT_ONCE = 1_000, 50
"""Of the rows of the design, and how many of them at a time: for the sake of memory."""
LEVEL = 0.95
PURPOSE = "sensitivity"


class Indices(NamedTuple):
    """Of one group of inputs, as shares of the variance."""

    first: Interval
    """What would go, on average, if the group became known."""
    total: Interval
    """What would stay, on average, if all others became known."""


def design(seed: int, inputs: int, n: int) -> tuple[Floats, Floats]:
    """Tables A and B of uniforms above 0 and below 1, shape (n, inputs) each.

    Parameters
    ----------
    n
        A power of 2.
    """
    generator = np.random.default_rng(keys(seed, 0, f"{PURPOSE}/design", 1).ravel())
    points = stats.qmc.Sobol(2 * inputs, scramble=True, seed=generator).random_base2(int(log2(n)))
    points = np.clip(points, 2.0**-31, 1 - 2.0**-31)
    return points[:, :inputs], points[:, inputs:]


def mixed(a: Floats, b: Floats, columns: Sequence[int]) -> Floats:
    """Table A with these columns from B."""
    table = a.copy()
    table[:, columns] = b[:, columns]
    return table


def indices(seed: int, f_a: Floats, f_b: Floats, f_ab: Floats) -> list[Indices]:
    """First and total order of each group, with bootstrap intervals over the rows of the design.

    Parameters
    ----------
    f_a, f_b
        Results at the points of A and B, shape (n,).
    f_ab
        Shape (groups, n): at A with the group's columns from B.
    """
    n = len(f_a)
    points = _both(f_a[None], f_b[None], f_ab[:, None])[:, 0]
    u = uniforms(
        every(1, 1, RESAMPLES * n),
        counter_words([f"{PURPOSE}/bootstrap"]),
        round_keys(keys(seed, 0, PURPOSE, 1)),
    )
    rows = (u * n).astype(np.int64).reshape(RESAMPLES, n)
    parts = np.split(rows, RESAMPLES // AT_ONCE)
    again = np.concatenate([_both(f_a[part], f_b[part], f_ab[:, part]) for part in parts], axis=1)
    low, high = np.quantile(again, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)

    def interval(order: int, group: int) -> Interval:
        at = order, group
        return Interval(float(points[at]), float(low[at]), float(high[at]), LEVEL, BOOTSTRAP)

    return [Indices(interval(0, group), interval(1, group)) for group in range(len(f_ab))]


def _both(f_a: Floats, f_b: Floats, f_ab: Floats) -> Floats:
    """First and total order, shape (2, results, groups); all 0 of a result that does not vary.

    Parameters
    ----------
    f_a, f_b
        Shape (results, n).
    f_ab
        Shape (groups, results, n).
    """
    groups = len(f_ab)
    unmoved = f_a[None]  # SciPy squeezes a single group away: with this one there are two at least
    values = {"f_A": f_a, "f_B": f_b, "f_AB": np.concatenate([f_ab, unmoved])}
    found = stats.sobol_indices(func=values, n=f_a.shape[1])
    orders = np.array([found.first_order, found.total_order]).reshape(2, -1, groups + 1)
    varies = np.ptp(np.concatenate([f_a, f_b], axis=1), axis=1) > 0  # a rounding error is no variance
    return np.where(varies[:, None], orders[:, :, :groups], 0.0)
