"""Own vehicles as a fluid: how many have arrived by when, if nothing were left to luck.

Readiness flows at its rates, a leg delays it by its mean, and a section lets through what has come, at its
capacity at most: D(t) = C(t) + min over s <= t of (A(s) - C(s)), C(0) = A(0) = 0. It has the kinks that no
smooth surface has (what limits, the road or who is ready?), for thousands of parameters at a time. Carriers'
vehicles are left out, and so are checkpoints; it is a first guess, and is believed by nobody.
"""

from __future__ import annotations

import numpy as np

from sim.analysis.chains import Floats, Ints
from sim.experiment.posterior import value_at
from sim.model.layout import DAY, NONE, DrawnDelay, Layout, OwnGroup, Value
from sim.model.own_luck import mean_at
from sim.model.quantiles import delay_seconds, heads_steps
from sim.scenario.schema import Observed

STEP = 1800
"""Seconds between two looks."""
NODES = np.linspace(0.0, 1.0, 129)
"""Quantiles of the priors between which values are taken as straight."""
MIDDLES = (np.arange(200) + 0.5) / 200
"""Where a delay is looked at for its mean."""


class Fluid:
    """Guesses what histories say of the figures of people and vehicles that arrived; 0 of any other."""

    def __init__(self, layout: Layout, known: list[Value], figures: dict[str, Observed]) -> None:
        self._layout = layout
        index = {value.name: k for k, value in enumerate(layout.values)}
        self._at = [index[value.name] for value in known]
        ends = np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0)
        self._tables = [[value_at(value, q) for q in np.clip(NODES, *ends).tolist()] for value in known]
        self._fixed = np.array([value.fixed for value in layout.values])
        origin = layout.scenario.period.from_.day
        self._people = np.array([figure.what == "people_arrived" for figure in figures.values()])
        self._known = self._people | np.array([f.what == "vehicles_arrived" for f in figures.values()])
        seconds = [
            (figure.by - origin).days * DAY
            + (figure.at if isinstance(figure.at, int) else DAY * (figure.at == "end"))
            for figure in figures.values()
        ]
        self._looked = np.array(seconds) / STEP
        self._starts: Ints = np.arange(0, max(seconds), STEP)

    def __call__(self, unit: Floats) -> Floats:
        """Points (n, parameters) -> (n, figures)."""
        values = np.tile(self._fixed, (len(unit), 1))
        for k, (at, table) in enumerate(zip(self._at, self._tables, strict=True)):
            values[:, at] = np.interp(unit[:, k], NODES, table)
        vehicles, people = np.zeros((2, len(unit), len(self._starts) + 1))
        for group in self._layout.own:
            ready = _cumulated(self._rates(values, group.ready))
            ready *= (values[:, group.people] / np.maximum(self._in_all(values, group), 1e-9))[:, None]
            people += ready
            vehicles += ready / (1 + _companions(values, group))[:, None]
        arrived = vehicles
        for delay, pieces in zip(self._layout.out, self._layout.sections, strict=True):
            if pieces:
                let = _cumulated(self._rates(values, pieces)) * STEP / DAY
                arrived = let + np.minimum.accumulate(arrived - let, axis=1)
            arrived = _later(arrived, _mean(values, delay))
        return self._told(arrived, vehicles, people)

    def _rates(self, values: Floats, pieces: tuple[tuple[int, int], ...]) -> Floats:
        """(n, steps): rates that hold from their second on, none before the first."""
        seconds, indices = np.array(pieces).T
        piece = np.searchsorted(seconds, self._starts, side="right") - 1
        return np.where(piece < 0, 0.0, values[:, indices[piece]])

    def _in_all(self, values: Floats, group: OwnGroup) -> Floats:
        """(n,) sum of a curve to the end, in steps of its rates."""
        seconds, indices = np.array(group.ready).T
        lengths = np.diff([*seconds, max(self._layout.horizon, seconds[-1])])
        return np.asarray(values[:, indices] @ (lengths / STEP))

    def _told(self, arrived: Floats, vehicles: Floats, people: Floats) -> Floats:
        """Of each figure; first come, first through: who has arrived are those who were ready first."""
        there = np.stack([_at(arrived, step) for step in self._looked[self._known].tolist()], axis=1)
        # One search for all rows: each lies above the one before.
        apart = (1 + vehicles[:, -1:].max()) * np.arange(len(vehicles))[:, None]
        first = np.searchsorted((vehicles + apart).ravel(), (there + apart).ravel(), side="right")
        width = vehicles.shape[1]
        first = np.minimum(first.reshape(there.shape), width * (1 + np.arange(len(vehicles)))[:, None] - 1)
        (before, after), (fewer, more) = (
            (of.ravel()[first - 1], of.ravel()[first]) for of in (vehicles, people)
        )
        share = np.clip((there - before) / np.maximum(after - before, 1e-9), 0.0, 1.0)
        told = np.zeros((len(arrived), len(self._looked)))
        told[:, self._known] = np.where(self._people[self._known], fewer * (1 - share) + more * share, there)
        return told


def _cumulated(rates: Floats) -> Floats:
    """(n, steps + 1)"""
    return np.concatenate([np.zeros((len(rates), 1)), np.cumsum(rates, axis=1)], axis=1)


def _at(curve: Floats, step: float) -> Floats:
    """(n,) a curve (n, steps + 1) between its steps."""
    low = min(int(step), curve.shape[1] - 2)
    share = min(1.0, step - low)
    return np.asarray(curve[:, low] * (1 - share) + curve[:, low + 1] * share)


def _later(curve: Floats, seconds: float) -> Floats:
    """The same curve, so many seconds later."""
    steps, share = divmod(seconds / STEP, 1.0)
    padded = np.pad(curve, ((0, 0), (int(steps) + 1, 0)))[:, : curve.shape[1] + 1]
    return np.asarray(padded[:, 1:] * (1 - share) + padded[:, :-1] * share)


def _mean(values: Floats, drawn: DrawnDelay) -> float:
    """Mean of a delay, at the mean of these values."""
    return float(
        delay_seconds(drawn.delay, mean_at(values.mean(axis=0), drawn.mean), drawn.least, MIDDLES).mean()
    )


def _companions(values: Floats, group: OwnGroup) -> Floats:
    """(n,) people beside the driver."""
    if group.companions_mean != NONE:
        return values[:, group.companions_mean]
    shares, companions = heads_steps(group.companions.value, None)
    return np.full(len(values), np.diff([0.0, *shares, 1.0]) @ companions)
