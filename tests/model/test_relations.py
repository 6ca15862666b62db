"""Worlds that must be the same, or the same for almost everybody, to the second.

Why: an error of luck or of order hides in averages; between two worlds that differ in one small thing it
has nowhere to hide.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import DAY, NEVER, Layout
from sim.model.outcome import WAITING, Outcome
from sim.model.plan import HOLD, OPEN, TURN_BACK, make_plan, strictest
from sim.model.simpy_engine import run
from sim.scenario.reading import read_text
from tests.model.hand import Patient, lines, run_by_hand

TABLES = ("state", "boarded", "left", "convoy", "spells", "convoys", "rides", "blocked")

BASE = """
name: relations
title: Relations
period: {from: 2024-01-01, to: 2024-01-24, utc_offset: "+00:00"}
need:
  initial_list: 6
  referrals: {2024-01-01: 4 / day}
  classes:
    planned: {rank: 2, companions: poisson 0.9, withdraws: {after: exponential 5 days}}
    urgent: {rank: 1, share: 30%}
    extra: {rank: 9, share: 0}
carriers:
  bus: {fleet: {van: {count: 2, seats: 3}}, plan: {days: daily, at: "09:00"}}
  car: {rank: 2, fleet: {amb: {count: 1, seats: 2}}, plan: {days: weekdays mon thu, at: "09:00"}}
route:
  from: home
  legs: [{to: bridge, travel: uniform 1 h .. 3 h}, {to: far, travel: uniform 30 min .. 1 h}]
"""
READY = BASE.replace('daily, at: "09:00"', "when ready")
CLOSED = """
impediments:
  first: {kind: closure, policy: hold, from: 2024-01-03 08:00, to: 2024-01-05 11:00}
  second: {kind: closure, policy: turn_back, from: 2024-01-09 10:00, to: 2024-01-11}
"""


def layout_of(text: str) -> Layout:
    return lay_out(read_text(text, Path("."), "relations.yaml").scenario)


def outcome_of(text: str, world: str = "actual", replication: int = 0, log: bool = False) -> Outcome:
    layout = layout_of(text)
    return run(make_plan(layout, world), Sampler(layout).draw(1, replication), log=log)


def assert_same(one: Outcome, other: Outcome) -> None:
    for name in TABLES:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    assert one.events == other.events


@pytest.mark.parametrize("base", [BASE, READY], ids=["timetable", "ready"])
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            """
  a: {kind: closure, policy: hold, from: 2024-01-03 08:00, to: 2024-01-03}
  b: {kind: closure, policy: hold, from: 2024-01-04, to: 2024-01-05 00:00}
  c: {kind: closure, policy: hold, from: 2024-01-05, to: 2024-01-05 11:00}
  d: {kind: closure, policy: turn_back, from: 2024-01-09 10:00, to: 2024-01-11}
""",
            id="split into touching parts",
        ),
        pytest.param(
            """
  a: {kind: closure, policy: hold, from: 2024-01-03 08:00, to: 2024-01-04 17:00}
  b: {kind: closure, policy: hold, from: 2024-01-04, to: 2024-01-05 11:00}
  c: {kind: closure, policy: hold, from: 2024-01-04 03:00, to: 2024-01-04 04:00}
  d: {kind: closure, policy: turn_back, from: 2024-01-09 10:00, to: 2024-01-11}
  e: {kind: closure, policy: hold, from: 2024-01-10, to: 2024-01-10}
  f: {kind: closure, policy: complete, from: 2024-01-04, to: 2024-01-05 10:00}
""",
            id="overlapping, and weaker ones within",
        ),
        pytest.param(
            """
  first: {kind: closure, policy: hold, from: 2024-01-03 08:00, to: 2024-01-05 11:00}
  second: {kind: closure, policy: turn_back, from: 2024-01-09 10:00, to: 2024-01-11}
  before: {kind: closure, policy: hold, from: 2023-12-01, to: 2023-12-31}
  after: {kind: closure, policy: hold, from: 2024-01-25 00:00, to: 2024-02-01}
""",
            id="outside the period",
        ),
        pytest.param(
            """
  first: {kind: closure, carriers: [bus], policy: hold, from: 2024-01-03 08:00, to: 2024-01-05 11:00}
  first-too: {kind: closure, carriers: [car], policy: hold, from: 2024-01-03 08:00, to: 2024-01-05 11:00}
  second: {kind: closure, policy: turn_back, from: 2024-01-09 10:00, to: 2024-01-11 12:00}
  third: {kind: closure, policy: turn_back, from: 2024-01-11 12:00, to: 2024-01-12 00:00}
