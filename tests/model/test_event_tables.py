"""Small deterministic worlds, each with every event written out by hand.

Why these exist: a summary (so many evacuated) can be right for the wrong reason. Here each second, each
patient, each vehicle has to be right. The tables were written from the rules, not from a run.
"""

from __future__ import annotations

import pytest

from sim.model import compiled_engine, packing
from tests.model.hand import Patient, clock, lines, run_by_hand

ONE_VAN = """
need: {classes: {all: {}}}
carriers:
  bus: {fleet: {van: {count: 1, seats: 2}}, plan: {days: daily, at: "09:00"}}
route:
  from: home
  legs: [{to: bridge, travel: 1 h}, {to: far, travel: 30 min}]
  turnaround: 15 min
"""

ONE_DAY = 'period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}\n' + ONE_VAN

SHORT_ROAD = """
need: {classes: {all: {}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
"""


def test_three_patients_one_vehicle_one_closure() -> None:
    """Would catch a closure that delays nobody, a vehicle that takes a third party, a wrong way home."""
    yaml = ONE_VAN + "impediments: {shut: {kind: closure, from: 2024-01-02 08:00, to: 2024-01-02 12:00}}"
    patients = [Patient("0 07:00"), Patient("0 08:00"), Patient("0 08:30")]
    case = run_by_hand(yaml, patients)
    assert case.table == lines("""
        0 07:00 referred p0
        0 08:00 referred p1
        0 08:30 referred p2
        0 09:00 departed #0 bus
        0 09:00 boarded p0 #0 van-0
        0 09:00 boarded p1 #0 van-0
        0 10:00 reached #0 bridge
        0 10:30 reached #0 far
        0 10:30 handed over p0 #0 van-0
        0 10:30 handed over p1 #0 van-0
        0 12:15 home #0
        1 09:00 blocked bus (closed)
        2 09:00 departed #1 bus
        2 09:00 boarded p2 #1 van-0
        2 10:00 reached #1 bridge
        2 10:30 reached #1 far
        2 10:30 handed over p2 #1 van-0
        2 12:15 home #1
    """)
    assert case.states == ["evacuated"] * 3
    assert case.outcome.left.tolist() == [clock("0 10:30"), clock("0 10:30"), clock("2 10:30")]
    assert case.outcome.spells.tolist() == [
        [0, clock("0 07:00"), clock("0 09:00")],
        [1, clock("0 08:00"), clock("0 09:00")],
        [2, clock("0 08:30"), clock("2 09:00")],
    ]
    free = run_by_hand(yaml, patients, world="unimpeded")
    assert free.table[11:] == lines("""
        1 09:00 departed #1 bus
        1 09:00 boarded p2 #1 van-0
        1 10:00 reached #1 bridge
        1 10:30 reached #1 far
        1 10:30 handed over p2 #1 van-0
        1 12:15 home #1
        2 09:00 blocked bus (too few waiting)
    """)
    assert free.table[:11] == case.table[:11]


def test_turned_back_by_a_closure() -> None:
    """Would catch parties that lose their place, are listed before they are home, or whose patience is
    forgotten (or acted upon) on the road."""
    yaml = (
        'period: {from: 2024-01-01, to: 2024-01-02, utc_offset: "+00:00"}\n'
        + ONE_VAN
        + "impediments: {shut: {kind: closure, policy: turn_back, from: 2024-01-01 09:30, to: 2024-01-01}}"
    )
    case = run_by_hand(
        yaml,
        [
            Patient("0 07:00", withdraws="0 10:30"),
            Patient("0 07:00"),
            Patient("0 08:00"),
            Patient("0 10:30"),
        ],
    )
    assert case.table == lines("""
        0 07:00 referred p0
        0 07:00 referred p1
        0 08:00 referred p2
        0 09:00 departed #0 bus
        0 09:00 boarded p0 #0 van-0
        0 09:00 boarded p1 #0 van-0
        0 10:00 reached #0 bridge
        0 10:00 turned back #0 bridge (closed)
        0 10:30 referred p3
        0 11:00 home #0
        0 11:00 listed again p0 #0
        0 11:00 listed again p1 #0
        0 11:00 withdrew p0
        1 09:00 departed #1 bus
        1 09:00 boarded p1 #1 van-0
        1 09:00 boarded p2 #1 van-0
        1 10:00 reached #1 bridge
        1 10:30 reached #1 far
        1 10:30 handed over p1 #1 van-0
        1 10:30 handed over p2 #1 van-0
        1 12:15 home #1
    """)
    assert case.states == ["withdrew", "evacuated", "evacuated", "waiting"]
    assert case.outcome.spells.tolist() == [
        [0, clock("0 07:00"), clock("0 09:00")],
        [0, clock("0 11:00"), clock("0 11:00")],
        [1, clock("0 07:00"), clock("0 09:00")],
        [1, clock("0 11:00"), clock("1 09:00")],
        [2, clock("0 08:00"), clock("1 09:00")],
        [3, clock("0 10:30"), clock("2 00:00")],
    ]
    assert case.outcome.convoys[0].tolist() == [0, clock("0 09:00"), -1, clock("0 11:00"), 1, 0, 0]


def test_who_was_turned_back_goes_before_who_was_referred_later() -> None:
    """Would catch a party that loses its place by being turned back: the only seat of the next day is its."""
    yaml = (
        'period: {from: 2024-01-01, to: 2024-01-02, utc_offset: "+00:00"}\n'
        + ONE_VAN.replace("seats: 2", "seats: 1")
        + "impediments: {shut: {kind: closure, policy: turn_back, from: 2024-01-01 09:30, to: 2024-01-01}}"
    )
    case = run_by_hand(yaml, [Patient("0 07:00"), Patient("0 08:00")])
    assert case.states == ["evacuated", "waiting"]


def test_patience_on_the_road_and_at_the_second_of_departure() -> None:
    """Would catch patients who die on the road, or board in the second in which they die."""
    case = run_by_hand(
        ONE_DAY,
        [
            Patient("0 07:00", dies="0 09:00"),
            Patient("0 07:00", dies="0 09:00:01"),
            Patient("0 07:00", dies="0 08:00", withdraws="0 08:00"),
            Patient("0 07:00", withdraws="0 08:59:59", dies="0 09:00"),
            Patient("0 07:00", withdraws="0 08:00"),
        ],
    )
    assert case.table == lines("""
        0 07:00 referred p0
        0 07:00 referred p1
        0 07:00 referred p2
        0 07:00 referred p3
        0 07:00 referred p4
        0 08:00 died p2
        0 08:00 withdrew p4
        0 08:59:59 withdrew p3
        0 09:00 died p0
        0 09:00 departed #0 bus
        0 09:00 boarded p1 #0 van-0
        0 10:00 reached #0 bridge
        0 10:30 reached #0 far
        0 10:30 handed over p1 #0 van-0
        0 12:15 home #0
    """)
    assert case.states == ["died waiting", "evacuated", "died waiting", "withdrew", "withdrew"]


