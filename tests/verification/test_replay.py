"""Why: what is published is worked out by the code that ran the model; a mistake in what it counts would be
in both. Here an independent reader (`replay.py`) works it out from the event log alone, and refuses a log in
which anything happens that the rules forbid, at the event at which it happens.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sim.model.draws import BACK, OUT, Draws, Sampler
from sim.model.laying_out import VALUE_KEYS, lay_out
from sim.model.layout import DAY, NONE
from sim.model.measures import daily, measures
from sim.model.outcome import Outcome
from sim.model.plan import ACTUAL, UNIMPEDED, Plan, make_plan, world_of
from sim.model.simpy_engine import run
from sim.scenario.calendar_text import clock_text
from sim.scenario.reading import read_scenario
from tests.model import hand, test_event_tables, test_outcome, test_road
from tests.model.generate import Tree, read, scenarios
from tests.model.hand import Case, Patient, clock, run_by_hand
from tests.verification.faults import calls
from tests.verification.replay import Facts, LogError, Reader, Rule

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "lachin-2022-2023.yaml"
ALL_DAY = ((0, DAY),)


def facts_of(plan: Plan, draws: Draws) -> Facts:
    """One world and one replication's luck as plain values, from the layout, not from the plan's rows."""
    layout = plan.layout
    world = world_of(layout, plan.world)
    origin = layout.scenario.period.from_.day
    cut = 0 if world.from_ is None else (world.from_ - origin).days * DAY
    value = {v.name: float(draws.values[k]) for k, v in enumerate(layout.values)}
    rules = []
    for row in layout.obstacles:
        o, end = row.obstacle, min(row.end, cut) if row.id in plan.removed else row.end
        named = {key: f"obstacles.{row.id}.{key}" for key in VALUE_KEYS}
        of = {key: value[name] for key, name in named.items() if name in value}
        if o.kind == "closure":
            of["policy"] = o.policy
        elif o.kind == "checkpoint":
            of |= {"lanes": o.lanes, "hours": ALL_DAY if o.hours is None else o.hours.spans}
        elif o.kind == "clearance":
            of |= {name: getattr(draws, name)[row.slot].tolist() for name in ("lead", "refusal")}
            of["referred"] = draws.referred.tolist()
        at = getattr(o, "at", None)
        rules.append(
            Rule(
                o.kind, row.start, end, bits(row.carriers), None if at is None else layout.places.index(at),
                bits(row.classes), of,
            )
        )  # fmt: skip
    windows = {
        name: ((w.from_ - origin).days * DAY, 10**9 if w.to is None else ((w.to - origin).days + 1) * DAY)
        for name, w in layout.scenario.windows.items()
    }

    def of_plan(carrier: int, second: int) -> tuple[int, int]:
        rows = [s for s in layout.segments if s.carrier == carrier and s.start <= second < s.end]
        return (1, 0) if rows[0].ready else (rows[0].vehicles, rows[0].escort)

    def fit(v: int, second: int) -> bool:
        row = layout.vehicles[v]
        share = draws.values[row.availability]
        return row.start <= second < row.end and bool(draws.fit[v, second // DAY] < share)

    def slot(v: int, day: int, nth: int) -> int:
        if v >= len(layout.vehicles):
            return layout.slots + v - len(layout.vehicles)
        return layout.vehicles[v].first_slot + nth * layout.days + day

    ways = {"out": OUT, "back": BACK}
    per_patient = zip(draws.kind, draws.companions + 1, draws.lying, draws.dies, draws.withdraws, strict=True)
    own = zip(draws.own.group.tolist(), draws.own.ready.tolist(), draws.own.people.tolist(), strict=True)
    counted_at = {f.at for f in layout.scenario.observed.values() if isinstance(f.at, int)}
    return Facts(
        horizon=plan.horizon,
        carriers=list(layout.carriers),
        classes=[row.name for row in layout.classes],
        windows=windows,
        legs=len(layout.out),
        vehicles=[(v.carrier, v.seats, v.lying, v.lying_only) for v in layout.vehicles],
        patients=[
            (int(k), layout.classes[k].rank, int(people), bool(lies), int(dies), int(withdraws))
            for k, people, lies, dies, withdraws in per_patient
        ],
        rules=rules,
        plan=of_plan,
        fit=fit,
        permission=lambda carrier, day: float(draws.permission[carrier, day]),
        reluctance=lambda p: float(draws.reluctance[p]),
        travel=lambda leg, way, v, day, nth: int(draws.travel[leg, ways[way], slot(v, day, nth)]),
        rest=lambda v, day, nth: int(draws.rest[slot(v, day, nth)]),
        own=[(len(layout.carriers) + group, ready, people) for group, ready, people in own],
        places=list(layout.places),
        capacity={
            leg: [(second, float(draws.values[k])) for second, k in pieces]
            for leg, pieces in enumerate(layout.sections)
            if pieces
        },
        hours={clock_text(at): at for at in counted_at},
    )


def bits(mask: int) -> frozenset[int]:
    return frozenset(k for k in range(mask.bit_length()) if mask >> k & 1)


def replayed(plan: Plan, draws: Draws, outcome: Outcome) -> Reader:
    """Read the log of a run, and hold everything that was published of the run against it."""
    reader = Reader(facts_of(plan, draws), outcome.events or ())
    assert reader.measures() == measures(plan, draws, outcome)
    series = {name: row.tolist() for name, row in daily(plan, draws, outcome).items()}
    assert dict(reader.series) == series
    assert_every_second_of_a_vehicle_is_known(reader, plan, outcome)
    return reader


def assert_every_second_of_a_vehicle_is_known(reader: Reader, plan: Plan, outcome: Outcome) -> None:
    """Idle, moving, held, inspected (or in line) and resting seconds of each vehicle are the run's length.

    Idle from the log; moving and resting from the log and the draws; held and inspected as published.
    """
    known = {v: reader.idle[v] for v in range(len(plan.vehicles))}
    for number, convoy in reader.convoys.items():
        _, left, over, home, turned, held, inspected = outcome.convoys[number].tolist()
        assert (left, turned) == (convoy.left, convoy.back and convoy.over is None)
        assert (over, home) == tuple(NONE if s is None else s for s in (convoy.over, convoy.home))
        assert held == convoy.held, "seconds held follow from the closures"
        if convoy.home is not None:
            assert held + inspected == convoy.standing, "seconds at places follow from the road"
        else:  # out at the end: what is left of the run is driving and resting, within the next stretch
            rest = plan.horizon - convoy.here - (held + inspected - convoy.standing)
            back = sum(reader.drive(convoy, leg, "back") for leg in range(convoy.place))
            ahead = convoy.resting + back if convoy.back else reader.drive(convoy, convoy.place, "out")
            if convoy.joined:
                all_on = convoy.let_on.keys() == convoy.aboard.keys()
                ahead += max(convoy.let_on.values()) - convoy.here if all_on else plan.horizon
            assert 0 <= rest <= ahead, "no second is lost on the road"
            convoy.moving += rest
            convoy.resting = 0 if convoy.over is None else convoy.resting
            convoy.moving -= convoy.resting
        for v in convoy.aboard:
            known[v] += convoy.moving + convoy.resting + held + inspected
        rides = outcome.rides[outcome.rides[:, 0] == number]
        assert rides[:, 1:3].tolist() == sorted([v, len(riders)] for v, riders in convoy.aboard.items())
    assert set(known.values()) <= {plan.horizon}


# --------------------------------------------------------------------------------------- the model's logs


@pytest.mark.parametrize(
    ("module", "cases"),
    [(test_event_tables, 60), (test_outcome, 3), (test_road, 5)],
    ids=lambda m: getattr(m, "__name__", "").split("_")[-1],
)
def test_every_world_by_hand(module, cases: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a number that is published of a case by hand and that its event table does not give."""
    seen: list[Case] = []

    def run_and_replay(*args, **keywords) -> Case:
        case = run_by_hand(*args, **keywords)
        replayed(*case)
        seen.append(case)
        return case

    monkeypatch.setattr(module, "run_by_hand", run_and_replay)
    for name, test in vars(module).items():
        if name.startswith("test_") and "run_by_hand" in test.__code__.co_names:
            for keywords in calls(test):
                with monkeypatch.context() as own:
                    test(
                        **keywords,
                        **({"monkeypatch": own} if "monkeypatch" in signature(test).parameters else {}),
                    )
    assert len(seen) >= cases


