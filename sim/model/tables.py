"""The tables that the kernel works on: rows of whole numbers, linked by their numbers.

Rows have the names that plans, draws and outcomes give them; NONE stands for no row. Functions take tables in
groups (`World`, `Waiting`, `Fleet`, `Road`): what belongs together, and no more, since every table of a group
costs the compiler something wherever the group is named.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Ints2 = NDArray[np.int64]
Ints3 = NDArray[np.int64]
Floats = NDArray[np.float64]
States = NDArray[np.int8]
Bools = NDArray[np.bool_]
Floats2 = NDArray[np.float64]

CAPS, PERMISSIONS, FUEL, CHECKPOINTS, NO_LYING, DETERRENTS, CLEARANCES = range(7)
"""Kinds of rules, in the order in which they stand in the table."""

TIMETABLE, LOOK, LOOK_AGAIN, CONVOY, OWN = range(5)
"""Kinds of events: a planned departure; a vehicle that leaves when ready looks; a convoy goes on; an own
vehicle sets out or goes on."""

DONE, FULL, TOO_MANY_TRIPS = range(3)
"""How a run ended: whole; a table was too small (run again with a larger one); luck ran out."""


def _row(*names: str, of: type[np.signedinteger] = np.int64) -> np.dtype[Any]:
    return np.dtype([(name, of) for name in names], align=True)


RULE = _row(
    "start", "end", "carriers", "classes", "patients", "people", "vehicles", "chance", "per_week", "refused",
    "share", "per_trip", "place", "lanes", "turn_back", "slot",
)  # fmt: skip
"""Any rule; a kind uses what `plan` gives it."""
STEP = _row("at", "value")
GROUP = _row("first", "end", "looked_at")
"""Steps of one thing that changes in time, and where in them somebody looked last."""
SEGMENT = _row("carrier", "start", "end", "ready", "chance", "needs", "vehicles", "escort", "recheck")
DEPARTURE = _row("second", "carrier", "segment")
CLOCK = _row(
    "now", "ended", "patients", "events", "sequence", "referred", "trips", "rides", "spells", "blocked",
    "admissions",
)  # fmt: skip
"""One row: the second, how many patients there are, and how many rows of each table are in use."""
EVENT = _row("second", "rank", "id", "sequence", "kind", "number")
PATIENT = _row(
    "referred", "kind", "queue", "party", "lies", "ends", "ends_as",
    "state", "listed", "boarded", "left", "convoy", "stays", "next", "rider", "unused",
    of=np.int32,
)  # fmt: skip
"""As drawn (`ends`: the second at which patience or life does, as DIED or WITHDREW); then what becomes of
the patient, who is `next` on the list, and the next `rider` aboard. Behind the patients: queues' heads. A row
fills one line of the processor's cache: half-size numbers (seconds up to 68 years), and one to spare."""
VEHICLE = _row(
    "carrier", "seats", "lying", "start", "end", "availability", "lying_only", "first_slot",
    "at_home", "look_at", "day", "trips",
)  # fmt: skip
"""As in the plan; then where it is, and its trips of the day."""
ABOARD = _row("vehicle", "sit", "lie", "lying_only", "patients", "people")
"""A vehicle that is being boarded: room left to sit and to lie, and whom it carries."""
CARRIER = _row("first", "last", "ready", "trips_a_day", "week", "left", "litres")
"""Its vehicles; convoys that left, and litres used, in the week."""
PLACE = _row("last_start", "n")
"""As `CheckpointLine`: when the last one was let in, and how many inspections were under way then."""
TRIP = _row(
    "carrier", "left", "handed_over", "home", "turned_back", "held", "inspected",
    "lead", "phase", "place", "since", "first", "last", "riders",
)  # fmt: skip
"""As `outcome.Convoy`; then where it is, its rides and the first of its riders."""
TRAVELLER = _row("ready", "group", "people", "place", "through", "arrived")
"""As `OwnVehicles`; then the place where it is (NONE: not set out), and whether it may drive on."""
SECTION = _row("free")
"""As `RoadSection`."""
ADMISSION = _row("leg", "vehicle", "joined", "admitted")
SPELL = _row("patient", "start", "end")
RIDE = _row("convoy", "vehicle", "patients", "people", "slot")
"""As `outcome.Ride`; then the slot of its draws."""
BLOCKED = _row("second", "carrier", "reason")

