"""Own vehicles as a fluid: a first guess that is near what the model's vehicles do, kinks included.

Why: a guess that is far off in one corner leaves that corner out of what is tried, and chains that come upon
it by chance stand still there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.analysis.fluid import Fluid
from sim.analysis.histories import histories_of, unknowns
from sim.model.laying_out import lay_out
from sim.scenario.reading import read_scenario

TEXT = """\
name: leaving
title: Two groups leave
period: {from: 2030-03-01, to: 2030-03-02, utc_offset: "+00:00"}
need: {classes: {patient: {}}}
carriers: {nobody: {fleet: {van: {count: 0, seats: 1}}, plan: {days: daily, at: "08:00"}}}
own_vehicles:
  early:
    people: 6000
    companions: {value: binomial 4 mean 2, mean: {prior: uniform 1 .. 3}}
    ready:
      2030-03-01: {prior: uniform 10 / h .. 300 / h}
      2030-03-01 06:00: 100 / h
      2030-03-01 12:00: 0 / h
  late: {people: 1000, companions: 1, ready: {2030-03-01 18:00: 100 / h, 2030-03-02 06:00: 0 / h}}
route:
  from: home
  legs:
    - {to: bridge, travel: 90 min}
    - to: town
      travel: 45 min
      capacity: {2030-03-01: {prior: uniform 20 / h .. 600 / h}, 2030-03-01 13:00: 90 / h}
observed:
  morning: {what: vehicles_arrived, by: 2030-03-01, at: 08:15, value: 1, error: 1, use: calibrate}
  people: {what: people_arrived, by: 2030-03-01, at: 13:00, value: 1, error: 1, use: calibrate}
  night: {what: people_arrived, by: 2030-03-01, value: 1, error: 1, use: calibrate}
  all: {what: people_arrived, by: 2030-03-02, at: 23:30, value: 1, error: 1, use: calibrate}
"""


@pytest.mark.parametrize("ready", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("capacity", [0.05, 0.3, 0.95])
def test_the_model_does_nearly_what_a_fluid_does(tmp_path: Path, ready: float, capacity: float) -> None:
    """Would catch a leg, a group or a kink left out. Rule: luck moves a count of n vehicles by less than
    five times the root of n (when each is ready is luck), and one of people by three as many."""
    path = tmp_path / "leaving.yaml"
    path.write_text(TEXT, encoding="utf-8")
    scenario = read_scenario(path).scenario
    layout, figures = lay_out(scenario), dict(scenario.observed)
    unit = np.array([[0.4, ready, capacity]])
    told = histories_of(scenario, figures, 1).tell(unit, np.zeros((1, 1, layout.blocks), dtype=np.int64))[0]
    guessed = Fluid(layout, unknowns(layout), figures)(unit)[0]
    vehicles = np.array([told[0], *(told[1:] / 2)])
    assert (np.abs(told - guessed) < 5 * np.sqrt(vehicles + 1) * [1, 3, 3, 3]).all()