HELD = """
    0 08:00 referred p0
    0 09:00 departed #0 bus
    0 09:00 boarded p0 #0 van-0
    0 10:00 reached #0 bridge
    0 10:00 held #0 bridge
    0 12:00 reached #0 far
    0 12:00 handed over p0 #0 van-0
    0 13:45 home #0
"""
PASSED = """
    0 08:00 referred p0
    0 09:00 departed #0 bus
    0 09:00 boarded p0 #0 van-0
    0 10:00 reached #0 bridge
    0 10:30 reached #0 far
    0 10:30 handed over p0 #0 van-0
    0 12:15 home #0
"""
HELD_ON_THE_WAY_BACK = """
    0 08:00 referred p0
    0 09:00 departed #0 bus
    0 09:00 boarded p0 #0 van-0
    0 10:00 reached #0 bridge
    0 10:30 reached #0 far
    0 10:30 handed over p0 #0 van-0
    0 11:15 held #0 bridge
    0 14:00 home #0
"""
SENT_HOME = """
    0 08:00 referred p0
    0 09:00 departed #0 bus
    0 09:00 boarded p0 #0 van-0
    0 10:00 reached #0 bridge
    0 10:00 held #0 bridge
    0 11:00 turned back #0 bridge (closed)
    0 12:00 home #0
    0 12:00 listed again p0 #0
"""


def closures(*rows: str) -> str:
    """Closures of the first day, each written `policy hh:mm hh:mm`."""
    out = ["impediments:"]
    for k, row in enumerate(rows):
        policy, start, end = row.split()
        out.append(
            f"  c{k}: {{kind: closure, policy: {policy}, from: 2024-01-01 {start}, to: 2024-01-01 {end}}}"
        )
    return "\n".join(out)


@pytest.mark.parametrize(
    ("rows", "table", "held"),
    [
        pytest.param(("hold 09:30 11:30",), HELD, 90, id="held on the way out"),
        pytest.param(("complete 09:30 11:30",), PASSED, 0, id="complete drives on"),
        pytest.param(("hold 11:00 13:00",), HELD_ON_THE_WAY_BACK, 105, id="held on the way back"),
        pytest.param(("complete 10:30 11:30", "hold 09:30 10:00"), PASSED, 0, id="hold ends on arrival"),
        pytest.param(("hold 10:00 11:30",), HELD, 90, id="hold starts on arrival"),
        pytest.param(("hold 10:00:01 11:15",), PASSED, 0, id="a second later, and gone by the way back"),
        pytest.param(("hold 09:30 11:00", "turn_back 11:00 12:00"), SENT_HOME, 60, id="then sent home"),
        pytest.param(("hold 09:30 12:00", "turn_back 11:00 11:30"), SENT_HOME, 60, id="turn_back wins"),
        pytest.param(("hold 09:30 10:45", "hold 10:30 11:30"), HELD, 90, id="overlapping"),
        pytest.param(("hold 09:30 10:45", "hold 10:45 11:30"), HELD, 90, id="touching"),
        pytest.param(("complete 09:30 12:30", "hold 09:30 11:30"), HELD, 90, id="hold before complete"),
    ],
)  # fmt: skip
def test_closures_on_the_road(rows: tuple[str, ...], table: str, held: int) -> None:
    """Would catch a policy that is not followed, the wrong one of two, and instants off by one second."""
    case = run_by_hand(ONE_DAY + closures(*rows), [Patient("0 08:00")])
    assert case.table == lines(table)
    assert case.outcome.convoys[0, 5] == held * 60


LEFT = PASSED
STAYED = """
    0 08:00 referred p0
    0 09:00 blocked bus (closed)
"""


@pytest.mark.parametrize(
    ("row", "table"),
    [
        pytest.param("complete 09:00 09:30", STAYED, id="starts in the second of departure"),
        pytest.param("complete 08:30 09:00", LEFT, id="ends in the second of departure"),
        pytest.param("complete 08:30 09:00:01", STAYED, id="ends a second later"),
        pytest.param("complete 09:00:01 09:30", LEFT, id="starts a second later"),
    ],
)
def test_closures_at_the_second_of_departure(row: str, table: str) -> None:
    """Would catch periods that are not half-open."""
    assert run_by_hand(ONE_DAY + closures(row), [Patient("0 08:00")]).table == lines(table)


def test_a_ready_vehicle_leaves_in_the_second_in_which_the_road_opens() -> None:
    """Would catch a vehicle that nobody wakes when a closure ends, and one that leaves when it starts."""
    yaml = (
        SHORT_ROAD
        + "carriers: {bus: {fleet: {van: {count: 2, seats: 1}}, plan: {days: when ready}}}\n"
        + closures("complete 10:00 12:00")
    )
    case = run_by_hand(yaml, [Patient("0 09:59:59"), Patient("0 10:00")])
    assert case.table == lines("""
        0 09:59:59 referred p0
        0 09:59:59 departed #0 bus
        0 09:59:59 boarded p0 #0 van-0
        0 10:00 referred p1
        0 10:59:59 reached #0 far
        0 10:59:59 handed over p0 #0 van-0
        0 11:59:59 home #0
        0 12:00 departed #1 bus
        0 12:00 boarded p1 #1 van-0
        0 13:00 reached #1 far
        0 13:00 handed over p1 #1 van-0
        0 14:00 home #1
    """)