# Tables and single rows of them, for annotations: a row's fields are attributes.
Rules: TypeAlias = Any
Steps: TypeAlias = Any
Groups: TypeAlias = Any
Group: TypeAlias = Any
Segments: TypeAlias = Any
Departures: TypeAlias = Any
Events: TypeAlias = Any
Patients: TypeAlias = Any
Patient: TypeAlias = Any
Vehicles: TypeAlias = Any
Vehicle: TypeAlias = Any
Aboards: TypeAlias = Any
Aboard: TypeAlias = Any
Carriers: TypeAlias = Any
Places: TypeAlias = Any
Trips: TypeAlias = Any
Spells: TypeAlias = Any
Rides: TypeAlias = Any
Blocks: TypeAlias = Any
Clocks: TypeAlias = Any
Clock: TypeAlias = Any
Trip: TypeAlias = Any
Travellers: TypeAlias = Any
Traveller: TypeAlias = Any
Sections: TypeAlias = Any
Admissions: TypeAlias = Any

ROWS = {
    "Rules": RULE, "Steps": STEP, "Groups": GROUP, "Segments": SEGMENT, "Departures": DEPARTURE,
    "Events": EVENT, "Patients": PATIENT, "Vehicles": VEHICLE, "Aboards": ABOARD, "Carriers": CARRIER,
    "Places": PLACE, "Trips": TRIP, "Spells": SPELL, "Rides": RIDE, "Blocks": BLOCKED, "Clocks": CLOCK,
    "Travellers": TRAVELLER, "Sections": SECTION, "Admissions": ADMISSION,
}  # fmt: skip
"""The rows of each kind of table."""


class World(NamedTuple):
    """What of a world holds for everybody: its rules, and the values of the numbers that they name."""

    horizon: int
    days: int
    last_place: int
    queues: int
    opening: int
    """Group of steps of place 0's opening; the road's groups, by carrier and place, come before."""
    changes: int
    by_list: int
    hours: int
    capacity: int
    """Group of steps of the first leg's capacity."""
    own_slots: int
    """Slot of the first own vehicle's draws."""
    rules: Rules
    first_rule: Ints
    """Where each kind of rule starts; one more for the end."""
    steps: Steps
    groups: Groups
    """Of steps."""
    segments: Segments
    values: Floats


class Drawn(NamedTuple):
    """Patients as they are drawn."""

    referred: Ints
    kind: Ints
    companions: Ints
    lying: Bools
    withdraws: Ints
    dies: Ints
    queue_of: Ints
    """By class."""


class Waiting(NamedTuple):
    """The list, and the luck that says who may board."""

    patients: Patients
    tail: Ints
    """Last patient of each queue."""
    spells: Spells
    active: Ints
    """Rules of eligibility in force, while the list is looked at."""
    reluctance: Floats
    lead: Ints2
    refusal: Floats2


class Fleet(NamedTuple):
    """Carriers, their vehicles, and the luck of each day."""

    vehicles: Vehicles
    carriers: Carriers
    home: Aboards
    """Vehicles at home, while a departure is looked at."""
    go: Floats2
    permission: Floats2
    fit: Floats2


class Road(NamedTuple):
    """Convoys and places, and the luck of each trip."""

    trips: Trips
    rides: Rides
    places: Places
    ends: Ints2
    """(places, lanes) ends of the inspections under way."""
    travel: Ints3
    rest: Ints
    inspect_vehicle: Ints3
    inspect_person: Ints3
    turned: Floats2
    sections: Sections
    """By leg."""
    headways: Ints
    admissions: Admissions


class Result(NamedTuple):
    """Patients and their stays on the list, at the end, as `Outcome` has them."""

    state: States
    boarded: Ints
    left: Ints
    convoy: Ints
    by_patient: Spells


class Tables(NamedTuple):
    """All that a run reads and writes."""

    world: World
    drawn: Drawn
    waiting: Waiting
    fleet: Fleet
    road: Road
    heap: Events
    clock: Clocks
    planned: Departures
    moments: Ints
    """Seconds at which a vehicle that leaves when ready looks."""
    blocked: Blocks
    own: Travellers
    result: Result


GROUPS = {of.__name__: of for of in (World, Drawn, Waiting, Fleet, Road, Result)}
"""Tables that functions take together."""
