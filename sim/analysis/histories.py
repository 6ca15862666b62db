"""Histories of the actual world: epistemic parameters and luck, and what a run of them says of the record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.chains import Floats, Ints, Tell
from sim.analysis.record import Record
from sim.experiment.posterior import block_keys
from sim.model.compiled_engine import run_tables
from sim.model.draws import Sampler
from sim.model.laying_out import lay_out
from sim.model.layout import BLOCK_DAYS, DAY, Layout, Value
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


def blocks_in_use(layout: Layout) -> NDArray[np.int64]:
    """Blocks of luck in which a run depends on each epistemic parameter: the first, and one after the last.

    Shape (parameters, 2).
    """
    spans: dict[int, list[tuple[int, int]]] = {}
    for k, segment in enumerate(layout.segments):
        for index in (segment.chance, segment.needs, *(chance for _, chance in layout.by_list[k])):
            spans.setdefault(index, []).append((segment.start, segment.end))
    for k, (second, index) in enumerate(layout.referrals):
        later = layout.referrals[k + 1][0] if k + 1 < len(layout.referrals) else layout.horizon
        spans.setdefault(index, []).append((second, later))
    for placed in layout.obstacles:
        for index, value in enumerate(layout.values):
            if value.name.startswith(f"obstacles.{placed.id}."):
                spans.setdefault(index, []).append((placed.start, placed.end))
    block, rows = BLOCK_DAYS * DAY, []
    for index, value in enumerate(layout.values):
        if value.prior is not None:
            found = spans.get(index, [(0, layout.horizon)])
            first = max(0, min(start for start, _ in found)) // block
            last = min(layout.horizon, max(end for _, end in found))
            rows.append((first, max(first + 1, -(-last // block))))
    return np.minimum(np.array(rows, dtype=np.int64).reshape(-1, 2), layout.blocks)


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