def test_overnight_queue_at_a_checkpoint() -> None:
    """Would catch vehicles that overtake overnight, inspections cut short at closing time or begun at it, a
    convoy whose first vehicles go on alone, a way back that is not inspected, a lane used twice."""
    yaml = """
need: {classes: {all: {}}}
carriers:
  bus: {fleet: {van: {count: 3, seats: 1}}, plan: {days: every 9 days, at: "09:00"}}
  late: {rank: 2, fleet: {van: {count: 1, seats: 1}}, plan: {days: every 9 days, at: "09:30"}}
route: {from: home, legs: [{to: bridge, travel: 1 h}, {to: far, travel: 30 min}]}
impediments:
  gate: {kind: checkpoint, at: bridge, lanes: 1, per_vehicle: 40 min, hours: "08:00 .. 11:00"}
"""
    case = run_by_hand(yaml, [Patient("0 08:00")] * 3 + [Patient("0 09:15")])
    assert case.table == lines("""
        0 08:00 referred p0
        0 08:00 referred p1
        0 08:00 referred p2
        0 09:00 departed #0 bus
        0 09:00 boarded p0 #0 van-0
        0 09:00 boarded p1 #0 van-1
        0 09:00 boarded p2 #0 van-2
        0 09:15 referred p3
        0 09:30 departed #1 late
        0 09:30 boarded p3 #1 van-0
        0 10:00 reached #0 bridge
        0 10:00 queued #0 van-0 bridge
        0 10:00 queued #0 van-1 bridge
        0 10:00 queued #0 van-2 bridge
        0 10:00 inspection starts #0 van-0 bridge
        0 10:30 reached #1 bridge
        0 10:30 queued #1 van-0 bridge
        0 10:40 inspection ends #0 van-0 bridge
        0 10:40 inspection starts #0 van-1 bridge
        0 11:20 inspection ends #0 van-1 bridge
        1 08:00 inspection starts #0 van-2 bridge
        1 08:40 inspection ends #0 van-2 bridge
        1 08:40 inspection starts #1 van-0 bridge
        1 09:10 reached #0 far
        1 09:10 handed over p0 #0 van-0
        1 09:10 handed over p1 #0 van-1
        1 09:10 handed over p2 #0 van-2
        1 09:20 inspection ends #1 van-0 bridge
        1 09:40 queued #0 van-0 bridge
        1 09:40 queued #0 van-1 bridge
        1 09:40 queued #0 van-2 bridge
        1 09:40 inspection starts #0 van-0 bridge
        1 09:50 reached #1 far
        1 09:50 handed over p3 #1 van-0
        1 10:20 inspection ends #0 van-0 bridge
        1 10:20 inspection starts #0 van-1 bridge
        1 10:20 queued #1 van-0 bridge
        1 11:00 inspection ends #0 van-1 bridge
        2 08:00 inspection starts #0 van-2 bridge
        2 08:40 inspection ends #0 van-2 bridge
        2 08:40 inspection starts #1 van-0 bridge
        2 09:20 inspection ends #1 van-0 bridge
        2 09:40 home #0
        2 10:20 home #1
    """)
    # #0: out 0 10:00 to 1 08:40, back 1 09:40 to 2 08:40. #1: 0 10:30 to 1 09:20, 1 10:20 to 2 09:20.
    assert case.outcome.convoys[:, 6].tolist() == [
        (22 * 60 + 40 + 23 * 60) * 60,
        (22 * 60 + 50 + 23 * 60) * 60,
    ]


def test_nobody_overtakes_through_a_lane_that_is_free() -> None:
    """Would catch a vehicle let in at 10:30 by its own look at the lanes, while one before it, for which
    there was none until closing time, waits for the morning."""
    yaml = """
need: {classes: {all: {}}}
carriers:
  bus: {fleet: {van: {count: 3, seats: 1}}, plan: {days: every 9 days, at: "09:00"}}
  late: {rank: 2, fleet: {van: {count: 1, seats: 1}}, plan: {days: every 9 days, at: "09:30"}}
route: {from: home, legs: [{to: bridge, travel: 1 h}, {to: far, travel: 9 h}]}
impediments:
  gate: {kind: checkpoint, at: bridge, lanes: 2, per_vehicle: 70 min, hours: "08:00 .. 11:00"}
"""
    table = run_by_hand(yaml, [Patient("0 08:00")] * 4).table
    assert [row for row in table if "inspection starts" in row][:4] == lines("""
        0 10:00 inspection starts #0 van-0 bridge
        0 10:00 inspection starts #0 van-1 bridge
        1 08:00 inspection starts #0 van-2 bridge
        1 08:00 inspection starts #1 van-0 bridge
    """)


def test_two_lanes_and_a_checkpoint_that_ends_while_vehicles_wait() -> None:
    """Would catch a queue that waits for ever once its rule is gone, and a second lane that stays empty."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 4, seats: 1}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: bridge, travel: 1 h}, {to: far, travel: 30 min}]}
impediments:
  gate: {kind: checkpoint, at: bridge, lanes: 2, per_vehicle: 1 h, to: 2024-01-01 10:30}
"""
    case = run_by_hand(yaml, [Patient("0 08:00")] * 4)
    assert case.table[9:] == lines("""
        0 10:00 reached #0 bridge
        0 10:00 queued #0 van-0 bridge
        0 10:00 queued #0 van-1 bridge
        0 10:00 queued #0 van-2 bridge
        0 10:00 queued #0 van-3 bridge
        0 10:00 inspection starts #0 van-0 bridge
        0 10:00 inspection starts #0 van-1 bridge
        0 11:00 inspection ends #0 van-0 bridge
        0 11:00 inspection ends #0 van-1 bridge
        0 11:30 reached #0 far
        0 11:30 handed over p0 #0 van-0
        0 11:30 handed over p1 #0 van-1
        0 11:30 handed over p2 #0 van-2
        0 11:30 handed over p3 #0 van-3
        0 13:00 home #0
    """)


def test_two_checkpoints_at_one_place_each_for_its_own_carrier() -> None:
    """Would catch a vehicle inspected by rules that do not hold for it, and lanes that are counted for each
    rule apart: the place has one line, and the fewest lanes that the rules in force leave."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers:
  bus: {rank: 1, fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}
  taxi: {rank: 2, fleet: {car: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}
route: {from: home, legs: [{to: bridge, travel: 1 h}, {to: far, travel: 30 min}]}
impediments:
  slow: {kind: checkpoint, at: bridge, lanes: 2, per_vehicle: 40 min, carriers: [bus]}
  quick: {kind: checkpoint, at: bridge, lanes: 1, per_vehicle: 10 min, carriers: [taxi]}
"""
    case = run_by_hand(yaml, [Patient("0 08:00")] * 2)
    assert [line for line in case.table if "inspection" in line or "handed" in line] == lines("""
        0 10:00 inspection starts #0 van-0 bridge
        0 10:40 inspection ends #0 van-0 bridge
        0 10:40 inspection starts #1 car-0 bridge
        0 10:50 inspection ends #1 car-0 bridge
        0 11:10 handed over p0 #0 van-0
        0 11:20 handed over p1 #1 car-0
        0 11:40 inspection starts #0 van-0 bridge
        0 12:20 inspection ends #0 van-0 bridge
        0 12:20 inspection starts #1 car-0 bridge
        0 12:30 inspection ends #1 car-0 bridge
    """)


