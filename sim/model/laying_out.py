"""Lays a scenario out: text and blocks become rows, in an order that is never the file's."""

from __future__ import annotations

from math import ceil, inf

from sim.model.layout import (
    BLOCK_DAYS,
    DAY,
    NEVER,
    NONE,
    Departure,
    DrawnDelay,
    Layout,
    OwnGroup,
    PatientType,
    Placed,
    Segment,
    Value,
    Vehicle,
    in_hours,
)
from sim.scenario.calendar_text import Moment
from sim.scenario.quantities import Hours
from sim.scenario.schema import (
    CarrierPlan,
    Checkpoint,
    Clearance,
    Closure,
    CountFact,
    DelayFact,
    DurationFact,
    HeadsFact,
    LitresFact,
    PositiveFact,
    RateFact,
    Scenario,
    ShareFact,
)

NumberFact = CountFact | ShareFact | RateFact | DurationFact | PositiveFact | LitresFact


class _Values:
    """Collects the values in the order in which they are met (sorted keys, so never the file's)."""

    def __init__(self) -> None:
        self.rows: list[Value] = []

    def add(self, name: str, fact: NumberFact) -> int:
        fixed = float("nan") if fact.value is None else float(fact.value)
        whole = isinstance(fact, (CountFact, LitresFact))
        most = 1.0 if isinstance(fact, ShareFact) else inf
        self.rows.append(Value(name, fixed, fact.prior, whole, most))
        return len(self.rows) - 1

    def delay(self, name: str, fact: DelayFact, least: int = 0) -> DrawnDelay:
        mean = NONE if fact.mean is None else self.add(f"{name}.mean", fact.mean)
        return DrawnDelay(name, fact.value, mean, least)


def lay_out(scenario: Scenario) -> Layout:
    """Lay a scenario out; depends on its values and names alone, not on the order of keys."""
    values = _Values()
    origin = scenario.period.from_.day
    horizon = scenario.period.to.end(origin)
    days = ceil(horizon / DAY)
    carriers = tuple(sorted(scenario.carriers, key=lambda c: (scenario.carriers[c].rank, c)))
    segments, by_list, hours, departures = _timetable(scenario, carriers, horizon, values)
    out, back, turnaround = _legs(scenario, values)
    trips = tuple(
        _trips_a_day(scenario, [s for s in segments if s.carrier == c], departures, c)
        for c in range(len(carriers))
    )
    vehicles, slots = _vehicles(scenario, carriers, trips, days, horizon, values)
    classes = _classes(scenario, values)
    touched = (*carriers, *sorted(scenario.own_vehicles))
    obstacles, clearances, checkpoints = _obstacles(scenario, touched, classes, horizon, values)
    initial = values.add("need.initial_list", scenario.need.initial_list)
    referrals = tuple(
        ((day - origin).days * DAY, values.add(f"need.referrals.{day}", scenario.need.referrals[day]))
        for day in sorted(scenario.need.referrals)
    )
    own = _own(scenario, values)
    sections = tuple(
        _dated(scenario, values, f"route.{leg.to}.capacity", leg.capacity) for leg in scenario.route.legs
    )
    return Layout(
        scenario=scenario,
        horizon=horizon,
        days=days,
        blocks=ceil(days / BLOCK_DAYS),
        values=tuple(values.rows),
        carriers=carriers,
        vehicles=vehicles,
        segments=segments,
        by_list=by_list,
        hours=hours,
        departures=departures,
        trips=trips,
        slots=slots,
        places=(scenario.route.from_, *(leg.to for leg in scenario.route.legs)),
        out=out,
        back=back,
        turnaround=turnaround,
        initial=initial,
        referrals=referrals,
        classes=classes,
        obstacles=obstacles,
        clearances=clearances,
        checkpoints=checkpoints,
        own=own,
        sections=sections,
    )


def _own(scenario: Scenario, values: _Values) -> tuple[OwnGroup, ...]:
    rows = []
    for name in sorted(scenario.own_vehicles):
        group, path = scenario.own_vehicles[name], f"own_vehicles.{name}"
        rows.append(
            OwnGroup(
                name=name,
                people=values.add(f"{path}.people", group.people),
                companions=group.companions,
                companions_mean=_mean_value(values, f"{path}.companions", group.companions),
                ready=_dated(scenario, values, f"{path}.ready", group.ready),
            )
        )
    return tuple(rows)


def _dated(
    scenario: Scenario, values: _Values, path: str, rates: dict[Moment, RateFact]
) -> tuple[tuple[int, int], ...]:
    """(second, index of the value) of dated rates, by time."""
    origin = scenario.period.from_.day
    by_time = sorted((moment.start(origin), moment.text, rate) for moment, rate in rates.items())
    return tuple((second, values.add(f"{path}.{text}", rate)) for second, text, rate in by_time)


