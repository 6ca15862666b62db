"""Epistemic parameters one by one: what is believed of each, whatever the others are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.experiment.posterior import Posterior
from sim.model.layout import Layout, Value
from sim.model.quantiles import prior_value
from sim.model.value_names import uncertain_entries
from sim.scenario.sources import Entry

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """A value that nobody knows: a posterior's rows of it where there are some, else its prior."""

    value: Value
    entry: Entry
    """Where the scenario gives it, and who vouches for it."""
    rows: Floats | None = None
    """In ascending order, in base units."""
    cumulative: Floats | None = None
    """Shares of the histories up to each row."""

    @property
    def name(self) -> str:
        """As the layout has it."""
        return self.value.name

    def at(self, share: float) -> float:
        """The value below which this share of what is believed lies, in base units."""
        if self.rows is None or self.cumulative is None:
            assert self.value.prior is not None
            return prior_value(self.value.prior, self.value.whole, share, self.value.most)
        row = int(np.searchsorted(self.cumulative, share))
        return float(self.rows[min(row, len(self.rows) - 1)])


def parameters_of(layout: Layout, posterior: Posterior | None) -> tuple[Parameter, ...]:
    """Every uncertain value of a layout, in its order."""
    entries = uncertain_entries(layout.scenario)
    found = []
    for value in layout.values:
        if value.prior is None:
            continue
        parameter = Parameter(value, entries[value.name])
        if posterior is not None and value.name in posterior.names:
            column = posterior.values[:, posterior.names.index(value.name)]
            order = np.argsort(column, kind="stable")
            weights = np.cumsum(posterior.weights[order])
            parameter = Parameter(value, entries[value.name], column[order], weights / weights[-1])
        found.append(parameter)
    return tuple(found)