@pytest.mark.parametrize("world", [ACTUAL, UNIMPEDED])
@pytest.mark.parametrize("replication", [0, 1])
def test_the_flagship(world: str, replication: int) -> None:
    """Would catch a published number of the flagship that its own log of events does not give."""
    plan, draws = flagship(world, replication)
    reader = replayed(plan, draws, run(plan, draws, log=True))
    assert reader.counts["patients_evacuated"] > 100


@cache
def flagship(world: str, replication: int) -> tuple[Plan, Draws]:
    scenario = read_scenario(FLAGSHIP).scenario
    layout = lay_out(scenario)
    return make_plan(layout, world), Sampler(layout).draw(scenario.seed, replication)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
        HealthCheck.filter_too_much,
    ],
)
@given(scenarios())
def test_scenarios_nobody_thought_of(tree: Tree) -> None:
    """Would catch two rules that meet in a way nobody wrote down: every event must be allowed by each rule
    alone, every second of each vehicle known, and every published number follow from the log.
    """
    layout = lay_out(read(tree).scenario)
    draws = Sampler(layout).draw(layout.scenario.seed, 0)
    for world in (ACTUAL, "partly"):
        plan = make_plan(layout, world)
        replayed(plan, draws, run(plan, draws, log=True))


# --------------------------------------------------------------------------------------- the reader itself


