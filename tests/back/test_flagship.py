"""Back tests: does the flagship's actual world reproduce the record, by mechanism and stated parameters?

Why: a counterfactual is worth nothing from a model that does not give back what was observed. One run of the
command as the README has it serves all tests here.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.experiment.ensemble import Ensemble, simulate
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import DAY
from sim.model.outcome import EVACUATED
from sim.model.plan import make_plan
from sim.model.simpy_engine import run
from sim.scenario.reading import ScenarioFile, read_scenario
from tests.back import readme

ROOT = Path(__file__).parents[2]
FLAGSHIP = ROOT / "scenarios" / "lachin-2022-2023.yaml"

pytestmark = pytest.mark.xdist_group("flagship")


@pytest.fixture(scope="module")
def file() -> ScenarioFile:
    return read_scenario(FLAGSHIP)


@pytest.fixture(scope="module")
def actual(file: ScenarioFile) -> Ensemble:
    """The actual world of the flagship as written, in 100 replications."""
    workers = min(2, os.cpu_count() or 1)
    return simulate(
        file, worlds=["actual", "unimpeded"], variants=["base"], replications=100, workers=workers
    )


def by(ensemble: Ensemble, what: str, day: str) -> np.ndarray:
    """Cumulative ICRC count before 24:00 of a day, one value a replication."""
    origin = pd.Timestamp("2022-12-12")
    return ensemble.daily["base", "actual"][f"{what}[carrier=icrc]"][:, (pd.Timestamp(day) - origin).days + 1]


@pytest.mark.parametrize(("day", "record"), [("2023-04-29", 394), ("2023-06-12", 492)])
def test_running_totals_lie_in_the_prediction_interval(actual: Ensemble, day: str, record: int) -> None:
    """Catches: a need, a fleet or a permission that gives another corridor than the one that was seen."""
    low, high = np.quantile(by(actual, "patients", day), [0.05, 0.95])
    assert low <= record <= high


def test_more_than_800_by_18_september(actual: Ensemble) -> None:
    """A floor is no target: the interval must reach above it, and the mean must not run away from it."""
    patients = by(actual, "patients", "2023-09-18")
    assert np.quantile(patients, 0.95) > 800
    assert 780 <= by(actual, "patients", "2023-09-19").mean() <= 900


def test_people_by_19_september(actual: Ensemble) -> None:
    """Catches: companions lost or counted twice."""
    low, high = np.quantile(by(actual, "people", "2023-09-19"), [0.05, 0.95])
    assert low <= 1500 <= high


CLOSED = [
    ("2022-12-12", "2022-12-18"),
    ("2023-04-23", "2023-04-25"),
    ("2023-04-30", "2023-05-25"),
    ("2023-06-16", "2023-06-24"),
    ("2023-07-11", "2023-07-13"),
    ("2023-07-15", "2023-07-21"),
    ("2023-07-30", "2023-08-07"),
]


@pytest.mark.parametrize(("first", "last"), CLOSED)
def test_no_patient_moves_inside_a_closure(actual: Ensemble, first: str, last: str) -> None:
    """Catches: a closure read a day short, or one that stops only departures of some carriers."""
    before = by(actual, "patients", str(pd.Timestamp(first) - pd.Timedelta(days=1)))
    assert (by(actual, "patients", last) == before).all()


def test_the_convoy_of_15_june_is_turned_back(file: ScenarioFile) -> None:
    """Where a convoy set out that morning, it came back with its patients, as the record says."""
    layout = lay_out(file.scenario)
    plan, sampler = make_plan(layout, "actual"), Sampler(layout)
    day = (pd.Timestamp("2023-06-15") - pd.Timestamp("2022-12-12")).days
    seen = 0
    for replication in range(12):
        convoys = run(plan, sampler.draw(file.scenario.seed, replication)).convoys
        set_out = convoys[(convoys[:, 1] // DAY == day) & (convoys[:, 0] == 0)]
        assert (set_out[:, 2] == -1).all()
        assert set_out[:, 4].all()
        seen += len(set_out)
    assert seen > 0


def test_the_record_is_not_replayed(file: ScenarioFile) -> None:
    """The recorded convoys must not be in the model: no plan names their days, and replications differ."""
    assert all("table" not in str(type(o)) for o in file.scenario.impediments.values())
    plans = [carrier.plan.days.kind for carrier in file.scenario.carriers.values()]
    assert set(plans) == {"daily"}
    layout = lay_out(file.scenario)
    plan, sampler = make_plan(layout, "actual"), Sampler(layout)
    days = {tuple(run(plan, sampler.draw(1, r)).convoys[:, 1] // DAY) for r in range(3)}
    assert len(days) == 3


def lying_carried(file: ScenarioFile, world: str) -> int:
    """Lying patients handed over by the ICRC in three replications."""
    layout = lay_out(file.scenario)
    plan, sampler, n = make_plan(layout, world), Sampler(layout), 0
    for replication in range(3):
        draws = sampler.draw(file.scenario.seed, replication)
        outcome = run(plan, draws)
        evacuated = np.flatnonzero((outcome.state == EVACUATED) & draws.lying)
        n += int((outcome.convoys[outcome.convoy[evacuated], 0] == 0).sum())
    return n


def test_ambulances_go_where_they_are_let_and_only_there(file: ScenarioFile) -> None:
    """Catches: a fleet in which ambulances never come first, so that removing their ban moves nobody."""
    after_december = lying_carried(file, "actual")
    assert after_december <= 3, "the ban begins on 21 December; before it hardly anybody could go"
    assert lying_carried(file, "ambulances-let-through") > after_december + 20
    assert lying_carried(file, "unimpeded") > after_december + 20


def test_every_group_of_impediments_moves_the_headline(file: ScenarioFile) -> None:
    """Catches: a group that is listed, sourced and attributed, and does nothing."""
    one_by_one = ["no-closures", "no-convoy-limits", "no-permissions", "no-checkpoint-regime"]
    worlds = ["actual", *one_by_one, "ambulances-let-through"]
    ensemble = simulate(file, worlds=worlds, variants=["base"], replications=30, workers=2)
    measure = "patients_evacuated[carrier=icrc]"
    before = ensemble.measures["base", "actual"][measure]
    for world in worlds[1:]:
        difference = ensemble.measures["base", world][measure] - before
        assert difference.mean() > 3 * difference.std(ddof=1) / np.sqrt(len(difference)), world


def test_removing_everything_lets_more_through(actual: Ensemble) -> None:
    """The paired difference is positive on average, by far; of single replications nothing is asserted."""
    worlds = actual.measures
    measure = "patients_evacuated[carrier=icrc]"
    difference = worlds["base", "unimpeded"][measure] - worlds["base", "actual"][measure]
    assert difference.mean() > 5 * difference.std(ddof=1) / np.sqrt(len(difference))


def test_every_number_is_sourced_or_assumed(file: ScenarioFile) -> None:
    """Catches: a number that slipped into the flagship without a source and without a reason."""
    from sim.scenario.sources import ledger

    for variant in file.variants.values():
        assert [entry.path for entry in ledger(variant) if entry.grade == "unmarked"] == []


def test_the_command_of_the_readme(tmp_path: Path) -> None:
    """Catches: a README whose table nobody can get. `python -m tests.back.readme` writes it anew."""
    done = subprocess.run(
        readme.command(tmp_path / "run"), capture_output=True, text=True, timeout=900, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    printed = readme.answer(done.stdout)
    assert "Under the assumptions listed, the model gives" in printed
    assert "Status: calibrated" in printed
    assert printed == readme.block(readme.README.read_text(encoding="utf-8"))
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary


TEACHING = {"one-vehicle": (4, 5), "checkpoint-queue": (18, 18)}


@pytest.mark.parametrize("name", TEACHING)
def test_teaching_scenarios_give_what_their_comments_say(name: str) -> None:
    """Catches: a teaching example that teaches something the model no longer does."""
    file = read_scenario(ROOT / "scenarios" / f"{name}.yaml")
    ensemble = simulate(file, replications=1)
    actual, unimpeded = TEACHING[name]
    assert ensemble.measures["base", "actual"]["patients_evacuated"].tolist() == [actual]
    assert ensemble.measures["base", "unimpeded"]["patients_evacuated"].tolist() == [unimpeded]
