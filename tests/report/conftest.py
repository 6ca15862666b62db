"""A small ensemble, made once: two carriers' worth of nothing special, but every kind of output."""

from pathlib import Path

import pytest

from sim.experiment.ensemble import Ensemble, simulate
from sim.scenario.reading import read_text

SCENARIO = """\
name: small
title: A small corridor
illustrative: true
period: {from: 2024-03-01, to: 2024-03-10, utc_offset: "+00:00"}
sources: {bulletin: {title: A bulletin, publisher: Its publisher}}
need:
  initial_list: 30
  referrals: {2024-03-01: {prior: uniform 0 / day .. 2 / day}}
  classes: {all: {rank: 1}}
  assumed: invented
carriers:
  vans: {fleet: {van: {count: 1, seats: 3}}, plan: {days: daily, at: "09:00"}, assumed: invented}
route: {from: here, legs: [{to: there, travel: 1 h}], assumed: invented}
impediments:
  first: {kind: closure, group: closures, from: 2024-03-02, to: 2024-03-03, assumed: invented}
  second: {kind: closure, group: closures, from: 2024-03-04, to: 2024-03-04, assumed: invented}
  permits: {kind: passage_limit, chance: 70%, assumed: invented, when_removed: Nobody asks for permits.}
observed:
  end: {what: patients, by: 2024-03-10, at_least: 12, source: bulletin}
  middle: {what: patients, by: 2024-03-05, value: 5, source: bulletin}
worlds:
  no-permits: {remove: [{id: permits}]}
  late: {remove: all, from: 2024-03-06}
  two-vans: {remove: all, assume: {carriers: {vans: {fleet: {van: {count: 2}}}}}}
variants:
  short-list: {says: Few waited., change: {need: {initial_list: 3}}}
windows: {second-week: {from: 2024-03-08}}
"""


@pytest.fixture(scope="session")
def ensemble() -> Ensemble:
    """Eight replications of everything in it."""
    return simulate(read_text(SCENARIO, Path(), "small.yaml"), replications=8)
