"""A world turned into rows, once: which rule holds when, in whole seconds.

A world removes impediments from the scenario, wholly or from a day on; conditions stay. The rows that
remain are the plan. Engines read plans and draws, never scenarios.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from sim.model.layout import (
    DAY,
    NEVER,
    NONE,
    Departure,
    Layout,
    Placed,
    Segment,
    Vehicle,
    in_hours,
    value_index,
)
from sim.scenario.quantities import Hours
from sim.scenario.schema import (
    Checkpoint,
    Clearance,
    Closure,
    ConvoyCap,
    Deterrence,
    FuelLimit,
    NoLyingPatients,
    PassageLimit,
    Removal,
    World,
)

ACTUAL = "actual"
UNIMPEDED = "unimpeded"

OPEN, COMPLETE, HOLD, TURN_BACK = 0, 1, 2, 3
"""States of the road for a carrier at a place, the stricter the higher."""
POLICIES = {"complete": COMPLETE, "hold": HOLD, "turn_back": TURN_BACK}


class Steps(NamedTuple):
    """A value that changes in time: `values[k]` from `times[k]` on; 0 before the first."""

    times: tuple[int, ...]
    values: tuple[int, ...]

    def at(self, second: int) -> int:
        """The value at a second (a change counts from its own second on)."""
        k = bisect_right(self.times, second) - 1
        return self.values[k] if k >= 0 else 0

    def next_change(self, second: int) -> int:
        """The first second after this one at which the value changes, NEVER when there is none."""
        k = bisect_right(self.times, second)
        return self.times[k] if k < len(self.times) else NEVER


class Cap(NamedTuple):
    """At most so many in a convoy; indices of values, or NONE."""

    start: int
    end: int
    carriers: int
    patients: int
    people: int
    vehicles: int


class Permission(NamedTuple):
    """Passage limits; indices of values, or NONE."""

    start: int
    end: int
    carriers: int
    chance: int
    per_week: int


class ClearanceRule(NamedTuple):
    """Documents in advance: `slot` is the row of lead times and refusals among the draws."""

    start: int
    end: int
    carriers: int
    classes: int
    refused: int
    slot: int


class DeterrenceRule(NamedTuple):
    """Parties whose fixed uniform is below the share stay away."""

    start: int
    end: int
    carriers: int
    classes: int
    share: int


class NoLying(NamedTuple):
    """Lying patients may not board."""

    start: int
    end: int
    carriers: int


class Fuel(NamedTuple):
    """Litres a week and a trip; indices of values."""

    start: int
    end: int
    carriers: int
    per_week: int
    per_trip: int


class CheckpointRule(NamedTuple):
    """Inspection at a place."""

    start: int
    end: int
    carriers: int
    place: int
    lanes: int
    turn_back: int
    slot: int


@dataclass(frozen=True)
class Plan:
    """One world of one scenario, ready to be run with any draws of the same layout."""

    world: str
    layout: Layout
    horizon: int
    days: int
    vehicles: tuple[Vehicle, ...]
    segments: tuple[Segment, ...]
    departures: tuple[Departure, ...]
    road: tuple[tuple[Steps, ...], ...]
    """State of the road by carrier (own vehicles behind) and place; place 0 is the departure."""
    caps: tuple[Cap, ...]
    permissions: tuple[Permission, ...]
    clearances: tuple[ClearanceRule, ...]
    deterrents: tuple[DeterrenceRule, ...]
    no_lying: tuple[NoLying, ...]
    fuel: tuple[Fuel, ...]
    checkpoints: tuple[CheckpointRule, ...]
    checkpoint_open: tuple[Steps, ...]
    """By place: 1 while every checkpoint in force there is open (or none is)."""
    checkpoint_changes: tuple[tuple[int, ...], ...]
    """By place: the seconds at which the rules or the opening change."""
    boundaries: tuple[int, ...]
    """Seconds at which a vehicle that leaves when ready must look again whatever the list does."""
    removed: tuple[str, ...]
    """Ids of the impediments that this world removes, wholly or in part."""
    sections: tuple[Steps, ...]
    """By leg: the number of its capacity, from 1 on; 0 while there is no limit."""
    capacities: tuple[int, ...]
    """Indices of the values, by these numbers less one."""


def world_of(layout: Layout, name: str) -> World:
    """The world of this name; `actual` and `unimpeded` are always there.

    Raises
    ------
    KeyError
        When the scenario has no such world.
    """
    written = layout.scenario.worlds.get(name)
    if name == UNIMPEDED:
        fixed = World(remove="all")
        return (
            fixed
            if written is None
            else fixed.model_copy(update={"title": written.title, "says": written.says})
        )
    if written is None and name == ACTUAL:
        return World()
    if written is None:
        raise KeyError(f"no world `{name}` in {layout.scenario.name}")
    return written


def world_names(layout: Layout) -> tuple[str, ...]:
    """Every world of the scenario: actual, unimpeded, then the others in the file's order."""
    return (ACTUAL, UNIMPEDED, *(w for w in layout.scenario.worlds if w not in (ACTUAL, UNIMPEDED)))


