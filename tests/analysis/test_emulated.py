"""Calibration with an emulator: what it proposes may be poor, what is accepted may not be wrong.

Why: an emulator that is believed, or whose error enters the posterior, gives a narrow answer that is not the
model's. Here the posterior is known: on a grid, of figures that no quadratic surface fits.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.analysis import calibrate as calibration
from sim.analysis import emulated
from sim.analysis.calibrate import calibrate
from sim.analysis.chains import Floats, Ints, Visited, effective_size
from sim.analysis.emulator import fitted, walked
from sim.experiment.ensemble import simulate
from sim.experiment.posterior import write_posterior
from sim.model.streams import generator
from sim.scenario.reading import ScenarioFile, read_scenario

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
    noise = [generator(5, int(number), "test/luck").normal(0, NOISE, 2) for number in luck.ravel()]
    return surfaces(unit) + np.array(noise)


def nothing(unit: Floats) -> Floats:
    """A first guess that knows nothing."""
    return np.zeros((len(unit), 2))


def walk(patched: pytest.MonkeyPatch, rounds: int, suffices: Any, progress: Any) -> tuple[list[Visited], int]:
    """Four chains over the two surfaces."""
    patched.setattr(emulated, "lay_out", lambda scenario: SimpleNamespace(blocks=1))
    patched.setattr(emulated, "unknowns", lambda layout: [0, 1])
    patched.setattr(emulated, "Fluid", lambda *of: nothing)
    told = SimpleNamespace(tell=tell, record=Record(), streams=())
    patched.setattr(emulated, "histories_of", lambda *of: told)
    scenario = SimpleNamespace()
    return emulated.visited(scenario, {}, 1, "test", 4, rounds, 1, suffices, progress)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def passed() -> list[Visited]:
    with pytest.MonkeyPatch.context() as patched:
        rounds, before = walk(patched, 8, lambda _: False, None)
    assert before == 600 * (1 + len(emulated.TOLERANCES) + emulated.SETTLING)
    return rounds


def exact() -> tuple[Floats, Floats]:
    """Mean and variance of both parameters by the grid: luck widens the errors."""
    grid = (np.arange(400) + 0.5) / 400
    points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    weight = np.exp(-(surfaces(points) ** 2).sum(axis=1) / (1 + NOISE**2) / 2)
    weight /= weight.sum()
    mean = weight @ points
    return mean, weight @ (points - mean) ** 2


@pytest.mark.parametrize(("enough", "rounds"), [(True, 4), (False, 6)])
def test_rounds_end_when_they_suffice(monkeypatch: pytest.MonkeyPatch, enough: bool, rounds: int) -> None:
    """Would catch rounds that are looked at before there are enough, and a bar that does not end."""
    for name, value in {
        "TOLERANCES": (1.0,),
        "SETTLING": 1,
        "LEAST_ROUNDS": 3,
        "LOOK_EVERY": 2,
        "STEPS": 20,
    }.items():
        monkeypatch.setattr(emulated, name, value)
    looked: list[int] = []
    told: list[tuple[int, int]] = []

    def suffices(passed: list[Visited]) -> bool:
        looked.append(len(passed))
        return enough

    passed = walk(monkeypatch, 6, suffices, lambda done, total: told.append((done, total)))[0]
    assert len(passed) == rounds
    assert looked == ([4] if enough else [4, 6])
    assert [done for done, _ in told] == list(range(rounds + 3))
    assert (told[0][1], told[-1]) == (8, (rounds + 2, rounds + 2))


def assert_it_is_the_posterior(unit: Floats, least: float) -> None:
    """unit (states, chains, 2). Rule: the mean and the mean square about the exact mean are known to their
    standard deviation over the root of their effective sample size; each of these four lies within four such
    standard errors of the grid's (by chance outside in one of 4,000 such tests). The sizes are at least
    `least`, so that the bound forgives little."""
    mean, variance = exact()
    for k in range(2):
        trace = unit[:, :, k]
        for seen, wanted in ((trace, mean[k]), ((trace - mean[k]) ** 2, variance[k])):
            size = effective_size(seen)
            assert size > least
            assert abs(seen.mean() - wanted) < 4 * seen.std() / np.sqrt(size)


def test_the_posterior_is_that_of_the_histories(passed: list[Visited]) -> None:
    """Would catch an emulator whose surfaces are believed, and luck that is not part of what is accepted."""
    assert_it_is_the_posterior(np.concatenate([of.unit for of in passed]), 1000)
    assert sum(of.accepted.sum() for of in passed) > 0.3 * sum(of.tried.sum() for of in passed)


def test_walkers_that_hardly_move_do_no_harm() -> None:
    """Would catch chains that take what walkers propose and leave it to them too: what is proposed next hangs
    together with where the chain is, and what is rare is held too long or left too soon."""
    rng = generator(3, 0, "test/slow")
    unit = rng.random((400, 2))
    emulator = fitted(unit, tell(unit, np.arange(400)), Record(), nothing, 3.0)  # type: ignore[arg-type]
    walkers = walked(emulator, rng.random((40, 2)), 300, rng)
    last, states = None, []
    for turn in range(600):
        walkers = walked(emulator, walkers, 1, rng)
        luck = 400 + 40 * turn + np.arange(40)[:, None, None]
        said = tell(walkers, luck)
        better = (emulator.misfit(walkers) - Record().misfit(said)) / 2
        last, walkers, of_round = emulated.stepped(last, emulated.State(walkers, luck, said, better), 4, rng)
        states.append(of_round.unit)
    assert_it_is_the_posterior(np.concatenate(states[20:]), 500)


def test_what_a_chain_says_is_what_its_history_said(passed: list[Visited]) -> None:
    """Would catch parameters of one history kept with the luck of another."""
    last = passed[-1]
    for state in (0, 70, 149):
        np.testing.assert_array_equal(last.told[state], tell(last.unit[state], last.luck[state]))


def test_walkers_spread_as_the_emulator_says() -> None:
    """Would catch stretches that favour one side: figures that are straight in the parameters have a normal
    posterior, of known mean and covariance, however the parameters hang together. Rule: each within four
    standard errors of 400 independent walkers."""
    rng = generator(1, 0, "test/walkers")
    slopes = np.array([[20.0, 18.0], [0.0, 15.0]])
    unit = rng.random((400, 2))
    emulator = fitted(unit, (unit - 0.5) @ slopes, Record(), nothing, 1.0)  # type: ignore[arg-type]
    there = walked(emulator, unit, 300, rng)
    covariance = np.linalg.inv(slopes @ slopes.T)
    errors = np.sqrt(np.diag(covariance) / 400)
    assert (np.abs(there.mean(axis=0) - 0.5) < 4 * errors).all()
    square = np.diag(covariance)
    of_covariance = np.sqrt((np.outer(square, square) + covariance**2) / 400)
    assert (np.abs(np.cov(there.T) - covariance) < 4 * of_covariance).all()


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


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScenarioFile:
    """With fewer histories: 60 a round."""
    monkeypatch.setattr(emulated, "STEPS", 15)
    monkeypatch.setattr(emulated, "TOLERANCES", (20.0, 4.0, 1.0))
    path = tmp_path / "leaving.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return read_scenario(path)


def test_the_rows_run_again_say_what_the_chains_said(
    file: ScenarioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a posterior whose rows, run again, say something else: every state is kept here, so that
    the quantiles are the same numbers. And one far from what was published: 250 vehicles, known to 10, in the
    11 hours before noon, and four people in each of them, known to 0.25; the medians of some hundred draws
    that count lie within a whole such error of it."""
    monkeypatch.setattr(calibration, "HISTORIES", 240)
    one = calibrate(file, rounds=4)
    assert one.posterior.histories == 240
    assert one.posterior.about["histories_tried"] == (4 + emulated.SETTLING + 4) * 60
    write_posterior(file, one.posterior)
    made = simulate(file, replications=240, worlds=["actual"])
    daily = made.daily["base", "actual"]
    figures = one.figures.set_index("figure")
    for name in ("people", "vehicles"):
        again = np.quantile(daily[f"{name}_arrived[at=12:00]"][:, 0], calibration.SHARES)
        np.testing.assert_allclose(again, figures.loc[name, ["low", "median", "high"]].to_numpy(dtype=float))
    by_name = one.parameters.set_index("parameter")
    assert by_name.loc["own_vehicles.all.companions.mean", "median"] == pytest.approx(3, abs=0.25)
    capacity = by_name.loc["route.town.capacity.2030-03-01", "median"] / 24
    assert capacity == pytest.approx(250 / 11, abs=10 / 11)


def test_any_number_of_workers_finds_the_same(file: ScenarioFile) -> None:
    one, two = (calibrate(file, rounds=1, workers=n).posterior for n in (1, 2))
    assert one.values.tobytes() == two.values.tobytes()
    assert one.luck.tobytes() == two.luck.tobytes()
