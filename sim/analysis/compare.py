"""Paired differences between worlds, on shared draws: per replication, never a difference of summaries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.analysis.intervals import mean_interval, prediction_interval
from sim.experiment.ensemble import Ensemble
from sim.experiment.precision import headline_measure as measure_of
from sim.model.measures import UNITS


def differences(ensemble: Ensemble, measure: str, world: str, minus: str, variant: str = "base") -> pd.Series:
    """World minus world of one measure in each replication; the index is the replication."""
    return ensemble.measures[variant, world][measure] - ensemble.measures[variant, minus][measure]


def compare(
    ensemble: Ensemble, world: str = "unimpeded", minus: str = "actual", measures: list[str] | None = None
) -> pd.DataFrame:
    """Compare two worlds in every variant.

    Returns
    -------
    DataFrame
        One row a variant and measure: `variant`, `measure`, `unit`, `world`, `minus`, `median` and
        `low`, `high` (90 % prediction interval of the paired difference), `mean` and `mean_low`,
        `mean_high` (95 % Monte Carlo interval of its mean; nan of histories of a posterior, see
        `mean_interval`), `opposite` (share of replications in which the difference has the sign opposite
        to the mean's), `replications`, `independent` (False of histories of a posterior). Measures that
        are not defined in some replication (a mean over no convoys) are left out.
    """
    rows = []
    for variant, name in ensemble.measures:
        if name != world:
            continue
        independent = variant not in ensemble.posteriors
        table, other = ensemble.measures[variant, world], ensemble.measures[variant, minus]
        for measure in measures or table.columns.intersection(other.columns):
            pair = (table[measure] - other[measure]).to_numpy(dtype=float)
            if not np.isfinite(pair).all():
                continue
            spread, mean = prediction_interval(pair), mean_interval(pair, independent=independent)
            rows.append(
                {
                    "variant": variant,
                    "measure": measure,
                    "unit": UNITS[measure.partition("[")[0]],
                    "world": world,
                    "minus": minus,
                    "median": spread.point,
                    "low": spread.low,
                    "high": spread.high,
                    "mean": mean.point,
                    "mean_low": mean.low,
                    "mean_high": mean.high,
                    "opposite": float((np.sign(pair) == -np.sign(mean.point)).mean()) if mean.point else 0.0,
                    "replications": len(pair),
                    "independent": independent,
                }
            )
    return pd.DataFrame(rows)


def headline_measure(ensemble: Ensemble) -> str:
    """Name of the measure that the scenario's headline quotes."""
    return measure_of(ensemble.file.scenario)