@pytest.mark.parametrize("table", packing.Room._fields)
def test_a_table_that_is_too_small_is_made_larger(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a row written beyond the end of a table, or lost: the run is begun again with more room."""
    monkeypatch.setattr(
        compiled_engine, "room_for", lambda packed, _: packing.room_for(packed, 9)._replace(**{table: 1})
    )
    case = run_by_hand(ONE_VAN, [Patient("0 07:00")] * 7)  # who compares the engines
    assert case.counts() == {"evacuated": 6, "waiting": 1}


def test_carriers_that_leave_in_the_same_second() -> None:
    """Would catch an order from the file (or from names alone), and a patient referred in that second left
    behind."""
    yaml = (
        'period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}'
        + SHORT_ROAD
        + """
carriers:
  b: {rank: 2, fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}
  a: {rank: 2, fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}
  z: {rank: 1, fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}
"""
    )
    case = run_by_hand(yaml, [Patient("0 08:00"), Patient("0 09:00")])
    assert case.table == lines("""
        0 08:00 referred p0
        0 09:00 referred p1
        0 09:00 departed #0 z
        0 09:00 boarded p0 #0 van-0
        0 09:00 departed #1 a
        0 09:00 boarded p1 #1 van-0
        0 09:00 blocked b (too few waiting)
        0 10:00 reached #0 far
        0 10:00 handed over p0 #0 van-0
        0 10:00 reached #1 far
        0 10:00 handed over p1 #1 van-0
        0 11:00 home #0
        0 11:00 home #1
    """)


def test_a_ready_carrier_and_a_timetable_in_the_same_second() -> None:
    """Would catch an order by kind of plan: ranks decide, whichever of the two plans they have."""
    for ready_rank, first, second in ((1, "van-0", "car-0"), (3, "car-0", "van-0")):
        yaml = SHORT_ROAD + (
            "carriers:\n"
            "  free:\n"
            f"    rank: {ready_rank}\n"
            "    fleet: {van: {count: 1, seats: 1}}\n"
            "    plan: {days: when ready}\n"
            "  bus:\n"
            "    rank: 2\n"
            "    fleet: {car: {count: 1, seats: 1}}\n"
            '    plan: {days: every 9 days, at: "09:00"}\n'
        )
        table = run_by_hand(yaml, [Patient("0 09:00"), Patient("0 09:00")]).table
        assert [line for line in table if "boarded" in line] == [
            f"0 09:00 boarded p0 #0 {first}",
            f"0 09:00 boarded p1 #1 {second}",
        ]


def test_turned_back_at_the_checkpoint() -> None:
    """Would catch a turn back before the inspection, one without it, and people miscounted in its length."""
    yaml = (
        'period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}'
        + """
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 3}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: bridge, travel: 1 h}, {to: far, travel: 30 min}]}
impediments:
  gate: {kind: checkpoint, at: bridge, per_vehicle: 10 min, per_person: 2 min, turn_back: 100%}
"""
    )
    case = run_by_hand(yaml, [Patient("0 08:00", companions=1), Patient("0 08:00")])
    assert case.table == lines("""
        0 08:00 referred p0
        0 08:00 referred p1
        0 09:00 departed #0 bus
        0 09:00 boarded p0 #0 van-0
        0 09:00 boarded p1 #0 van-0
        0 10:00 reached #0 bridge
        0 10:00 queued #0 van-0 bridge
        0 10:00 inspection starts #0 van-0 bridge
        0 10:16 inspection ends #0 van-0 bridge
        0 10:16 turned back #0 bridge (turned back at the checkpoint)
        0 11:16 home #0
        0 11:16 listed again p0 #0
        0 11:16 listed again p1 #0
    """)
    assert case.states == ["waiting", "waiting"]
    assert case.outcome.rides.tolist() == [[0, 0, 2, 3]]


def test_turned_back_through_the_same_lanes() -> None:
    """Would catch a convoy sent home that is not inspected on its way, or as if nobody were aboard."""
    yaml = (
        'period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}'
        + """
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 3}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: gate, travel: 1 h}, {to: bridge, travel: 1 h}, {to: far, travel: 1 h}]}
impediments:
  first: {kind: checkpoint, at: gate, per_vehicle: 10 min, per_person: 1 min}
  second: {kind: checkpoint, at: bridge, per_vehicle: 5 min, turn_back: 100%}
"""
    )
    case = run_by_hand(yaml, [Patient("0 08:00", companions=1)])
    assert case.table == lines("""
        0 08:00 referred p0
        0 09:00 departed #0 bus
        0 09:00 boarded p0 #0 van-0
        0 10:00 reached #0 gate
        0 10:00 queued #0 van-0 gate
        0 10:00 inspection starts #0 van-0 gate
        0 10:12 inspection ends #0 van-0 gate
        0 11:12 reached #0 bridge
        0 11:12 queued #0 van-0 bridge
        0 11:12 inspection starts #0 van-0 bridge
        0 11:17 inspection ends #0 van-0 bridge
        0 11:17 turned back #0 bridge (turned back at the checkpoint)
        0 12:17 queued #0 van-0 gate
        0 12:17 inspection starts #0 van-0 gate
        0 12:29 inspection ends #0 van-0 gate
        0 13:29 home #0
        0 13:29 listed again p0 #0
    """)


def test_a_ready_vehicle_turned_back_near_home_never_runs_out_of_luck() -> None:
    """Would catch trips a day counted from the whole road: one that is sent home after ten minutes leaves
    seventy times a day."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: when ready}}}
route: {from: home, legs: [{to: gate, travel: 10 min}, {to: far, travel: 10 h}]}
impediments:
  check: {kind: checkpoint, at: gate, per_vehicle: 0 s, turn_back: 100%}
