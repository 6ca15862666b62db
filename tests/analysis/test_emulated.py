"""Calibration with an emulator: what it proposes may be poor, what is accepted may not be wrong.

Why: an emulator that is believed, or whose error enters the posterior, gives a narrow answer that is not the
model's. Here the posterior is known: on a grid, of figures that no quadratic surface fits.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sim.analysis import calibrate as calibration
from sim.analysis import emulated
from sim.analysis.calibrate import calibrate
from sim.analysis.chains import Floats, Ints, Visited
from sim.analysis.emulator import fitted, walked
from sim.analysis.histories import teller
from sim.experiment.ensemble import simulate
from sim.experiment.posterior import write_posterior
from sim.model.streams import generator
from sim.scenario.reading import read_scenario

NOISE = 0.3
"""Standard errors by which luck moves a figure."""


class Record:
    """Two figures, published as 0, each with an error of 1."""

    def off(self, told: Floats) -> Floats:
        return told

    def missed(self, off: Floats) -> Floats:
        return off

    def misfit(self, told: Floats) -> Floats:
        return np.asarray((told**2).sum(axis=1))


def surfaces(unit: Floats) -> Floats:
    """What no quadratic surface fits, over wide priors."""
    x, y = unit.T
    return np.stack([40 * (x - 0.4) ** 3 + 8 * (x - 0.4), 12 * np.sin(4 * (y - 0.6)) + 3 * (x - 0.4)], axis=1)


def tell(unit: Floats, luck: Ints) -> Floats:
    noise = [generator(5, int(number), "test/luck").normal(0, NOISE, 2) for number in luck[:, 0]]
    return surfaces(unit) + np.array(noise)


@pytest.fixture(scope="module")
def passed() -> list[Visited]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(emulated, "lay_out", lambda scenario: SimpleNamespace(blocks=1))
        patched.setattr(emulated, "unknowns", lambda layout: [0, 1])
        patched.setattr(emulated, "teller", lambda *of: (tell, Record()))
        scenario = SimpleNamespace()
        rounds, before = emulated.visited(scenario, {}, 1, "test", 4, 8, 1, lambda _: False, None)  # type: ignore[arg-type]
    assert before == 100 * (1 + len(emulated.TOLERANCES))
    return rounds


def test_the_posterior_is_that_of_the_histories(passed: list[Visited]) -> None:
    """Rule: means within 0.15 of a posterior standard deviation of those on a grid, spreads within 15 %;
    some 1,500 effective draws know a mean to 0.03 and a spread to 2 %."""
    grid = (np.arange(400) + 0.5) / 400
    points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    weight = np.exp(-(surfaces(points) ** 2).sum(axis=1) / (1 + NOISE**2) / 2)  # luck widens the errors
    weight /= weight.sum()
    mean = weight @ points
    spread = np.sqrt(weight @ (points - mean) ** 2)
    unit = np.concatenate([of.unit for of in passed]).reshape(-1, 2)
    np.testing.assert_allclose(unit.mean(axis=0), mean, atol=0.15 * spread.min())
    np.testing.assert_allclose(unit.std(axis=0), spread, rtol=0.15)
    assert sum(of.accepted.sum() for of in passed) > 0.3 * sum(of.tried.sum() for of in passed)


def test_what_a_chain_says_is_what_its_history_said(passed: list[Visited]) -> None:
    """Would catch parameters of one history kept with the luck of another."""
    last = passed[-1]
    for state in (0, 70, 149):
        np.testing.assert_array_equal(last.told[state], tell(last.unit[state], last.luck[state]))


def test_walkers_spread_as_the_emulator_says() -> None:
    """Would catch stretches that favour one side: figures that are straight in the parameters have a normal
    posterior, of known mean and spread, however the parameters hang together."""
    rng = generator(1, 0, "test/walkers")
    slopes = np.array([[20.0, 18.0], [0.0, 15.0]])
    unit = rng.random((400, 2))
    emulator = fitted(unit, (unit - 0.5) @ slopes, Record(), 1.0)  # type: ignore[arg-type]
    there = walked(emulator, unit, 300, rng)
    exact = np.linalg.inv(slopes @ slopes.T)
    np.testing.assert_allclose(there.mean(axis=0), 0.5, atol=0.015)
    np.testing.assert_allclose(np.cov(there.T), exact, rtol=0.3)


TEXT = """\
name: leaving
title: Five hundred leave
period: {from: 2030-03-01, to: 2030-03-02, utc_offset: "+00:00"}
need: {classes: {patient: {}}}
carriers: {nobody: {fleet: {van: {count: 0, seats: 1}}, plan: {days: daily, at: "08:00"}}}
own_vehicles:
  all:
    people: 2000
    companions: {value: binomial 9 mean 3, mean: {prior: uniform 1 .. 6}}
    ready: {2030-03-01: 300 / h, 2030-03-01 04:00: 0 / h}
route:
  from: home
  legs: [{to: town, travel: 1 h, capacity: {2030-03-01: {prior: uniform 5 / h .. 60 / h}}}]
observed:
  people: {what: people_arrived, by: 2030-03-01, at: 12:00, value: 1000, error: 50, use: calibrate}
  vehicles: {what: vehicles_arrived, by: 2030-03-01, at: 12:00, value: 250, error: 10, use: calibrate}
"""


def test_a_scenario_of_own_vehicles_is_calibrated_with_few_histories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a posterior whose rows, run again, say something else than the chains; and one that is not
    near what was published: 250 vehicles in the 11 hours before noon, four people in each. Of 200 rows the
    median is within 15 people of all chains' (three standard errors)."""
    monkeypatch.setattr(calibration, "HISTORIES", 200)
    path = tmp_path / "leaving.yaml"
    path.write_text(TEXT, encoding="utf-8")
    file = read_scenario(path)
    one = calibrate(file, rounds=4)
    assert one.reached
    assert one.posterior.about["histories_tried"] == 8 * 100 + 4 * 600
    write_posterior(file, one.posterior)
    made = simulate(file, replications=200, worlds=["actual"])
    people = made.daily["base", "actual"]["people_arrived[at=12:00]"][:, 0]
    told = one.figures.set_index("figure").loc["people"]
    assert abs(np.median(people) - told["median"]) < 15
    by_name = one.parameters.set_index("parameter")
    assert by_name.loc["own_vehicles.all.companions.mean", "median"] == pytest.approx(3, abs=0.3)
    capacity = by_name.loc["route.town.capacity.2030-03-01", "median"] / 24
    assert capacity == pytest.approx(250 / 11, rel=0.1)


def test_any_number_of_workers_finds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "leaving.yaml"
    path.write_text(TEXT, encoding="utf-8")
    file = read_scenario(path)
    one, two = (calibrate(file, rounds=1, workers=n).posterior for n in (1, 2))
    assert one.values.tobytes() == two.values.tobytes()
    assert one.luck.tobytes() == two.luck.tobytes()
    assert teller(file.scenario, dict(file.scenario.observed), 1)[1].names == ("people", "vehicles")