def broken_log(case: Case, change) -> None:
    """Read the case's log after a change of its rows."""
    events = list(case.outcome.events or ())
    change(events)
    Reader(facts_of(case.plan, case.draws), events)


def row_of(events: list, what: str, **fields: int) -> int:
    return next(
        k
        for k, e in enumerate(events)
        if e.what == what and all(getattr(e, name) == value for name, value in fields.items())
    )


def moved(what: str, seconds: int, **fields: int):
    """One row at another second, the log in order again."""

    def change(events: list) -> None:
        k = row_of(events, what, **fields)
        event = events.pop(k)
        event = event._replace(second=event.second + seconds)
        events.insert(next((j for j, e in enumerate(events) if e.second > event.second), len(events)), event)

    return change


def gone(what: str, **fields: int):
    def change(events: list) -> None:
        del events[row_of(events, what, **fields)]

    return change


def other(what: str, field: str, value: object, **fields: int):
    def change(events: list) -> None:
        k = row_of(events, what, **fields)
        events[k] = events[k]._replace(**{field: value})

    return change


def swapped(events: list) -> None:
    """The first two rows of different seconds the other way round."""
    k = next(k for k, e in enumerate(events[1:], 1) if e.second > events[k - 1].second)
    events[k - 1 : k + 1] = events[k], events[k - 1]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (swapped, "the clock goes on"),
        (gone("referred", patient=5), "only who waits"),
        (gone("boarded", patient=1), "handed over on arrival"),
        (gone("home", convoy=0), "vehicles are home and fit"),
        (gone("handed over", patient=1), "who was handed over is not aboard"),
        (gone("listed again", patient=2), "waiting before"),
        (moved("died", 1), "at its own second"),
        (other("died", "what", "withdrew"), "whichever comes first"),
        (moved("home", -1, convoy=0), "home no sooner"),
        (moved("reached", 60, convoy=1, place=1), "sets out"),
        (moved("handed over", 60, patient=0), "handed over on arrival"),
        (other("boarded", "patient", 2, patient=1), "waiting before"),
        (other("boarded", "vehicle", 1, patient=1), "caps|as many vehicles"),
        (other("blocked", "reason", "no fuel"), "blocked by what is there"),
        (other("turned back", "reason", "turned back at the checkpoint"), "turned back by what is there"),
    ],
)  # fmt: skip
def test_a_log_that_cannot_be_is_refused(change, refused: str) -> None:
    """Would catch a reader that accepts anything: each log differs in one row from that of a run."""
    case = test_outcome.case()
    broken_log(case, lambda events: None)
    with pytest.raises(LogError, match=refused):
        broken_log(case, change)


