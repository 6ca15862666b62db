"""What models in Python are given of the corridor: one replication of one world in plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sim.model.draws import Draws
from sim.model.layout import DAY, NEVER, NONE
from sim.model.plan import TURN_BACK, Plan, Steps


@dataclass
class Case:
    """One replication of one world in plain numbers; times in seconds."""

    horizon: int
    patients: list[tuple[int, int, int, int]]
    """(referred, rank, people in the party, second at which patience ends), in order of referral."""
    departures: list[int]
    """Seconds at which the carrier means to go: the days on which it would not are left out."""
    least: int
    """Parties worth a trip."""
    cars: int
    seats: int
    caps: list[tuple[int, int, int]]
    """(start, end, most patients in a convoy)."""
    closures: list[tuple[int, int, bool]]
    """(start, end, whether convoys on the road are turned back)."""
    checkpoint: tuple[int, int, list[tuple[int, int]]] | None
    """(start, lanes, nights as (closes, opens))."""
    travel: list[list[list[list[int]]]]
    """By leg, direction, car and day."""
    rest: list[list[int]]
    """By car and day."""
    inspection: list[list[list[int]]]
    per_person: list[list[list[int]]]
    """By direction, car and day."""


def prepare(plan: Plan, draws: Draws) -> Case:
    """Read a case off the plan and the draws.

    Raises
    ------
    ValueError
        When the scenario has something in it that this model does not know.
    """
    refuse_what_is_not_modelled(plan)
    layout, value, car = plan.layout, draws.values, plan.vehicles[0]
    segment = plan.segments[0]
    goes = draws.go[0] < value[segment.chance]
    shape = (len(plan.vehicles), plan.days)
    road = _spans(plan.road[0][0], plan.horizon)
    checkpoint = None
    for rule in plan.checkpoints:
        opening = _spans(plan.checkpoint_open[rule.place], plan.horizon)
        nights = [(closes, opens) for closes, opens, is_open in opening if not is_open]
        checkpoint = (rule.start, rule.lanes, nights)
    return Case(
        horizon=plan.horizon,
        patients=[
            (referred, layout.classes[kind].rank, companions + 1, patience)
            for referred, kind, companions, patience in zip(
                draws.referred.tolist(),
                draws.kind.tolist(),
                draws.companions.tolist(),
                draws.withdraws.tolist(),
                strict=True,
            )
        ],
        departures=[d.second for d in plan.departures if goes[d.second // DAY]],
        least=int(value[segment.needs]),
        cars=len(plan.vehicles),
        seats=car.seats,
        caps=[(cap.start, cap.end, int(value[cap.patients])) for cap in plan.caps],
        closures=[(start, end, level == TURN_BACK) for start, end, level in road if level],
        checkpoint=checkpoint,
        travel=draws.travel.reshape(*draws.travel.shape[:2], *shape).tolist(),
        rest=draws.rest.reshape(shape).tolist(),
        inspection=draws.inspect_vehicle[0].reshape(2, *shape).tolist(),
        per_person=draws.inspect_person[0].reshape(2, *shape).tolist(),
    )


def _spans(steps: Steps, horizon: int) -> list[tuple[int, int, int]]:
    """Steps as (start, end, value)."""
    ends = [*steps.times[1:], horizon]
    return [(start, end, value) for (start, value), end in zip(zip(*steps, strict=True), ends, strict=False)]


def refuse_what_is_not_modelled(plan: Plan) -> None:
    """Only what the benchmark's scenario has: one carrier, one kind of car, one checkpoint, no more."""
    layout = plan.layout
    (segment,) = plan.segments
    foreign = (
        segment.ready or segment.escort or segment.vehicles != NEVER or layout.by_list[0],
        len(layout.carriers) != 1 or layout.trips != (1,) or len(layout.out) != 2,
        len({(v.seats, v.lying, v.start, v.end) for v in plan.vehicles}) != 1,
        any(layout.values[v.availability].fixed != 1 for v in plan.vehicles),
        any(row.deteriorates for row in layout.classes) or plan.vehicles[0].lying,
        any(layout.values[row.lying].fixed != 0 for row in layout.classes),
        plan.road[0][0] != plan.road[0][1],
        plan.permissions or plan.clearances or plan.deterrents or plan.no_lying or plan.fuel,
        any(cap.people != NONE or cap.vehicles != NONE for cap in plan.caps),
        len(plan.checkpoints) > 1 or any(rule.end < plan.horizon for rule in plan.checkpoints),
        any(layout.values[rule.turn_back].fixed != 0 for rule in plan.checkpoints),
        set(plan.road[0][0].values) - {0, 1, TURN_BACK},
    )
    if any(foreign):
        which = [bool(condition) for condition in foreign].index(True)
        raise ValueError(f"not modelled: condition {which} of those above")
