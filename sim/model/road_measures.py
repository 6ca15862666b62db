"""What is measured of the road itself: who arrived, how long it took, how long the queues were.

Only where there are own vehicles or a leg with a capacity. Arrivals are those of own vehicles and of convoys
together, as whoever counts at the end of the road sees them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import Draws
from sim.model.layout import DAY, NONE
from sim.model.outcome import Outcome
from sim.model.plan import Plan
from sim.scenario.calendar_text import clock_text
from sim.scenario.schema import ARRIVING

Ints = NDArray[np.int64]
HOUR = 3600

PEOPLE, VEHICLES, HOURS = ARRIVING
OWN = "own_arrived"
"""Series of own vehicles that have arrived; `HOURS` is that of the hours that these took, in all."""


class RoadMeasuring:
    """What is measured of the road in one world; no names where there is nothing to measure.

    ``names`` are the measures, ``series`` the counts at each midnight, or at an hour of each day at which a
    published figure was counted: ``people_arrived[at=20:00]``.
    """

    def __init__(self, plan: Plan, spans: dict[str, tuple[int, int]]) -> None:
        self._horizon, self._days = plan.horizon, plan.days
        self._legs = [leg for leg, steps in enumerate(plan.sections) if steps.times]
        self._vehicles = len(plan.vehicles)
        self._spans = list(spans.values())
        figures = plan.layout.scenario.observed.values()
        hours = sorted({figure.at for figure in figures if isinstance(figure.at, int)})
        queues = [f"[to={plan.layout.places[leg + 1]}]" for leg in self._legs]
        self.names: tuple[str, ...] = ()
        self.series: tuple[str, ...] = ()
        if plan.layout.own or self._legs:
            groups = ["", *(f"[window={name}]" for name in spans)]
            self.names = (
                *(f"{what}{group}" for group in groups for what in (PEOPLE, VEHICLES)),
                *(f"travel_of_arrived{group}" for group in groups),
                "travel_median",
                "own_on_the_road",
                *(f"longest_queue{queue}" for queue in queues),
            )
            brackets = ["", *(f"[at={clock_text(hour)}]" for hour in hours)]
            self.series = (
                *(f"{what}{bracket}" for bracket in brackets for what in (PEOPLE, VEHICLES)),
                HOURS,
                OWN,
                *(f"queue{queue}" for queue in queues),
            )
        midnights = np.arange(plan.days + 1) * DAY
        self._cuts = np.array([midnights, *(midnights + hour for hour in hours)])

    def both(self, draws: Draws, outcome: Outcome) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """(names,) numbers and (series, days + 1) counts."""
        from sim.model.measures import median_wait  # which builds on this module

        own, arrived = draws.own, outcome.arrived
        there = arrived != NONE
        over = outcome.convoys[outcome.rides[:, 0], 2]
        handed = over != NONE
        at = np.concatenate([arrived[there], over[handed]])
        people = np.concatenate([own.people[there], outcome.rides[handed, 3]])
        order = np.argsort(at, kind="stable")
        at = at[order]
        counted = np.array([np.concatenate([[0], np.cumsum(people[order])]), np.arange(len(at) + 1)])

        def before(seconds: Ints) -> Ints:
            """(2, ...) people and vehicles that arrived before these seconds."""
            return np.asarray(counted[:, np.searchsorted(at, seconds)])

        spans = np.array([(0, self._horizon), *self._spans])
        totals = before(spans[:, 1]) - before(spans[:, 0])
        took = arrived[there] - own.ready[there]
        within = [took[(arrived[there] >= first) & (arrived[there] < end)] for first, end in spans]
        queues = [self._queue(outcome, leg) for leg in self._legs]
        road = np.where(there, arrived, self._horizon) - own.ready
        row = np.concatenate(
            [
                totals.T.ravel(),
                [np.median(t) / HOUR if len(t) else np.nan for t in within],
                [median_wait(road, there) / HOUR, np.count_nonzero(~there)],
                [most for most, _ in queues],
            ]
        )
        in_order = np.argsort(arrived[there], kind="stable")
        hours = np.concatenate([[0], np.cumsum(took[in_order])]) / HOUR
        until = np.searchsorted(arrived[there][in_order], self._cuts[0])
        of_own = [np.rint(hours[until]), until]
        lines = [before(cuts) for cuts in self._cuts]
        return row, np.concatenate([*lines, of_own, *([line] for _, line in queues)]).astype(np.int32)

    def _queue(self, outcome: Outcome, leg: int) -> tuple[int, Ints]:
        """The longest queue of a leg, and its length at each midnight."""
        joined, admitted = outcome.admissions[outcome.admissions[:, 0] == leg, 2:].T
        admitted = np.sort(np.where(admitted == NONE, self._horizon, admitted))
        cuts = np.minimum(self._cuts[0], self._horizon)
        line = np.searchsorted(joined, cuts) - np.searchsorted(admitted, cuts)
        at_joining = np.arange(1, len(joined) + 1) - np.searchsorted(admitted, joined, side="right")
        return int(at_joining.max(initial=0)), line
