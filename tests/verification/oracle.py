"""The dispatch rule once more, as a recursion over departures: no events, no processes, no clock.

For vehicles that leave when ready, one leg, no obstacles: the next departure is at the first second at which
a vehicle is free and somebody waits. For one vehicle and one seat this is Lindley's recursion, for several
that of Kiefer and Wolfowitz; priorities, seats, deaths and vacations are a line each.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import Draws
from sim.model.layout import DAY, NONE
from sim.model.outcome import DIED, EVACUATED, IN_TRANSIT, WAITING
from sim.model.plan import Plan


class Fates(NamedTuple):
    """What became of each patient."""

    state: NDArray[np.int64]
    boarded: NDArray[np.int64]
    left: NDArray[np.int64]


def lindley(plan: Plan, draws: Draws) -> NDArray[np.int64]:
    """Waits in seconds with one vehicle and one seat: W' = max(0, W + S - A)."""
    waits = np.zeros(draws.patients, dtype=np.int64)
    gaps = np.diff(draws.referred, prepend=0)
    trips: dict[int, int] = {}
    service = 0
    for n in range(draws.patients):
        waits[n] = max(0, waits[n - 1] + service - gaps[n]) if n else 0
        day = int(draws.referred[n] + waits[n]) // DAY
        nth = trips.get(day, 0)
        trips[day] = nth + 1
        slot = nth * plan.days + day
        service = draws.travel[0, 0, slot] + draws.travel[0, 1, slot] if day < plan.days else 0
    return waits


def fates(plan: Plan, draws: Draws) -> Fates:
    """State, boarding and end of every patient."""
    rank = [row.rank for row in plan.layout.classes]
    recheck = plan.segments[0].recheck
    n = draws.patients
    state, boarded, left = np.full(n, WAITING), np.full(n, NONE), np.full(n, NONE)
    free = [0] * len(plan.vehicles)
    trips: dict[tuple[int, int], int] = {}
    listed: list[tuple[int, int]] = []
    coming = 0
    while free:
        now = min(free)
        if not recheck and not listed and coming < n:
            now = max(now, int(draws.referred[coming]))
        if now >= plan.horizon:
            break
        while coming < n and draws.referred[coming] <= now:
            heappush(listed, (rank[draws.kind[coming]], coming))
            coming += 1
        vehicle = next(v for v, second in enumerate(free) if second <= now)
        aboard: list[int] = []
        while listed and len(aboard) < plan.vehicles[vehicle].seats:
            patient = heappop(listed)[1]
            if draws.dies[patient] > now:
                aboard.append(patient)
        if not aboard:
            free[vehicle] = now + recheck if recheck else free[vehicle]
            if not recheck and coming == n:
                break
            continue
        day = now // DAY
        nth = trips.get((vehicle, day), 0)
        trips[vehicle, day] = nth + 1
        slot = plan.vehicles[vehicle].first_slot + nth * plan.days + day
        over = now + int(draws.travel[0, 0, slot])
        free[vehicle] = over + int(draws.travel[0, 1, slot])
        boarded[aboard] = now
        state[aboard] = EVACUATED if over < plan.horizon else IN_TRANSIT
        left[aboard] = over if over < plan.horizon else NONE
    dead = (state == WAITING) & (draws.dies < plan.horizon)
    state[dead], left[dead] = DIED, draws.dies[dead]
    return Fates(state, boarded, left)


def on_road(plan: Plan, draws: Draws) -> NDArray[np.int64]:
    """The second at which each own vehicle is let onto a first leg of one capacity, by Lindley's recursion.

    In whole millionths of a second, so that nothing is lost to rounding.
    """
    headway = round(1e6 * DAY / draws.values[plan.capacities[0]])
    wait, on = 0, []
    for k, ready in enumerate(draws.own.ready.tolist()):
        if k:
            wait = max(0, wait + headway - 1_000_000 * (ready - int(draws.own.ready[k - 1])))
        on.append(ready + -(-wait // 1_000_000))
    return np.array(on)
