"""Histories of the actual world: epistemic parameters and luck, and what a run of them says of the record."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.chains import Floats, Ints, Tell, Ways
from sim.analysis.chances import Chances
from sim.analysis.record import Record
from sim.experiment.posterior import block_keys, value_at
from sim.model.compiled_engine import run_tables
from sim.model.draws import Draws, Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import BLOCK_DAYS, DAY, Layout, Value
from sim.model.measures import Measuring
from sim.model.packing import pack, unpack
from sim.model.plan import ACTUAL, Plan, make_plan
from sim.model.streams import Words, round_keys
from sim.scenario.schema import Observed, Scenario


def unknowns(layout: Layout) -> list[Value]:
    """The epistemic parameters, in the layout's order."""
    return [value for value in layout.values if value.prior is not None]


def ways(plan: Plan, known: list[Value], chances: Chances) -> Ways:
    """The moves that histories of a plan can take: limits move with the luck of whom they limit.

    A scenario without chances has no luck apart; there every parameter moves with that of any block.
    """
    layout = plan.layout
    index = {value.name: k for k, value in enumerate(known)}
    rows = []
    for placed in layout.obstacles:
        theirs = [f"/{name}" for c, name in enumerate(layout.carriers) if placed.carriers >> c & 1]
        first = max(0, placed.start) // (BLOCK_DAYS * DAY)
        last = -(-min(placed.end, layout.horizon) // (BLOCK_DAYS * DAY))
        rows += [
            (k, 1 + part, first, last)
            for name, k in index.items()
            if name.startswith(f"obstacles.{placed.id}.") and k not in chances.parameters
            for part, stream in enumerate(chances.streams)
            if stream.endswith(tuple(theirs))
        ]
    if not rows:
        rows = [(k, 0, 0, layout.blocks) for k in range(len(known))]
    with_luck, parameters = np.array(rows, dtype=np.int64), np.array(chances.parameters, dtype=np.int64)
    if not chances.streams:
        return Ways(with_luck, parameters, None)
    return Ways(with_luck, parameters, chances.again, chances.changed, chances.stretches)


class Histories(NamedTuple):
    """What a calibration needs of one scenario's histories."""

    tell: Tell
    record: Record
    ways: Ways
    streams: tuple[str, ...]
    """Streams that have luck of their own; that of a history has the shape (1 + streams, blocks)."""


def histories_of(scenario: Scenario, figures: dict[str, Observed], seed: int) -> Histories:
    """Histories of the actual world, held against figures of the record."""
    layout = lay_out(scenario)
    plan = make_plan(layout, ACTUAL)
    sampler, packed, measuring, known = Sampler(layout), pack(plan), Measuring(plan), unknowns(layout)
    record, chances = Record(scenario, figures, measuring.series), Chances(plan, known, seed)
    days, people, vehicles = Kept(), Kept(), Kept()

    @lru_cache(maxsize=4096)
    def value(k: int, quantile: float) -> float:
        return value_at(known[k], quantile)

    def drawn(unit: Floats, keys: Words, apart: Words) -> Draws:
        """As `Sampler.draw`; most moves leave days, patients or vehicles as they are."""
        values = sampler.values(
            {v.name: value(k, at) for k, (v, at) in enumerate(zip(known, unit.tolist(), strict=True))}
        )
        luck, rounds = keys.tobytes(), round_keys(keys)
        go, permission = days.get(
            luck + apart.tobytes(),
            lambda: sampler.days(rounds, dict(zip(chances.streams, apart, strict=True))),
        )
        of_people = luck + values[sampler.of_people].tobytes()
        of_vehicles = luck + go.tobytes() + values[sampler.of_vehicles].tobytes()
        return Draws(
            values=values,
            go=go,
            permission=permission,
            **people.get(of_people, lambda: sampler.people(values, rounds)),
            **vehicles.get(of_vehicles, lambda: sampler.vehicles(values, go, rounds)),
        )

    def tell(unit: Floats, luck: Ints) -> Floats:
        told = np.empty((len(unit), len(record.names)))
        for k, keys in enumerate(block_keys(seed, luck)):
            draws = drawn(unit[k], keys[0], keys[1:])
            told[k] = record.read(measuring.daily(draws, unpack(run_tables(packed, draws))))
        return told

    return Histories(tell, record, ways(plan, known, chances), chances.streams)


class Kept:
    """The last things that were made, by what they were made from."""

    def __init__(self, most: int = 48) -> None:
        self._made: dict[bytes, Any] = {}
        self._most = most

    def get(self, key: bytes, make: Callable[[], Any]) -> Any:
        """What was made from `key`, made now if it is not there (any more)."""
        found = self._made.pop(key) if key in self._made else make()
        self._made[key] = found
        if len(self._made) > self._most:
            del self._made[next(iter(self._made))]
        return found