""",
            id="one for each carrier; until 24:00 or the next 00:00",
        ),
    ],
)
def test_closures_written_in_another_way(base: str, rows: str) -> None:
    """Would catch closures counted twice where they overlap, a gap where they touch, a trace of one that is
    never in force (touching parts wake a ready vehicle that finds the road shut)."""
    whole = outcome_of(base + CLOSED, log=True)
    assert (whole.blocked[:, 2] == 1).any() or base == READY
    assert_same(whole, outcome_of(base + "\nimpediments:" + rows, log=True))


def test_a_closure_of_no_length_is_no_closure() -> None:
    """Would catch a world that removes a closure from a day before it begins and still shuts for a second."""
    text = BASE + CLOSED + "worlds: {early: {remove: all, from: 2024-01-02}}\n"
    assert_same(outcome_of(text, "early", log=True), outcome_of(text, "unimpeded", log=True))
    assert strictest([(5, 5, HOLD)]) == ((), ())


def test_steps_of_the_road() -> None:
    """Would catch a merge that forgets a longer closure when a shorter one inside it ends."""
    steps = strictest([(10, 50, HOLD), (20, 30, TURN_BACK), (50, 60, HOLD), (70, 80, HOLD)])
    assert steps.times == (10, 20, 30, 60, 70, 80)
    assert steps.values == (HOLD, TURN_BACK, HOLD, OPEN, HOLD, OPEN)
    assert [steps.at(s) for s in (9, 10, 19, 20, 30, 59, 60, 80)] == [
        OPEN, HOLD, HOLD, TURN_BACK, HOLD, HOLD, OPEN, OPEN
    ]  # fmt: skip
    assert [steps.next_change(s) for s in (0, 10, 79, 80)] == [10, 20, 80, NEVER]


@pytest.mark.parametrize("base", [BASE, READY], ids=["timetable", "ready"])
@pytest.mark.parametrize("end", ["2024-01-10", "2024-01-15 09:00", "2024-01-09 10:30"])
def test_run_to_the_end_and_read_earlier_is_run_to_then(base: str, end: str) -> None:
    """Would catch anything in a run that knows how long it will be: luck, order, decisions."""
    cut = base.replace("to: 2024-01-24,", f"to: {end},") + CLOSED
    long, short = outcome_of(base + CLOSED, log=True), outcome_of(cut, log=True)
    until = layout_of(cut).horizon
    assert long.events is not None
    assert short.events == tuple(e for e in long.events if e.second < until)
    assert len(short.events or ()) > 100
    n = len(short.state)
    assert (long.left[:n] >= until).sum() > 0, "something is still to come"
    gone = (long.left[:n] < until) & (long.left[:n] >= 0)
    assert np.array_equal(short.left[gone], long.left[:n][gone])


def insert(draws: Draws, second: int, kind: int) -> tuple[Draws, int]:
    """One patient more, after those referred up to that second; and the row."""
    row = int(np.searchsorted(draws.referred, second, side="right"))
    changed = {
        name: np.insert(getattr(draws, name), row, value, axis=-1)
        for name, value in {
            "referred": second, "block": 0, "nth": 10_000, "kind": kind, "companions": 0, "lying": False,
            "withdraws": NEVER, "dies": NEVER, "reluctance": 0.5, "lead": 0, "refusal": 0.5,
        }.items()
    }  # fmt: skip
    return replace(draws, **changed), row


def test_one_patient_more_changes_nobody_who_does_not_meet_them() -> None:
    """Would catch luck that follows a patient's place in the list, or a count of the waiting that moves
    others: here vehicles are home for every departure and the patient is the last to board, so that only a
    convoy that carries them, or waits for a vehicle more on their account, may arrive at another second."""
    layout = layout_of(BASE)
    plan = make_plan(layout, "actual")
    extra = [row.name for row in layout.classes].index("extra")
    met = 0
    for replication in range(4):
        draws = Sampler(layout).draw(1, replication)
        before = run(plan, draws)
        for day in (0, 3, 9):
            more, row = insert(draws, day * DAY + 8 * 3600 + replication, extra)
            after = run(plan, more)
            others = np.arange(more.patients) != row
            convoy = after.convoys[after.convoy[row]] if after.state[row] != WAITING else None
            for name in ("state", "boarded"):
                assert np.array_equal(getattr(after, name)[others], getattr(before, name)), name
            apart = np.ones(more.patients, dtype=bool)
            if convoy is not None:
                apart = after.convoy != after.convoy[row]
                met += int((~apart).sum() - 1)
            assert np.array_equal(after.left[others & apart], before.left[apart[others]])
    assert met > 0, "somewhere the patient shares a convoy"


def test_a_patient_referred_after_everything_changes_nobody() -> None:
    """Would catch a run that depends on how many patients there are, or on the last of them."""
    for base in (BASE, READY):
        layout = layout_of(base + CLOSED)
        plan, draws = make_plan(layout, "actual"), Sampler(layout).draw(1, 0)
        more, row = insert(draws, layout.horizon - 1, 0)
        before, after = run(plan, draws), run(plan, more)
        assert row == draws.patients
        for name in ("convoys", "rides", "blocked"):
            riders = after.boarded[row] == layout.horizon - 1
            kept = getattr(after, name)[: len(getattr(before, name))] if riders else getattr(after, name)
            assert np.array_equal(kept, getattr(before, name)), name
        assert np.array_equal(after.left[:row], before.left)


def test_turned_back_convoys_are_let_home() -> None:
    """Would catch a convoy sent home by a closure and then held by the same closure on its way."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: gate, travel: 1 h}, {to: bridge, travel: 1 h}, {to: far, travel: 1 h}]}