def _timetable(
    scenario: Scenario, carriers: tuple[str, ...], horizon: int, values: _Values
) -> tuple[
    tuple[Segment, ...],
    tuple[tuple[tuple[int, int], ...], ...],
    tuple[Hours | None, ...],
    tuple[Departure, ...],
]:
    """Plans as stretches of time, and the departures that they hold, by (second, carrier)."""
    origin = scenario.period.from_.day
    segments: list[Segment] = []
    by_list: list[tuple[tuple[int, int], ...]] = []
    hours: list[Hours | None] = []
    departures: list[Departure] = []
    for c, name in enumerate(carriers):
        carrier = scenario.carriers[name]
        plans = [(0, "plan", carrier.plan)]
        plans += [
            ((day - origin).days * DAY, f"plan_from.{day}", carrier.plan_from[day])
            for day in sorted(carrier.plan_from)
        ]
        for k, (start, key, plan) in enumerate(plans):
            end = plans[k + 1][0] if k + 1 < len(plans) else horizon
            path = f"carriers.{name}.{key}"
            segments.append(
                Segment(
                    carrier=c,
                    start=start,
                    end=end,
                    ready=int(plan.days.kind == "when_ready"),
                    chance=values.add(f"{path}.chance", plan.chance),
                    needs=values.add(f"{path}.needs", plan.needs),
                    vehicles=NEVER if plan.vehicles is None else plan.vehicles,
                    escort=plan.escort,
                    recheck=plan.recheck or 0,
                )
            )
            steps = sorted(plan.by_list, key=lambda step: step.parties)
            by_list.append(
                tuple((s.parties, values.add(f"{path}.by_list.{s.parties}", s.chance)) for s in steps)
            )
            hours.append(plan.hours)
            departures += [
                Departure(second, c, len(segments) - 1)
                for second in _planned_seconds(plan, start, end, origin.weekday())
                if plan.hours is None or in_hours(plan.hours, second)
            ]
    return tuple(segments), tuple(by_list), tuple(hours), tuple(sorted(departures))


