"""What one replication of one world yields: rows, checked against the invariants of the model.

Both engines give the same rows; everything published is computed from them in `measures.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import Draws
from sim.model.plan import Plan

Ints = NDArray[np.int64]

NOT_REFERRED, WAITING, IN_TRANSIT, EVACUATED, DIED, WITHDREW = range(6)
"""States of a patient; at the end each is in one of the last five."""
STATE_NAMES = ("not referred", "waiting", "in transit", "evacuated", "died waiting", "withdrew")
BEFORE = (
    (),
    (NOT_REFERRED, IN_TRANSIT),
    (WAITING,),
    (IN_TRANSIT,),
    (WAITING,),
    (WAITING,),
)
"""By state: the states from which a patient may come; waiting again is a convoy turned back, come home."""


class ModelError(Exception):
    """An invariant of the model is broken: the run must not be used."""


class Event(NamedTuple):
    """One row of the event log; indices, or NONE where a field does not apply."""

    second: int
    what: str
    patient: int
    convoy: int
    carrier: int
    vehicle: int
    place: int
    reason: str


ARRIVALS, LIST, DEPARTURES = 3, 4, 5
"""Ranks within a second: arrivals, inspections ending, vehicles home; changes of the list; departures.

Rules starting or ending (1, 2) and changes of the list need no event in an engine: a rule holds from its own
second on, and the list is brought up to the second whenever somebody looks at it.
"""
EVENT_RANK = {
    **dict.fromkeys(("referred", "died", "withdrew"), LIST),
    **dict.fromkeys(("boarded", "departed", "blocked", "joined the queue", "admitted"), DEPARTURES),
}
"""Rank of an event within its second; 3 for all that happens on the road."""


class Spell(NamedTuple):
    """One stay on the list, seconds."""

    patient: int
    start: int
    end: int


class Convoy(NamedTuple):
    """One departure; seconds, NONE where it has not happened by the horizon."""

    carrier: int
    left: int
    handed_over: int
    home: int
    turned_back: int
    held: int
    """Seconds held by closures, out and back."""
    inspected: int
    """Seconds at checkpoints, out and back."""


class Ride(NamedTuple):
    """One vehicle of one convoy, and whom it carried."""

    convoy: int
    vehicle: int
    patients: int
    people: int


CLOSED, NO_PERMISSION, WEEKLY_LIMIT, NO_FUEL, NO_VEHICLE, TOO_FEW, NOBODY_FITS = range(1, 8)
REASONS = (
    "",
    "closed",
    "no permission",
    "weekly limit",
    "no fuel",
    "no vehicle",
    "too few waiting",
    "nobody fits",
)
"""Why a planned departure did not happen, by its code; 0: it did."""
IMPEDED = NO_FUEL
"""Up to this code the road, a permission or fuel is why; above it, want of vehicles or of parties that
fit (which a cap of nothing can cause as well)."""


class Blocked(NamedTuple):
    """A planned departure that did not happen."""

    second: int
    carrier: int
    reason: int


class Admission(NamedTuple):
    """A vehicle let onto a road section; seconds, NONE where it has not happened by the horizon."""

    leg: int
    vehicle: int
    """The carriers' vehicles, then the own ones."""
    joined: int
    admitted: int


class Outcome(NamedTuple):
    """One replication of one world, as arrays. Patients are in the rows of the draws."""

    state: NDArray[np.int8]
    boarded: Ints
    """Second of the last boarding, NONE if never."""
    left: Ints
    """Second of handover, death or withdrawal, NONE if none of them."""
    convoy: Ints
    """Convoy of the last boarding, NONE if never."""
    spells: Ints
    """(k, 3) stays on the list: patient, start, end; by patient and start."""
    convoys: Ints
    """(m, 7) as :class:`Convoy`, in order of departure."""
    rides: Ints
    """(r, 4) as :class:`Ride`, by convoy and vehicle."""
    blocked: Ints
    """(b, 3) as :class:`Blocked`, in order of time and carrier."""
    arrived: Ints
    """Second at which each own vehicle is at the end of the road, NONE if not by the horizon."""
    admissions: Ints
    """(a, 4) as :class:`Admission`, in the order in which they joined a queue."""
    events: tuple[Event, ...] | None
    """The event log by (second, rank), if it was asked for."""


def make_outcome(
    plan: Plan,
    draws: Draws,
    state: Sequence[int],
    boarded: Sequence[int],
    left: Sequence[int],
    convoy: Sequence[int],
    spells: Sequence[tuple[int, ...]],
    convoys: Sequence[tuple[int, ...]],
    rides: Sequence[tuple[int, ...]],
    blocked: Sequence[tuple[int, ...]],
    arrived: Sequence[int],
    admissions: Sequence[tuple[int, ...]],
    events: Sequence[Event] | None,
) -> Outcome:
    """Put an engine's rows in order and check them.

    Raises
    ------
    ModelError
        When an invariant is broken.
    """
    outcome = Outcome(
        state=np.array(state, dtype=np.int8),
        boarded=np.array(boarded, dtype=np.int64),
        left=np.array(left, dtype=np.int64),
        convoy=np.array(convoy, dtype=np.int64),
        spells=_by_patient(_rows(spells, 3)),
        convoys=_rows(convoys, 7),
        rides=_rows(rides, 4),
        blocked=_rows(blocked, 3),
        arrived=np.array(arrived, dtype=np.int64),
        admissions=_rows(admissions, 4),
        events=None
        if events is None
        else tuple(sorted(events, key=lambda e: (e.second, EVENT_RANK.get(e.what, ARRIVALS)))),
    )
    check(plan, draws, outcome)
    return outcome


def _rows(rows: Sequence[tuple[int, ...]], columns: int) -> Ints:
    """Rows as an array (an order of magnitude faster than `np.array` on a list of tuples)."""
    flat = chain.from_iterable(rows)
    return np.fromiter(flat, dtype=np.int64, count=len(rows) * columns).reshape(-1, columns)


def _by_patient(spells: Ints) -> Ints:
    """Stays on the list by patient, start and end."""
    patient, start, end = spells.T
    return spells[np.lexsort((end, start, patient))]


def check(plan: Plan, draws: Draws, outcome: Outcome) -> None:
    """Check one outcome; for many of one world, `checking.Checking` is made once.

    Raises
    ------
    ModelError
        Naming the first invariant that is broken.
    """
    from sim.model.checking import Checking  # which builds on this module

    Checking(plan).check(draws, outcome)
