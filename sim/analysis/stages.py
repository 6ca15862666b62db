"""The record in the order of time: days on which figures are let in, and what a run up to each day uses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from sim.analysis.record import Record
from sim.analysis.sequential import Floats, Ints, Stage, Tell
from sim.experiment.posterior import block_keys
from sim.model.compiled_engine import run_tables
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import BLOCK_DAYS, DAY, NONE, Layout, Value
from sim.model.measures import Measuring
from sim.model.packing import pack, unpack
from sim.model.plan import ACTUAL, make_plan
from sim.model.quantiles import prior_value
from sim.scenario.calendar_text import Moment
from sim.scenario.schema import AnyObstacle, Observed, Scenario

DIGITS = 6
"""Significant digits of a parameter's value in a posterior; it is rounded before it is simulated."""


class Unknown(NamedTuple):
    """An epistemic parameter."""

    value: Value
    first_use: int
    """The second before which no run depends on it."""

    def at(self, quantile: float) -> float:
        """Its value at a quantile of its prior, as a posterior holds it."""
        value = self.value
        assert value.prior is not None
        return float(f"{prior_value(value.prior, value.whole, quantile, value.most):.{DIGITS}g}")


def unknowns(layout: Layout) -> list[Unknown]:
    """The epistemic parameters, in the layout's order."""
    later: dict[int, list[int]] = {}
    for k, segment in enumerate(layout.segments):
        for index in (segment.chance, segment.needs, *(chance for _, chance in layout.by_list[k])):
            later.setdefault(index, []).append(segment.start)
    for second, index in layout.referrals:
        later.setdefault(index, []).append(second)
    for placed in layout.obstacles:
        of_it = f"obstacles.{placed.id}."
        for index, value in enumerate(layout.values):
            if value.name.startswith(of_it):
                later.setdefault(index, []).append(placed.start)
    for second, index in (piece for of_leg in layout.sections for piece in of_leg):
        later.setdefault(index, []).append(second)
    for group in layout.own:
        for index in (group.people, group.companions_mean, *(index for _, index in group.ready)):
            later.setdefault(index, []).append(group.ready[0][0])
    later.pop(NONE, None)
    return [
        Unknown(value, min(later.get(index, [0])))
        for index, value in enumerate(layout.values)
        if value.prior is not None
    ]


class Day(NamedTuple):
    """A day of the record: the scenario that ends with it, and its stage."""

    scenario: Scenario
    stage: Stage


def days_of(scenario: Scenario, figures: dict[str, Observed]) -> list[Day]:
    """The days on which figures are let in, in order; the last is the period's end, with or without one."""
    layout = lay_out(scenario)
    origin = scenario.period.from_.day
    ends = np.array([(f.by - origin).days * DAY + DAY * (f.at != "start") for f in figures.values()])
    ends = np.minimum(ends, layout.horizon)
    first_uses = np.array([unknown.first_use for unknown in unknowns(layout)])
    block_starts = np.arange(layout.blocks) * BLOCK_DAYS * DAY
    found, before = [], 0
    for end in sorted({*ends.tolist(), layout.horizon}):
        stage = Stage(
            before=ends <= before,
            new=(ends > before) & (ends <= end),
            fresh_parameters=(first_uses >= before) & (first_uses < end) if before else first_uses < end,
            parameters=first_uses < end,
            fresh_blocks=(block_starts >= before) & (block_starts < end),
            blocks=block_starts < end,
        )
        found.append(Day(_until(scenario, end) if end < layout.horizon else scenario, stage))
        before = end
    return found


def _until(scenario: Scenario, second: int) -> Scenario:
    """The scenario that ends at a second: what has happened by then is the same."""
    origin = scenario.period.from_.day
    end = Moment(origin + timedelta(days=second // DAY), second % DAY)

    def begun(day: date) -> bool:
        return (day - origin).days * DAY < second

    def rules(block: Mapping[str, AnyObstacle]) -> dict[str, AnyObstacle]:
        return {n: r for n, r in block.items() if r.from_ is None or r.from_.start(origin) < second}

    carriers = {
        name: carrier.model_copy(
            update={"plan_from": {day: plan for day, plan in carrier.plan_from.items() if begun(day)}}
        )
        for name, carrier in scenario.carriers.items()
    }
    rates = {day: rate for day, rate in scenario.need.referrals.items() if begun(day)}
    return scenario.model_copy(
        update={
            "period": scenario.period.model_copy(update={"to": end}),
            "need": scenario.need.model_copy(update={"referrals": rates}),
            "carriers": carriers,
            "impediments": rules(scenario.impediments),
            "conditions": rules(scenario.conditions),
            "windows": {},
        }
    )


def teller(scenario: Scenario, figures: dict[str, Observed], end: Scenario, seed: int) -> tuple[Tell, Record]:
    """What histories of the actual world say of the figures, run as far as the scenario `end` goes.

    Figures of later days are told as of its end.
    """
    layout = lay_out(end)
    plan = make_plan(layout, ACTUAL)
    sampler, packed, measuring = Sampler(layout), pack(plan), Measuring(plan)
    record = Record(scenario, figures, measuring.series, plan.days)
    known = unknowns(lay_out(scenario))

    def tell(unit: Floats, luck: Ints) -> Floats:
        told = np.empty((len(unit), len(record.names)))
        for k, keys in enumerate(block_keys(seed, luck[:, : layout.blocks])):
            parameters = {u.value.name: u.at(at) for u, at in zip(known, unit[k].tolist(), strict=True)}
            draws = sampler.draw(seed, 0, parameters, keys)
            told[k] = record.read(measuring.daily(draws, unpack(run_tables(packed, draws))))
        return told

    return tell, record
