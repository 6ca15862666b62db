"""Observed figures against the actual world: where each falls in what the model predicts."""

from __future__ import annotations

from math import isnan

import numpy as np
import pandas as pd

from sim.analysis.intervals import Interval, prediction_interval
from sim.analysis.predictive import published_interval, share_below
from sim.analysis.record import FLOORS, predicted, published
from sim.experiment.ensemble import Ensemble
from sim.experiment.posterior import Posterior
from sim.model.plan import ACTUAL
from sim.scenario.hashing import figures_seen

LEVEL = 0.9
HELD_OUT_INSIDE = 0.9
"""Share of the figures held back from calibration that a validated model must have in their bands."""

COLUMNS = (
    "figure", "what", "carrier", "by", "bound", "observed",
    "median", "low", "high", "published_low", "published_high", "pit", "inside", "strictly", "score",
    "defined", "use", "seen", "source",
)  # fmt: skip


def check_observed(ensemble: Ensemble, variant: str = "base") -> pd.DataFrame:
    """Hold every observed figure against the actual world.

    Returns
    -------
    DataFrame
        One row a figure: `figure`, `what`, `carrier`, `by`, `bound` (exact, about, more_than, at_least),
        `observed`, `median`, `low`, `high` (90 % prediction interval of the count itself),
        `published_low`, `published_high` (that of the published figure, its error of observation included;
        None for a floor), `pit` (share of what would be published that lies below the figure, see
        `sim.analysis.predictive`; for a floor the share of replications below it, those equal counted
        half), `inside` (in the interval of the count widened by two standard errors of observation; for a
        floor: its upper end reaches it, or lies above; None where one replication allows no interval),
        `strictly` (in the interval of the count as it is, without widening; None for a floor too), `score`
        (interval score of the published figure's interval, see `interval_score`; None for a floor),
        `defined` (replications that have a value: a mean over no convoys has none), `use`, `seen` (by the
        calibration whose histories were run), `source`.
    """
    scenario = ensemble.file.variants[variant]
    series = ensemble.daily[variant, ACTUAL]
    seen = seen_figures(ensemble, variant)
    rows = []
    for name, figure in scenario.observed.items():
        bound, observed = published(figure)
        values = predicted(scenario, series, figure)
        values = values[~np.isnan(values)]
        if len(values) == 0:
            continue
        spread = prediction_interval(values, LEVEL)
        floor = bound in FLOORS
        error = 0.0 if floor else figure.error or 0.0
        ends = (spread.low, spread.high) if isnan(spread.low) else published_interval(values, error, LEVEL)
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
                "published_low": None if floor else ends[0],
                "published_high": None if floor else ends[1],
                "pit": share_below(values, error, observed),
                "inside": is_inside(bound, observed, spread, 2 * (figure.error or 0.0)),
                "strictly": None if floor else is_inside(bound, observed, spread, 0.0),
                "score": None if floor else interval_score(*ends, observed),
                "defined": len(values),
                "use": figure.use,
                "seen": name in seen,
                "source": figure.source or "",
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def seen_figures(ensemble: Ensemble, variant: str) -> frozenset[str]:
    """Names of the figures that the calibration saw whose histories were run; none for priors."""
    posterior: Posterior | None = ensemble.posteriors.get(variant)
    if posterior is None:
        return frozenset()
    return frozenset(figures_seen(*ensemble.file.calibration(variant, posterior.calibration)))


def keeps_record(ensemble: Ensemble, variant: str = "base") -> bool:
    """Whether a variant's actual world keeps the record: `is_validated`, and no figure is left out of it.

    A mean over convoys that do not run in more than half of the histories is a figure that is missed.
    """
    figures = check_observed(ensemble, variant)
    often = set(figures["figure"][2 * figures["defined"] >= len(ensemble.replications)])
    observed = ensemble.file.variants[variant].observed
    return is_validated(figures) and {n for n, f in observed.items() if f.use != "compare"} <= often


def is_validated(figures: pd.DataFrame) -> bool:
    """Whether the actual world keeps what the record says, by one rule for every scenario.

    Every figure that calibration saw lies in its band, and so do nine in ten of those held back from it;
    there is at least one, and none that one replication cannot judge. Claims that nobody verified do not
    count.

    Parameters
    ----------
    figures
        As of `check_observed`.
    """
    judged = [row for row in figures.to_dict("records") if row["use"] != "compare"]
    if not judged or any(row["inside"] is None for row in judged):
        return False
    held_out = [row["inside"] for row in judged if not row["seen"]]
    return all(row["inside"] for row in judged if row["seen"]) and (
        sum(held_out) >= HELD_OUT_INSIDE * len(held_out)
    )


def interval_score(low: float, high: float, observed: float, level: float = LEVEL) -> float:
    """Width of an interval, and a penalty for what it misses: less is better, in the figure's unit.

    Gneiting & Raftery 2007, doi:10.1198/016214506000001437, equation 43.
    """
    missed = max(0.0, low - observed) + max(0.0, observed - high)
    return high - low + 2 / (1 - level) * missed


def is_inside(bound: str, observed: float, spread: Interval, margin: float) -> bool | None:
    """Whether a figure lies in a prediction interval widened by a margin; one-sided for floors."""
    if isnan(spread.low):
        return None
    if bound == "more_than":
        return spread.high + margin > observed
    if bound == "at_least":
        return spread.high + margin >= observed
    return spread.low - margin <= observed <= spread.high + margin
