"""Stopping on precision: at the first look that is good enough, and saying so when none was."""

from __future__ import annotations

from math import inf, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sim.experiment.ensemble import Ensemble, simulate
from sim.experiment.executors import threads
from sim.experiment.precision import Precision, looks
from sim.scenario.reading import ScenarioFile, read_text

TEXT = """
name: stopping
title: Stopping
period: {from: 2030-03-01, to: 2030-03-20, utc_offset: "+00:00"}
need:
  initial_list: {prior: uniform 0 .. 9}
  referrals: {2030-03-01: 3 / day}
  classes: {patient: {}}
carriers:
  clinic: {fleet: {van: {count: 2, seats: 2}}, plan: {days: daily, at: "08:00"}}
route: {from: home, legs: [{to: town, travel: exponential 3 h}]}
"""
IMPEDED = TEXT + "impediments: {limit: {kind: passage_limit, chance: 50%}}\n"
RIVAL = "variants: {freer: {says: Freer., change: {impediments: {limit: {chance: 80%}}}}}\n"


def read(text: str) -> ScenarioFile:
    return read_text(text, Path("."), "stopping.yaml")


def shares(ensemble: Ensemble, n: int) -> list[float]:
    """Half width over mean of the headline after `n` replications, in each variant; by scipy's own t."""
    found = []
    for variant in dict.fromkeys(variant for variant, _ in ensemble.measures):
        a, b = (ensemble.measures[variant, w]["patients_evacuated"] for w in ("unimpeded", "actual"))
        pair = (a - b).to_numpy()[:n]
        half = stats.t.ppf(0.975, n - 1) * np.std(pair, ddof=1) / sqrt(n)
        found.append(half / abs(pair.mean()))
    return found


@pytest.mark.parametrize("asked", [0.3, 0.1])
def test_it_stops_at_the_first_look_at_which_every_variant_is_precise(asked: float) -> None:
    """Would catch a stop on the easiest variant only, on a look in between, or on one that came too late;
    and a number of replications that depends on who ran them."""
    file = read(IMPEDED + RIVAL)
    made = simulate(file, precision=asked)
    assert made.precision is not None
    n = made.precision.replications
    assert made.replications == tuple(range(n))
    at = [look for look in looks(10_000) if look <= n]
    assert at[-1] == n
    assert max(shares(made, n)) <= asked
    assert made.precision.reached == pytest.approx(max(shares(made, n)), rel=1e-9)
    assert not made.precision.capped
    assert all(max(shares(made, look)) > asked for look in at[:-1])
    other = simulate(file, precision=asked, executor=threads(3, 5))
    assert other.precision == made.precision
    plain = simulate(file, replications=n)
    for case, table in made.measures.items():
        for again in (other, plain):
            assert table.equals(again.measures[case])
            assert all((s == again.daily[case][name]).all() for name, s in made.daily[case].items())


def test_some_precision_takes_more_than_one_look() -> None:
    """Would catch that the test above never goes past the first look."""
    used = [simulate(read(IMPEDED), precision=asked).replications for asked in (0.5, 0.1)]
    assert len(used[0]) < len(used[1])


def test_the_cap_ends_it_and_that_is_said() -> None:
    """Would catch a run that passes for as precise as was asked when it is not."""
    made = simulate(read(IMPEDED), precision=0.0001, most=40)
    (share,) = shares(made, 40)
    assert made.precision == Precision(0.0001, pytest.approx(share, rel=1e-9), 40, capped=True)


def test_a_headline_of_zero_has_no_share() -> None:
    """Would catch a division by zero, and an end at the first look for want of any difference."""
    made = simulate(read(TEXT), precision=0.5, most=50)
    assert made.precision == Precision(0.5, inf, 50, capped=True)


def test_looks_double_up_to_the_cap() -> None:
    """Would catch a cap that is overrun, and one that is never looked at."""
    assert looks(200) == [32, 64, 128, 200]
    assert looks(256) == [32, 64, 128, 256]
    assert looks(33) == [32, 33]
    assert looks(32) == [32]


def test_what_contradicts_itself_is_refused() -> None:
    """Would catch an argument that is taken and then ignored."""
    file = read(IMPEDED)
    with pytest.raises(ValueError, match="at least 32 replications"):
        simulate(file, precision=0.1, most=31)
    with pytest.raises(ValueError, match="either a number of replications or a precision"):
        simulate(file, precision=0.1, replications=50)
    with pytest.raises(ValueError, match="goes with a precision"):
        simulate(file, most=50)
    with pytest.raises(ValueError, match="needs the worlds unimpeded, actual"):
        simulate(file, precision=0.1, worlds=["actual"])
