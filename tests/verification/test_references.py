"""Why: a reference test that freezes its own mistake proves nothing.

Every reference is computed twice: by its formula, and by another way (a chain's equations, a recursion).
The digits are those of the published table; they are typed here, not taken from a run.
"""

from math import exp, sqrt

import numpy as np
import pytest
from scipy import linalg, signal, stats

from tests.verification import cases, chains, references

PRINTED = [
    (references.mg1_wait(0.5, 1, 1), "1.000000"),
    (references.mm1_wait_longer(0.5, 1, 2), "0.183940"),
    (references.mg1_wait(0.8, 1, 0), "2.000000"),
    (references.mg1_wait(0.6, 1, 1.5), "2.437500"),
    (references.erlang_c(2.4, 1, 3), "0.647191"),
    (references.mmc_wait(2.4, 1, 3), "1.078652"),
    (cases.CLASS_WAITS[0], "1.000000"),
    (cases.CLASS_WAITS[1], "2.000000"),
    (cases.CLASS_WAITS[2], "8.000000"),
    (references.conserved(0.8, 1), "3.200000"),
    (cases.LISTED, "1.420433"),
    (cases.SHARE_DYING, "0.157826"),
    (cases.BULK_LISTED, "7.657496"),
    (cases.BULK_LOAD, "3.111820"),
    (references.vacation_wait(0.5, 1, 4), "2.500000"),
    (60 * references.mg1_wait(21, 1 / 30, 0), "2.333333"),
    (cases.HANDOVERS, "89.625"),
    (cases.HANDOVERS_SD, "4.7516"),
    (cases.OF_300, "287.138"),
    (cases.OF_300_SD, "17.151"),
    (cases.STILL_THERE, "841.970"),
    (cases.STILL_THERE_VARIANCE, "706.635"),
    (cases.DIED, "908.030"),
]


@pytest.mark.parametrize(("value", "printed"), PRINTED)
def test_printed_digits(value, printed):
    """The bug: a formula with a slip, against digits that somebody else has worked out."""
    assert f"{value:.{len(printed.split('.')[1])}f}" == printed


def test_priorities_conserve_work():
    """The bug: Cobham's formula with the loads one class off."""
    loads = np.array(cases.IN_CLASSES)
    assert loads @ cases.CLASS_WAITS == pytest.approx(references.conserved(0.8, 1))


def test_steady_states_by_their_chains():
    """The bug: the right formula for another system; the chain is the system itself, until it is steady."""
    chain = chains.mmc(0.5, 1, 1, 0, 400)
    assert chain.mean(lambda s: max(0, s[0] - 1)) == pytest.approx(0.5, rel=1e-6)
    chain = chains.mmc(2.4, 1, 3, 0, 700)
    assert chain.mean(lambda s: s[0] >= 3) == pytest.approx(references.erlang_c(2.4, 1, 3), rel=1e-6)
    chain = chains.mmc(0.9, 1, 1, 0.1, 200)
    assert chain.mean(lambda s: max(0, s[0] - 1)) == pytest.approx(cases.LISTED, rel=1e-6)
    chain = chains.bulk(3, 1, 4, 400)
    assert chain.mean(lambda s: s[0]) == pytest.approx(cases.BULK_LISTED, rel=1e-4)
    away = chain.mean(lambda s: s[1])
    assert 3 / away == pytest.approx(cases.BULK_LOAD, rel=1e-4)  # one trip an hour while away


def test_waits_by_lindleys_recursion():
    """The bug: Pollaczek-Khinchine with the coefficient of variation not squared."""
    assert references.waits_from_empty(0.6, 1, 1.5, 300)[-1] == pytest.approx(2.4375, rel=2e-3)
    assert references.waits_from_empty(0.8, 1, 0, 300)[-1] == pytest.approx(2.0, rel=2e-3)


def test_vacations_by_the_hour():
    """The bug: half a vacation too few, or a whole one."""
    assert references.vacation_list(0.5, 4, 300)[-1] / 0.5 == pytest.approx(2.5, rel=1e-6)


def test_renewals_by_simulation():
    """The bug: counting the renewal that straddles the end."""
    rng = np.random.default_rng(20221212)
    ends = rng.gamma(4, 2, (40_000, 80)).cumsum(axis=1)
    n = (ends <= 240).sum(axis=1)
    mean, sd = references.finite_list(300, 10, 4, 8, 240)
    carried = np.minimum(300, 10 * n)
    assert abs(carried.mean() - mean) < 5 * sd / sqrt(40_000)
    assert references.renewals(4, 8, 240).sum() == pytest.approx(1)
    asymptotic = 720 / 8 + (0.25 - 1) / 2
    assert references.saturated(4, 8, 720)[0] == pytest.approx(asymptotic, abs=1e-6)


def test_uniformization_by_the_matrix_exponential():
    """The bug: Poisson weights cut too early, or the integral one term off."""
    rates = np.array([[-0.3, 0.3, 0.0], [0.1, -0.7, 0.6], [0.0, 2.0, -2.0]])

    def moves(state):
        return [(rates[state[0], j], (j,)) for j in range(3) if j != state[0]]

    solution = chains.solve((0,), moves, 5.0)
    order = [s[0] for s in solution.states]
    assert solution.at_end == pytest.approx(linalg.expm(rates * 5.0)[0, order], abs=1e-12)
    assert solution.time_in.sum() == pytest.approx(5.0)
    block = linalg.expm(np.block([[rates, np.eye(3)], [np.zeros((3, 6))]]) * 5.0)[:3, 3:]
    assert solution.time_in == pytest.approx(block[0, order], abs=1e-10)


def test_the_transient_chain_in_corners_known_by_hand():
    """The bug: a chain that is wrong in the same way as the engine would agree with it."""
    # No vehicle: the listed die independently.
    alone = chains.transient(9, 0.0, 1 / 30, vehicles=0, seats=2, out=0.2, back=0.3, horizon=48)
    assert alone.mean(lambda s: s[0]) == pytest.approx(9 * exp(-48 / 30))
    # Everyone seated at once: handed over when the leg ends, each vehicle on its own.
    seated = chains.transient(4, 0.0, 1 / 30, vehicles=2, seats=2, out=0.2, back=0.3, horizon=6)
    assert seated.mean(lambda s: s[1]) == pytest.approx(4 * (1 - exp(-6 / 5)))
    # One vehicle, one seat, nobody dies: round trips are sums of two exponentials (out 5 h, back 3 h).
    one = chains.transient(2, 0.0, 0.0, vehicles=1, seats=1, out=0.2, back=1 / 3, horizon=10)
    t = np.linspace(0, 10, 20_001)
    home = signal.fftconvolve(stats.expon.pdf(t, scale=5), stats.expon.pdf(t, scale=3))[: len(t)] * t[1]
    second = signal.fftconvolve(home, stats.expon.cdf(t, scale=5))[: len(t)] * t[1]
    assert one.mean(lambda s: s[1]) == pytest.approx(1 - exp(-2) + second[-1], abs=1e-3)
    # Conservation: listed and referred are waiting, evacuated, on the road or dead.
    full = chains.transient(9, 0.25, 1 / 30, vehicles=2, seats=2, out=0.2, back=1 / 3, horizon=48)
    there = full.mean(lambda s: s[0] + s[1] + s[3] + 2 * s[4])
    assert there + full.integral(lambda s: s[0]) / 30 == pytest.approx(9 + 0.25 * 48, abs=1e-4)
