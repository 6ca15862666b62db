"""What a run yields: broken outcomes are refused, and published numbers are those of the rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim.model.layout import DAY
from sim.model.measures import Measuring, daily, measures, median_wait
from sim.model.outcome import EVACUATED, NOT_REFERRED, WAITING, ModelError, Outcome, check
from tests.model.hand import Case, Patient, clock, lines, run_by_hand

YAML = """
period: {from: 2024-01-01, to: 2024-01-03 10:15, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers:
  bus: {fleet: {van: {count: 2, seats: 3}}, plan: {days: daily, at: "09:00"}}
  car: {rank: 2, fleet: {amb: {count: 1, seats: 1, lying: 1}}, plan: {days: daily, at: "18:00"}}
route: {from: home, legs: [{to: bridge, travel: 1 h}, {to: far, travel: 30 min}], turnaround: 15 min}
impediments:
  shut: {kind: closure, policy: turn_back, from: 2024-01-02 09:30, to: 2024-01-02}
conditions:
  size: {kind: convoy_cap, patients: 2, people: 3, vehicles: 1}
windows: {second: {from: 2024-01-02}}
"""
PATIENTS = [
    Patient("0 07:00", companions=1),
    Patient("0 08:00"),
    Patient("0 10:00", companions=2),
    Patient("0 11:00", lying=True, companions=1),
    Patient("0 12:00", dies="1 00:00"),
    Patient("0 12:00", withdraws="2 01:00"),
    Patient("1 10:00"),
]


@cache
def case() -> Case:
    return run_by_hand(YAML, PATIENTS)


def test_the_case_is_rich() -> None:
    """Would catch a case in which an invariant holds because nothing happens."""
    assert case().table == lines("""
        0 07:00 referred p0
        0 08:00 referred p1
        0 09:00 departed #0 bus
        0 09:00 boarded p0 #0 van-0
        0 09:00 boarded p1 #0 van-0
        0 10:00 reached #0 bridge
        0 10:00 referred p2
        0 10:30 reached #0 far
        0 10:30 handed over p0 #0 van-0
        0 10:30 handed over p1 #0 van-0
        0 11:00 referred p3
        0 12:00 referred p4
        0 12:00 referred p5
        0 12:15 home #0
        0 18:00 departed #1 car
        0 18:00 boarded p3 #1 amb-0
        0 19:00 reached #1 bridge
        0 19:30 reached #1 far
        0 19:30 handed over p3 #1 amb-0
        0 21:15 home #1
        1 00:00 died p4
        1 09:00 departed #2 bus
        1 09:00 boarded p2 #2 van-0
        1 10:00 reached #2 bridge
        1 10:00 turned back #2 bridge (closed)
        1 10:00 referred p6
        1 11:00 home #2
        1 11:00 listed again p2 #2
        1 18:00 blocked car (closed)
        2 01:00 withdrew p5
        2 09:00 departed #3 bus
        2 09:00 boarded p2 #3 van-0
        2 10:00 reached #3 bridge
    """)
    assert case().counts() == {
        "died waiting": 1,
        "evacuated": 3,
        "in transit": 1,
        "waiting": 1,
        "withdrew": 1,
    }


Change = Callable[[Outcome], Outcome]


def put(name: str, where: int | tuple[int, int | slice], value: int) -> Change:
    """Another value in one place of one array."""

    def change(outcome: Outcome) -> Outcome:
        rows = getattr(outcome, name).copy()
        rows[where] = value
        return outcome._replace(**{name: rows})

    return change


def without(name: str, row: int) -> Change:
    """One row gone."""
    return lambda outcome: outcome._replace(**{name: np.delete(getattr(outcome, name), row, axis=0)})


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(outcome: Outcome) -> Outcome:
        for one in changes:
            outcome = one(outcome)
        return outcome

    return change


SPELLS = {"p0": 0, "p1": 1, "p2": 2, "p2 again": 3, "p3": 4, "p4": 5, "p5": 6, "p6": 7}
CARRIER, LEFT, OVER, HOME, TURNED = range(5)
PEOPLE = 3


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (put("state", 6, NOT_REFERRED), "each patient ends in one state"),
        (put("left", 6, clock("2 00:00")), "who has left is evacuated, died or withdrew"),
        (put("left", 4, clock("3 00:00")), "nothing happens after the end"),
        (put("convoy", 2, -1), "who is on the road or evacuated is on a convoy"),
        (put("boarded", 0, clock("0 09:00:01")), "patients board when their convoy leaves"),
        (
            both(put("boarded", 3, clock("0 10:59")), put("convoys", (1, LEFT), clock("0 10:59"))),
            "referral before boarding",
        ),
        (put("left", 0, clock("0 10:31")), "patients are handed over with their convoy"),
        (
            both(
                put("state", 4, EVACUATED),
                put("boarded", 4, clock("2 09:00")),
                put("convoy", 4, 3),
                put("left", 4, clock("2 10:14")),
                put("convoys", (3, OVER), clock("2 10:14")),
            ),
            "nobody boards after dying or withdrawing",
        ),
        (put("spells", (SPELLS["p4"], 2), clock("0 11:59")), "a stay on the list ends after it starts"),
        (without("spells", SPELLS["p6"]), "every patient has been on the list"),
        (put("spells", (SPELLS["p6"], 1), clock("1 10:01")), "waiting starts with referral"),
        (put("spells", (SPELLS["p2 again"], 1), clock("1 08:59")), "stays on the list do not overlap"),
        (put("spells", (SPELLS["p5"], 2), clock("2 00:59")), "a stay on the list ends when its patient"),
        (put("spells", (SPELLS["p6"], 2), clock("2 10:14")), "a stay on the list ends when its patient"),
        (put("spells", (SPELLS["p2 again"], 2), clock("2 08:59")), "a stay on the list ends when"),
        (
            put("convoys", (2, LEFT), clock("1 09:30")),
            "no departure while the road is closed",
        ),
        (put("convoys", (3, OVER), clock("2 08:59")), "handover after departure"),
        (put("convoys", (0, HOME), clock("0 10:29")), "home after handover"),
        (put("convoys", (1, TURNED), 1), "a convoy turned back hands nobody over"),
        (without("rides", 2), "every convoy has vehicles"),
        (put("rides", (1, PEOPLE), 3), "no vehicle carries more than it holds"),
        (put("convoys", (3, OVER), clock("2 10:14")), "evacuated = handed over"),
        (put("rides", (2, 2), 0), "no convoy leaves without patients"),
        (put("rides", (2, 2), 3), "convoys keep to the caps"),
        (put("convoys", (2, HOME), clock("2 09:00:01")), "a vehicle's trips do not overlap"),
        (put("convoys", (2, HOME), -1), "a vehicle's trips do not overlap"),
        (put("convoys", (1, HOME), clock("3 00:00")), "nothing happens after the end"),
        (put("spells", (SPELLS["p6"], slice(1, None)), clock("3 00:00")), "nothing happens after the end"),
        (put("convoys", (0, LEFT), -1), "convoys, and the vehicles in them, are in the order of departure"),
        (put("rides", (3, 0), 1), "convoys, and the vehicles in them, are in the order of departure"),
    ],
)  # fmt: skip
def test_a_broken_outcome_is_refused(change: Change, broken: str) -> None:
    """Would catch an invariant that is written and checks nothing."""
    plan, draws, outcome = case()[:3]
    check(plan, draws, outcome)
    with pytest.raises(ModelError, match=broken):
        check(plan, draws, change(outcome))


@pytest.mark.parametrize(
    ("rule", "kept_from", "moved", "broken"),
    [
        ("{kind: no_lying_patients}", Patient("0 07:00", lying=True), Patient("0 07:00"), "lie down boards"),
        ("{kind: deterrence, share: 40%}", Patient("0 07:00", reluctance=0.3),
         Patient("0 07:00", reluctance=0.4), "nobody boards who stays away"),
        ("{kind: clearance, lead_time: 0 s, refused: 40%}", Patient("0 07:00", refusal=0.3),
         Patient("0 07:00", refusal=0.4), "before clearance, or when refused"),
        ("{kind: clearance, lead_time: 1 h}", Patient("0 07:00", lead=("0 02:01",)),
         Patient("0 07:00", lead=("0 02:00",)), "before clearance, or when refused"),
    ],
)  # fmt: skip
def test_who_is_kept_from_boarding_is_refused_aboard(
    rule: str, kept_from: Patient, moved: Patient, broken: str
) -> None:
    """Would catch a rule that the engines forget and the check as well: the outcome of a patient who may
    board, held against the draws of one who may not."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1, lying: 1}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
impediments:
  rule: """
    aboard, waits = (run_by_hand(yaml + rule, [patient]) for patient in (moved, kept_from))
    assert (aboard.states, waits.states) == (["evacuated"], ["waiting"])
    check(waits.plan, waits.draws, waits.outcome)
    with pytest.raises(ModelError, match=broken):
        check(waits.plan, waits.draws, aboard.outcome)


@pytest.mark.parametrize("number", [-(2**62), -2, 99, 2**62])
@pytest.mark.parametrize(
    ("name", "where", "broken"),
    [
        ("convoys", (0, CARRIER), "rows name"),
        ("rides", (1, 0), "rows name"),
        ("rides", (1, 1), "rows name"),
        ("blocked", (0, 1), "rows name"),
        ("convoy", 0, "on a convoy"),
        ("spells", (0, 0), "every patient has been on the list"),
        ("spells", (SPELLS["p6"], 0), "every patient has been on the list|ends when its patient"),
    ],
)
def test_what_there_is_not_is_refused(name: str, where: int, broken: str, number: int) -> None:
    """Would catch a number of nobody used as an index: compiled code reads whatever lies there."""
    plan, draws, outcome = case()[:3]
    with pytest.raises(ModelError, match=broken):
        check(plan, draws, put(name, where, number)(outcome))


@pytest.mark.parametrize("name", ["state", "boarded", "left", "convoy", "spells", "convoys", "rides"])
def test_rows_that_are_missing_are_refused(name: str) -> None:
    """Would catch an outcome with fewer rows than patients, or than it speaks of, read beyond its end."""
    plan, draws, outcome = case()[:3]
    for kept in (0, 1):
        with pytest.raises(ModelError):
            check(plan, draws, outcome._replace(**{name: getattr(outcome, name)[:kept]}))


@pytest.mark.parametrize(("column", "most"), [(2, 2), (PEOPLE, 3), ("vehicles", 1)])
def test_each_cap_is_checked(column: int | str, most: int) -> None:
    """Would catch caps on patients, people and vehicles taken one for another."""
    yaml = YAML.replace("seats: 3}}", "seats: 9}}")
    plan, draws, outcome = run_by_hand(yaml, PATIENTS)[:3]
    assert draws.values.tolist().count(most) >= 1
    if column == "vehicles":
        broken = outcome._replace(rides=np.insert(outcome.rides, 3, [2, 1, 0, 0], axis=0))
    else:
        broken = put("rides", (2, int(column)), most + 1)(outcome)
    with pytest.raises(ModelError, match="convoys keep to the caps"):
        check(plan, draws, broken)


def test_an_empty_run() -> None:
    """Would catch measures that divide by nothing, or a check that fails where nobody was referred."""
    nobody = run_by_hand(YAML, [])
    named = measures(nobody.plan, nobody.draws, nobody.outcome)
    assert named["patients_evacuated"] == named["referred"] == named["patient_days_of_delay"] == 0
    assert named["median_wait"] == float("inf")
    assert named["longest_gap"] == nobody.plan.horizon / DAY
    assert not any(np.isnan(value) for value in named.values())
    assert "patients_per_convoy" not in named
    measuring = Measuring(nobody.plan)
    row = dict(zip(measuring.names, measuring.row(nobody.draws, nobody.outcome), strict=True))
    undefined = {name for name, value in row.items() if np.isnan(value)}
    means = ("patients_per_convoy", "vehicles_per_convoy", "seats_filled")
    assert undefined == {f"{mean}{of}" for mean in means for of in ("", "[carrier=bus]", "[carrier=car]")}
    assert all((series == 0).all() for series in daily(*nobody[:3]).values())


def test_measures_by_hand() -> None:
    """Would catch patients and people confused, convoys turned back counted as run, closed departures not
    counted, windows off by a day, gaps that leave out the start or the end."""
    named = measures(*case()[:3])
    expected = {
        "patients_evacuated": 3,
        "people_evacuated": 2 + 1 + 2,
        "patients_evacuated[carrier=bus]": 2,
        "people_evacuated[carrier=car]": 2,
        "patients_evacuated[class=all]": 3,
        "patients_evacuated[window=second]": 0,
        "referred": 7,
        "still_waiting": 1,
        "in_transit": 1,
        "died_waiting": 1,
        "withdrew": 1,
        "convoys_run": 2,
        "convoys_run[carrier=car]": 1,
        "convoys_turned_back": 1,
        "convoys_turned_back[carrier=car]": 0,
        "departures_blocked": 1,
        "departures_blocked[carrier=car]": 1,
        "patients_per_convoy": 1.5,
        "vehicles_per_convoy": 1,
        "seats_filled": 5 / 5,
        "longest_gap": (clock("2 10:15") - clock("0 18:00")) / DAY,
        "longest_gap[carrier=bus]": (clock("2 10:15") - clock("0 09:00")) / DAY,
        # 2 h, 1 h, (0 10:00 to 1 09:00 and 1 11:00 to 2 09:00), 7 h, 12 h, 37 h, 24 h 15 min
        "patient_days_of_delay": (2 + 1 + 23 + 22 + 7 + 12 + 37 + 24.25) / 24,
        # Waits in hours: 1, 2, 7 evacuated; 12, 24.25, 37, 45 censored: 6/7, 5/7, 4/7 and no further.
        "median_wait": float("inf"),
    }
    assert {name: named[name] for name in expected} == pytest.approx(expected)


def test_daily_series_by_hand_and_in_all() -> None:
    """Would catch a day counted twice, a list that forgets who came back, series that differ from totals."""
    plan, draws, outcome = case()[:3]
    series = daily(plan, draws, outcome)
    assert {name: row.tolist() for name, row in series.items()} == {
        "patients[carrier=bus]": [0, 2, 2, 2],
        "people[carrier=bus]": [0, 3, 3, 3],
        "convoys[carrier=bus]": [0, 1, 1, 1],
        "patients[carrier=car]": [0, 1, 1, 1],
        "people[carrier=car]": [0, 2, 2, 2],
        "convoys[carrier=car]": [0, 1, 1, 1],
        # Day 0: p2, p4, p5. Day 1: p4 dies at its 00:00; p2 is back; p6 joins. Day 2: p5 withdraws, p2 rides.
        "waiting[class=all]": [0, 3, 3, 1],
        "referred": [0, 6, 7, 7],
    }
    named = measures(plan, draws, outcome)
    for what in ("patients", "people"):
        total = sum(int(row[-1]) for name, row in series.items() if name.startswith(f"{what}["))
        assert total == named[f"{what}_evacuated"]
    assert series["waiting[class=all]"][-1] == named["still_waiting"] == (outcome.state == WAITING).sum()
    assert series["referred"][-1] == named["referred"]


def test_midnight_belongs_to_the_day_that_begins() -> None:
    """Would catch a handover at 00:00 counted for the day before: `by D` means before 24:00 of D."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-02, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 2, seats: 1}}, plan: {days: when ready}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
windows: {first: {from: 2024-01-01, to: 2024-01-01}, second: {from: 2024-01-02}}
"""
    plan, draws, outcome = run_by_hand(yaml, [Patient("0 22:59:59"), Patient("0 23:00")])[:3]
    assert daily(plan, draws, outcome)["patients[carrier=bus]"].tolist() == [0, 1, 2]
    named = measures(plan, draws, outcome)
    assert named["patients_evacuated[window=first]"] == 1
    assert named["patients_evacuated[carrier=bus,window=second]"] == 1


# ------------------------------------------------------------------------------------- the median wait


def test_median_wait_by_hand() -> None:
    """Would catch those still waiting left out: the median of the evacuated alone is 2, a wait of 5 is
    what a patient faced. Waits 1, 2, 3+, 4+, 5, 6: survival 5/6, 4/6, then 4/6 · 1/2 = 1/3 at 5."""
    waited = np.array([4, 1, 5, 2, 6, 3])
    evacuated = np.array([False, True, True, True, True, False])
    assert median_wait(waited, evacuated) == 5
    # A wait censored in the second of an event was still at risk in it: 2/3, then (2/3)(1/2) = 1/3.
    assert median_wait(np.array([1, 2, 2]), np.array([True, True, False])) == 2
    # Survival of exactly a half is reached.
    assert median_wait(np.array([1, 2]), np.array([True, False])) == 1
    assert median_wait(np.array([1, 2, 3]), np.array([True, False, False])) == float("inf")
    assert median_wait(np.array([1, 2]), np.array([False, False])) == float("inf")


def _median_of_scipy(waited: NDArray[np.int64], evacuated: NDArray[np.bool_]) -> float:
    data = stats.CensoredData.right_censored(waited, ~evacuated)
    survival = stats.ecdf(data).sf
    reached = np.flatnonzero(survival.probabilities <= 0.5 + 1e-12)
    return float(survival.quantiles[reached[0]]) if len(reached) else float("inf")


def test_median_wait_is_scipys() -> None:
    """Would catch ties and censoring handled in another way than Kaplan and Meier's."""
    generator = np.random.Generator(np.random.Philox(20240101))
    for n in (1, 2, 3, 10, 50, 200):
        for spread in (3, 10, 1000):
            waited = generator.integers(0, spread, n)
            evacuated = generator.random(n) < generator.random()
            assert median_wait(waited, evacuated) == _median_of_scipy(waited, evacuated), (waited, evacuated)
