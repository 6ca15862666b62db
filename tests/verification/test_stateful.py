"""Why: a list, a fleet and a line have memory; what breaks them is a sequence (join, board, come back, die on
the road) that nobody thought of. Each is driven through sequences beside a model of plain sets and lists,
and must agree with it after every step.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sim.model.checkpoint_line import CheckpointLine
from sim.model.layout import DAY, NONE
from sim.model.outcome import STATE_NAMES
from sim.model.plan import CheckpointRule, Steps, make_plan
from sim.model.simpy_engine import Corridor
from sim.model.waiting_list import WaitingList
from tests.model.hand import Patient, clock_text, draws_of, layout_of

few = settings(
    max_examples=60,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),  # twenty steps are short enough to read, and shrinking them takes minutes
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
MINUTES = st.integers(0, 40)


# --------------------------------------------------------------------------------------- the waiting list

LIST = layout_of("""
period: {from: 2024-01-01, to: 2024-01-01 01:00, utc_offset: "+00:00"}
need: {classes: {urgent: {rank: 1, share: 50%}, calm: {rank: 2, share: 30%}, late: {rank: 2, share: rest}}}
carriers:
  bus: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "00:30"}}
  car: {fleet: {van: {count: 1, seats: 1}}, plan: {days: daily, at: "00:30"}}
route: {from: home, legs: [{to: far, travel: 1 h}]}
impediments:
  fear: {kind: deterrence, share: 50%, carriers: [bus], classes: [urgent, late], to: 2024-01-01 00:20}
  papers: {kind: clearance, lead_time: 5 min, refused: 50%, classes: [calm, late], from: 2024-01-01 00:10}
  seated: {kind: no_lying_patients, carriers: [car], from: 2024-01-01 00:15, to: 2024-01-01 00:40}
