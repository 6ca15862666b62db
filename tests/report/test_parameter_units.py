"""Uncertain numbers in their own units, prior and posterior alike.

Why: values are kept in seconds, shares and events a day. A table that printed some of them so would show
an inspection of 900 beside a wait of 400 and leave the reader to guess.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.model.value_names import uncertain_entries
from sim.report.calibration import render
from sim.report.parameter_units import unit_of
from sim.scenario.reading import read_scenario, read_text
from sim.scenario.sources import ledger

TEXT = """\
name: units
title: One parameter of every kind
period: {from: 2030-03-01, to: 2030-03-20, utc_offset: "+00:00"}
need:
  initial_list: {prior: uniform 20 .. 350}
  referrals: {2030-03-01: {prior: uniform 1 / day .. 6 / day}}
  classes:
    patient:
      share: rest
      lying: {prior: uniform 10% .. 20%}
      companions: {value: poisson 1, mean: {prior: uniform 0.5 .. 1.5}}
      withdraws: {after: {value: exponential 400 days, mean: {prior: loguniform 200 days .. 1500 days}}}
carriers:
  clinic:
    fleet: {van: {count: 2, seats: 3}}
    plan: {days: daily, at: "08:00", needs: {prior: uniform 1 .. 4}}
route:
  from: home
  legs:
    - {to: gate, travel: {value: lognormal 2 h ± 20 min, mean: {prior: uniform 1 h .. 3 h}}}
    - {to: town, travel: 1 h, capacity: {2030-03-01: {prior: uniform 30 / h .. 43 / h}}}
impediments:
  check:
    kind: checkpoint
    at: gate
    per_vehicle: {value: exponential 20 min, mean: {prior: uniform 10 min .. 30 min}}
  papers: {kind: clearance, lead_time: {value: exponential 2 days, mean: {prior: uniform 12 h .. 2 weeks}}}
  fuel: {kind: fuel_limit, carriers: [clinic], per_week: {prior: uniform 100 l .. 300 l}, per_trip: 20 l}
  small: {kind: convoy_cap, people: {prior: uniform 4 .. 9}}
  rare: {kind: passage_limit, per_week: {prior: uniform 1 .. 3}}
"""
SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
SHOWN = {
    "need.initial_list": (24.0, "24 patients"),
    "need.referrals.2030-03-01": (6.4, "6.4 / day"),
    "need.classes.patient.lying": (0.125, "12.5%"),
    "need.classes.patient.companions.mean": (0.75, "0.75 companions"),
    "need.classes.patient.withdraws.mean": (400 * 86_400.0, "400 days"),
    "carriers.clinic.plan.needs": (3.0, "3 parties"),
    "route.gate.travel.mean": (5400.0, "1.5 h"),
    "route.town.capacity.2030-03-01": (36 * 24.0, "36 / h"),
    "obstacles.check.per_vehicle.mean": (900.0, "15 min"),
    "obstacles.papers.lead_time.mean": (7 * 86_400.0, "7 days"),
    "obstacles.fuel.per_week": (250.0, "250 l"),
    "obstacles.small.people": (8.0, "8 people"),
    "obstacles.rare.per_week": (2.0, "2 departures"),
}


def test_every_kind_of_parameter_has_its_own_unit() -> None:
    found = uncertain_entries(read_text(TEXT, Path("."), "units.yaml").scenario)
    assert {name: unit_of(found[name]).amount(value) for name, (value, _) in SHOWN.items()} == {
        name: said for name, (_, said) in SHOWN.items()
    }
    assert set(found) == set(SHOWN), "a kind that nobody looked at"


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_parameter_of_the_scenarios_has_one(path: Path) -> None:
    file = read_scenario(path)
    for scenario in file.variants.values():
        for entry in uncertain_entries(scenario).values():
            assert unit_of(entry).name


def test_a_fixed_number_has_no_unit_of_a_prior() -> None:
    """Would catch a number of seats shown in whatever unit the last prior had."""
    entries = ledger(read_text(TEXT, Path("."), "units.yaml").scenario)
    (seats,) = [entry for entry in entries if entry.key_path == "carriers.clinic.fleet.van.seats"]
    with pytest.raises(ValueError, match=r"van\.seats is no uncertain number"):
        unit_of(seats)


def test_the_table_of_a_calibration_shows_prior_and_posterior_in_it() -> None:
    """Every row says its unit; neither end stands in seconds."""
    names = ("parameter", "prior_low", "prior_median", "prior_high", "low", "median", "high")
    rows = [
        {**dict(zip(names, (name, *[value] * 6), strict=True)), "spread": 0.5, "identified": True, "ess": 1.0,
         "r_hat": 1.0, "boundary": "low" if name == "obstacles.rare.per_week" else ""}
        for name, (value, _) in SHOWN.items()
    ]  # fmt: skip
    about = {
        "scenario": "units", "variant": "base", "calibration": "whole-record", "histories_tried": 1,
        "chains": 1, "tolerance": "1", "histories": 1, "least_effective_sample_size": 1.0,
        "greatest_r_hat": 1.0, "reached": True, "of_parameters": rows, "figures": [],
    }  # fmt: skip
    page = render(about, read_text(TEXT, Path("."), "units.yaml").scenario, "")
    assert "lowest or highest tenth: obstacles.rare.per_week (low)." in " ".join(page.split())
    table = {line.split("|")[0].strip(): [cell.strip() for cell in line.split("|")[1:4]]
             for line in page.splitlines() if line.count("|") == 6}  # fmt: skip
    assert table["route.gate.travel.mean"] == ["h", "1.5 – 1.5 – 1.5", "1.5 – 1.5 – 1.5"]
    assert table["need.classes.patient.lying"] == ["%", "12.5 – 12.5 – 12.5", "12.5 – 12.5 – 12.5"]
    assert table["route.town.capacity.2030-03-01"] == ["/ h", "36 – 36 – 36", "36 – 36 – 36"]