"""
    outcome = run_by_hand(yaml, [Patient()]).outcome
    assert outcome.convoys[:, 1].tolist() == list(range(0, 86_400, 1_200))
    assert outcome.convoys[:, 4].all()


READY = SHORT_ROAD + (
    'period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}\n'
    "carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: when ready}}}\n"
)
FOUR = [Patient("0 01:00"), Patient("0 06:30"), Patient("0 07:00"), Patient("0 14:00")]


def test_when_ready() -> None:
    """Would catch a vehicle that waits for a timetable, or that does not look in the second it is home."""
    assert run_by_hand(READY, FOUR).table == lines("""
        0 01:00 referred p0
        0 01:00 departed #0 bus
        0 01:00 boarded p0 #0 van-0
        0 02:00 reached #0 far
        0 02:00 handed over p0 #0 van-0
        0 03:00 home #0
        0 06:30 referred p1
        0 06:30 departed #1 bus
        0 06:30 boarded p1 #1 van-0
        0 07:00 referred p2
        0 07:30 reached #1 far
        0 07:30 handed over p1 #1 van-0
        0 08:30 home #1
        0 08:30 departed #2 bus
        0 08:30 boarded p2 #2 van-0
        0 09:30 reached #2 far
        0 09:30 handed over p2 #2 van-0
        0 10:30 home #2
        0 14:00 referred p3
        0 14:00 departed #3 bus
        0 14:00 boarded p3 #3 van-0
        0 15:00 reached #3 far
        0 15:00 handed over p3 #3 van-0
        0 16:00 home #3
    """)


def test_when_ready_with_recheck() -> None:
    """Would catch a vehicle woken by a referral between its looks, looks counted from midnight rather than
    from the last one, and a vehicle that does not look when it comes home."""
    yaml = READY.replace("when ready}", "when ready, recheck: 4 h}")
    assert run_by_hand(yaml, FOUR).table == lines("""
        0 01:00 referred p0
        0 04:00 departed #0 bus
        0 04:00 boarded p0 #0 van-0
        0 05:00 reached #0 far
        0 05:00 handed over p0 #0 van-0
        0 06:00 home #0
        0 06:30 referred p1
        0 07:00 referred p2
        0 10:00 departed #1 bus
        0 10:00 boarded p1 #1 van-0
        0 11:00 reached #1 far
        0 11:00 handed over p1 #1 van-0
        0 12:00 home #1
        0 12:00 departed #2 bus
        0 12:00 boarded p2 #2 van-0
        0 13:00 reached #2 far
        0 13:00 handed over p2 #2 van-0
        0 14:00 home #2
        0 14:00 referred p3
        0 14:00 departed #3 bus
        0 14:00 boarded p3 #3 van-0
        0 15:00 reached #3 far
        0 15:00 handed over p3 #3 van-0
        0 16:00 home #3
    """)


def test_when_ready_within_hours_each_vehicle_alone() -> None:
    """Would catch departures outside `hours`, two ready vehicles in one convoy, a vehicle that waits for
    the one before it though that one has no place for who waits."""
    yaml = SHORT_ROAD + (
        'period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}\n'
        "carriers:\n"
        "  bus:\n"
        "    fleet: {car: {count: 1, seats: 1}, van: {count: 2, seats: 2}}\n"
        '    plan: {days: when ready, hours: "06:00 .. 08:00"}\n'
    )
    patients = [
        Patient("0 01:00", companions=1),
        Patient("0 02:00"),
        Patient("0 07:59:59"),
        Patient("0 08:00"),
    ]
    assert run_by_hand(yaml, patients).table == lines("""
        0 01:00 referred p0
        0 02:00 referred p1
        0 06:00 departed #0 bus
        0 06:00 boarded p1 #0 car-0
        0 06:00 departed #1 bus
        0 06:00 boarded p0 #1 van-0
        0 07:00 reached #0 far
        0 07:00 handed over p1 #0 car-0
        0 07:00 reached #1 far
        0 07:00 handed over p0 #1 van-0
        0 07:59:59 referred p2
        0 07:59:59 departed #2 bus
        0 07:59:59 boarded p2 #2 van-1
        0 08:00 home #0
        0 08:00 home #1
        0 08:00 referred p3
        0 08:59:59 reached #2 far
        0 08:59:59 handed over p2 #2 van-1
        0 09:59:59 home #2
    """)


def test_the_horizon() -> None:
    """Would catch events that happen at the end of the run, and patients on the road counted as evacuated."""
    yaml = SHORT_ROAD + (
        'period: {from: 2024-01-01, to: 2024-01-01 10:00, utc_offset: "+00:00"}\n'
        "carriers: {bus: {fleet: {van: {count: 3, seats: 1}}, plan: {days: every 1 h}}}\n"
    )
    patients = [
        Patient("0 07:59:59"),
        Patient("0 08:30"),
        Patient("0 09:30", dies="0 09:59:59"),
        Patient("0 09:30", dies="0 10:00"),
        Patient("0 09:59:59"),
    ]
    case = run_by_hand(yaml, patients)
    assert case.table == [f"0 0{h}:00 blocked bus (too few waiting)" for h in range(8)] + lines("""
        0 07:59:59 referred p0
        0 08:00 departed #0 bus
        0 08:00 boarded p0 #0 van-0
        0 08:30 referred p1
        0 09:00 reached #0 far
        0 09:00 handed over p0 #0 van-0
        0 09:00 departed #1 bus
        0 09:00 boarded p1 #1 van-1
        0 09:30 referred p2
        0 09:30 referred p3
        0 09:59:59 referred p4
        0 09:59:59 died p2
    """)
    assert case.states == ["evacuated", "in transit", "died waiting", "waiting", "waiting"]
    assert case.outcome.spells[-2:].tolist() == [
        [3, clock("0 09:30"), clock("0 10:00")],
        [4, clock("0 09:59:59"), clock("0 10:00")],
    ]
    assert case.outcome.convoys.tolist() == [
        [0, clock("0 08:00"), clock("0 09:00"), -1, 0, 0, 0],
        [0, clock("0 09:00"), -1, -1, 0, 0, 0],
    ]


def test_what_ends_with_the_run_is_counted_up_to_its_end() -> None:
    """Would catch a convoy held, or under inspection, at the end of the run whose hours are lost."""
    period = 'period: {from: 2024-01-01, to: 2024-01-01 12:00, utc_offset: "+00:00"}\n'
    held = run_by_hand(period + ONE_VAN + closures("hold 09:30 13:00"), [Patient("0 08:00")])
    gate = "impediments: {gate: {kind: checkpoint, at: bridge, per_vehicle: 3 h}}"
    inspected = run_by_hand(period + ONE_VAN + gate, [Patient("0 08:00")])
    assert held.outcome.convoys[0, 5:].tolist() == [2 * 3600, 0]
    assert inspected.outcome.convoys[0, 5:].tolist() == [0, 2 * 3600]
    assert held.states == inspected.states == ["in transit"]


def test_a_vehicle_home_in_the_second_of_a_departure_goes_with_it() -> None:
    """Would catch vehicles that come home after the departures of their second."""
    yaml = SHORT_ROAD + (
        'period: {from: 2024-01-01, to: 2024-01-01 04:30, utc_offset: "+00:00"}\n'
        "carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: every 2 h}}}\n"
    )
    case = run_by_hand(yaml, [Patient()] * 3)
    assert case.table[3:] == lines("""
        0 00:00 departed #0 bus
        0 00:00 boarded p0 #0 van-0
        0 01:00 reached #0 far
        0 01:00 handed over p0 #0 van-0
        0 02:00 home #0
        0 02:00 departed #1 bus
        0 02:00 boarded p1 #1 van-0
        0 03:00 reached #1 far
        0 03:00 handed over p1 #1 van-0
        0 04:00 home #1
        0 04:00 departed #2 bus
        0 04:00 boarded p2 #2 van-0
    """)


def test_first_fit() -> None:
    """Would catch split parties, a lying patient on a seat (or a companion on a lying place), parties that
    lose their place when they do not fit, and vehicles out of order."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-02, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers:
  bus:
    fleet: {van: {count: 1, seats: 3}, amb: {count: 1, seats: 1, lying: 1}}
    plan: {days: daily, at: "09:00"}
route: {from: home, legs: [{to: far, travel: 1 h}]}
"""
    case = run_by_hand(
        yaml,
        [
            Patient("0 08:00", companions=3),
            Patient("0 08:00", lying=True, companions=1),
            Patient("0 08:00", companions=1),
            Patient("0 08:00", lying=True),
            Patient("0 08:00", companions=1),
            Patient("0 08:00"),
            Patient("0 08:00"),
        ],
    )
    assert case.table[7:] == lines("""
        0 09:00 departed #0 bus
        0 09:00 boarded p1 #0 amb-0
        0 09:00 boarded p2 #0 van-0
        0 09:00 boarded p5 #0 van-0
        0 10:00 reached #0 far
        0 10:00 handed over p1 #0 amb-0
        0 10:00 handed over p2 #0 van-0
        0 10:00 handed over p5 #0 van-0
        0 11:00 home #0
        1 09:00 departed #1 bus
        1 09:00 boarded p3 #1 amb-0
        1 09:00 boarded p6 #1 amb-0
        1 09:00 boarded p4 #1 van-0
        1 10:00 reached #1 far
        1 10:00 handed over p3 #1 amb-0
        1 10:00 handed over p6 #1 amb-0
        1 10:00 handed over p4 #1 van-0
        1 11:00 home #1
    """)
    assert case.states == ["waiting"] + ["evacuated"] * 6
    assert case.outcome.rides.tolist() == [[0, 0, 1, 2], [0, 1, 2, 3], [1, 0, 2, 2], [1, 1, 1, 2]]


def test_priority_class_before_referral() -> None:
    """Would catch a list in order of referral alone, or ranks compared as text."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}