""")
LIST_PLAN = make_plan(LIST, "actual")
HOUR = 3600
PATIENTS = st.builds(
    lambda minute, kind, lying, ends, fear, lead, refusal: Patient(
        clock_text(minute * 60), kind, 0, lying,
        withdraws="" if ends[0] is None else clock_text((minute + ends[0]) * 60),
        dies="" if ends[1] is None else clock_text((minute + ends[1]) * 60),
        reluctance=fear, lead=(clock_text(lead * 60),), refusal=refusal,
    ),
    MINUTES, st.sampled_from(("urgent", "calm", "late")), st.booleans(),
    st.tuples(st.none() | MINUTES, st.none() | MINUTES), st.sampled_from((0.4, 0.6)),
    st.integers(0, 20), st.sampled_from((0.4, 0.6)),
)  # fmt: skip


class ListModel:
    """The list as a set: nothing is kept in order, nothing is ahead of its time."""

    def __init__(self, draws) -> None:
        self.draws, self.now = draws, -1
        self.rank = [1 if LIST.classes[k].name == "urgent" else 2 for k in draws.kind]
        self.name = [LIST.classes[k].name for k in draws.kind]
        self.ends = np.minimum(draws.dies, draws.withdraws)
        self.state = dict.fromkeys(range(draws.patients), "not referred")
        self.since: dict[int, int] = {}
        self.stays: list[tuple[int, int, int]] = []

    def go_to(self, second: int) -> None:
        """Second by second: who is referred joins, whose end it is leaves."""
        changes = {*self.draws.referred.tolist(), *self.ends.tolist()}
        for s in sorted(s for s in changes if self.now < s <= second):
            for p in np.flatnonzero(self.draws.referred == s).tolist():
                self.state[p], self.since[p] = "waiting", s
            for p in [p for p in self.on_list() if self.ends[p] <= s]:
                self.leave(p, s)
        self.now = second

    def leave(self, p: int, second: int) -> None:
        self.state[p] = "died waiting" if self.draws.dies[p] <= self.draws.withdraws[p] else "withdrew"
        self.stays.append((p, self.since[p], second))

    def on_list(self) -> list[int]:
        waiting = [p for p, state in self.state.items() if state == "waiting"]
        return sorted(waiting, key=lambda p: (self.rank[p], self.draws.referred[p], p))

    def may_board(self, p: int, carrier: str) -> bool:
        minute, of = self.now / 60, self.draws
        if carrier == "car" and of.lying[p] and 15 <= minute < 40:
            return False
        if carrier == "bus" and self.name[p] != "calm" and of.reluctance[p] < 0.5 and minute < 20:
            return False
        asked = max(of.referred[p], 600)
        pending = of.refusal[0][p] < 0.5 or self.now < asked + of.lead[0][p]
        return not (self.name[p] != "urgent" and minute >= 10 and pending)


class WaitingListMachine(RuleBasedStateMachine):
    """Refer, wait, board, come back, be handed over, in any order that time allows.

    Would catch a place lost on coming home, an end seen late or twice, a rule a second too long.
    """

    @initialize(patients=st.lists(PATIENTS, min_size=1, max_size=9))
    def start(self, patients: list[Patient]) -> None:
        patients.sort(key=lambda p: p.referred.split()[1])
        draws = draws_of(LIST, patients)
        self.log: list[tuple[str, int, int]] = []
        self.real = WaitingList(
            LIST_PLAN, draws, lambda what, p, second=NONE: self.log.append((what, p, second))
        )
        self.model = ListModel(draws)
        self.convoys: dict[int, list[int]] = {}
        self.go(0)

    @rule(minutes=st.integers(0, 9))
    def go(self, minutes: int) -> None:
        """Time passes."""
        second = min(HOUR - 1, max(0, self.model.now) + 60 * minutes)
        self.real.update(second)
        self.model.go_to(second)

    @rule(carrier=st.sampled_from(("bus", "car")), skip=st.integers(0, 2), most=st.integers(1, 3))
    def board(self, carrier: str, skip: int, most: int) -> None:
        """Some of the eligible leave, not always the first: others may have been too large."""
        riders = [p for p in self.model.on_list() if self.model.may_board(p, carrier)][skip : skip + most]
        number = len(self.convoys)
        self.convoys[number] = riders
        self.real.board(riders, self.model.now, number)
        for p in riders:
            self.model.state[p] = "in transit"
            self.model.stays.append((p, self.model.since[p], self.model.now))
            assert (self.real.boarded_at[p], self.real.convoy_of[p]) == (self.model.now, number)

    @precondition(lambda self: any(self.convoys.values()))
    @rule(data=st.data(), back=st.booleans())
    def arrive(self, data, back: bool) -> None:
        """A convoy hands over, or comes home with its parties."""
        number = data.draw(st.sampled_from([n for n, riders in self.convoys.items() if riders]))
        riders, self.convoys[number] = self.convoys[number], []
        if back:
            for p in riders:
                self.real.join(p, self.model.now)
                self.model.state[p], self.model.since[p] = "waiting", self.model.now
                if self.model.ends[p] <= self.model.now:
                    self.model.leave(p, self.model.now)
        else:
            self.real.hand_over(riders, self.model.now)
            self.model.state |= dict.fromkeys(riders, "evacuated")

    @invariant()
    def agree(self) -> None:
        """Order, states, who may board, stays."""
        if not hasattr(self, "model"):
            return
        model, real = self.model, self.real
        assert [p for queue in real.queues for p in queue] == model.on_list()
        assert [STATE_NAMES[s] for s in real.state] == list(model.state.values())
        assert sorted(real.spells) == sorted(model.stays)
        for c, carrier in enumerate(LIST.carriers):
            able = [p for p in model.on_list() if model.may_board(p, carrier)]
            assert list(real.eligible(c, model.now)) == able
            assert real.count_eligible(c, model.now, 2) == min(2, len(able))

    def teardown(self) -> None:
        """The end: whoever is there has waited until then, and every end is in the log at its second."""
        if not hasattr(self, "model"):
            return
        self.real.close(HOUR)
        self.model.go_to(HOUR - 1)
        still = [(p, self.model.since[p], HOUR) for p in self.model.on_list()]
        assert sorted(self.real.spells) == sorted(self.model.stays + still)
        left = {p: end for p, _, end in sorted(self.model.stays)}
        for what, p, second in self.log:
            assert second == (self.model.draws.referred[p] if what == "referred" else left[p])


# --------------------------------------------------------------------------------------- the line

SPAN = st.tuples(st.integers(0, 60), st.integers(1, 40)).map(lambda s: (s[0], s[0] + s[1]))
RULES = st.lists(
    st.tuples(SPAN, st.sampled_from((1, 2, 3)), st.integers(1, 3), st.none() | st.lists(SPAN, max_size=2)),
    max_size=3,
)
"""(in force, carriers as bits, lanes, open spans or always)"""
LAST = 110
"""Every rule has ended by then."""


def through_by_brute_force(rules, joined) -> list[tuple[int, int]]:
    """Second by second: who joins stands last; the first in line goes in, or on, when it can."""
    line: list[tuple[int, int, list[int]]] = []
    lanes: list[int] = []
    result = [(NONE, NONE)] * len(joined)
    for now in range(LAST + 1):
        line += [(k, carrier, seconds) for k, (at, carrier, seconds) in enumerate(joined) if at == now]
        lanes = [end for end in lanes if end > now]
        while line:
            k, carrier, seconds = line[0]
            force = [n for n, ((start, end), *_) in enumerate(rules) if start <= now < end]
            mine = [n for n in force if rules[n][1] >> carrier & 1]
            if mine:
                shut = any(
                    rules[n][3] is not None and not any(a <= now < b for a, b in rules[n][3]) for n in force
                )
                if shut or len(lanes) >= min(rules[n][2] for n in force):
                    break
            length = sum(seconds[n] for n in mine)
            result[k] = (now, now + length)
            lanes += [now + length] if length else []
            line.pop(0)
    return result


def line_of(rules) -> CheckpointLine:
    """The real line at place 1, from the same rules."""
    is_open = [
        all(
            spans is None or any(a <= s < b for a, b in spans)
            for (start, end), _, _, spans in rules
            if start <= s < end
        )
        for s in range(LAST + 1)
    ]
    flips = [s for s in range(1, LAST + 1) if is_open[s] != is_open[s - 1]]
    edges = {edge for (start, end), *_ in rules for edge in (start, end)}
    plan = SimpleNamespace(
        checkpoints=tuple(
            CheckpointRule(start, end, carriers, 1, lanes, NONE, n)
            for n, ((start, end), carriers, lanes, _) in enumerate(rules)
        ),
        checkpoint_open=(None, Steps((0, *flips), tuple(int(is_open[s]) for s in (0, *flips)))),
        checkpoint_changes=((), tuple(sorted(edges | set(flips)))),
    )
    return CheckpointLine(plan, 1)


class LineMachine(RuleBasedStateMachine):
    """Vehicles of two carriers join; the real line says at once when each is through.

    Would catch overtaking, a lane used twice, a queue upset by closing time or by a rule that starts or ends.
    """

    @initialize(rules=RULES)
    def start(self, rules) -> None:
        self.rules, self.real, self.now = rules, line_of(rules), 0
        self.joined: list[tuple[int, int, list[int]]] = []
        self.said: list[tuple[int, int]] = []

    @rule(
        gap=st.integers(0, 12),
        carrier=st.integers(0, 1),
        seconds=st.lists(st.integers(0, 15), min_size=3, max_size=3),
    )
    def join(self, gap: int, carrier: int, seconds: list[int]) -> None:
        """A vehicle joins; how long each rule would take for it is known."""
        self.now = min(LAST - 10, self.now + gap)
        self.joined.append((self.now, carrier, seconds))
        self.said.append(self.real.join(self.now, carrier, lambda rule: seconds[rule.slot]))

    @invariant()
    def agree(self) -> None:
        """Nobody who joins later moves who is in front; each is let in when the brute force says."""
        if hasattr(self, "said"):
            assert self.said == through_by_brute_force(self.rules, self.joined)


# --------------------------------------------------------------------------------------- the fleet

FLEET = layout_of("""
period: {from: 2024-01-01, to: 2024-01-06, utc_offset: "+00:00"}
need: {classes: {all: {}}}
carriers:
  bus:
    fleet:
      big: {count: 2, seats: 2, availability: 50%}
      new: {count: 1, seats: 1, from: 2024-01-01 10:00, to: 2024-01-02 08:00}
    plan: {days: every 30 min, vehicles: 2}
  car: {rank: 2, fleet: {amb: {count: 2, seats: 1}}, plan: {days: every 30 min, escort: 1}}
