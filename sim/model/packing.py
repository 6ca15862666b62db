"""Plans and draws as the kernel's tables, and the kernel's tables as an outcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from sim.model import tables as t
from sim.model.draws import Draws
from sim.model.layout import NONE
from sim.model.outcome import ModelError, Outcome
from sim.model.plan import Plan
from sim.model.road_section import headways
from sim.model.tables import Drawn, Fleet, Ints, Result, Road, Tables, Waiting, World


class Packed(NamedTuple):
    """What of a world is the same in all replications."""

    plan: Plan
    world: partial[World]
    """Waits for the values, and for groups of steps at which nobody has looked."""
    groups: Any
    planned: Any
    queue_of: Ints
    rules: int
    vehicles: Any
    carriers: Any
    ready: int
    """Carriers that leave when ready, in some segment."""
    escort: int
    """Vehicles of the largest escort."""
    lanes: int
    boundaries: Ints


def rows(of: np.dtype[Any], filled: Iterable[Any]) -> Any:
    """A table whose rows take the fields of the same name; NONE stands where a row has no such field."""
    listed = list(filled)
    table = np.zeros(len(listed), dtype=of)
    for name in of.names or ():
        for k, row in enumerate(listed):
            table[k][name] = getattr(row, name, NONE)
    return table


LONGEST = 2**31 - 1
"""Seconds that a patient's row can hold: 68 years."""


def pack(plan: Plan) -> Packed:
    """A plan as tables.

    Raises
    ------
    ModelError
        For a run of more than 68 years, which the tables cannot hold.
    """
    layout = plan.layout
    if plan.horizon > LONGEST:
        raise ModelError(
            "a run of more than 68 years: the compiled engine cannot hold it, the SimPy engine can"
        )
    kinds = (
        plan.caps, plan.permissions, plan.fuel, plan.checkpoints,
        plan.no_lying, plan.deterrents, plan.clearances,
    )  # fmt: skip
    road = [list(zip(*steps, strict=True)) for of_carrier in plan.road for steps in of_carrier]
    opening = [list(zip(*steps, strict=True)) for steps in plan.checkpoint_open]
    changes = [[(second, 0) for second in seconds] for seconds in plan.checkpoint_changes]
    hours = [
        [(0, 1)] if of is None else [step for start, end in of.spans for step in ((start, 1), (end, 0))]
        for of in layout.hours
    ]
    capacity = [list(zip(*steps, strict=True)) for steps in plan.sections]
    groups: list[Sequence[tuple[int, ...]]] = [
        *road, *opening, *changes, *layout.by_list, *hours, *capacity
    ]  # fmt: skip
    steps = np.array([step for group in groups for step in group], dtype=np.int64).reshape(-1, 2)
    ready = {s.carrier for s in plan.segments if s.ready}
    of_carrier = np.searchsorted([v.carrier for v in plan.vehicles], range(len(layout.carriers) + 1))
    carriers = np.zeros(len(layout.carriers), dtype=t.CARRIER)
    carriers["first"], carriers["last"] = of_carrier[:-1], of_carrier[1:]
    carriers["ready"] = [c in ready for c in range(len(carriers))]
    carriers["trips_a_day"] = layout.trips
    carriers["week"] = NONE
    ends = np.cumsum([0, *(len(group) for group in groups)])
    vehicles = rows(t.VEHICLE, plan.vehicles)
    vehicles["at_home"], vehicles["look_at"] = 1, 0
    ranks = sorted({row.rank for row in layout.classes})
    return Packed(
        plan=plan,
        world=partial(
            World,
            horizon=plan.horizon,
            days=plan.days,
            last_place=len(layout.places) - 1,
            queues=len(ranks),
            opening=len(road),
            changes=len(road) + len(opening),
            by_list=len(road) + len(opening) + len(changes),
            hours=len(road) + len(opening) + len(changes) + len(layout.by_list),
            capacity=len(groups) - len(capacity),
            own_slots=layout.slots,
            rules=rows(t.RULE, (rule for kind in kinds for rule in kind)),
            first_rule=np.cumsum([0, *(len(kind) for kind in kinds)]),
            steps=steps.view(t.STEP).reshape(-1),
            segments=rows(t.SEGMENT, plan.segments),
        ),
        groups=np.column_stack([ends[:-1], ends[1:], ends[:-1]]).view(t.GROUP).ravel(),
        planned=rows(t.DEPARTURE, plan.departures),
        queue_of=np.array([ranks.index(row.rank) for row in layout.classes]),
        rules=sum(len(kind) for kind in kinds),
        vehicles=vehicles,
        carriers=carriers,
        ready=len(ready),
        escort=max((s.escort for s in plan.segments), default=0),
        lanes=max((rule.lanes for rule in plan.checkpoints), default=1),
        boundaries=np.array(plan.boundaries, dtype=np.int64),
    )