def _planned_seconds(plan: CarrierPlan, start: int, end: int, first_weekday: int) -> list[int]:
    """Seconds at which the plan leaves within [start, end); `start` is 00:00 of a day."""
    if plan.days.kind == "when_ready":
        return []
    if plan.days.kind == "every_seconds":
        return list(range(start, end, plan.days.every))
    at = plan.at or 0
    step = plan.days.every if plan.days.kind == "every_days" else 1
    seconds = range(start + at, end, step * DAY)
    if plan.days.kind == "weekdays":
        return [s for s in seconds if (first_weekday + s // DAY) % 7 in plan.days.days]
    return list(seconds)


def _legs(
    scenario: Scenario, values: _Values
) -> tuple[tuple[DrawnDelay, ...], tuple[DrawnDelay, ...], DrawnDelay]:
    """Travel of each leg out, and back (in the order of the way out), and the rest at the far end."""
    out, back = [], []
    for leg in scenario.route.legs:
        out.append(values.delay(f"route.{leg.to}.travel", leg.travel, least=1))
        fact = leg.travel if leg.back is None else leg.back
        constant_zero = fact.value.kind == "constant" and fact.value.mean == 0
        name, least = f"route.{leg.to}.back", 0 if constant_zero else 1
        if leg.back is None:  # one unknown, not two
            back.append(DrawnDelay(name, fact.value, out[-1].mean, least))
        else:
            back.append(values.delay(name, fact, least))
    return tuple(out), tuple(back), values.delay("route.turnaround", scenario.route.turnaround)


def _trips_a_day(
    scenario: Scenario, segments: list[Segment], departures: tuple[Departure, ...], carrier: int
) -> int:
    """Trips of one vehicle on one day for which luck is drawn.

    On a timetable: the departures of the fullest day. When ready: far more than the mean cycle allows
    (the engines raise an error, rather than reuse luck, should a vehicle ever need more).
    """
    most = 1
    per_day: dict[int, int] = {}
    for departure in departures:
        if departure.carrier == carrier:
            per_day[departure.second // DAY] = per_day.get(departure.second // DAY, 0) + 1
    most = max([most, *per_day.values()])
    if any(s.ready for s in segments):
        most = max(most, 8 + 4 * ceil(DAY / max(_shortest_cycle(scenario), 60.0)))
    return most


def _shortest_cycle(scenario: Scenario) -> float:
    """Mean seconds from leaving to being home: the whole way, or to where convoys may be turned back."""
    legs = scenario.route.legs
    there_and_back = [_mean(leg.travel) + _mean(leg.travel if leg.back is None else leg.back) for leg in legs]
    whole = sum(there_and_back) + _mean(scenario.route.turnaround)
    turning = {
        obstacle.at
        for obstacle in (*scenario.impediments.values(), *scenario.conditions.values())
        if (isinstance(obstacle, Checkpoint) and obstacle.turn_back.value != 0)
        or (isinstance(obstacle, Closure) and obstacle.policy == "turn_back")
    }
    for k, leg in enumerate(legs[:-1]):
        if turning & {None, leg.to}:
            return sum(there_and_back[: k + 1])
    return whole


def _mean(fact: DelayFact) -> float:
    """Mean in seconds; for an uncertain mean the least that its prior allows (its text's, if unbounded)."""
    if fact.mean is None:
        return fact.value.mean
    if fact.mean.value is not None:
        return float(fact.mean.value)
    prior = fact.mean.prior
    bounded = prior is not None and prior.kind in ("uniform", "loguniform", "triangular")
    return prior.params[0] if prior is not None and bounded else fact.value.mean / 4


def _vehicles(
    scenario: Scenario,
    carriers: tuple[str, ...],
    trips: tuple[int, ...],
    days: int,
    horizon: int,
    values: _Values,
) -> tuple[tuple[Vehicle, ...], int]:
    origin = scenario.period.from_.day
    rows: list[Vehicle] = []
    slots = 0
    for c, name in enumerate(carriers):
        fleet = scenario.carriers[name].fleet
        for type_name in sorted(fleet):
            kind = fleet[type_name]
            availability = values.add(f"carriers.{name}.fleet.{type_name}.availability", kind.availability)
            for number in range(kind.count):
                rows.append(
                    Vehicle(
                        carrier=c,
                        type=type_name,
                        number=number,
                        seats=kind.seats,
                        lying=kind.lying,
                        start=0 if kind.from_ is None else max(0, kind.from_.start(origin)),
                        end=horizon if kind.to is None else min(horizon, kind.to.end(origin)),
                        availability=availability,
                        lying_only=int(kind.lying_only),
                        first_slot=slots,
                    )
                )
                slots += trips[c] * days
    return tuple(rows), slots


def _classes(scenario: Scenario, values: _Values) -> tuple[PatientType, ...]:
    rows = []
    for name in sorted(scenario.need.classes):
        kind = scenario.need.classes[name]
        path = f"need.classes.{name}"
        withdraws = None if kind.withdraws is None else kind.withdraws.after
        deteriorates = None if kind.deteriorates is None else kind.deteriorates.after
        rows.append(
            PatientType(
                name=name,
                rank=kind.rank,
                share=NONE if kind.share == "rest" else values.add(f"{path}.share", kind.share),
                companions=kind.companions,
                companions_mean=_mean_value(values, f"{path}.companions", kind.companions),
                lying=values.add(f"{path}.lying", kind.lying),
                withdraws=withdraws,
                withdraws_mean=_mean_value(values, f"{path}.withdraws", withdraws),
                deteriorates=deteriorates,
                deteriorates_mean=_mean_value(values, f"{path}.deteriorates", deteriorates),
            )
        )
    return tuple(rows)


def _mean_value(values: _Values, path: str, fact: HeadsFact | DelayFact | None) -> int:
    return NONE if fact is None or fact.mean is None else values.add(f"{path}.mean", fact.mean)


VALUE_KEYS = (
    "chance",
    "per_week",
    "per_trip",
    "patients",
    "people",
    "vehicles",
    "turn_back",
    "refused",
    "share",
)
"""Numbers of obstacles that may be uncertain."""


def _obstacles(
    scenario: Scenario,
    carriers: tuple[str, ...],
    classes: tuple[PatientType, ...],
    horizon: int,
    values: _Values,
) -> tuple[
    tuple[Placed, ...],
    tuple[tuple[str, DrawnDelay], ...],
    tuple[tuple[str, DrawnDelay, DrawnDelay], ...],
]:
    """Impediments and conditions by id, with their periods within [0, horizon) and their slots."""
    origin = scenario.period.from_.day
    rows: list[Placed] = []
    clearances: list[tuple[str, DrawnDelay]] = []
    checkpoints: list[tuple[str, DrawnDelay, DrawnDelay]] = []
    both = [(id_, o, False) for id_, o in scenario.impediments.items()]
    both += [(id_, o, True) for id_, o in scenario.conditions.items()]
    for id_, obstacle, condition in sorted(both, key=lambda row: row[0]):
        path = f"obstacles.{id_}"
        for key in VALUE_KEYS:
            fact = getattr(obstacle, key, None)
            if fact is not None:
                values.add(f"{path}.{key}", fact)
        slot = NONE
        if isinstance(obstacle, Clearance):
            slot = len(clearances)
            clearances.append((id_, values.delay(f"{path}.lead_time", obstacle.lead_time)))
        elif isinstance(obstacle, Checkpoint):
            slot = len(checkpoints)
            vehicle = values.delay(f"{path}.per_vehicle", obstacle.per_vehicle)
            person = values.delay(f"{path}.per_person", obstacle.per_person)
            checkpoints.append((id_, vehicle, person))
        named = getattr(obstacle, "classes", None)
        rows.append(
            Placed(
                id=id_,
                obstacle=obstacle,
                condition=condition,
                start=0 if obstacle.from_ is None else max(0, obstacle.from_.start(origin)),
                end=horizon if obstacle.to is None else min(horizon, obstacle.to.end(origin)),
                carriers=sum(
                    1 << c
                    for c, n in enumerate(carriers)
                    if obstacle.carriers is None or n in obstacle.carriers
                ),
                classes=sum(1 << k for k, t in enumerate(classes) if named is None or t.name in named),
                slot=slot,
            )
        )
    return tuple(rows), tuple(clearances), tuple(checkpoints)
