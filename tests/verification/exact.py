"""Cases without luck: what is expected can be worked out on paper, and must be found to the second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.layout import NONE
from tests.verification import observe as see
from tests.verification.engines import Engine
from tests.verification.observe import HOUR, Run


class Exact(NamedTuple):
    """One answer that is known exactly."""

    scenario: str
    variant: str
    what: str
    expected: Any
    source: str
    """How it is worked out."""
    catches: str
    """The bug that it would catch."""
    find: Callable[[Run], Any]


def trips(r: Run) -> int:
    """Departures within the run."""
    return len(r.outcome.convoys)


def series(r: Run) -> tuple[tuple[float, int], ...]:
    """(hour, handed over by then)."""
    return tuple((float(h), int(n)) for h, n in zip(*see.handovers(r), strict=True))


def empty_seats(r: Run) -> int:
    """Seats that stayed empty on trips."""
    seats = np.array([v.seats for v in r.plan.vehicles])
    return int((seats[r.outcome.rides[:, 1]] - r.outcome.rides[:, 3]).sum())


def minutes_out(r: Run) -> tuple[float, ...]:
    """Minutes at which vehicles are through the checkpoint: an hour before they hand over."""
    over = r.outcome.convoys[:, 2]
    return tuple(float(m) for m in sorted(over[over != NONE] / 60 - 60))


def cleared(r: Run) -> float:
    """Hour at which the last of those listed is handed over; infinite if somebody is not."""
    if see.evacuated(r) < r.draws.patients:
        return float("inf")
    return float(r.outcome.left.max() / HOUR)


def on_departures(scenario: str, variant: str, what: str, expected: int, source: str, catches: str) -> Exact:
    """One line of the timetable."""
    return Exact(scenario, variant, what, expected, source, catches, trips)


EXACT = (
    on_departures(
        "timetable", "base", "trips, 3 h out + 5 h back, 240 h", 30, "240 / 8",
        "a second lost a trip, or a trip at the horizon",
    ),
    on_departures(
        "timetable", "hours-06-18", "the same, departures 06-18", 20, "06:00 and 14:00 a day",
        "hours that look at the return, not at the departure",
    ),
    on_departures(
        "timetable", "hours-06-14", "the same, departures 06-14", 10, "06:00 a day; 14:00 is too late",
        "hours that include their last instant",
    ),
    on_departures(
        "timetable", "hours-06-1401", "the same, departures 06-14:01", 20, "06:00 and 14:00 a day",
        "a vehicle home at 14:00 that cannot leave in the same second",
    ),
    on_departures(
        "timetable", "every-8-h", "the same on a timetable of every 8 h", 30, "240 / 8",
        "a departure that comes before the return of the same second",
    ),
    on_departures(
        "timetable", "closed-at-a-departure", "the same, closed at one departure's instant", 29, "30 - 1",
        "a closure that starts after the departures of its second, or a departure made up for",
    ),
    on_departures(
        "timetable", "closed-until-a-departure", "the same, a closure ending at that instant", 30,
        "closures are half-open",
        "a closure that includes its end",
    ),
    Exact(
        "two-vehicles", "base", "(hour, handed over), 75 listed, two vehicles of 10 seats",
        ((3.0, 20), (11.0, 40), (19.0, 60), (27.0, 75)), "two departures every 8 h from 0 h on",
        "a second vehicle that waits for the first, or handovers counted at departure", series,
    ),
    Exact(
        "two-vehicles", "base", "seats empty, 75 listed, two vehicles of 10 seats", 5, "8 x 10 - 75",
        "the last load spread over both vehicles, or an empty vehicle sent along", empty_seats,
    ),
    Exact(
        "one-lane", "base", "minutes at which five vehicles are through one lane of 30 min each",
        (210.0, 240.0, 270.0, 300.0, 330.0), "180 + 30 k",
        "inspections that overlap in one lane, or a pause between them", minutes_out,
    ),
    Exact(
        "fluid", "base", "hour at which 1,500 are gone, 10 an hour from 06 to 18", 300.0,
        "12 days of 120, then 60 from 06 to 12",
        "a day with eleven or thirteen departures, an opening hour lost at the edge", cleared,
    ),
    Exact(
        "road-fluid", "base", "let on by 06, 12, 18, 21 and 24 h, 240 an hour, then 100, 0 and 300",
        (1440, 2040, 2040, 2940, 3000), "6 x 240; + 6 x 100; + 0; + 3 x 300; all",
        "a change of capacity that counts late, or a vehicle let on while it is 0",
        lambda r: see.let_on(r, (6, 12, 18, 21, 24)),
    ),
    Exact(
        "road-fluid", "odd-rate", "let on by 1, 10 and 24 h, 220 an hour", (220, 2200, 3000),
        "220 t, to the last one", "headways rounded to whole seconds", lambda r: see.let_on(r, (1, 10, 24)),
    ),
)  # fmt: skip


SINGLE = ("mm1", "md1", "mg1")
"""Cases of one vehicle and one seat, for Lindley's recursion."""
CONSTANT = ("timetable", "two-vehicles", "one-lane", "fluid", "road-fluid")
"""Scenarios in which nothing varies."""


def counterexample(engine: Engine, world: str) -> int:
    """Evacuated within 12 h when one patient is listed and nine are referred an hour later."""
    plan = see.laid_out("counterexample", world=world)[1]
    draws = replace(see.draw("counterexample"), referred=np.array([0] + [HOUR] * 9))
    return int(see.evacuated(Run(plan, draws, engine(plan, draws))))


def differences(engine: Engine, replications: int, variant: str = "base") -> NDArray[np.float64]:
    """Evacuated without the closures of `opposite-signs.yaml`, less those with them, in each replication."""
    plans = [see.laid_out("opposite-signs", variant, world)[1] for world in ("unimpeded", "actual")]
    found = np.empty(replications)
    for replication in range(replications):
        draws = see.draw("opposite-signs", replication, variant)
        without, closed = (see.evacuated(Run(plan, draws, engine(plan, draws))) for plan in plans)
        found[replication] = without - closed
    return found


SIGNS = 600
"""Replications in which signs are counted for the page."""
