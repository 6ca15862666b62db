"""Exact relations that hold for every scenario, on scenarios nobody thought of.

Why: a hand-written case tests what its author had in mind. What slips through is the meeting of two rules
(a fuel limit and a turned-back convoy, a closure that ends in the second of an arrival): there the engine
must keep its invariants (it raises an error when one is broken) and its exact relations.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.experiment.ensemble import Ensemble, simulate
from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import DAY, Layout
from sim.model.measures import daily, measures
from sim.model.outcome import DIED, EVACUATED, IN_TRANSIT, WAITING, WITHDREW, Outcome
from sim.model.plan import ACTUAL, UNIMPEDED, make_plan, world_names
from sim.model.simpy_engine import run
from sim.scenario.schema import World
from tests.model.generate import (
    KINDS,
    Tree,
    day_text,
    outcome_bytes,
    read,
    reordered,
    scenarios,
    with_other_words,
)

some = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)

few = settings(some, max_examples=10)
"""For properties over all worlds, variants and tables."""


def drawn(layout: Layout, replication: int = 0) -> Draws:
    return Sampler(layout).draw(layout.scenario.seed, replication)


def run_world(layout: Layout, world: str, draws: Draws, log: bool = False) -> Outcome:
    return run(make_plan(layout, world), draws, log=log)


def assert_same_tables(one: Ensemble, other: Ensemble) -> None:
    assert set(one.measures) == set(other.measures)
    for case, table in one.measures.items():
        pd.testing.assert_frame_equal(table, other.measures[case], check_exact=True, check_like=True)
        assert set(one.daily[case]) == set(other.daily[case])
        for name, series in one.daily[case].items():
            assert series.tobytes() == other.daily[case][name].tobytes(), (case, name)


@some
@given(scenarios())
def test_every_world_and_variant_conserves_patients(tree: Tree) -> None:
    """Would catch a patient lost or counted twice, in any world or variant; the engine's own invariants
    (order of times, caps, seats, trips that do not overlap) are checked inside `run`."""
    file = read(tree)
    for variant, scenario in file.variants.items():
        layout = lay_out(scenario)
        draws = drawn(layout)
        for world in world_names(layout):
            plan = make_plan(layout, world)
            outcome = run(plan, draws)
            named, series = measures(plan, draws, outcome), daily(plan, draws, outcome)
            states = Counter(outcome.state.tolist())
            ends = (EVACUATED, IN_TRANSIT, WAITING, DIED, WITHDREW)
            assert sum(states[s] for s in ends) == draws.patients == named["referred"], (variant, world)
            assert named["patients_evacuated"] == states[EVACUATED]
            assert not any(np.isnan(value) for value in named.values())
            for name, counts in series.items():
                assert (counts >= 0).all(), name
                if not name.startswith(("waiting", "queue")):
                    assert (np.diff(counts) >= 0).all(), name
            for what in ("patients", "people"):
                last = sum(int(s[-1]) for name, s in series.items() if name.startswith(f"{what}["))
                assert last == named[f"{what}_evacuated"]
            listed = sum(int(s[-1]) for name, s in series.items() if name.startswith("waiting"))
            assert listed == named["still_waiting"]


@some
@given(scenarios())
def test_the_list_integrates_to_the_waiting_times(tree: Tree) -> None:
    """Would catch a stay on the list that is dropped or counted twice when a convoy is turned back: the
    list's length, replayed from the event log, integrates exactly to the sum of all waits."""
    layout = lay_out(read(tree).scenario)
    outcome = run_world(layout, ACTUAL, drawn(layout), log=True)
    step = {"referred": 1, "listed again": 1, "boarded": -1, "died": -1, "withdrew": -1}
    length, area, before = 0, 0, 0
    assert outcome.events is not None
    for event in outcome.events:
        area += length * (event.second - before)
        before = event.second
        length += step.get(event.what, 0)
    area += length * (layout.horizon - before)
    assert area == int((outcome.spells[:, 2] - outcome.spells[:, 1]).sum())
    assert length == int((outcome.state == WAITING).sum())


@few
@given(scenarios())
def test_same_seed_same_bytes_and_replications_stand_alone(tree: Tree) -> None:
    """Would catch luck that depends on what ran before: state kept between runs, a shared generator, draws
    changed by an engine, a batch that shifts its replications."""
    file = read(tree)
    both, alone = simulate(file, replications=[0, 2]), simulate(read(tree), replications=[2])
    for case, table in both.measures.items():
        pd.testing.assert_frame_equal(table.loc[[2]], alone.measures[case], check_exact=True, check_like=True)
        for name, series in both.daily[case].items():
            assert series[[1]].tobytes() == alone.daily[case][name].tobytes(), (case, name)
    layout = lay_out(file.scenario)
    draws = drawn(layout)
    before = [np.asarray(field).tobytes() for field in vars(draws).values()]
    first, second = (run_world(layout, ACTUAL, draws) for _ in range(2))
    assert outcome_bytes(first) == outcome_bytes(second)
    assert [np.asarray(field).tobytes() for field in vars(draws).values()] == before