GATE = """
period: {from: 2024-01-01, to: 2024-01-02, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers:
  bus: {fleet: {van: {count: 2, seats: 1}}, plan: {days: daily, at: "08:00"}}
route: {from: home, legs: [{to: gate, travel: 1 h}, {to: far, travel: 1 h}]}
impediments:
  gate: {kind: checkpoint, at: gate, per_vehicle: 30 min, per_person: 10 min, hours: "08:00 .. 11:00"}
  shut: {kind: closure, policy: hold, at: gate, from: 2024-01-01 08:30, to: 2024-01-01 09:10}
  fear: {kind: deterrence, share: 40%}
"""


def at_the_gate() -> Case:
    return run_by_hand(GATE, [Patient(), Patient(), Patient(reluctance=0.39), Patient()])


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (gone("held"), "queues once let go|nothing passes"),
        (moved("inspection starts", -600, vehicle=1), "a lane is free"),
        (moved("inspection ends", 60, vehicle=1), "goes on when it may"),
        (moved("reached", -60, place=2), "goes on when it may"),
        (other("boarded", "patient", 2, patient=0), "held back by a rule"),
        (other("boarded", "patient", 3, patient=1), "the one in front boards first"),
        (other("boarded", "vehicle", 1, patient=0), "places"),
        (moved("held", -60), "held where it is|held by a closure"),
    ],
)  # fmt: skip
def test_a_log_of_the_road_that_cannot_be_is_refused(change, refused: str) -> None:
    """Would catch a reader that sees nothing of what happens on the road."""
    case = at_the_gate()
    replayed(*case)
    with pytest.raises((LogError, ValueError), match=refused):
        broken_log(case, change)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (moved("ready", 60, vehicle=2), "happens to who is on the road"),
        (moved("admitted", -60, vehicle=3), "a headway after the one before"),
        (moved("admitted", 60, vehicle=3), "and at once"),
        (other("admitted", "vehicle", 4, vehicle=3), "in the order of joining"),
        (gone("admitted", vehicle=3), "in the order of joining"),
        (gone("joined the queue", vehicle=0), "in the order of joining"),
        (gone("joined the queue", vehicle=1), "in the order of joining"),
        (moved("joined the queue", 60, vehicle=3), "goes on when it may"),
        (moved("joined the queue", 60, vehicle=1), "join together"),
        (moved("reached", -60, vehicle=3, place=1), "when the last is let on"),
        (moved("reached", -1800, convoy=0, place=1), "when all are let on|when the last is let on"),
        (moved("reached", 60, vehicle=3, place=2), "goes on when it may"),
        (gone("reached", vehicle=3, place=2), "no vehicle is lost"),
        (gone("ready", vehicle=6), "happens to who is on the road"),
    ],
)  # fmt: skip
def test_a_log_of_a_queue_that_cannot_be_is_refused(change, refused: str) -> None:
    """Would catch a reader that lets vehicles overtake, or more through than the section carries; or that
    loses one on the road. Two vans between five own vehicles, two an hour."""
    own = [*test_road.TEN_TO_NINE, hand.OwnVehicle("0 09:00"), hand.OwnVehicle("0 09:10")]
    case = run_by_hand(test_road.ROAD, [Patient("0 08:00"), Patient("0 08:30")], own=own)
    replayed(*case)
    with pytest.raises(LogError, match=refused):
        broken_log(case, change)


def test_the_readers_median_is_kaplan_and_meiers() -> None:
    """Would catch a median of the evacuated alone: waits of 1 and 2 h, one still waiting after 3, 4 and 5 h.

    Survival 4/5, 3/5, and no further; the median of those evacuated would be 1.5 h."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01 09:00, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 2}}, plan: {days: daily, at: "06:00"}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
"""
    case = run_by_hand(yaml, [Patient("0 04:00"), Patient("0 05:00"), *[Patient("0 06:00:01")] * 3])
    assert replayed(*case).median_wait() == float("inf")
    two_more = run_by_hand(yaml, [Patient("0 04:00"), Patient("0 05:00"), Patient("0 06:00:01")])
    assert replayed(*two_more).median_wait() == 2 / 24


