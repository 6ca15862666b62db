"""Each kind of impediment alone: removed, the world changes in its direction; inactive, nothing changes.

Why: a kind that is documented and never acts, acts the wrong way round, shifts the luck of the world it is
removed from, or leaves a trace where it does not hold.

The direction is asserted of the mean over replications, on shared draws, by the rule: the one-sided paired
t statistic of the difference exceeds the quantile at alpha = 1e-4. It is not asserted of each replication:
with several seats and patients still arriving, a closure can send a van away fuller. The share of
replications with the other sign is reported, whatever it is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim.analysis.compare import compare, differences
from sim.experiment.ensemble import simulate
from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import Layout
from sim.model.plan import ACTUAL, UNIMPEDED, make_plan
from sim.model.simpy_engine import run
from sim.scenario.reading import ScenarioFile, read_text
from tests.model.generate import outcome_bytes

ALPHA = 1e-4
REPLICATIONS = 24

BASE = """
name: kinds
title: One kind of impediment alone
period: {from: 2030-03-01, to: 2030-03-14, utc_offset: "+00:00"}
seed: 7
need:
  initial_list: 10
  referrals: {2030-03-01: 6 / day}
  classes:
    urgent: {rank: 1, share: 30%, companions: "binomial 1 mean 0.5", withdraws: {after: exponential 20 days}}
    planned: {rank: 2, lying: 20%}
carriers:
  clinic:
    fleet:
      ambulance: {count: 1, seats: 2, lying: 1}
      van: {count: 3, seats: 3, availability: 90%}
    plan: {days: daily, at: "08:00"}
  volunteers:
    rank: 2
    fleet:
      car: {count: 1, seats: 2}
    plan: {days: when ready, hours: "06:00 .. 18:00"}
route:
  from: home
  legs:
    - {to: bridge, travel: lognormal 2 h ± 20 min}
    - {to: town, travel: 1 h}
  turnaround: 1 h
