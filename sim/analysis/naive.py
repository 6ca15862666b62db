"""Naive forecasts: what somebody without a model would have said of the weeks after a day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from sim.analysis.record import published
from sim.analysis.validate import LEVEL, interval_score
from sim.scenario.schema import Observed, Scenario

WEEKS = 4
"""Weeks that last month's rate is taken from."""


def naive_forecasts(scenario: Scenario, until: date) -> pd.DataFrame:
    """Forecasts of figures after a day, from figures up to it.

    ``rate``: every later week is like the last four (Student-t prediction interval, not below 0).
    ``size``: convoys stay as large as they last were (its own error, as a normal interval).

    Returns
    -------
    DataFrame
        One row a figure: `figure`, `forecast` (rate, size), `observed`, `low`, `high` (90 %), `score`.
        Empty where the record has no weeks, or fewer than two before the day.
    """
    tail = (1 + LEVEL) / 2
    rows: list[tuple[str, str, float, float, float]] = []
    weeks = {name: f for name, f in scenario.observed.items() if is_week(f)}
    known = [published(f)[1] for f in sorted(weeks.values(), key=lambda f: f.by) if f.by <= until][-WEEKS:]
    if len(known) > 1:
        spread = np.std(known, ddof=1) * np.sqrt(1 + 1 / len(known)) * stats.t.ppf(tail, len(known) - 1)
        low, high = max(0.0, float(np.mean(known) - spread)), float(np.mean(known) + spread)
        later = {name: f for name, f in weeks.items() if f.from_ is not None and f.from_ > until}
        rows += [(name, "rate", published(f)[1], low, high) for name, f in later.items()]
    sizes = sorted((f for f in scenario.observed.values() if f.what == "convoy_size"), key=lambda f: f.by)
    before = [f for f in sizes if f.by <= until]
    if before:
        size, half = published(before[-1])[1], stats.norm.ppf(tail) * (before[-1].error or 0.0)
        later = {n: f for n, f in scenario.observed.items() if f.what == "convoy_size" and f.by > until}
        rows += [(n, "size", published(f)[1], size - half, size + half) for n, f in later.items()]
    table = pd.DataFrame(rows, columns=["figure", "forecast", "observed", "low", "high"])
    scores = [interval_score(low, high, observed) for _, _, observed, low, high in rows]
    return table.assign(score=np.array(scores, dtype=np.float64))


def is_week(figure: Observed) -> bool:
    """Whether a figure is what was carried in seven days."""
    return figure.what == "patients" and figure.from_ is not None and (figure.by - figure.from_).days == 6
