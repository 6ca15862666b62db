"""A scenario laid out for simulation: what is the same in all its worlds and replications.

Everything that is drawn has its place here (a value, a vehicle, an obstacle's slot), so that removing an
impediment changes no draw. Text has become whole seconds since 00:00 of the first day, and rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sim.scenario.quantities import Delay, Hours, Prior
from sim.scenario.schema import (
    AnyObstacle,
    DelayFact,
    HeadsFact,
    Scenario,
)

DAY = 86_400
WEEK = 7 * DAY
BLOCK_DAYS = 10
"""Luck is keyed by calendar blocks of this many days."""
NEVER = 2**62
"""A second after every horizon."""
NONE = -1
"""No value, no slot."""


class Value(NamedTuple):
    """One number of the scenario that the model uses: fixed, or drawn from a prior once a replication."""

    name: str
    """Key path in the scenario: the name of its stream."""
    fixed: float
    """In base units (seconds, events a day, shares, litres); nan where there is a prior."""
    prior: Prior | None
    whole: bool
    """Counts: a drawn value is rounded to a whole number."""
    most: float
    """What it never exceeds: 1 for a share."""


class Vehicle(NamedTuple):
    """One vehicle; its index is its place in the order (carrier, type id, number)."""

    carrier: int
    type: str
    number: int
    seats: int
    lying: int
    start: int
    end: int
    """There from `start` until before `end`, in seconds."""
    availability: int
    """Index of the value: chance to be fit on a day."""
    lying_only: int
    """1 when it leaves only with a patient who lies down."""
    first_slot: int
    """Its draws for trip k of day d are at ``first_slot + k * days + d``."""


class Segment(NamedTuple):
    """A stretch of time in which a carrier follows one plan."""

    carrier: int
    start: int
    end: int
    ready: int
    """1 when vehicles leave as soon as somebody waits."""
    chance: int
    needs: int
    """Indices of values."""
    vehicles: int
    """Most vehicles in a convoy, escort included; NEVER when free."""
    escort: int
    recheck: int
    """Seconds, or 0: look at every change."""


class Departure(NamedTuple):
    """A planned departure."""

    second: int
    carrier: int
    segment: int


class Placed(NamedTuple):
    """An impediment or condition with its period and its slots among the draws."""

    id: str
    obstacle: AnyObstacle
    condition: bool
    start: int
    end: int
    carriers: int
    """Bit mask over carriers."""
    classes: int
    """Bit mask over classes (clearance and deterrence)."""
    slot: int
    """Row of its own draws (clearances and checkpoints), else NONE."""


class PatientType(NamedTuple):
    """A class of patients, ready to be drawn."""

    name: str
    rank: int
    share: int
    """Index of the value, NONE for `rest`."""
    companions: HeadsFact
    companions_mean: int
    lying: int
    withdraws: DelayFact | None
    withdraws_mean: int
    deteriorates: DelayFact | None
    deteriorates_mean: int


class OwnGroup(NamedTuple):
    """Travellers with vehicles of their own, ready to be drawn."""

    name: str
    people: int
    """Index of the value."""
    companions: HeadsFact
    companions_mean: int
    ready: tuple[tuple[int, int], ...]
    """(second, index of the rate) from then on."""


class DrawnDelay(NamedTuple):
    """A distribution of durations with, perhaps, an uncertain mean."""

    stream: str
    delay: Delay
    mean: int
    """Index of the value, or NONE."""
    least: int
    """Shortest duration in seconds: a leg lasts a second at least, so that nothing goes back in time."""


@dataclass(frozen=True)
class Layout:
    """A scenario laid out. Times in seconds since the period's start; order never from the file."""

    scenario: Scenario
    horizon: int
    days: int
    blocks: int
    values: tuple[Value, ...]
    carriers: tuple[str, ...]
    """By (rank, id): the order in which they leave in the same second."""
    vehicles: tuple[Vehicle, ...]
    segments: tuple[Segment, ...]
    by_list: tuple[tuple[tuple[int, int], ...], ...]
    """Per segment: (eligible parties, index of the chance), shortest list first."""
    hours: tuple[Hours | None, ...]
    """Per segment."""
    departures: tuple[Departure, ...]
    trips: tuple[int, ...]
    """Per carrier: most trips of one vehicle that leave on one day, for which luck is drawn."""
    slots: int
    """Trip slots of all vehicles: the length of every row of trip draws."""
    places: tuple[str, ...]
    """Place 0 is where patients wait, place k the end of leg k, the last where they are handed over."""
    out: tuple[DrawnDelay, ...]
    back: tuple[DrawnDelay, ...]
    turnaround: DrawnDelay
    initial: int
    """Index of the value: patients on the list at the start."""
    referrals: tuple[tuple[int, int], ...]
    """(second, index of the rate a day) from then on."""
    classes: tuple[PatientType, ...]
    obstacles: tuple[Placed, ...]
    clearances: tuple[tuple[str, DrawnDelay], ...]
    """Per clearance slot: id and lead time."""
    checkpoints: tuple[tuple[str, DrawnDelay, DrawnDelay], ...]
    """Per checkpoint slot: id, inspection of the vehicle and of a person."""
    own: tuple[OwnGroup, ...]
    """By id. Wherever carriers are numbered, these follow them."""
    sections: tuple[tuple[tuple[int, int], ...], ...]
    """Per leg: (second, index of the capacity a day) from then on; empty where there is no limit."""


def in_hours(hours: Hours, second: int) -> bool:
    """Whether a second of the run lies in these hours of the day."""
    return any(start <= second % DAY < end for start, end in hours.spans)


def value_index(layout: Layout, name: str) -> int:
    """Index of a value by its name, NONE when there is none of that name."""
    for k, value in enumerate(layout.values):
        if value.name == name:
            return k
    return NONE
