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
from sim.model.layout import NEVER, NONE
from sim.model.plan import OPEN, ClearanceRule, DeterrenceRule, NoLying, Plan

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


EVENT_RANK = {"referred": 4, "died": 4, "withdrew": 4, "boarded": 5, "departed": 5, "blocked": 5}
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
        events=None
        if events is None
        else tuple(sorted(events, key=lambda e: (e.second, EVENT_RANK.get(e.what, 3)))),
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
    """Check conservation and order, in every run.

    Raises
    ------
    ModelError
        Naming the invariant that is broken and the first row that breaks it.
    """
    o, n = outcome, draws.patients
    evacuated, riding = o.state == EVACUATED, o.state == IN_TRANSIT
    ended = evacuated | (o.state == DIED) | (o.state == WITHDREW)
    _require(((o.state >= WAITING) & (o.state <= WITHDREW)).all(), "each patient ends in one state")
    _require(((o.left != NONE) == ended).all(), "who has left is evacuated, died or withdrew")
    _require(
        (o.left < plan.horizon).all() and (o.boarded < plan.horizon).all(), "nothing happens after the end"
    )
    aboard = evacuated | riding
    _require((o.convoy[aboard] != NONE).all(), "who is on the road or evacuated is on a convoy")
    on = o.convoys[o.convoy[aboard]]
    _require((on[:, 1] == o.boarded[aboard]).all(), "patients board when their convoy leaves")
    _require((o.boarded[aboard] >= draws.referred[aboard]).all(), "referral before boarding")
    _require(
        (o.convoys[o.convoy[evacuated], 2] == o.left[evacuated]).all(),
        "patients are handed over with their convoy",
    )
    ends = np.minimum(draws.dies, draws.withdraws)
    _require((o.boarded[aboard] < ends[aboard]).all(), "nobody boards after dying or withdrawing")
    _check_eligible(plan, draws, o, aboard)
    _check_spells(plan, draws, o, n)
    _check_convoys(plan, draws, o, evacuated)


def _check_eligible(plan: Plan, draws: Draws, o: Outcome, aboard: NDArray[np.bool_]) -> None:
    """Nobody boards whom a rule in force holds back."""
    who = np.flatnonzero(aboard)
    at, carrier, kind = o.boarded[who], o.convoys[o.convoy[who], 0], draws.kind[who]

    def held(rule: NoLying | DeterrenceRule | ClearanceRule, classes: int = -1) -> NDArray[np.bool_]:
        in_force = (at >= rule.start) & (at < rule.end)
        return np.asarray(in_force & (rule.carriers >> carrier & 1 == 1) & (classes >> kind & 1 == 1))

    for lying in plan.no_lying:
        _require(
            not (held(lying) & draws.lying[who]).any(), "nobody who must lie down boards while that is barred"
        )
    for rule in plan.deterrents:
        stays = draws.reluctance[who] < draws.values[rule.share]
        _require(not (held(rule, rule.classes) & stays).any(), "nobody boards who stays away")
    for papers in plan.clearances:
        refused = draws.refusal[papers.slot, who] < draws.values[papers.refused]
        cleared = np.maximum(draws.referred[who], papers.start) + draws.lead[papers.slot, who]
        barred = held(papers, papers.classes) & (refused | (at < cleared))
        _require(not barred.any(), "nobody boards before clearance, or when refused")


def _check_spells(plan: Plan, draws: Draws, o: Outcome, n: int) -> None:
    patient, start, end = o.spells.T
    _require((start <= end).all(), "a stay on the list ends after it starts")
    first = np.append(True, patient[1:] != patient[:-1]) if len(patient) else np.empty(0, dtype=bool)
    _require(int(first.sum()) == n, "every patient has been on the list")
    _require((start[first] == draws.referred[patient[first]]).all(), "waiting starts with referral")
    _require((~first[1:] <= (start[1:] >= end[:-1])).all(), "stays on the list do not overlap")
    last, riding = np.append(first[1:], True)[: len(first)], (o.state == EVACUATED) | (o.state == IN_TRANSIT)
    ends = np.where(o.state == WAITING, plan.horizon, np.where(riding, o.boarded, o.left))
    _require((end[last] == ends[patient[last]]).all(), "a stay on the list ends when its patient leaves it")


def _check_convoys(plan: Plan, draws: Draws, o: Outcome, evacuated: NDArray[np.bool_]) -> None:
    carrier, left, over, home, turned = o.convoys[:, :5].T
    for c in range(len(plan.layout.carriers)):
        closed = [s for s in left[carrier == c].tolist() if plan.road[c][0].at(s) != OPEN]
        _require(not closed, f"no departure while the road is closed: second {closed[:1]}")
    _require(((over == NONE) | (over > left)).all(), "handover after departure")
    _require(((home == NONE) | (home >= np.maximum(over, left))).all(), "home after handover")
    _require(((turned == 0) | (over == NONE)).all(), "a convoy turned back hands nobody over")
    convoy, vehicle, patients, people = o.rides.T
    _require(len(np.unique(convoy)) == len(o.convoys), "every convoy has vehicles")
    seats = np.array([v.seats + v.lying for v in plan.vehicles], dtype=np.int64)
    _require((people <= seats[vehicle]).all(), "no vehicle carries more than it holds")
    _require(int(patients[over[convoy] != NONE].sum()) == int(evacuated.sum()), "evacuated = handed over")
    load = np.bincount(convoy, weights=patients, minlength=len(o.convoys))
    _require((load >= 1).all(), "no convoy leaves without patients")
    _check_caps(plan, draws, o, load.astype(np.int64))
    order = np.lexsort((left[convoy], vehicle))
    v, gone = vehicle[order], left[convoy][order]
    back = np.where(home[convoy] == NONE, NEVER, home[convoy])[order]
    _require(((v[1:] != v[:-1]) | (gone[1:] >= back[:-1])).all(), "a vehicle's trips do not overlap")


def _check_caps(plan: Plan, draws: Draws, o: Outcome, patients: Ints) -> None:
    people = np.bincount(o.rides[:, 0], weights=o.rides[:, 3], minlength=len(o.convoys))
    vehicles = np.bincount(o.rides[:, 0], minlength=len(o.convoys))
    left = o.convoys[:, 1]
    for rule in plan.caps:
        held = (left >= rule.start) & (left < rule.end) & (rule.carriers >> o.convoys[:, 0] & 1 == 1)
        for load, cap in ((patients, rule.patients), (people, rule.people), (vehicles, rule.vehicles)):
            if cap != NONE:
                _require((load[held] <= draws.values[cap]).all(), "convoys keep to the caps")


def _require(holds: bool | np.bool_, what: str) -> None:
    if not holds:
        raise ModelError(f"broken: {what}")
