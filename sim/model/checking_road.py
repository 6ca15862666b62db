"""The invariants of own vehicles and road sections, checked in every run that has any."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.model.draws import Draws
from sim.model.layout import NONE
from sim.model.outcome import ModelError, Outcome
from sim.model.plan import Plan
from sim.model.road_section import MILLION, SHUT, headways

Ints = NDArray[np.int64]


class CheckingRoad:
    """The invariants of one world's road; threads may share one."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._legs = [leg for leg, steps in enumerate(plan.sections) if steps.times]
        self._times = [np.array(plan.sections[leg].times) for leg in self._legs]

    def check(self, draws: Draws, outcome: Outcome) -> None:
        """Check order and capacity.

        Raises
        ------
        ModelError
            Naming the first invariant that is broken.
        """
        if self._plan.layout.own or self._legs:
            for holds, what in self._said(draws, outcome):
                if not holds:
                    raise ModelError(f"broken: {what}")

    def _said(self, draws: Draws, outcome: Outcome) -> Iterator[tuple[bool | np.bool_, str]]:
        """Each invariant with its sentence, one after the other: the next may rely on those before."""
        own, arrived, horizon = draws.own, outcome.arrived, self._plan.horizon
        fleet, slots = len(self._plan.vehicles), self._plan.layout.slots
        legs, vehicles, joined, admitted = outcome.admissions.T
        yield len(arrived) == len(own.ready), "each own vehicle is on the road or has arrived"
        yield (
            max(arrived.max(initial=NONE), admitted.max(initial=NONE)) < horizon,
            ("nothing happens after the end"),
        )
        there = np.flatnonzero(arrived != NONE)
        least = own.ready + draws.travel[:, 0, slots:].sum(axis=0)
        yield (arrived[there] >= least[there]).all(), "own vehicles arrive after they have driven every leg"
        yield np.isin(legs, self._legs).all(), "queues are those of legs with a capacity"
        of_capacity = np.array(headways(self._plan, draws.values.tolist()), dtype=np.int64)
        for leg, times in zip(self._legs, self._times, strict=True):
            here = legs == leg
            who, since, on = vehicles[here], joined[here], admitted[here]
            own_here = who[who >= fleet] - fleet
            let_on = np.flatnonzero(on != NONE)
            yield (np.diff(since) >= 0).all(), "vehicles join a queue as time goes"
            yield (let_on == np.arange(len(let_on))).all(), "nobody is overtaken in a queue"
            yield (on[let_on] >= since[let_on]).all(), "nobody is let on before joining"
            yield (np.diff(on[let_on]) >= 0).all(), "nobody is overtaken in a queue"
            numbers = self._plan.sections[leg].values
            before, now = (
                of_capacity[_numbered(times, numbers, on[let_on] - ago)] for ago in (1, 0)
            )  # a second counts from its first millionth: the moment itself may lie in the one before
            yield (np.maximum(before, now) != SHUT).all(), "nobody is let onto a section that is shut"
            gaps = np.minimum(before, now)[:-1]
            yield (np.diff(on[let_on]) * MILLION > gaps - MILLION).all(), "vehicles keep their headway"
            yield len(np.unique(own_here)) == len(own_here), "an own vehicle joins a queue once"
            yield np.isin(there, who[let_on] - fleet).all(), "who has arrived was let onto every section"


def _numbered(times: Ints, numbers: tuple[int, ...], seconds: Ints) -> Ints:
    """Which capacity holds at these seconds, 0 where there is no limit."""
    return np.array((0, *numbers), dtype=np.int64)[np.searchsorted(times, seconds, side="right")]