def is_removed(world: World, placed: Placed) -> bool:
    """Whether the world removes this impediment (never a condition)."""
    if placed.condition or world.remove == "none":
        return False
    return world.remove == "all" or any(_names(removal, placed) for removal in world.remove)


def _names(removal: Removal | str, placed: Placed) -> bool:
    if isinstance(removal, str):
        return False
    group = placed.obstacle.group or placed.id
    return removal.id == placed.id or removal.group == group or removal.kind == placed.obstacle.kind


def make_plan(layout: Layout, world_name: str, world: World | None = None) -> Plan:
    """Turn a world into rows.

    Parameters
    ----------
    layout
        The scenario laid out; for a world with `assume`, the layout of the scenario so changed.
    world_name
        One of :func:`world_names`, unless the world is given.
    world
        In place of the scenario's world of that name.
    """
    world = world_of(layout, world_name) if world is None else world
    removed = tuple(p.id for p in layout.obstacles if is_removed(world, p))
    rows = [_in_world(layout, world, p) for p in layout.obstacles]
    rows = [p for p in rows if p.start < p.end]
    of_kind = {kind: [p for p in rows if isinstance(p.obstacle, kind)] for kind in (
        Closure, ConvoyCap, PassageLimit, Clearance, Deterrence, NoLyingPatients, FuelLimit, Checkpoint
    )}  # fmt: skip

    def value(p: Placed, key: str) -> int:
        return value_index(layout, f"obstacles.{p.id}.{key}")

    road = _road(layout, of_kind[Closure])
    checkpoints = tuple(
        CheckpointRule(
            p.start, p.end, p.carriers, layout.places.index(p.obstacle.at), p.obstacle.lanes,
            value(p, "turn_back"), p.slot,
        )
        for p in of_kind[Checkpoint]
        if isinstance(p.obstacle, Checkpoint)
    )  # fmt: skip
    opening, changes = _opening(layout, of_kind[Checkpoint])
    return Plan(
        world=world_name,
        layout=layout,
        horizon=layout.horizon,
        days=layout.days,
        vehicles=layout.vehicles,
        segments=layout.segments,
        departures=layout.departures,
        road=road,
        caps=tuple(
            Cap(p.start, p.end, p.carriers, value(p, "patients"), value(p, "people"), value(p, "vehicles"))
            for p in of_kind[ConvoyCap]
        ),
        permissions=tuple(
            Permission(p.start, p.end, p.carriers, value(p, "chance"), value(p, "per_week"))
            for p in of_kind[PassageLimit]
        ),
        clearances=tuple(
            ClearanceRule(p.start, p.end, p.carriers, p.classes, value(p, "refused"), p.slot)
            for p in of_kind[Clearance]
        ),
        deterrents=tuple(
            DeterrenceRule(p.start, p.end, p.carriers, p.classes, value(p, "share"))
            for p in of_kind[Deterrence]
        ),
        no_lying=tuple(NoLying(p.start, p.end, p.carriers) for p in of_kind[NoLyingPatients]),
        fuel=tuple(
            Fuel(p.start, p.end, p.carriers, value(p, "per_week"), value(p, "per_trip"))
            for p in of_kind[FuelLimit]
        ),
        checkpoints=checkpoints,
        checkpoint_open=opening,
        checkpoint_changes=changes,
        boundaries=_boundaries(layout, rows, road),
        removed=removed,
        sections=_sections(layout),
        capacities=tuple(k for of_leg in layout.sections for _, k in of_leg),
    )


def _sections(layout: Layout) -> tuple[Steps, ...]:
    """For each leg, which capacity holds: they are numbered from 1 over all legs; 0 is no limit."""
    steps, n = [], 0
    for of_leg in layout.sections:
        steps.append(Steps(tuple(s for s, _ in of_leg), tuple(range(n + 1, n + 1 + len(of_leg)))))
        n += len(of_leg)
    return tuple(steps)