route: {from: home, legs: [{to: gate, travel: 40 min}, {to: far, travel: 20 min}], turnaround: 25 min}
impediments:
  shut: {kind: closure, policy: turn_back, at: gate, from: 2024-01-01 06:00, to: 2024-01-01 06:30}
""")
FLEET_PLAN = make_plan(FLEET, "actual")
MINUTE = 60
SHUTS, OPENS = 6 * HOUR, 6 * HOUR + 30 * MINUTE


class FleetMachine(RuleBasedStateMachine):
    """Departures at any second; a vehicle is home, or due home at a second that arithmetic gives.

    Would catch a vehicle on two trips, one lost on the road, one that leaves unfit, too early or too late.
    """

    @initialize(unfit=st.lists(st.booleans(), min_size=4, max_size=4))
    def start(self, unfit: list[bool]) -> None:
        draws = draws_of(FLEET, [Patient()] * 300)
        fit = draws.fit.copy()
        fit[:2] = 0.2
        fit[:2, :2] += np.array(unfit).reshape(2, 2) * 0.6
        self.real = Corridor(FLEET_PLAN, replace(draws, fit=fit))
        self.unfit = {(v, day) for v in (0, 1) for day in (0, 1) if fit[v, day] > 0.5}
        self.due = dict.fromkeys(range(5), NONE)
        self.now = 0

    @rule(gap=st.sampled_from((1, 5, 20, 40, 80, 125, 145, 300, 350)), carrier=st.integers(0, 1))
    def depart(self, gap: int, carrier: int) -> None:
        """Ask for a departure some minutes on; what arrives in that very second has not arrived yet."""
        self.now += gap * MINUTE
        self.real.env.run(until=self.now)
        self.real.list.update(self.now)
        found = self.real.vehicles_home(carrier)
        refused = self.real.passage(carrier) or self.real.depart(carrier, carrier, found)
        home = [v for v in ((0, 1, 2) if carrier == 0 else (3, 4)) if self.due[v] < self.now]
        home = [v for v in home if (v, self.now // DAY) not in self.unfit]
        if not 10 * HOUR <= self.now < DAY + 8 * HOUR:
            home = [v for v in home if v != 2]
        assert found == home
        going = home[:2] if carrier == 0 else home if len(home) == 2 else []
        assert bool(refused) == (self.is_shut(self.now) or not going)
        if refused:
            return
        at_the_gate, again = self.now + 40 * MINUTE, self.now + 105 * MINUTE
        leaves = OPENS if self.is_shut(again) else again
        home_at = self.now + 80 * MINUTE if self.is_shut(at_the_gate) else leaves + 40 * MINUTE
        self.due |= dict.fromkeys(going, home_at)
        seats = sum(2 if v < 2 else 1 for v in going) if carrier == 0 else 1
        assert sum(map(len, self.real.trips[-1].aboard.values())) == seats
        assert list(self.real.trips[-1].slots) == going

    def is_shut(self, second: int) -> bool:
        return SHUTS <= second < OPENS

    @invariant()
    def out_and_home(self) -> None:
        """Vehicles out and home are the fleet; each is where arithmetic says."""
        if hasattr(self, "due"):
            assert self.real.at_home == [due < self.now for due in self.due.values()]


TestWaitingList = WaitingListMachine.TestCase
TestLine = LineMachine.TestCase
TestFleet = FleetMachine.TestCase
TestWaitingList.settings = TestLine.settings = TestFleet.settings = few
