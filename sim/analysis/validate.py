"""Observed figures against the actual world: where each falls in what the model predicts."""

from __future__ import annotations

from math import isnan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.intervals import Interval, prediction_interval
from sim.experiment.ensemble import Counts, Ensemble
from sim.model.plan import ACTUAL
from sim.scenario.calendar_text import clock_text
from sim.scenario.schema import ARRIVING, Observed, Scenario

FLOORS = ("more_than", "at_least")
"""Bounds of figures that can only be contradicted from below."""
CUMULATIVE = {"patients": "patients", "people": "people", "convoys": "convoys"}


def predicted(scenario: Scenario, series: dict[str, Counts], figure: Observed) -> NDArray[np.float64]:
    """What the model says of an observed figure, one value a replication (nan: of none).

    Parameters
    ----------
    series
        Series at each midnight of the actual world, shape (replications, days + 1).
    """
    origin = scenario.period.from_.day
    until = (figure.by - origin).days + (figure.at == "end")
    since = 0 if figure.from_ is None else (figure.from_ - origin).days

    def counted(what: str) -> NDArray[np.float64]:
        carriers = scenario.carriers if figure.carrier is None else [figure.carrier]
        total = np.sum([series[f"{what}[carrier={name}]"] for name in carriers], axis=0)
        return np.asarray(total[:, until] - total[:, since], dtype=np.float64)

    if figure.what == "waiting":
        classes = figure.classes or tuple(scenario.need.classes)
        lists = [series[f"waiting[class={name}]"][:, until] for name in classes]
        return np.asarray(np.sum(lists, axis=0), dtype=np.float64)
    if figure.what in ARRIVING:
        hour = f"[at={clock_text(figure.at)}]" if isinstance(figure.at, int) else ""
        if figure.what == "travel_hours":
            minutes = series["travel_minutes"][:, until].astype(np.float64)
            return np.where(minutes == 0, np.nan, minutes / 60)
        return np.asarray(series[f"{figure.what}{hour}"][:, until], dtype=np.float64)
    if figure.what == "convoy_size":
        patients, convoys = counted("patients"), counted("convoys")
        none = np.full(len(patients), np.nan)
        return np.asarray(np.divide(patients, convoys, out=none, where=convoys > 0))
    return counted(CUMULATIVE[figure.what])


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


def published(figure: Observed) -> tuple[str, float]:
    """How a figure was published (exact, about, more_than, at_least), and the figure."""
    for bound, value in (
        ("exact", figure.value), ("about", figure.about),
        ("more_than", figure.more_than), ("at_least", figure.at_least),
    ):  # fmt: skip
        if value is not None:
            return bound, float(value)
    raise ValueError("an observed figure without a figure")
