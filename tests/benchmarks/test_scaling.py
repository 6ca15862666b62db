"""What grows in the scaling benchmark is what it says, and the exponent is fitted right."""

import numpy as np
import pytest

from sim.model.draws import Sampler
from sim.model.plan import make_plan


@pytest.fixture
def scaling(benchmark_module):
    return benchmark_module("scaling")


def test_an_exact_power_is_found_again(scaling):
    slope, half = scaling.exponent([(n, 3.0 * n**1.7) for n in (10, 100, 1_000, 10_000)])
    assert slope == pytest.approx(1.7)
    assert half == pytest.approx(0, abs=1e-9)


def test_noise_widens_the_interval_and_it_covers(scaling):
    rng = np.random.default_rng(1)
    sizes = np.array([10, 32, 100, 316, 1_000])
    covered = 0
    for _ in range(400):
        slope, half = scaling.exponent(list(zip(sizes, sizes * np.exp(rng.normal(0, 0.2, 5)), strict=True)))
        covered += abs(slope - 1) <= half
    assert 0.91 <= covered / 400 <= 0.98


@pytest.mark.parametrize("n", [1_000, 20_000])
def test_as_many_patients_are_referred_as_asked_for(scaling, n):
    layout = scaling.laid_out(scaling.with_patients(n))
    assert Sampler(layout).draw(1, 0).patients == pytest.approx(n, rel=0.15)


@pytest.mark.parametrize("n", [10, 1_000])
def test_as_many_closures_shut_the_road(scaling, n):
    (road, _), *_ = make_plan(scaling.laid_out(scaling.with_closures(n)), "actual").road
    assert sum(level > 0 for level in road.values) == n