"""

ACTIVE = {
    "closure": "{kind: closure, from: 2030-03-05, to: 2030-03-12, policy: turn_back}",
    "checkpoint": "{kind: checkpoint, at: bridge, per_vehicle: exponential 5 h, hours: '09:00 .. 18:00'}",
    "clearance": "{kind: clearance, lead_time: uniform 1 day .. 7 days, refused: 20%}",
    "convoy_cap": "{kind: convoy_cap, patients: 2}",
    "passage_limit": "{kind: passage_limit, chance: 40%, per_week: 4}",
    "no_lying_patients": "{kind: no_lying_patients}",
    "deterrence": "{kind: deterrence, share: 40%}",
    "fuel_limit": "{kind: fuel_limit, per_week: 200 l, per_trip: 40 l}",
}
"""Every one keeps patients from leaving: removed, more leave by the end of the run."""

INACTIVE = {
    "closure": ["{kind: closure, from: 2030-04-01}", "{kind: closure, to: 2030-02-27, policy: hold}"],
    "checkpoint": [
        "{kind: checkpoint, at: bridge, per_vehicle: 9 h, from: 2030-04-01}",
        "{kind: checkpoint, at: bridge, per_vehicle: 0 s, lanes: 99, hours: '00:00 .. 24:00', turn_back: 0%}",
    ],
    "clearance": [
        "{kind: clearance, lead_time: never, from: 2030-04-01}",
        "{kind: clearance, lead_time: 0 s, refused: 0}",
    ],
    "convoy_cap": [
        "{kind: convoy_cap, patients: 0, to: 2030-02-27}",
        "{kind: convoy_cap, patients: 999, people: 999, vehicles: 99}",
    ],
    "passage_limit": [
        "{kind: passage_limit, chance: 0, from: 2030-04-01}",
        "{kind: passage_limit, chance: 100%, per_week: 9999}",
    ],
    "no_lying_patients": ["{kind: no_lying_patients, from: 2030-04-01}"],
    "deterrence": ["{kind: deterrence, share: 100%, from: 2030-04-01}", "{kind: deterrence, share: 0}"],
    "fuel_limit": [
        "{kind: fuel_limit, per_week: 0 l, per_trip: 9 l, to: 2030-02-27}",
        "{kind: fuel_limit, per_week: 1000000 l, per_trip: 40 l}",
    ],
}


def read(impediment: str | None) -> ScenarioFile:
    text = BASE if impediment is None else f"{BASE}impediments:\n  only: {impediment}\n"
    return read_text(text, Path("."), "kinds.yaml")


def drawn(file: ScenarioFile, replication: int = 0) -> tuple[Layout, Draws]:
    layout = lay_out(file.scenario)
    return layout, Sampler(layout).draw(file.scenario.seed, replication)


def test_every_kind_is_here() -> None:
    """Would catch a new kind that no test removes."""
    from sim.scenario.references import KINDS

    assert set(ACTIVE) == set(INACTIVE) == set(KINDS)


@pytest.mark.parametrize("kind", ACTIVE)
def test_removed_alone_it_lets_more_patients_leave(kind: str) -> None:
    """Would catch a kind that does nothing, or the opposite; and a report that hides the other sign."""
    ensemble = simulate(read(ACTIVE[kind]), replications=REPLICATIONS)
    pairs = differences(ensemble, "patients_evacuated", UNIMPEDED, ACTUAL).to_numpy()
    t = pairs.mean() / (pairs.std(ddof=1) / np.sqrt(len(pairs)))
    assert t > stats.t.ppf(1 - ALPHA, len(pairs) - 1)
    assert ensemble.removed["base", UNIMPEDED] == ("only",)
    row = compare(ensemble, measures=["patients_evacuated"]).iloc[0]
    assert row["opposite"] == (pairs < 0).mean()
    assert row["mean"] == pytest.approx(pairs.mean())


@pytest.mark.parametrize("kind", ACTIVE)
def test_its_presence_changes_no_draw(kind: str) -> None:
    """Would catch streams that depend on what else is drawn: patients, days, vehicles and trips have the
    same luck whether the impediment is in the file or not."""
    (one, without), (other, with_it) = drawn(read(None), 3), drawn(read(ACTIVE[kind]), 3)
    own = {"values", "lead", "refusal", "inspect_vehicle", "inspect_person", "turned"}
    for name, luck in vars(without).items():
        again = getattr(with_it, name)
        if name in ("travel", "rest"):
            assert all(a == b for a, b in zip(by_trip(one, luck), by_trip(other, again), strict=True)), name
        elif name not in own:
            luck, again = np.asarray(luck), np.asarray(again)
            assert (luck.dtype, luck.shape, luck.tobytes()) == (again.dtype, again.shape, again.tobytes()), (
                name
            )


def by_trip(layout: Layout, luck: NDArray[np.int64]) -> list[bytes]:
    """The luck of each vehicle's first six trips of each day: how many more are drawn may differ."""
    first = [v.first_slot + np.arange(min(layout.trips[v.carrier], 6) * layout.days) for v in layout.vehicles]
    return [luck[..., slots].tobytes() for slots in first]


@pytest.mark.parametrize("kind", ACTIVE)
def test_both_worlds_run_on_the_same_draws(kind: str) -> None:
    """Would catch an engine that writes into its draws: the second world would meet other luck."""
    layout, draws = drawn(read(ACTIVE[kind]))
    before = {name: np.asarray(field).tobytes() for name, field in vars(draws).items()}
    for world in (ACTUAL, UNIMPEDED):
        run(make_plan(layout, world), draws)
    assert {name: np.asarray(field).tobytes() for name, field in vars(draws).items()} == before


