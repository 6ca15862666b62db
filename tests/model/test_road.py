"""Own vehicles and road sections, written out by hand, and what must never be true of them.

Why: a queue of twenty thousand vehicles hides a vehicle that overtakes, a headway that is lost where the
capacity changes, or a convoy that is let past the line. Here every vehicle and every second is written down.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.model.checking_road import CheckingRoad
from sim.model.draws import Draws, Sampler
from sim.model.layout import NONE
from sim.model.measures import daily, measures
from sim.model.outcome import ModelError, Outcome
from sim.model.plan import make_plan
from tests.model.hand import Case, OwnVehicle, Patient, clock, layout_of, lines, run_by_hand

ROAD = """
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 2, seats: 1}}, plan: {days: daily, at: "09:00"}}}
own_vehicles: {families: {people: 1, ready: {2024-01-01: 1 / h}}}
route:
  from: home
  legs: [{to: bridge, travel: 1 h, capacity: {2024-01-01: 2 / h}}, {to: far, travel: 30 min}]
"""
TEN_TO_NINE = [OwnVehicle("0 08:50", people) for people in (4, 2, 1)]


def on_road(case: Case) -> list[str]:
    """The log without what a table has shown already: who is referred and who boards."""
    return [line for line in case.table if not any(word in line for word in ("referred", "boarded", "ready"))]


def admitted(case: Case) -> list[int]:
    return case.outcome.admissions[:, 3].tolist()


def test_a_convoy_waits_its_turn_between_own_vehicles() -> None:
    """Would catch a convoy that is let past the line, that drives on before its last vehicle is let on, or
    vehicles of one second in the wrong order."""
    own = [*TEN_TO_NINE, OwnVehicle("0 09:00"), OwnVehicle("0 09:10")]
    case = run_by_hand(ROAD, [Patient("0 08:00"), Patient("0 08:30")], own=own)
    assert on_road(case)[:25] == lines("""
        0 08:50 joined the queue own-0 home
        0 08:50 admitted own-0 home
        0 08:50 joined the queue own-1 home
        0 08:50 joined the queue own-2 home
        0 09:00 joined the queue own-3 home
        0 09:00 departed #0 bus
        0 09:00 joined the queue #0 van-0 home
        0 09:00 joined the queue #0 van-1 home
        0 09:10 joined the queue own-4 home
        0 09:20 admitted own-1 home
        0 09:50 reached own-0 bridge
        0 09:50 admitted own-2 home
        0 10:20 reached own-0 far
        0 10:20 reached own-1 bridge
        0 10:20 admitted own-3 home
        0 10:50 reached own-1 far
        0 10:50 reached own-2 bridge
        0 10:50 admitted #0 van-0 home
        0 11:20 reached own-2 far
        0 11:20 reached own-3 bridge
        0 11:20 admitted #0 van-1 home
        0 11:50 reached own-3 far
        0 11:50 admitted own-4 home
        0 12:20 reached #0 bridge
        0 12:50 reached #0 far
    """)
    assert case.outcome.left.tolist() == [clock("0 12:50")] * 2
    assert case.outcome.arrived.tolist() == [
        clock(at) for at in ("0 10:20", "0 10:50", "0 11:20", "0 11:50", "0 13:20")
    ]
    numbers = measures(case.plan, case.draws, case.outcome)
    assert (numbers["people_arrived"], numbers["vehicles_arrived"]) == (4 + 2 + 1 + 1 + 1 + 2, 5 + 2)
    assert numbers["longest_queue[to=bridge]"] == 6  # at 09:10 all wait but the first
    assert numbers["travel_of_arrived"] == pytest.approx(2.5)  # 1.5, 2, 2.5, 17/6, 25/6 hours
    assert daily(case.plan, case.draws, case.outcome)["travel_hours"].tolist() == [0, 13, 13, 13]


@pytest.mark.parametrize(
    ("capacity", "hours"),
    [
        pytest.param("2024-01-01: 2 / h, 2024-01-01 09:00: 4 / h", ("08:50", "09:20", "09:35"), id="faster"),
        pytest.param("2024-01-01: 2 / h, 2024-01-01 09:20: 1 / h", ("08:50", "09:20", "10:20"), id="slower"),
        pytest.param("2024-01-01: 2 / h, 2024-01-01 09:20: 0 / h, 2024-01-01 15:00: 6 / h",
                     ("08:50", "15:00", "15:10"), id="shut, then open"),
        pytest.param("2024-01-01: 0 / h, 2024-01-01 08:55: 60 / h", ("08:55", "08:56", "08:57"), id="opens"),
        pytest.param("2024-01-01 09:30: 6 / h", ("08:50", "08:50", "08:50"), id="no limit before the first"),
        pytest.param("2024-01-01: 7 / h", ("08:50", "08:58:35", "09:07:09"), id="a broken headway"),
        pytest.param("2024-01-01: 1 / week", ("08:50",), id="one a week"),
        pytest.param("2024-01-01: 0 / h", (), id="never"),
    ],
)  # fmt: skip
def test_a_change_of_capacity_counts_from_the_next_admission(capacity: str, hours: tuple[str, ...]) -> None:
    """Would catch a change that shortens or stretches the headway under way, one that is seen a vehicle too
    late, a section shut that lets one through, and headways rounded one by one."""
    case = run_by_hand(ROAD.replace("2024-01-01: 2 / h", capacity), [], own=TEN_TO_NINE)
    expected = [clock(f"0 {hour}") for hour in hours]
    assert admitted(case) == expected + [NONE] * (3 - len(expected))


def test_two_sections_each_with_its_capacity() -> None:
    """Would catch the second section's capacity taken for the first's: three at once leave the first 30
    minutes apart, and the second an hour apart."""
    two = ROAD.replace("travel: 30 min}", "travel: 30 min, capacity: {2024-01-01: 1 / h, 2024-01-02: 9 / h}}")
    case = run_by_hand(two, [], own=TEN_TO_NINE)
    legs = case.outcome.admissions[:, 0].tolist()
    assert sorted(zip(legs, admitted(case), strict=True)) == [
        *((0, clock(at)) for at in ("0 08:50", "0 09:20", "0 09:50")),
        *((1, clock(at)) for at in ("0 09:50", "0 10:50", "0 11:50")),
    ]
    assert case.outcome.arrived.tolist() == [clock(at) for at in ("0 10:20", "0 11:20", "0 12:20")]


def test_own_vehicles_meet_closures_and_checkpoints_that_touch_them() -> None:
    """Would catch a closure that own vehicles drive through, one that touches those whom it does not name,
    and an inspection without the people in the vehicle."""
    obstacles = """