def test_luck_of_the_slowest_vehicle_is_the_convoys() -> None:
    """Would catch a convoy that drives as fast as its first or its fastest vehicle: each one's own time is
    written here, and 40 minutes is the slowest's."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 3, seats: 1}}, plan: {days: daily, at: "06:00"}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
"""
    layout = hand.layout_of(yaml)
    plan, draws = make_plan(layout, ACTUAL), hand.draws_of(layout, [Patient()] * 3)
    travel = draws.travel.copy()
    for v, minutes in enumerate((20, 40, 30)):
        travel[0, OUT, layout.vehicles[v].first_slot] = minutes * 60
    draws = replace(draws, travel=travel)
    outcome = run(plan, draws, log=True)
    replayed(plan, draws, outcome)
    assert np.unique(outcome.left).tolist() == [clock("0 06:40")]


# --------------------------------------------------------------------------------------- what no table shows


def test_an_inspection_that_ends_with_the_run_is_no_event() -> None:
    """Would catch a log that goes on at the end of the run: the inspection and the run end at 09:40."""
    yaml = GATE.replace("to: 2024-01-02,", "to: 2024-01-01 09:40,").replace("  shut", "  # shut")
    case = run_by_hand(yaml, [Patient()])
    replayed(*case)
    assert case.table[-1] == "0 09:00 inspection starts #0 van-0 gate"


def test_the_reluctant_stay_away() -> None:
    """Would catch deterrence the wrong way round: a share of 40 % keeps those away whose number is below."""
    case = run_by_hand(GATE, [Patient(reluctance=0.39), Patient(reluctance=0.4), Patient(reluctance=0.9)])
    replayed(*case)
    assert case.states == ["waiting", "evacuated", "evacuated"]


def test_a_world_removes_from_the_first_second_of_its_day() -> None:
    """Would catch a removal that comes into force a day late, or at noon: the closure of both days is gone
    from the second on, so the departure at 00:00 of that day runs."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-02, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "00:00"}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
impediments: {shut: {kind: closure}}
worlds: {later: {remove: all, from: 2024-01-02}}
"""
    assert run_by_hand(yaml, [Patient()], "later").table == [
        "0 00:00 referred p0",
        "0 00:00 blocked bus (closed)",
        "1 00:00 departed #0 bus",
        "1 00:00 boarded p0 #0 van-0",
        "1 01:00 reached #0 far",
        "1 01:00 handed over p0 #0 van-0",
        "1 02:00 home #0",
    ]


TWICE_A_DAY = """
period: {from: 2024-01-01, to: 2024-01-03, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 2, seats: 1}}, plan: {days: every 12 h}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
"""


def test_every_vehicle_burns_fuel() -> None:
    """Would catch fuel counted by convoys: of 120 litres two vehicles burn 80 at 00:00, one the rest."""
    yaml = TWICE_A_DAY + "impediments: {fuel: {kind: fuel_limit, per_week: 120 l, per_trip: 40 l}}\n"
    case = run_by_hand(yaml, [Patient()] * 5)
    replayed(*case)
    assert case.outcome.rides[:, :2].tolist() == [[0, 0], [0, 1], [1, 0]]


def test_permission_is_the_days() -> None:
    """Would catch permission drawn anew for each departure: both of the first day run, none of the second,
    both of the third, whoever has run before."""
    layout = hand.layout_of(TWICE_A_DAY + "impediments: {pass: {kind: passage_limit, chance: 50%}}\n")
    plan, draws = make_plan(layout, ACTUAL), hand.draws_of(layout, [Patient()] * 12)
    draws = replace(draws, permission=np.array([[0.4, 0.6, 0.4]]))
    outcome = run(plan, draws, log=True)
    replayed(plan, draws, outcome)
    half = DAY // 2
    assert outcome.convoys[:, 1].tolist() == [0, half, 4 * half, 5 * half]
    assert outcome.blocked[:, 0].tolist() == [2 * half, 3 * half]