@pytest.mark.parametrize(
    ("kind", "impediment"), [(kind, row) for kind, rows in INACTIVE.items() for row in rows], ids=str
)
def test_inactive_it_changes_no_byte(kind: str, impediment: str) -> None:
    """Would catch a trace of a rule that does not hold: outside its period, at probability 0, or with a
    limit that nobody reaches, the outcome is that of the file without it."""
    for replication in range(2):
        plain, draws = drawn(read(None), replication)
        layout, same_draws = drawn(read(impediment), replication)
        outcome = run(make_plan(plain, ACTUAL), draws)
        other = run(make_plan(layout, ACTUAL), same_draws)
        assert outcome_bytes(outcome) == outcome_bytes(other)


def test_removing_a_closure_can_leave_more_behind() -> None:
    """Would catch a false law written into the engine: one van of ten seats, five hours out and back. Open,
    it leaves at 00:00 with one patient and is away when nine more come; shut for an hour, it takes all."""
    text = """
name: reversed
title: A closure that helps
period: {from: 2030-03-01, to: 2030-03-01 12:00, utc_offset: "+00:00"}
seed: 1
need:
  initial_list: 1
  referrals: {2030-03-01: 500 / day}
  classes: {patient: {}}
carriers:
  clinic:
    fleet: {van: {count: 1, seats: 10}}
    plan: {days: when ready}
route: {from: home, legs: [{to: town, travel: 5 h}]}
impediments:
  hour: {kind: closure, from: 2030-03-01, to: 2030-03-01 01:00}
"""
    ensemble = simulate(read_text(text, Path("."), "reversed.yaml"), replications=2)
    # Without the closure one patient leaves at once, and ten at 10:00, too late; with it ten leave at 01:00.
    assert differences(ensemble, "patients_evacuated", UNIMPEDED, ACTUAL).tolist() == [-9.0, -9.0]


ROAD = """
name: turned
title: Turned back
period: {from: 2030-03-01, to: 2030-03-05, utc_offset: "+00:00"}
seed: 1
need: {initial_list: 4, classes: {patient: {}}}
carriers:
  clinic:
    fleet: {van: {count: 1, seats: 2}}
    plan: PLAN
route:
  from: home
  legs: [{to: bridge, travel: 1 h}, {to: fork, travel: 2 h}, {to: town, travel: 20 h}]
impediments:
"""


def test_a_convoy_turned_back_goes_home_while_the_road_is_shut() -> None:
    """Would catch a convoy that a closure sends home and then holds on the way: at 10:00 the road is shut;
    the van, past the bridge, reaches the fork at 11:00, is sent home, and is there at 14:00."""
    text = ROAD.replace("PLAN", '{days: every 9 days, at: "08:00"}')
    text += "  shut: {kind: closure, from: 2030-03-01 10:00, to: 2030-03-04, policy: turn_back}\n"
    layout, draws = drawn(read_text(text, Path("."), "turned.yaml"))
    outcome = run(make_plan(layout, ACTUAL), draws)
    hour = 3600
    assert outcome.convoys.tolist() == [[0, 8 * hour, -1, 14 * hour, 1, 0, 0]]


def test_a_van_that_is_turned_back_may_leave_again_and_again() -> None:
    """Would catch luck that is drawn for the trips of a day by the whole way alone: a van turned back at
    the first place is home after two hours, and leaves twelve times a day where the whole way takes 46 h."""
    text = ROAD.replace("PLAN", "{days: when ready}")
    text += "  gate: {kind: checkpoint, at: bridge, per_vehicle: 0 s, turn_back: 100%}\n"
    layout, draws = drawn(read_text(text, Path("."), "turned.yaml"))
    assert len(run(make_plan(layout, ACTUAL), draws).convoys) == 5 * 12
    assert len(run(make_plan(layout, UNIMPEDED), draws).convoys) == 2
    faster, draws = drawn(read_text(text.replace("travel: 1 h", "travel: 2 min"), Path("."), "turned.yaml"))
    assert len(run(make_plan(faster, ACTUAL), draws).convoys) == 5 * 24 * 15