def _in_world(layout: Layout, world: World, placed: Placed) -> Placed:
    """The obstacle as this world has it: whole, cut short at the world's date, or of no length."""
    if not is_removed(world, placed):
        return placed
    cut = 0 if world.from_ is None else (world.from_ - layout.scenario.period.from_.day).days * DAY
    return placed._replace(end=max(placed.start, min(placed.end, cut)))


def strictest(spans: list[tuple[int, int, int]]) -> Steps:
    """Merge half-open (start, end, level) spans into steps of the highest level in force, 0 where none.

    Overlapping spans count once; touching ones of one level merge.
    """
    changes = sorted((t, level, d) for start, end, level in spans for t, d in ((start, 1), (end, -1)))
    live: dict[int, int] = {}
    times: list[int] = []
    values: list[int] = []
    for k, (t, level, d) in enumerate(changes):
        live[level] = live.get(level, 0) + d
        if k + 1 < len(changes) and changes[k + 1][0] == t:
            continue
        now = max((v for v, n in live.items() if n > 0), default=0)
        if now != (values[-1] if values else 0):
            times.append(t)
            values.append(now)
    return Steps(tuple(times), tuple(values))


def _road(layout: Layout, closures: list[Placed]) -> tuple[tuple[Steps, ...], ...]:
    """State of the road for each carrier, and each group of own vehicles, at each place but the last.

    Nobody sets out while any place is shut; on the road a closure acts where it is.
    """

    def spans(carrier: int, place: int) -> list[tuple[int, int, int]]:
        return [
            (p.start, p.end, POLICIES[p.obstacle.policy])
            for p in closures
            if isinstance(p.obstacle, Closure)
            and p.carriers >> carrier & 1
            and (place == 0 or p.obstacle.at is None or p.obstacle.at == layout.places[place])
        ]

    return tuple(
        tuple(strictest(spans(c, k)) for k in range(len(layout.places) - 1))
        for c in range(len(layout.carriers) + len(layout.own))
    )


def _opening(
    layout: Layout, checkpoints: list[Placed]
) -> tuple[tuple[Steps, ...], tuple[tuple[int, ...], ...]]:
    """Opening of each place, and the seconds at which anything changes there."""
    opening, changes = [], []
    for place in layout.places:
        here = [p for p in checkpoints if isinstance(p.obstacle, Checkpoint) and p.obstacle.at == place]
        shut: list[tuple[int, int, int]] = []
        for p in here:
            hours = p.obstacle.hours if isinstance(p.obstacle, Checkpoint) else None
            if hours is not None:
                shut += [(s, e, 1) for s, e in _outside(hours, p.start, p.end)]
        closed = strictest(shut)
        opening.append(Steps((0, *closed.times), (1, *(1 - v for v in closed.values))))
        edges = {p.start for p in here} | {p.end for p in here} | set(closed.times)
        changes.append(tuple(sorted(edges)))
    return tuple(opening), tuple(changes)


def _outside(hours: Hours, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of [start, end) that lie outside these hours of the day."""
    gaps: list[tuple[int, int]] = []
    for day in range(start // DAY, (end - 1) // DAY + 1):
        edge = 0
        for opens, shuts in (*hours.spans, (DAY, DAY)):
            if edge < opens:
                gaps.append((max(start, day * DAY + edge), min(end, day * DAY + opens)))
            edge = max(edge, shuts)
    return [(s, e) for s, e in gaps if s < e]


def _boundaries(layout: Layout, rows: list[Placed], road: tuple[tuple[Steps, ...], ...]) -> tuple[int, ...]:
    """Rules, roads, hours and days at whose change a ready vehicle must look again."""
    ready = [k for k, s in enumerate(layout.segments) if s.ready]
    if not ready:
        return ()
    seconds = {edge for p in rows for edge in (p.start, p.end)}
    seconds |= {t for steps in road for place in steps for t in place.times}
    seconds |= {v.start for v in layout.vehicles} | {layout.segments[k].start for k in ready}
    by_day = any(isinstance(p.obstacle, PassageLimit | FuelLimit) for p in rows) or any(
        v.availability != NONE and layout.values[v.availability].fixed != 1 for v in layout.vehicles
    )
    for day in range(layout.days):
        if by_day:
            seconds.add(day * DAY)
        for k in ready:
            hours = layout.hours[k]
            if hours is not None:
                seconds |= {day * DAY + opens for opens, _ in hours.spans}
    return tuple(sorted(s for s in seconds if 0 <= s < layout.horizon))


def may_leave_now(layout: Layout, segment: int, second: int) -> bool:
    """Whether a ready vehicle's hours allow it to leave at this second."""
    hours = layout.hours[segment]
    return hours is None or in_hours(hours, second)
