"""The invariants of the model, checked in every run: plain loops over an outcome's rows, compiled.

Whatever the rows say, nothing is read outside them: an index is used once it is known to be one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.model.checking_road import CheckingRoad
from sim.model.compiling import compiled
from sim.model.draws import Draws
from sim.model.layout import NEVER, NONE
from sim.model.outcome import EVACUATED, IN_TRANSIT, WAITING, WITHDREW, ModelError, Outcome
from sim.model.plan import OPEN, Plan

Ints: TypeAlias = NDArray[np.int64]
Ints2: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Floats2: TypeAlias = NDArray[np.float64]
States: TypeAlias = NDArray[np.int8]
Bools: TypeAlias = NDArray[np.bool_]

(
    WHOLE, NAMED, IN_ORDER, AFTER_END, ROAD_OPEN, OVER_AFTER, HOME_AFTER, TURNED_EMPTY,
    ONE_STATE, LEFT_AT_END, ON_CONVOY, BOARDS_WITH, REFERRED_FIRST, OVER_WITH, ALIVE, MAY_LIE, COMES, CLEARED,
    STAY_ENDS, ALL_LISTED, FROM_REFERRAL, NO_OVERLAP, STAY_ENDS_WITH,
    SEATS_KEPT, TRIPS_APART, HAS_VEHICLES, HAS_PATIENTS, CAPS_KEPT, CONSERVED,
) = range(29)  # fmt: skip
INVARIANTS = (
    "",
    "rows name carriers, convoys and vehicles that there are",
    "convoys, and the vehicles in them, are in the order of departure",
    "nothing happens after the end",
    "no departure while the road is closed",
    "handover after departure",
    "home after handover",
    "a convoy turned back hands nobody over",
    "each patient ends in one state",
    "who has left is evacuated, died or withdrew",
    "who is on the road or evacuated is on a convoy",
    "patients board when their convoy leaves",
    "referral before boarding",
    "patients are handed over with their convoy",
    "nobody boards after dying or withdrawing",
    "nobody who must lie down boards while that is barred",
    "nobody boards who stays away",
    "nobody boards before clearance, or when refused",
    "a stay on the list ends after it starts",
    "every patient has been on the list",
    "waiting starts with referral",
    "stays on the list do not overlap",
    "a stay on the list ends when its patient leaves it",
    "no vehicle carries more than it holds",
    "a vehicle's trips do not overlap",
    "every convoy has vehicles",
    "no convoy leaves without patients",
    "convoys keep to the caps",
    "evacuated = handed over",
)
"""What each number says."""


class Checking:
    """The invariants of one world: its rules are made tables once, for many replications.

    Threads may share one.
    """

    def __init__(self, plan: Plan) -> None:
        self._of_road = CheckingRoad(plan)
        road = [steps[0] for steps in plan.road[: len(plan.layout.carriers)]]
        self._horizon = plan.horizon
        self._seats = np.array([v.seats + v.lying for v in plan.vehicles], dtype=np.int64)
        self._road_first = np.cumsum([0, *(len(steps.times) for steps in road)])
        self._road = _table([change for steps in road for change in zip(*steps, strict=True)], 2)
        self._caps = _table(plan.caps, 6)
        bars = [(*rule, -1, NONE, NONE) for rule in plan.no_lying]
        deterrents = [(*rule, NONE) for rule in plan.deterrents]
        self._barriers = _table([*bars, *deterrents, *plan.clearances], 6)

    def check(self, draws: Draws, outcome: Outcome) -> None:
        """Check conservation and order.

        Raises
        ------
        ModelError
            Naming the first invariant that is broken.
        """
        d, o = draws, outcome
        loads = np.zeros((len(o.convoys), 3), dtype=np.int64)
        of = loops()
        broken = of["of_convoys"](
            o.convoys, o.rides, o.blocked, d.values, self._horizon, self._seats, self._road_first, self._road,
            self._caps, loads, np.zeros_like(self._seats),
        ) or of["of_patients"](
            o.state, o.boarded, o.left, o.convoy, o.spells, o.convoys,
            d.values, d.referred, d.kind, d.lying, d.withdraws, d.dies, d.reluctance, d.lead, d.refusal,
            self._horizon, self._barriers, loads,
        )  # fmt: skip
        if broken:
            raise ModelError(f"broken: {INVARIANTS[broken]}")
        self._of_road.check(draws, outcome)


def _table(rows: Sequence[tuple[int, ...]], columns: int) -> Ints2:
    return np.array(rows, dtype=np.int64).reshape(-1, columns)


@cache
def loops() -> Any:
    """The loops, compiled when they are first needed."""
    names = ("of_convoys", "of_patients")
    return compiled(sys.modules[__name__], names, names)


def of_convoys(
    convoys: Ints2,
    rides: Ints2,
    blocked: Ints2,
    values: Floats,
    horizon: int,
    seats: Ints,
    road_first: Ints,
    road: Ints2,
    caps: Ints2,
    loads: Ints2,
    back: Ints,
) -> int:
    """Check convoys and their vehicles: number of the first invariant that is broken, WHOLE where none is.

    Parameters
    ----------
    convoys, rides, blocked
        Of the outcome.
    values
        Of the draws.
    horizon, seats
        The second at which the run ends; (vehicles,) places in each, lying ones included.
    road_first, road
        (carriers + 1,) and (changes, 2): carrier c's changes of the road, as (second, state), are those from
        ``road_first[c]`` until before ``road_first[c + 1]``.
    caps
        (caps, 6) as :class:`sim.model.plan.Cap`.
    loads, back
        (convoys, 3) patients, people and vehicles of each convoy, and (vehicles,) the second from which each
        is home: full of zeros when they come.
    """
    before = 0
    for m in range(len(convoys)):
        carrier, gone, over, home = convoys[m, 0], convoys[m, 1], convoys[m, 2], convoys[m, 3]
        if carrier < 0 or carrier >= len(road_first) - 1:
            return NAMED
        if gone < before:
            return IN_ORDER
        if max(gone, over, home) >= horizon:
            return AFTER_END
        low, high = road_first[carrier], road_first[carrier + 1]
        while low < high:
            middle = (low + high) // 2
            if road[middle, 0] <= gone:
                low = middle + 1
            else:
                high = middle
        if low > road_first[carrier] and road[low - 1, 1] != OPEN:
            return ROAD_OPEN
        if over != NONE and over <= gone:
            return OVER_AFTER
        if home != NONE and home < max(gone, over):
            return HOME_AFTER
        if over != NONE and convoys[m, 4] != 0:
            return TURNED_EMPTY
        before = gone

    for k in range(len(blocked)):
        if blocked[k, 1] < 0 or blocked[k, 1] >= len(road_first) - 1:
            return NAMED

    before = 0
    for r in range(len(rides)):
        m, vehicle = rides[r, 0], rides[r, 1]
        if m < 0 or m >= len(convoys) or vehicle < 0 or vehicle >= len(seats):
            return NAMED
        if m < before:
            return IN_ORDER
        if rides[r, 3] > seats[vehicle]:
            return SEATS_KEPT
        if convoys[m, 1] < back[vehicle]:
            return TRIPS_APART
        back[vehicle] = convoys[m, 3]
        if convoys[m, 3] == NONE:
            back[vehicle] = NEVER
        loads[m, 0] += rides[r, 2]
        loads[m, 1] += rides[r, 3]
        loads[m, 2] += 1
        before = m
    for m in range(len(convoys)):
        if loads[m, 2] == 0:
            return HAS_VEHICLES
        if loads[m, 0] < 1:
            return HAS_PATIENTS
        for k in range(len(caps)):
            start, end, carriers = caps[k, 0], caps[k, 1], caps[k, 2]
            if start <= convoys[m, 1] < end and carriers >> convoys[m, 0] & 1:
                for what in range(3):
                    cap = caps[k, 3 + what]
                    if cap != NONE and loads[m, what] > values[cap]:
                        return CAPS_KEPT
    return WHOLE


def of_patients(
    state: States,
    boarded: Ints,
    left: Ints,
    convoy: Ints,
    spells: Ints2,
    convoys: Ints2,
    values: Floats,
    referred: Ints,
    kind: Ints,
    lying: Bools,
    withdraws: Ints,
    dies: Ints,
    reluctance: Floats,
    lead: Ints2,
    refusal: Floats2,
    horizon: int,
    barriers: Ints2,
    loads: Ints2,
) -> int:
    """Check patients and their stays on the list; returns as `of_convoys`, which comes first.

    Parameters
    ----------
    state, boarded, left, convoy, spells, convoys
        Of the outcome.
    values, referred, kind, lying, withdraws, dies, reluctance, lead, refusal
        Of the draws.
    horizon
        The second at which the run ends.
    barriers
        (rules, 6) as :class:`sim.model.plan.ClearanceRule`: what keeps parties from boarding. The slot is
        NONE for a deterrence, the value as well for a bar to lying patients.
    loads
        As `of_convoys` has filled it.
    """
    n = len(referred)
    if len(state) != n or len(boarded) != n or len(left) != n or len(convoy) != n:
        return ONE_STATE
    evacuated = 0
    for p in range(n):
        at, s = boarded[p], state[p]
        if s < WAITING or s > WITHDREW:
            return ONE_STATE
        if (left[p] == NONE) != (s in (WAITING, IN_TRANSIT)):
            return LEFT_AT_END
        if max(at, left[p]) >= horizon:
            return AFTER_END
        if s != EVACUATED and s != IN_TRANSIT:
            continue
        m = convoy[p]
        if m < 0 or m >= len(convoys):
            return ON_CONVOY
        if at != convoys[m, 1]:
            return BOARDS_WITH
        if at < referred[p]:
            return REFERRED_FIRST
        if s == EVACUATED:
            evacuated += 1
            if left[p] != convoys[m, 2]:
                return OVER_WITH
        if at >= min(dies[p], withdraws[p]):
            return ALIVE
        for k in range(len(barriers)):
            start, carriers, classes = barriers[k, 0], barriers[k, 2], barriers[k, 3]
            value, slot = barriers[k, 4], barriers[k, 5]
            if start <= at < barriers[k, 1] and carriers >> convoys[m, 0] & classes >> kind[p] & 1:
                if slot != NONE:
                    if refusal[slot, p] < values[value] or at < max(referred[p], start) + lead[slot, p]:
                        return CLEARED
                elif value != NONE:
                    if reluctance[p] < values[value]:
                        return COMES
                elif lying[p]:
                    return MAY_LIE

    patient = -1
    for k in range(len(spells)):
        start, end = spells[k, 1], spells[k, 2]
        if start > end:
            return STAY_ENDS
        if start >= horizon:
            return AFTER_END
        if k == 0 or spells[k, 0] != patient:
            patient += 1
            if patient >= n or spells[k, 0] != patient:
                return ALL_LISTED
            if start != referred[patient]:
                return FROM_REFERRAL
        elif start < spells[k - 1, 2]:
            return NO_OVERLAP
        if k + 1 == len(spells) or spells[k + 1, 0] != patient:
            leaves = left[patient]
            if state[patient] == WAITING:
                leaves = horizon
            elif state[patient] == EVACUATED or state[patient] == IN_TRANSIT:
                leaves = boarded[patient]
            if end != leaves:
                return STAY_ENDS_WITH
    if patient != n - 1:
        return ALL_LISTED

    for m in range(len(convoys)):
        if convoys[m, 2] != NONE:
            evacuated -= loads[m, 0]
    if evacuated != 0:
        return CONSERVED
    return WHOLE
