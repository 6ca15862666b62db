"""Why: steady-state references are held against runs that start with nobody waiting.

A start-up bias as large as the tolerance would hide an error of its size, or be taken for one. Here the way
from the empty start is computed without the engine: at the end of each case's warm-up the mean list, or wait,
is within 0.6 % of the steady state, and nearer ever after.
"""

import pytest

from tests.verification import cases, chains, references

NEAR = 0.006


def listed(chain, servers):
    """Mean list of a chain whose state is the number in the system."""
    return chain.mean(lambda s: max(0, s[0] - servers))


def test_mm1():
    """The bug: a warm-up too short for a load of 0.5."""
    chain = chains.mmc(0.5, 1, 1, 0, cases.MM1)
    assert listed(chain, 1) / 0.5 == pytest.approx(references.mg1_wait(0.5, 1, 1), rel=NEAR)


def test_mm3():
    """The bug: a warm-up too short for three vehicles at a load of 0.8."""
    chain = chains.mmc(2.4, 1, 3, 0, cases.MM3)
    assert listed(chain, 3) / 2.4 == pytest.approx(references.mmc_wait(2.4, 1, 3), rel=NEAR)
    assert chain.mean(lambda s: s[0] >= 3) == pytest.approx(references.erlang_c(2.4, 1, 3), rel=NEAR)


def test_erlang_a():
    """The bug: a warm-up too short where deaths keep the list short."""
    chain = chains.mmc(0.9, 1, 1, 0.1, cases.ERLANG_A)
    assert listed(chain, 1) == pytest.approx(cases.LISTED, rel=NEAR)


def test_bulk():
    """The bug: a warm-up too short where a vehicle takes several."""
    chain = chains.bulk(3, 1, 4, cases.BULK)
    assert chain.mean(lambda s: s[0]) == pytest.approx(cases.BULK_LISTED, rel=NEAR)


def test_priorities():
    """The bug: a warm-up long enough for the first class and not for the last, which waits longer."""
    chain = chains.priorities(cases.IN_CLASSES, 1, cases.COBHAM)
    for k, rate in enumerate(cases.IN_CLASSES):
        assert chain.mean(lambda s, k=k: s[k]) / rate == pytest.approx(cases.CLASS_WAITS[k], rel=NEAR)


def test_constant_and_lognormal_trips():
    """The bug: a warm-up chosen for exponential trips, too short for others."""
    constant = references.waits_from_empty(0.8, 1, 0, int(0.8 * cases.MD1))
    assert constant[-1] == pytest.approx(references.mg1_wait(0.8, 1, 0), rel=NEAR)
    lognormal = references.waits_from_empty(0.6, 1, 1.5, int(0.6 * cases.MG1))
    on_road = references.waits_from_empty(0.7, 1, 0, 21 * cases.ROAD)  # the unit is one headway
    assert on_road[-1] == pytest.approx(references.mg1_wait(0.7, 1, 0), rel=NEAR)
    assert lognormal[-1] == pytest.approx(references.mg1_wait(0.6, 1, 1.5), rel=NEAR)


def test_vacations():
    """The bug: a warm-up too short for a vehicle that rests."""
    by_hour = references.vacation_list(0.5, 4, cases.VACATIONS)
    assert by_hour[-1] / 0.5 == pytest.approx(references.vacation_wait(0.5, 1, 4), rel=NEAR)