impediments: {shut: {kind: closure, policy: %s, from: 2024-01-01 10:30, to: 2024-01-01 20:00}}
"""
    head = """
        0 08:00 referred p0
        0 09:00 departed #0 bus
        0 09:00 boarded p0 #0 van-0
        0 10:00 reached #0 gate
        0 11:00 reached #0 bridge
    """
    assert run_by_hand(yaml % "turn_back", [Patient("0 08:00")]).table == lines(
        head
        + """
        0 11:00 turned back #0 bridge (closed)
        0 13:00 home #0
        0 13:00 listed again p0 #0
    """
    )
    assert run_by_hand(yaml % "hold", [Patient("0 08:00")]).table == lines(
        head
        + """
        0 11:00 held #0 bridge
        0 21:00 reached #0 far
        0 21:00 handed over p0 #0 van-0
    """
    )


def test_a_closure_acts_at_its_place_only() -> None:
    """Would catch a closure of one place that stops convoys at another, or that lets them set out."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: gate, travel: 1 h}, {to: bridge, travel: 1 h}, {to: far, travel: 1 h}]}
impediments:
  shut: {kind: closure, at: %s, policy: turn_back, from: 2024-01-01 %s, to: 2024-01-01}
"""
    assert "0 09:00 blocked bus (closed)" in run_by_hand(yaml % ("gate", "09:00"), [Patient()]).table
    # Past the gate when it shuts: handed over at 12:00, and waits at the gate on the way back.
    assert run_by_hand(yaml % ("gate", "10:00:01"), [Patient()]).table[-3:] == [
        "0 12:00 reached #0 far",
        "0 12:00 handed over p0 #0 van-0",
        "0 14:00 held #0 gate",
    ]
    assert run_by_hand(yaml % ("bridge", "10:00"), [Patient()]).table[-4:] == [
        "0 11:00 reached #0 bridge",
        "0 11:00 turned back #0 bridge (closed)",
        "0 13:00 home #0",
        "0 13:00 listed again p0 #0",
    ]


def test_chances_of_overlapping_rules_multiply() -> None:
    """Would catch the smallest (or the last) of two chances, where a convoy has to pass both."""
    one = "{kind: passage_limit, chance: 50%}"
    for rules, allowed in ((f"a: {one}", True), (f"a: {one}, b: {one}", False)):
        layout = layout_of(BASE + f"impediments: {{{rules}}}\n")
        draws = Sampler(layout).draw(1, 0)
        draws = replace(draws, permission=np.full_like(draws.permission, 0.3))
        assert (len(run(make_plan(layout, "actual"), draws).convoys) > 0) == allowed
    one = "{kind: checkpoint, at: bridge, per_vehicle: 1 min, turn_back: 50%}"
    for rules, turned in ((f"a: {one}", False), (f"a: {one}, b: {one}", True)):
        layout = layout_of(BASE + f"impediments: {{{rules}}}\n")
        draws = Sampler(layout).draw(1, 0)
        draws = replace(draws, turned=np.full_like(draws.turned, 0.7))
        assert run(make_plan(layout, "actual"), draws).convoys[:, 4].any() == turned


def test_two_checkpoints_at_one_place() -> None:
    """Would catch lanes added up, hours joined, or one of two inspections left out: times add, the fewer
    lanes and the hours common to both hold."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01 18:00, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 3, seats: 1}}, plan: {days: daily, at: "08:00"}}}
route: {from: home, legs: [{to: bridge, travel: 1 h}, {to: far, travel: 4 h}]}
impediments:
  a: {kind: checkpoint, at: bridge, lanes: 1, per_vehicle: 20 min, hours: "08:00 .. 11:00"}
  b:
    {kind: checkpoint, at: bridge, lanes: 2, per_vehicle: 10 min, per_person: 5 min,
     hours: "09:40 .. 10:00, 10:50 .. 15:00"}
"""
    table = run_by_hand(yaml, [Patient("0 07:00")] * 3).table
    assert [row for row in table if "inspection" in row or "over" in row] == lines("""
        0 09:40 inspection starts #0 van-0 bridge
        0 10:15 inspection ends #0 van-0 bridge
        0 10:50 inspection starts #0 van-1 bridge
        0 11:25 inspection ends #0 van-1 bridge
    """)
