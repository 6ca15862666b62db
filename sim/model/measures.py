"""Every number that is published of one replication, computed from its outcome.

``measures`` gives named numbers, ``daily`` series at each midnight; ``Measuring`` gives both as rows, for
many replications of one world. Names carry their unit; what is restricted says so in brackets:
``patients_evacuated[carrier=icrc,window=since-checkpoint]``. The loops are in `counting.py`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model import counting
from sim.model.compiling import compiled
from sim.model.draws import Draws
from sim.model.layout import DAY
from sim.model.outcome import EVACUATED, STATE_NAMES, Outcome
from sim.model.plan import Plan
from sim.model.road_measures import RoadMeasuring

UNITS = {
    "patients_evacuated": "patients",
    "people_evacuated": "people",
    "referred": "patients",
    "still_waiting": "patients",
    "in_transit": "patients",
    "died_waiting": "patients",
    "withdrew": "patients",
    "patient_days_of_delay": "patient-days",
    "median_wait": "days",
    "convoys_run": "convoys",
    "convoys_turned_back": "convoys",
    "departures_blocked": "departures",
    "longest_gap": "days",
    "patients_per_convoy": "patients",
    "vehicles_per_convoy": "vehicles",
    "seats_filled": "share",
    "people_arrived": "people",
    "vehicles_arrived": "vehicles",
    "travel_of_arrived": "hours",
    "travel_median": "hours",
    "own_on_the_road": "vehicles",
    "longest_queue": "vehicles",
}
"""Unit of each measure, by the part of its name before the bracket."""

_EVACUATED = tuple(UNITS)[:2]
_OF_ALL = tuple(UNITS)[2:9]
_OF_CONVOYS = tuple(UNITS)[9:16]
"""What is measured of evacuations, of all patients, of convoys: in the order of the columns in `counting`."""


class Measuring:
    """What is measured in one world: names and tables are made once, numbers for every replication.

    ``names`` are the measures, ``series`` the daily series, in the order in which ``row`` and ``daily`` give
    them. Threads may share one.
    """

    def __init__(self, plan: Plan) -> None:
        carriers = [f"carrier={name}" for name in plan.layout.carriers]
        classes = [f"class={row.name}" for row in plan.layout.classes]
        spans = windows(plan)
        self._road = RoadMeasuring(plan, spans)
        groups = ["", *carriers, *classes]
        for name in spans:
            groups += [f"window={name}", *(f"{carrier},window={name}" for carrier in carriers)]
        self.names: tuple[str, ...] = (
            *(_named(what, group) for group in groups for what in _EVACUATED),
            *_OF_ALL,
            *(_named(what, group) for group in ("", *carriers) for what in _OF_CONVOYS),
            *self._road.names,
        )
        self.series: tuple[str, ...] = (
            *(_named(what, carrier) for carrier in carriers for what in ("patients", "people", "convoys")),
            *(_named("waiting", of_class) for of_class in classes),
            "referred",
            *self._road.series,
        )
        self._days, self._horizon = plan.days, plan.horizon
        self._carriers, self._classes = len(carriers), len(classes)
        self._seats = np.array([v.seats + v.lying for v in plan.vehicles], dtype=np.int64)
        days = [(first // DAY, -(-end // DAY)) for first, end in spans.values()]
        self._spans = np.ascontiguousarray(np.array([(0, plan.days), *days]).T)
        self._median = self.names.index("median_wait")

    def both(self, draws: Draws, outcome: Outcome) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """What ``row`` and ``daily`` give, counted at one go."""
        series, by_class, by_state, of_convoys, waited = self._counted(draws, outcome)
        row = np.empty(len(self.names) - len(self._road.names))
        loops()["write_row"](series, self._spans, by_class, by_state, of_convoys, waited, row)
        row[self._median] = median_wait(waited, outcome.state == EVACUATED) / DAY
        if not self._road.names:
            return row, series
        of_road, road_series = self._road.both(draws, outcome)
        return np.concatenate([row, of_road]), np.concatenate([series, road_series])

    def row(self, draws: Draws, outcome: Outcome) -> NDArray[np.float64]:
        """(names,) numbers; inf for a median that was not reached, nan for a mean over no convoys."""
        return self.both(draws, outcome)[0]

    def daily(self, draws: Draws, outcome: Outcome) -> NDArray[np.int32]:
        """(series, days + 1) counts at each midnight, as :func:`daily` says; no row is made beside."""
        series: NDArray[np.int32] = self._counted(draws, outcome)[0]
        if not self._road.names:
            return series
        return np.concatenate([series, self._road.both(draws, outcome)[1]])

    def _counted(self, draws: Draws, outcome: Outcome) -> tuple[Any, ...]:
        """What `count` fills: series, by class, by state, of convoys, and how long each waited."""
        o = outcome
        series = np.zeros((len(self.series) - len(self._road.series), self._days + 1), dtype=np.int32)
        by_class = np.zeros((self._classes, 2), dtype=np.int64)
        by_state, waited = (np.zeros(n, dtype=np.int64) for n in (len(STATE_NAMES), len(o.state)))
        of_convoys = np.zeros((1 + self._carriers, len(_OF_CONVOYS)))
        loops()["count"](
            o.state, o.left, o.convoy, o.spells, o.convoys, o.rides, o.blocked,
            draws.referred, draws.kind, draws.companions, self._seats, self._horizon,
            by_class, by_state, of_convoys, np.zeros((1 + self._carriers, 2), dtype=np.int64), waited, series,
        )  # fmt: skip
        return series, by_class, by_state, of_convoys, waited


def measures(plan: Plan, draws: Draws, outcome: Outcome) -> dict[str, float]:
    """Named numbers of one replication; inf for a median that was not reached.

    A mean over no convoys is not defined: it is left out.
    """
    measuring = Measuring(plan)
    row = measuring.row(draws, outcome).tolist()
    return {name: value for name, value in zip(measuring.names, row, strict=True) if not np.isnan(value)}


def daily(plan: Plan, draws: Draws, outcome: Outcome) -> dict[str, NDArray[np.int32]]:
    """Counts at each midnight, length days + 1: element k counts what happened before 24:00 of day k - 1.

    ``patients[carrier=...]``, ``people[...]``, ``convoys[...]`` (by handover) are cumulative;
    ``waiting[class=...]`` is the list at that moment; ``referred`` is cumulative. Of the road, where there
    are own vehicles or sections: ``people_arrived``, ``vehicles_arrived`` (cumulative; with ``[at=20:00]``
    counted at that hour of day k), ``own_arrived`` and the ``travel_hours`` that these took in all
    (cumulative), and ``queue[to=...]`` at that moment.
    """
    measuring = Measuring(plan)
    return dict(zip(measuring.series, measuring.daily(draws, outcome), strict=True))


def windows(plan: Plan) -> dict[str, tuple[int, int]]:
    """The scenario's windows as [start, end) in seconds of the run."""
    scenario = plan.layout.scenario
    origin = scenario.period.from_.day
    spans = {}
    for name, window in scenario.windows.items():
        start = max(0, (window.from_ - origin).days * DAY)
        end = plan.horizon if window.to is None else min(plan.horizon, ((window.to - origin).days + 1) * DAY)
        spans[name] = (start, end)
    return spans


def median_wait(waited: NDArray[np.int64], evacuated: NDArray[np.bool_]) -> float:
    """Kaplan-Meier median of the wait until evacuation, in the unit of `waited`; inf when not reached.

    Those who still wait, are on the road, died or withdrew are censored at their time on the list.
    Kaplan & Meier 1958, doi:10.1080/01621459.1958.10501452.
    """
    ends = 2 * waited
    ends += ~evacuated  # those evacuated first: who is censored in the same second was still at risk
    ends.sort()
    found: float = loops()["median"](ends)
    return found


def _named(what: str, group: str) -> str:
    return f"{what}[{group}]" if group else what


@cache
def loops() -> Any:
    """The loops, compiled when they are first needed."""
    names = ("count", "write_row", "median")
    return compiled(counting, names, names)
