"""The Markov chains of calibration against posteriors that are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim.analysis.chains import Chains, Visited, Ways, advance, effective_size, split_r_hat, started
from sim.model.streams import generator

BLOCKS, DAYS = 12, 5
OBSERVED, ERROR = 41.0, 2.0
"""Successes in 60 days, as published, with its standard error."""
WAYS = Ways(np.array([[0, 0, 0, BLOCKS], [1, 0, 2, 5]]), np.empty(0, dtype=np.int64), None)
"""Blocks with which each parameter may move."""


def uniforms(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """The luck of blocks: five uniforms for each number, the same whenever the number is met."""
    bits = np.array([np.random.SeedSequence(int(n)).generate_state(DAYS, np.uint64) for n in numbers.ravel()])
    return (bits / 2.0**64).reshape(*numbers.shape, DAYS)


def tell(unit: NDArray[np.float64], luck: NDArray[np.int64]) -> NDArray[np.float64]:
    """Days on which a convoy goes: one figure. The second parameter does nothing."""
    return (uniforms(luck[:, 0]) < unit[:, :1, None]).sum(axis=(1, 2))[:, None].astype(float)


def misfit(told: NDArray[np.float64]) -> NDArray[np.float64]:
    return (((told - OBSERVED) / ERROR) ** 2).sum(axis=-1)


def exact() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The chance's posterior on a grid: uniform prior, a binomial count, a normal error."""
    grid = (np.arange(4000) + 0.5) / 4000
    counts = np.arange(BLOCKS * DAYS + 1)
    seen = np.exp(-(((counts - OBSERVED) / ERROR) ** 2) / 2)
    density = stats.binom.pmf(counts[:, None], BLOCKS * DAYS, grid) * seen[:, None]
    weights = density.sum(axis=0)
    return grid, weights / weights.sum()


def run(steps: int, groups: int = 4, chains: int = 6) -> Visited:
    """Chains that shrink their tolerance, settle, and are followed; groups side by side."""
    archive = generator(7, 0, "test/archive").random((20, 2))
    parts = []
    for group in range(groups):
        rng = generator(7, 0, f"test/{group}")
        here: Chains = started(chains, 2, 1, BLOCKS, group, groups, tell, rng)
        here, _ = advance(here, tell, misfit, np.geomspace(20.0, 1.0, 150), archive, WAYS, groups, 5, rng)
        parts.append(advance(here, tell, misfit, np.ones(steps), archive, WAYS, groups, 5, rng)[1])
    return Visited(
        *(np.concatenate([p[k] for p in parts], axis=1) for k in range(3)), parts[0].tried, parts[0].accepted
    )


LONG, SHORT = 2700, 300
"""Steps to look at a distribution, and to look at states one by one."""


@pytest.fixture(scope="module")
def visited() -> Visited:
    return run(LONG)


@pytest.fixture(scope="module")
def briefly() -> Visited:
    return run(SHORT)


def test_the_posterior_is_the_exact_one(visited: Visited) -> None:
    """Would catch an acceptance rule that is not the likelihood's ratio, or proposals that are not symmetric.

    Rule: mean and standard deviation within 5 Monte Carlo standard errors, by effective sample size; the
    sample is large enough that these are below 5 % of the posterior's spread.
    """
    grid, weights = exact()
    mean = float((grid * weights).sum())
    spread = float(np.sqrt(((grid - mean) ** 2 * weights).sum()))
    trace = visited.unit[:, :, 0]
    size = effective_size(trace)
    assert size > 400
    assert abs(trace.mean() - mean) <= 5 * spread / np.sqrt(size)
    assert abs(trace.std() - spread) <= 5 * spread / np.sqrt(2 * size)


def test_what_the_figures_say_nothing_of_keeps_its_prior(visited: Visited) -> None:
    """A parameter that moves nothing must stay uniform: 5 standard errors of its mean, by effective size."""
    trace = visited.unit[:, :, 1]
    size = effective_size(trace)
    assert size > 200
    assert abs(trace.mean() - 0.5) <= 5 * np.sqrt(1 / 12 / size)
    assert trace.std() == pytest.approx(np.sqrt(1 / 12), rel=0.1)


def test_a_state_tells_what_it_says(briefly: Visited) -> None:
    """Parameters, luck and figures of a state belong together: the history can be run again."""
    unit, luck = briefly.unit[-1], briefly.luck[-1]
    assert np.array_equal(tell(unit, luck), briefly.told[-1])


def test_no_luck_is_used_twice(briefly: Visited) -> None:
    """Would catch groups, chains or blocks that share a number: the same luck in two places of a history."""
    for luck in briefly.luck.reshape(-1, BLOCKS)[::7]:
        assert len(set(luck.tolist())) == BLOCKS
    last = briefly.luck[-1].ravel().tolist()
    assert len(set(last)) == len(last)


def test_effective_size_of_independent_and_of_sticky_chains() -> None:
    """Against sequences whose autocorrelation is known: AR(1) with r = 0.9 is worth (1 - r) / (1 + r)."""
    rng = generator(1, 0, "test/ess")
    free = rng.normal(size=(2000, 8))
    assert effective_size(free) == pytest.approx(16000, rel=0.15)
    sticky = np.empty((4000, 8))
    sticky[0] = rng.normal(size=8)
    for k in range(1, len(sticky)):
        sticky[k] = 0.9 * sticky[k - 1] + np.sqrt(1 - 0.81) * rng.normal(size=8)
    assert effective_size(sticky) == pytest.approx(32000 / 19, rel=0.25)


def test_what_never_moves_is_known_and_costs_no_draw() -> None:
    """Would catch 0 divided by 0: a number that every state agrees on holds no other back."""
    assert effective_size(np.full((50, 4), 0.5)) == 200


def test_chains_that_disagree_are_worth_few_draws() -> None:
    """Would catch an effective size that only looks along each chain: two that never meet know little."""
    apart = generator(1, 0, "test/apart").normal(size=(2000, 2)) + np.array([0.0, 30.0])
    assert 1 <= effective_size(apart) < 10
    assert effective_size(apart[:, :1]) == pytest.approx(2000, rel=0.15)


def test_r_hat_sees_chains_that_disagree_and_chains_that_drift() -> None:
    rng = generator(1, 0, "test/r-hat")
    same = rng.normal(size=(1000, 6))
    assert split_r_hat(same) == pytest.approx(1.0, abs=0.01)
    assert split_r_hat(same + np.array([0, 0, 0, 0, 0, 3.0])) > 1.2
    assert split_r_hat(same + np.linspace(0, 3, 1000)[:, None]) > 1.2
    assert split_r_hat(np.ones((10, 3))) == 1.0