need: {classes: {planned: {rank: 10, share: 50%}, critical: {rank: 2, share: 50%}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 3}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
"""
    kinds = ["planned", "critical", "planned", "critical"]
    case = run_by_hand(yaml, [Patient(f"0 0{k}:00", kind) for k, kind in enumerate(kinds)])
    assert case.table[4:8] == lines("""
        0 09:00 departed #0 bus
        0 09:00 boarded p1 #0 van-0
        0 09:00 boarded p3 #0 van-0
        0 09:00 boarded p0 #0 van-0
    """)


@pytest.mark.parametrize(
    ("cap", "boarded"),
    [
        ("patients: 2", ["p0 #0 van-0", "p1 #0 van-0"]),
        ("people: 3", ["p0 #0 van-0", "p2 #0 van-0"]),
        ("vehicles: 2", ["p0 #0 van-0", "p1 #0 van-0", "p2 #0 van-1", "p3 #0 van-1"]),
        ("people: 4, patients: 1", ["p0 #0 van-0"]),
        ("people: 1", ["p2 #0 van-0"]),
        ("patients: 0", []),
    ],
)
def test_convoy_caps(cap: str, boarded: list[str]) -> None:
    """Would catch a cap that counts the wrong thing, a party split to fit it, a boarding that stops at the
    first party that does not fit."""
    yaml = (
        SHORT_ROAD
        + f"impediments: {{cap: {{kind: convoy_cap, {cap}}}}}\n"
        + 'carriers: {bus: {fleet: {van: {count: 3, seats: 4}}, plan: {days: every 9 days, at: "09:00"}}}'
    )
    parties = [1, 1, 0, 2, 3]
    table = run_by_hand(yaml, [Patient("0 08:00", companions=c) for c in parties]).table
    assert [x.removeprefix("0 09:00 boarded ") for x in table if "boarded" in x] == boarded
    assert ("0 09:00 blocked bus (nobody fits)" in table) == (not boarded)


def test_escort_and_a_cap_on_vehicles() -> None:
    """Would catch an escort that carries patients, is not counted by the cap, or is left at home; and a
    convoy that leaves without one."""
    yaml = SHORT_ROAD + (
        'period: {from: 2024-01-01, to: 2024-01-01 12:00, utc_offset: "+00:00"}\n'
        "carriers: {bus: {fleet: {van: {count: 3, seats: 1}}, plan: {days: every 30 min, escort: 1}}}\n"
        "impediments: {cap: {kind: convoy_cap, vehicles: 2, to: 2024-01-01 03:00}}\n"
    )
    case = run_by_hand(yaml, [Patient("0 00:10")] * 4)
    quiet = [row for row in case.table if "too few" not in row]
    assert quiet[4:] == lines("""
        0 00:30 departed #0 bus
        0 00:30 boarded p0 #0 van-0
        0 01:00 blocked bus (no vehicle)
        0 01:30 reached #0 far
        0 01:30 handed over p0 #0 van-0
        0 01:30 blocked bus (no vehicle)
        0 02:00 blocked bus (no vehicle)
        0 02:30 home #0
        0 02:30 departed #1 bus
        0 02:30 boarded p1 #1 van-0
        0 03:00 blocked bus (no vehicle)
        0 03:30 reached #1 far
        0 03:30 handed over p1 #1 van-0
        0 03:30 blocked bus (no vehicle)
        0 04:00 blocked bus (no vehicle)
        0 04:30 home #1
        0 04:30 departed #2 bus
        0 04:30 boarded p2 #2 van-0
        0 04:30 boarded p3 #2 van-1
        0 05:30 reached #2 far
        0 05:30 handed over p2 #2 van-0
        0 05:30 handed over p3 #2 van-1
        0 06:30 home #2
    """)
    assert case.outcome.rides.tolist() == [
        [0, 0, 1, 1], [0, 1, 0, 0], [1, 0, 1, 1], [1, 1, 0, 0], [2, 0, 1, 1], [2, 1, 1, 1], [2, 2, 0, 0]
    ]  # fmt: skip


NINE_DAYS = SHORT_ROAD + (
    'period: {from: 2024-01-03, to: 2024-01-11, utc_offset: "+00:00"}\n'
    'carriers: {bus: {fleet: {van: {count: 2, seats: 1}}, plan: {days: daily, at: "00:00"}}}\n'
)


def test_fuel_by_the_week_of_the_period() -> None:
    """Would catch weeks counted from Mondays, fuel carried over, a convoy that is not made smaller, and the
    first second of a week counted with the week before."""
    yaml = NINE_DAYS + "impediments: {fuel: {kind: fuel_limit, per_week: 100 l, per_trip: 60 l}}"
    case = run_by_hand(yaml, [Patient()] * 3)
    assert case.table == lines("""
        0 00:00 referred p0
        0 00:00 referred p1
        0 00:00 referred p2
        0 00:00 departed #0 bus
        0 00:00 boarded p0 #0 van-0
        0 01:00 reached #0 far
        0 01:00 handed over p0 #0 van-0
        0 02:00 home #0
        1 00:00 blocked bus (no fuel)
        2 00:00 blocked bus (no fuel)
        3 00:00 blocked bus (no fuel)
        4 00:00 blocked bus (no fuel)
        5 00:00 blocked bus (no fuel)
        6 00:00 blocked bus (no fuel)
        7 00:00 departed #1 bus
        7 00:00 boarded p1 #1 van-0
        7 01:00 reached #1 far
        7 01:00 handed over p1 #1 van-0
        7 02:00 home #1
        8 00:00 blocked bus (no fuel)
    """)


def test_fuel_to_the_last_litre() -> None:
    """Would catch a trip on fuel that is used up, where a trip needs little of it."""
    yaml = (
        SHORT_ROAD
        + """
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}}
impediments: {fuel: {kind: fuel_limit, per_week: 2 l, per_trip: 1 l}}
"""
    )
    left = run_by_hand(yaml, [Patient()] * 3).outcome.convoys[:, 1].tolist()
    assert left == [clock("0 09:00"), clock("1 09:00")]


def test_fuel_for_the_escort_too() -> None:
    """Would catch an escort that drives without fuel."""
    yaml = NINE_DAYS.replace('at: "00:00"', 'at: "00:00", escort: 1')
    fuel = "impediments: {fuel: {kind: fuel_limit, per_week: %s l, per_trip: 60 l}}"
    too_little = run_by_hand(yaml + fuel % 119, [Patient()])
    assert too_little.states == ["waiting"]
    assert {row for row in too_little.table if "blocked" in row} == {
        f"{day} 00:00 blocked bus (no fuel)" for day in range(9)
    }
    assert run_by_hand(yaml + fuel % 120, [Patient()]).states == ["evacuated"]


def test_so_many_departures_a_week() -> None:
    """Would catch a limit shared by carriers, one counted in vehicles, and a week that starts elsewhere."""
    yaml = NINE_DAYS + "impediments: {limit: {kind: passage_limit, per_week: 1}}"
    case = run_by_hand(yaml, [Patient()] * 3)
    assert case.table == lines("""
        0 00:00 referred p0
        0 00:00 referred p1
        0 00:00 referred p2
        0 00:00 departed #0 bus
        0 00:00 boarded p0 #0 van-0
        0 00:00 boarded p1 #0 van-1
        0 01:00 reached #0 far
        0 01:00 handed over p0 #0 van-0
        0 01:00 handed over p1 #0 van-1
        0 02:00 home #0
        1 00:00 blocked bus (weekly limit)
        2 00:00 blocked bus (weekly limit)
        3 00:00 blocked bus (weekly limit)
        4 00:00 blocked bus (weekly limit)
        5 00:00 blocked bus (weekly limit)
        6 00:00 blocked bus (weekly limit)
        7 00:00 departed #1 bus
        7 00:00 boarded p2 #1 van-0
        7 01:00 reached #1 far
        7 01:00 handed over p2 #1 van-0
        7 02:00 home #1
        8 00:00 blocked bus (weekly limit)
    """)


@pytest.mark.parametrize(
    "rule",
    [
        "{kind: passage_limit, per_week: 1}",
        "{kind: fuel_limit, per_week: 60 l, per_trip: 60 l}",
    ],
)
def test_a_ready_vehicle_leaves_in_the_first_second_of_a_new_week(rule: str) -> None:
    """Would catch a vehicle that nobody wakes when a new week's allowance begins."""
    yaml = (
        NINE_DAYS.replace('daily, at: "00:00"', "when ready").replace("count: 2", "count: 1")
        + f"impediments: {{limit: {rule}}}"
    )
    case = run_by_hand(yaml, [Patient("0 05:00")] * 3)
    assert case.outcome.convoys[:, 1].tolist() == [clock("0 05:00"), clock("7 00:00")]