@few
@given(scenarios(), st.data())
def test_order_and_words_change_nothing(tree: Tree, data: st.DataObject) -> None:
    """Would catch luck or priority that follows the position of a key in the file (impediments, vehicle
    types, classes, carriers), and a title or note that moves a number."""
    one = simulate(read(tree), replications=1)
    assert_same_tables(one, simulate(read(reordered(tree, data.draw)), replications=1))
    assert_same_tables(one, simulate(read(with_other_words(tree)), replications=1))


@some
@given(scenarios())
def test_removals_at_their_limits(tree: Tree) -> None:
    """Would catch a removal that does more or less than it says: one that removes nothing is the actual
    world, one from the first day is the whole removal, one from after the end is the actual world."""
    scenario = read(tree).scenario
    layout = lay_out(scenario)
    limits: Tree = {
        "nothing": {"remove": []},
        "first-day": {"remove": "all", "from": day_text(0)},
        "after-the-end": {"remove": "all", "from": day_text(layout.days)},
    }
    worlds = {name: World.model_validate(world) for name, world in limits.items()}
    layout = lay_out(scenario.model_copy(update={"worlds": worlds}))
    draws = drawn(layout)
    got = {w: outcome_bytes(run_world(layout, w, draws)) for w in (ACTUAL, UNIMPEDED, *limits)}
    assert got["nothing"] == got[ACTUAL]
    assert got["first-day"] == got[UNIMPEDED]
    assert got["after-the-end"] == got[ACTUAL]
    without = {key: value for key, value in tree.items() if key not in ("impediments", "worlds")}
    gone = lay_out(read(without).scenario)
    assert outcome_bytes(run_world(gone, ACTUAL, drawn(gone))) == got[UNIMPEDED]


@some
@given(scenarios())
def test_the_history_before_a_removal_is_the_same(tree: Tree) -> None:
    """Would catch a counterfactual that rewrites the past: whatever happens before 00:00 of the day from
    which impediments are gone happens in both worlds, event by event."""
    layout = lay_out(read(tree).scenario)
    draws = drawn(layout)
    start = layout.scenario.worlds["partly"].from_
    assert start is not None
    cut = (start - layout.scenario.period.from_.day).days * DAY

    def history(outcome: Outcome) -> tuple[object, ...]:
        assert outcome.events is not None
        handed_over = np.flatnonzero((outcome.state == EVACUATED) & (outcome.left < cut))
        return (
            sorted(e for e in outcome.events if e.second < cut),
            [row for row in np.asarray(outcome.blocked).tolist() if row[0] < cut],
            handed_over.tolist(),
            outcome.left[handed_over].tolist(),
        )

    actual, partly = (run_world(layout, w, draws, log=True) for w in (ACTUAL, "partly"))
    assert history(actual) == history(partly)


@some
@given(scenarios())
def test_a_rule_that_never_holds_changes_no_byte(tree: Tree) -> None:
    """Would catch an impediment that leaves a trace outside its period (an extra look at the list, a shut
    place, a cap): each one, moved to after the end, is the world without it."""
    outside = {**tree, "worlds": {}, "impediments": {}}
    for name, row in tree["impediments"].items():
        rest = {key: value for key, value in row.items() if key not in ("from", "to")}
        outside["impediments"][name] = rest | {"from": day_text(60), "to": day_text(70)}
    one, other = (lay_out(read(t).scenario) for t in (outside, {**tree, "worlds": {}}))
    assert outcome_bytes(run_world(one, ACTUAL, drawn(one))) == outcome_bytes(
        run_world(other, UNIMPEDED, drawn(other))
    )


def test_the_strategy_is_rich() -> None:
    """Would catch a strategy that has become poor: properties hold trivially where nothing happens."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=120,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios())
    def look(tree: Tree) -> None:
        layout = lay_out(read(tree).scenario)
        draws = drawn(layout)
        assert draws.patients < 150
        actual, free = (run_world(layout, w, draws) for w in (ACTUAL, UNIMPEDED))
        seen["evacuated"] += bool((actual.state == EVACUATED).any())
        seen["ended waiting"] += bool(np.isin(actual.state, (DIED, WITHDREW)).any())
        seen["turned back"] += bool(actual.convoys[:, 4].any())
        seen["held"] += bool(actual.convoys[:, 5].any())
        seen["inspected"] += bool(actual.convoys[:, 6].any())
        seen["blocked"] += len(actual.blocked) > 0
        seen["impeded"] += outcome_bytes(actual) != outcome_bytes(free)
        seen.update({row["kind"] for row in tree["impediments"].values()})

    look()
    assert len(seen.keys() & set(KINDS)) >= 5, seen
    for what in ("evacuated", "ended waiting", "inspected", "blocked", "impeded"):
        assert seen[what] >= 2, seen
    assert seen["turned back"] + seen["held"] >= 1, seen
