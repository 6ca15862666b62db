"""Histories of the actual world: epistemic parameters and luck, and what a run of them says of the record."""

from __future__ import annotations

import numpy as np

from sim.analysis.chains import Floats, Ints, Tell
from sim.analysis.record import Record
from sim.experiment.posterior import block_keys
from sim.model.compiled_engine import run_tables
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import Layout, Value
from sim.model.measures import Measuring
from sim.model.packing import pack, unpack
from sim.model.plan import ACTUAL, make_plan
from sim.model.quantiles import prior_value
from sim.scenario.schema import Observed, Scenario

DIGITS = 6
"""Significant digits of a parameter's value in a posterior; it is rounded before it is simulated."""


def unknowns(layout: Layout) -> list[Value]:
    """The epistemic parameters, in the layout's order."""
    return [value for value in layout.values if value.prior is not None]


def value_at(value: Value, quantile: float) -> float:
    """A parameter at a quantile of its prior, as a posterior holds it."""
    assert value.prior is not None
    return float(f"{prior_value(value.prior, value.whole, quantile, value.most):.{DIGITS}g}")


def teller(scenario: Scenario, figures: dict[str, Observed], seed: int) -> tuple[Tell, Record]:
    """What histories of the actual world say of the figures, and the record they are held against."""
    layout = lay_out(scenario)
    plan = make_plan(layout, ACTUAL)
    sampler, packed, measuring, known = Sampler(layout), pack(plan), Measuring(plan), unknowns(layout)
    record = Record(scenario, figures, measuring.series)

    def tell(unit: Floats, luck: Ints) -> Floats:
        told = np.empty((len(unit), len(record.names)))
        for k, keys in enumerate(block_keys(seed, luck)):
            parameters = {v.name: value_at(v, at) for v, at in zip(known, unit[k].tolist(), strict=True)}
            draws = sampler.draw(seed, 0, parameters, keys)
            told[k] = record.read(measuring.daily(draws, unpack(run_tables(packed, draws))))
        return told

    return tell, record
