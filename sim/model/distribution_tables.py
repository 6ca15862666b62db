"""Distributions of a layout as tables: durations and parameters, all made of uniforms at one go."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sim.model.layout import NONE, Layout
from sim.model.quantiles import (
    KIND,
    SPECIAL,
    STRETCH,
    Floats,
    Ints,
    delay_seconds,
    loops,
    prior_row,
    prior_value,
    table_row,
)
from sim.model.streams import Words, counter_words, every, uniforms
from sim.scenario.quantities import Delay


class Durations:
    """Distributions of durations, some with a mean that is drawn; one per thread."""

    def __init__(self, rows: Iterable[tuple[Delay, int, int, int]]) -> None:
        """Rows are (delay, index of the value that is its mean or NONE, shortest, row of its uniforms)."""
        self._rows = list(rows)
        self._table = np.array([table_row(d, least, stream) for d, _, least, stream in self._rows]).reshape(
            -1, 7
        )
        self._stretched = [k for k, row in enumerate(self._rows) if row[1] != NONE]
        self._means = np.array([self._rows[k][1] for k in self._stretched], dtype=np.int64)
        self._own = np.array([self._rows[k][0].mean for k in self._stretched])
        self.special = [k for k, kind in enumerate(self._table[:, KIND]) if kind == SPECIAL]
        """Rows that take a special function."""

    def table(self, values: Floats) -> Floats:
        """The table at these values; it is changed by the next call."""
        if self._stretched:
            self._table[self._stretched, STRETCH] = values[self._means] / self._own
        return self._table

    def seconds(self, values: Floats, u: Floats, used: NDArray[np.bool_]) -> Ints:
        """Whole seconds (rows, n) at uniforms (streams, n or more), 0 where they are not used."""
        out = np.empty((len(self._rows), len(used)), dtype=np.int64)
        loops()["durations"](self.table(values), u, used, out)
        for k in self.special:
            out[k] = 0
            out[k, used] = self.special_seconds(k, values, u[:, : len(used)][:, used])
        return out

    def special_seconds(self, row: int, values: Floats, u: Floats) -> Ints:
        """Whole seconds of one row at uniforms (streams, n)."""
        delay, mean, least, stream = self._rows[row]
        return delay_seconds(delay, None if mean == NONE else float(values[mean]), least, u[stream])


class Priors:
    """The epistemic parameters of a layout, one uniform each."""

    def __init__(self, layout: Layout) -> None:
        rows = [(k, v, v.prior) for k, v in enumerate(layout.values) if v.prior is not None]
        self.names = {v.name for _, v, _ in rows}
        self._at = [k for k, _, _ in rows]
        self._table = np.array([prior_row(prior, v.whole) for _, v, prior in rows]).reshape(-1, 7)
        self._whole = [r for r, (_, v, _) in enumerate(rows) if v.whole]
        kinds = zip(self._table[:, KIND], rows, strict=True)
        self._special = [(r, v, prior) for r, (kind, (_, v, prior)) in enumerate(kinds) if kind == SPECIAL]
        self._names = counter_words([v.name for _, v, _ in rows])
        self._requests = every(len(rows), 1, 1)

    def draw(self, rounds: Words, values: Floats) -> None:
        """Put the parameters among the values."""
        u = uniforms(self._requests, self._names, rounds)
        drawn = np.empty(len(u))
        loops()["plain_values"](self._table, u, drawn)
        drawn[self._whole] = np.rint(drawn[self._whole])
        for r, value, prior in self._special:
            drawn[r] = prior_value(prior, value.whole, float(u[r]), value.most)
        values[self._at] = drawn