impediments:
  gate: {kind: checkpoint, at: bridge, per_vehicle: 10 min, per_person: 1 min}
  shut: {kind: closure, from: 2024-01-01 08:00, to: 2024-01-01 10:00, carriers: [families]}
  held: {kind: closure, at: bridge, from: 2024-01-01 11:00, to: 2024-01-01 14:00, policy: hold}
"""
    case = run_by_hand(ROAD + obstacles, [Patient("0 08:00")], own=TEN_TO_NINE[:2])
    assert [line for line in case.table if "own" in line] == lines("""
        0 08:50 ready own-0
        0 08:50 held own-0 home
        0 08:50 ready own-1
        0 08:50 held own-1 home
        0 10:00 joined the queue own-0 home
        0 10:00 admitted own-0 home
        0 10:00 joined the queue own-1 home
        0 10:30 admitted own-1 home
        0 11:00 reached own-0 bridge
        0 11:00 held own-0 bridge
        0 11:30 reached own-1 bridge
        0 11:30 held own-1 bridge
        0 14:00 queued own-0 bridge
        0 14:00 queued own-1 bridge
        0 14:10 inspection starts own-0 bridge
        0 14:24 inspection ends own-0 bridge
        0 14:24 inspection starts own-1 bridge
        0 14:36 inspection ends own-1 bridge
        0 14:54 reached own-0 far
        0 15:06 reached own-1 far
    """)
    assert "0 09:00 departed #0 bus" in case.table  # the closure names the families alone
    assert "0 14:10 inspection ends #0 van-0 bridge" in case.table  # on its way back, in the same lane


def test_who_is_on_the_road_at_the_end_has_not_arrived() -> None:
    """Would catch an arrival after the end of the run, and one in its last second left out."""
    own = [OwnVehicle("2 22:29:59", 3), OwnVehicle("2 22:30", 5)]
    case = run_by_hand(ROAD.replace("2 / h", "3600 / h"), [], own=own)
    assert case.outcome.arrived.tolist() == [clock("2 23:59:59"), NONE]
    numbers = measures(case.plan, case.draws, case.outcome)
    assert (numbers["people_arrived"], numbers["vehicles_arrived"]) == (3, 1)


def test_who_is_ready_is_the_same_whatever_the_road() -> None:
    """Would catch luck that follows the capacity, the obstacles or other groups: the vehicles of a group are
    the same, by name, in all of them; and all of its people are in a vehicle."""
    yaml = ROAD.replace("people: 1, ", "people: 700, companions: poisson 3, ").replace("1 / h}}", "9 / h}}")
    more = "  others: {people: 90, ready: {2024-01-02: 1 / h}}\n"
    busy = yaml.replace("own_vehicles: {families: ", "own_vehicles:\n  families: ").replace(
        "9 / h}}}", "9 / h}}"
    )
    busy = busy.replace("route:", more + "route:").replace("2 / h}", "9 / h}")
    one, other = (Sampler(layout_of(text)).draw(1, 0).own for text in (yaml, busy))
    mine = other.group == 0  # `families` comes before `others`
    assert one.people.sum() == 700
    assert other.people.sum() == 790
    for name in ("ready", "block", "nth", "people"):
        assert getattr(one, name).tolist() == getattr(other, name)[mine].tolist()


def test_another_curve_moves_vehicles_and_renames_none() -> None:
    """Would catch readiness that reshuffles who is in which vehicle."""
    yaml = ROAD.replace("people: 1, ", "people: 700, companions: poisson 3, ")
    early, late = (
        Sampler(layout_of(yaml.replace("{2024-01-01: 1 / h}", f"{{{day}: 1 / h}}"))).draw(1, 0).own
        for day in ("2024-01-01", "2024-01-03")
    )
    by_name = [dict(zip(own.nth.tolist(), own.people.tolist(), strict=True)) for own in (early, late)]
    assert by_name[0] == by_name[1]
    assert late.ready.min() >= clock("2 00:00") > early.ready.min()


def test_readiness_follows_its_curve() -> None:
    """Would catch a curve that counts rates and not people, or segments one off: two thirds are ready on the
    first day, none on the second, a third on the last."""
    curve = "{2024-01-01: 2 / h, 2024-01-02: 0 / h, 2024-01-03: 1 / h}"
    yaml = ROAD.replace("people: 1, ", "people: 30000, ").replace("{2024-01-01: 1 / h}", curve)
    days = np.bincount(Sampler(layout_of(yaml)).draw(1, 0).own.ready // 86_400)
    assert days.sum() == 30_000
    assert days[1] == 0
    assert days[0] == pytest.approx(20_000, abs=5 * (30_000 * 2 / 9) ** 0.5)


# ------------------------------------------------------------------------------------------ invariants


def admissions(row: int, column: int, value: int) -> Callable[[Outcome, Draws], Outcome]:
    def change(outcome: Outcome, _: Draws) -> Outcome:
        rows = outcome.admissions.copy()
        rows[row, column] = value
        return outcome._replace(admissions=rows)

    return change


def arrivals(vehicle: int, second: int) -> Callable[[Outcome, Draws], Outcome]:
    def change(outcome: Outcome, _: Draws) -> Outcome:
        arrived = outcome.arrived.copy()
        arrived[vehicle] = second
        return outcome._replace(arrived=arrived)

    return change


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda o, _: o._replace(arrived=o.arrived[1:]), "each own vehicle"),
        (arrivals(0, 3 * 86_400), "after the end"),
        (arrivals(0, clock("0 09:00")), "every leg"),
        (admissions(0, 0, 1), "legs with a capacity"),
        (admissions(1, 2, clock("0 08:00")), "as time goes"),
        (admissions(0, 3, NONE), "overtaken"),
        (admissions(1, 3, clock("0 09:51")), "overtaken"),
        (admissions(0, 3, clock("0 08:49")), "before joining"),
        (admissions(2, 3, clock("0 09:40")), "headway"),
        (admissions(2, 1, 2), "once"),
        (lambda o, _: o._replace(admissions=o.admissions[:2]), "every section"),
    ],
)
def test_a_road_that_breaks_a_rule_is_refused(
    change: Callable[[Outcome, Draws], Outcome], broken: str
) -> None:
    """Would catch an invariant that is not checked: each of them, broken on purpose, stops the run."""
    case = run_by_hand(ROAD, [], own=TEN_TO_NINE)
    check = CheckingRoad(case.plan)
    check.check(case.draws, case.outcome)
    with pytest.raises(ModelError, match=broken):
        check.check(case.draws, change(case.outcome, case.draws))


def test_nobody_is_let_onto_a_section_that_is_shut() -> None:
    """Would catch the same of a capacity of 0."""
    open_, shut = (
        run_by_hand(ROAD.replace("2 / h", rate), [], own=TEN_TO_NINE[:1]) for rate in ("2 / h", "0 / h")
    )
    with pytest.raises(ModelError, match="shut"):
        CheckingRoad(shut.plan).check(shut.draws, open_.outcome)


def test_a_scenario_without_them_measures_nothing_of_the_road() -> None:
    """Would catch columns of the road in every other scenario's results."""
    yaml = ROAD.replace("own_vehicles: {families: {people: 1, ready: {2024-01-01: 1 / h}}}\n", "")
    layout = layout_of(yaml.replace(", capacity: {2024-01-01: 2 / h}", ""))
    case = run_by_hand(yaml.replace(", capacity: {2024-01-01: 2 / h}", ""), [])
    assert not {"people_arrived", "travel_median"} & set(measures(case.plan, case.draws, case.outcome))
    assert not any("arrived" in name for name in daily(case.plan, case.draws, case.outcome))
    assert make_plan(layout, "actual").capacities == ()
