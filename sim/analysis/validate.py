"""Observed figures against the actual world: where each falls in what the model predicts."""

from __future__ import annotations

from math import isnan

import numpy as np
import pandas as pd

from sim.analysis.intervals import Interval, prediction_interval
from sim.analysis.record import FLOORS, predicted, published
from sim.experiment.ensemble import Ensemble
from sim.model.plan import ACTUAL


def check_observed(ensemble: Ensemble, variant: str = "base") -> pd.DataFrame:
    """Hold every observed figure against the actual world.

    Returns
    -------
    DataFrame
        One row a figure: `figure`, `what`, `carrier`, `by`, `bound` (exact, about, more_than, at_least),
        `observed`, `median`, `low`, `high` (90 % prediction interval), `pit` (share of replications
        below the figure, those equal counted half), `inside` (in the interval widened by two standard
        errors of observation; for a floor: its upper end reaches it, or lies above; None where one
        replication allows no interval), `strictly` (in the interval as it is, without widening; None for a
        floor too), `defined` (replications that have a value: a mean over no
        convoys has none), `use`, `source`.
    """
    scenario = ensemble.file.variants[variant]
    series = ensemble.daily[variant, ACTUAL]
    rows = []
    for name, figure in scenario.observed.items():
        bound, observed = published(figure)
        values = predicted(scenario, series, figure)
        values = values[~np.isnan(values)]
        if len(values) == 0:
            continue
        spread = prediction_interval(values)
        rows.append(
            {
                "figure": name,
                "what": figure.what,
                "carrier": figure.carrier or "",
                "by": figure.by,
                "bound": bound,
                "observed": observed,
                "median": spread.point,
                "low": spread.low,
                "high": spread.high,
                "pit": float((values < observed).mean() + (values == observed).mean() / 2),
                "inside": is_inside(bound, observed, spread, 2 * (figure.error or 0.0)),
                "strictly": None if bound in FLOORS else is_inside(bound, observed, spread, 0.0),
                "defined": len(values),
                "use": figure.use,
                "source": figure.source or "",
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    "figure", "what", "carrier", "by", "bound", "observed",
    "median", "low", "high", "pit", "inside", "strictly", "defined", "use", "source",
)  # fmt: skip


def is_inside(bound: str, observed: float, spread: Interval, margin: float) -> bool | None:
    """Whether a figure lies in a prediction interval widened by a margin; one-sided for floors."""
    if isnan(spread.low):
        return None
    if bound == "more_than":
        return spread.high + margin > observed
    if bound == "at_least":
        return spread.high + margin >= observed
    return spread.low - margin <= observed <= spread.high + margin