def test_clearance() -> None:
    """Would catch clearance a second early or late, counted from referral where the rule came later, held
    against those who left before it, or that outlives the rule (refused and pending alike)."""
    yaml = SHORT_ROAD + (
        'period: {from: 2024-01-01, to: 2024-01-02, utc_offset: "+00:00"}\n'
        "carriers: {bus: {fleet: {van: {count: 4, seats: 1}}, plan: {days: when ready}}}\n"
        "impediments:\n"
        "  papers: {kind: clearance, lead_time: 1 day, refused: 50%,"
        " from: 2024-01-01 12:00, to: 2024-01-02 12:00}\n"
        "  shut: {kind: closure, from: 2024-01-01 11:00, to: 2024-01-01 12:00}\n"
    )
    case = run_by_hand(
        yaml,
        [
            Patient("0 10:00", lead=("0 05:00",)),
            Patient("0 11:30", lead=("0 03:00",)),
            Patient("0 13:00", lead=("0 02:00",)),
            Patient("0 14:45", lead=("0 00:01",), refusal=0.49),
            Patient("1 00:00", lead=("0 20:00",)),
        ],
    )
    assert case.table == lines("""
        0 10:00 referred p0
        0 10:00 departed #0 bus
        0 10:00 boarded p0 #0 van-0
        0 11:00 reached #0 far
        0 11:00 handed over p0 #0 van-0
        0 11:30 referred p1
        0 12:00 home #0
        0 13:00 referred p2
        0 14:45 referred p3
        0 15:00 departed #1 bus
        0 15:00 boarded p1 #1 van-0
        0 15:00 departed #2 bus
        0 15:00 boarded p2 #2 van-1
        0 16:00 reached #1 far
        0 16:00 handed over p1 #1 van-0
        0 16:00 reached #2 far
        0 16:00 handed over p2 #2 van-1
        0 17:00 home #1
        0 17:00 home #2
        1 00:00 referred p4
        1 12:00 departed #3 bus
        1 12:00 boarded p3 #3 van-0
        1 12:00 departed #4 bus
        1 12:00 boarded p4 #4 van-1
        1 13:00 reached #3 far
        1 13:00 handed over p3 #3 van-0
        1 13:00 reached #4 far
        1 13:00 handed over p4 #4 van-1
        1 14:00 home #3
        1 14:00 home #4
    """)


def test_the_least_number_worth_a_trip_counts_who_may_board() -> None:
    """Would catch a convoy sent for people who may not board: deterred, lying, not cleared."""
    yaml = SHORT_ROAD + (
        "carriers:\n"
        "  bus:\n"
        "    fleet: {van: {count: 1, seats: 9, lying: 9}}\n"
        '    plan: {days: daily, at: "09:00", needs: 3}\n'
        "impediments:\n"
        "  fear: {kind: deterrence, share: 30%, to: 2024-01-02 09:00}\n"
        "  ambulances: {kind: no_lying_patients, to: 2024-01-01}\n"
    )
    case = run_by_hand(
        yaml,
        [
            Patient("0 08:00", reluctance=0.29),
            Patient("0 08:00", lying=True),
            Patient("0 08:00", reluctance=0.3),
            Patient("0 08:00"),
        ],
    )
    assert case.table[4:10] == lines("""
        0 09:00 blocked bus (too few waiting)
        1 09:00 departed #0 bus
        1 09:00 boarded p0 #0 van-0
        1 09:00 boarded p1 #0 van-0
        1 09:00 boarded p2 #0 van-0
        1 09:00 boarded p3 #0 van-0
    """)


def test_removing_a_closure_may_cost_evacuations() -> None:
    """Would catch a "correction" that makes removal monotone: a vehicle that left almost empty is away when
    nine more arrive. The model must show it, not hide it."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-01 12:00, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 10}}, plan: {days: when ready}}}
route: {from: home, legs: [{to: far, travel: 5 h}]}
impediments: {shut: {kind: closure, to: 2024-01-01 01:00}}
"""
    patients = [Patient(), *[Patient("0 01:00")] * 9]
    shut = run_by_hand(yaml, patients, "actual")
    free = run_by_hand(yaml, patients, "unimpeded")
    assert shut.counts() == {"evacuated": 10}
    assert free.counts() == {"evacuated": 1, "in transit": 9}
    assert free.table == [
        "0 00:00 referred p0",
        "0 00:00 departed #0 bus",
        "0 00:00 boarded p0 #0 van-0",
        *[f"0 01:00 referred p{k}" for k in range(1, 10)],
        "0 05:00 reached #0 far",
        "0 05:00 handed over p0 #0 van-0",
        "0 10:00 home #0",
        "0 10:00 departed #1 bus",
        *[f"0 10:00 boarded p{k} #1 van-0" for k in range(1, 10)],
    ]
    assert shut.table == [
        "0 00:00 referred p0",
        *[f"0 01:00 referred p{k}" for k in range(1, 10)],
        "0 01:00 departed #0 bus",
        *[f"0 01:00 boarded p{k} #0 van-0" for k in range(10)],
        "0 06:00 reached #0 far",
        *[f"0 06:00 handed over p{k} #0 van-0" for k in range(10)],
        "0 11:00 home #0",
    ]