def _moments(packed: Packed, draws: Draws) -> Ints:
    """As `WaitingList.moments`, with the plan's; none where no carrier leaves when ready."""
    if not packed.ready:
        return np.empty(0, dtype=np.int64)
    cleared = [np.maximum(draws.referred, r.start) + draws.lead[r.slot] for r in packed.plan.clearances]
    seconds: Ints = np.unique(np.concatenate([packed.boundaries, draws.referred, *cleared]))
    return seconds[seconds < packed.plan.horizon]


class Room(NamedTuple):
    """Rows of the tables that a run fills."""

    events: int
    trips: int
    rides: int
    spells: int


def room_for(packed: Packed, patients: int) -> Room:
    """Room that is nearly always enough."""
    trips = 16 + len(packed.planned) + (patients if packed.ready else 0)
    stays = 2 * patients + 16
    events = 16 + len(packed.vehicles) * (1 + 2 * packed.ready)
    return Room(events, trips, stays + trips * packed.escort, stays)


def larger(room: Room, vehicles: int) -> Room:
    """Twice as much, and more."""
    return Room(*(2 * n + vehicles for n in room))


def make_tables(packed: Packed, draws: Draws, room: Room) -> Tables:
    """A corridor at second 0, every vehicle at home; the kernel fills the list."""
    n, places = draws.patients, len(packed.plan.layout.places)
    world = packed.world(values=draws.values, groups=packed.groups.copy())
    own, sections = draws.own, sum(1 for steps in packed.plan.sections if steps.times)
    travellers = np.zeros(len(own.ready), dtype=t.TRAVELLER)
    travellers["ready"], travellers["group"], travellers["people"] = own.ready, own.group, own.people
    travellers["place"], travellers["arrived"] = NONE, NONE
    return Tables(
        world=world,
        drawn=Drawn(
            draws.referred, draws.kind, draws.companions, draws.lying, draws.withdraws, draws.dies,
            packed.queue_of,
        ),
        waiting=Waiting(
            patients=np.empty(n + world.queues, dtype=t.PATIENT),
            tail=np.empty(world.queues, dtype=np.int64),
            spells=np.empty(room.spells, dtype=t.SPELL),
            active=np.empty(packed.rules, dtype=np.int64),
            reluctance=draws.reluctance,
            lead=draws.lead,
            refusal=draws.refusal,
        ),
        fleet=Fleet(
            vehicles=packed.vehicles.copy(),
            carriers=packed.carriers.copy(),
            home=np.empty(max(1, len(packed.vehicles)), dtype=t.ABOARD),
            go=draws.go,
            permission=draws.permission,
            fit=draws.fit,
        ),
        road=Road(
            trips=np.empty(room.trips, dtype=t.TRIP),
            rides=np.empty(room.rides, dtype=t.RIDE),
            places=np.zeros(places, dtype=t.PLACE),
            ends=np.zeros((places, packed.lanes), dtype=np.int64),
            travel=draws.travel,
            rest=draws.rest,
            inspect_vehicle=draws.inspect_vehicle,
            inspect_person=draws.inspect_person,
            turned=draws.turned,
            sections=np.zeros(places - 1, dtype=t.SECTION),
            headways=np.array(headways(packed.plan, draws.values.tolist())),
            admissions=np.empty(sections * (len(own.ready) + room.rides), dtype=t.ADMISSION),
        ),
        heap=np.empty(room.events + len(own.ready), dtype=t.EVENT),
        clock=np.zeros(1, dtype=t.CLOCK),
        planned=packed.planned,
        moments=_moments(packed, draws),
        blocked=np.empty(len(packed.planned), dtype=t.BLOCKED),
        own=travellers,
        result=Result(
            state=np.empty(n, dtype=np.int8),
            boarded=np.empty(n, dtype=np.int64),
            left=np.empty(n, dtype=np.int64),
            convoy=np.empty(n, dtype=np.int64),
            by_patient=np.empty(room.spells, dtype=t.SPELL),
        ),
    )  # fmt: skip


def unpack(tables: Tables) -> Outcome:
    """What a run has written, as an outcome."""
    clock, result, road = tables.clock[0], tables.result, tables.road

    def table(filled: Any, rows: int, columns: int) -> Ints:
        whole: Ints = filled[:rows].view(np.int64).reshape(rows, len(filled.dtype))
        return np.ascontiguousarray(whole[:, :columns])

    return Outcome(
        state=result.state,
        boarded=result.boarded,
        left=result.left,
        convoy=result.convoy,
        spells=table(result.by_patient, clock["spells"], 3),
        convoys=table(road.trips, clock["trips"], 7),
        rides=table(road.rides, clock["rides"], 4),
        blocked=table(tables.blocked, clock["blocked"], 3),
        arrived=tables.own["arrived"].copy(),
        admissions=table(road.admissions, clock["admissions"], 4),
        events=None,
    )