RULES = pytest.mark.parametrize(
    "rule",
    [
        "kind: closure",
        "kind: closure, at: bridge, policy: hold",
        "kind: deterrence, share: 30%",
        "kind: no_lying_patients",
        "kind: convoy_cap, people: 1",
        "kind: passage_limit, chance: 0",
        "kind: passage_limit, per_week: 0",
        "kind: fuel_limit, per_week: 10 l, per_trip: 11 l",
        "kind: clearance, lead_time: 9 days",
    ],
)


ANYBODY = Patient("0 08:00", companions=1, lying=True, reluctance=0.29, lead=("9 00:00",))
"""To whom each kind of rule applies."""


def left_under(rule: str, world: str = "actual", patient: Patient = ANYBODY) -> list[int]:
    """Seconds at which vehicles left for one patient."""
    yaml = f"""
period: {{from: 2024-01-01, to: 2024-01-01, utc_offset: "+00:00"}}
need: {{classes: {{all: {{}}}}}}
carriers: {{bus: {{fleet: {{van: {{count: 1, seats: 1, lying: 1}}}}, plan: {{days: when ready}}}}}}
route: {{from: home, legs: [{{to: bridge, travel: 1 h}}, {{to: far, travel: 1 h}}]}}
impediments: {{rule: {{{rule}, to: 2024-01-01 09:00:01}}}}
"""
    if "clearance" not in rule:
        patient = patient._replace(lead=())
    left: list[int] = run_by_hand(yaml, [patient], world).outcome.convoys[:, 1].tolist()
    return left


@RULES
def test_a_ready_vehicle_leaves_in_the_second_in_which_a_rule_ends(rule: str) -> None:
    """Would catch a kind of rule at whose end nobody wakes the vehicles, or that outlives its last second."""
    assert left_under(rule) == [clock("0 09:00:01")]
    assert left_under(rule, "unimpeded") == [clock("0 08:00")]


@RULES
def test_a_rule_holds_from_its_first_second_on(rule: str) -> None:
    """Would catch a kind of rule that begins a second late, or a second early."""
    assert left_under(rule + ", from: 2024-01-01 08:00") == [clock("0 09:00:01")]
    assert left_under(rule + ", from: 2024-01-01 08:00:01") == [clock("0 08:00")]


@pytest.mark.parametrize(
    "rule", ["kind: deterrence, share: 0%", "kind: clearance, lead_time: 0 h, refused: 0%"]
)
def test_what_never_happens_does_not_to_whom_luck_is_lowest(rule: str) -> None:
    """Would catch a chance of 0 % that is met by luck of exactly 0."""
    lowest = ANYBODY._replace(reluctance=0.0, refusal=0.0, lead=())
    assert left_under(rule, patient=lowest) == [clock("0 08:00")]


def test_another_plan_and_other_vehicles_from_a_day_on() -> None:
    """Would catch a plan or a vehicle that starts or ends on the wrong side of midnight."""
    yaml = (
        SHORT_ROAD
        + """
carriers:
  bus:
    fleet: {car: {count: 1, seats: 1, to: 2024-01-01}, van: {count: 1, seats: 1, from: 2024-01-02}}
    plan: {days: every 10 h}
    plan_from: {2024-01-02: {days: when ready}, 2024-01-03: {days: daily, at: "06:00"}}
"""
    )
    patients = [Patient("0 08:00"), Patient("0 20:30"), Patient("0 21:00"), Patient("2 01:00")]
    table = run_by_hand(yaml, patients).table
    assert [row for row in table if "boarded" in row or "blocked" in row] == lines("""
        0 00:00 blocked bus (too few waiting)
        0 10:00 boarded p0 #0 car-0
        0 20:00 blocked bus (too few waiting)
        1 00:00 boarded p1 #1 van-0
        1 02:00 boarded p2 #2 van-0
        2 06:00 boarded p3 #3 van-0
    """)


def test_a_chance_that_grows_with_the_list() -> None:
    """Would catch the chance of a shorter list taken, or a list counted in people."""
    yaml = (
        SHORT_ROAD
        + """
carriers:
  bus:
    fleet: {van: {count: 1, seats: 1}}
    plan:
      {days: daily, at: "09:00", chance: 0, by_list: [{parties: 3, chance: 100%}, {parties: 2, chance: 0}]}
"""
    )
    two = [Patient(companions=1), Patient()]
    assert run_by_hand(yaml, two).table[2:] == []
    assert run_by_hand(yaml, [*two, Patient("1 09:00")]).table[3:5] == lines("""
        1 09:00 departed #0 bus
        1 09:00 boarded p1 #0 van-0
    """)


def test_a_lying_place_is_still_free_when_the_seats_are_taken() -> None:
    """Would catch a boarding that stops looking once somebody found no seat."""
    yaml = SHORT_ROAD + (
        "carriers:\n"
        "  bus: {fleet: {amb: {count: 1, seats: 1, lying: 1}}, plan: {days: every 9 days, at: '09:00'}}\n"
    ).replace("'", '"')
    patients = [Patient(), Patient(), Patient(lying=True, companions=1), Patient(lying=True)]
    assert [row for row in run_by_hand(yaml, patients).table if "boarded" in row] == [
        "0 09:00 boarded p0 #0 amb-0",
        "0 09:00 boarded p3 #0 amb-0",
    ]


def test_a_vehicle_that_found_nobody_who_fits_looks_again_like_any_other() -> None:
    """Would catch a `recheck` that forgets vehicles for which the waiting party was too large."""
    yaml = READY.replace("when ready}", "when ready, recheck: 4 h}")
    patients = [Patient("0 00:00", companions=1), Patient("0 05:00")]
    assert run_by_hand(yaml, patients).outcome.convoys[:, 1].tolist() == [clock("0 08:00")]


def test_a_rule_for_one_class_leaves_the_others_alone() -> None:
    """Would catch a rule that holds for every class but the one that it names."""
    yaml = """
need: {classes: {first: {share: 50%}, second: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 2}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
impediments: {fear: {kind: deterrence, classes: [first], share: 100%}}
"""
    case = run_by_hand(yaml, [Patient(kind="first"), Patient(kind="second")])
    assert case.states == ["waiting", "evacuated"]


def test_two_departures_a_week() -> None:
    """Would catch a count of the week's departures that stops at one, or is not begun anew."""
    yaml = """
period: {from: 2024-01-01, to: 2024-01-10, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers: {bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "09:00"}}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
impediments: {few: {kind: passage_limit, per_week: 2}}
"""
    left = run_by_hand(yaml, [Patient()] * 9).outcome.convoys[:, 1].tolist()
    assert left == [clock(f"{day} 09:00") for day in (0, 1, 7, 8)]
