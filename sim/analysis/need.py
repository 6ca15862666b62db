"""Need, inferred: how many patients needed to leave, by what the record lets one believe."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.intervals import prediction_interval
from sim.analysis.record import published
from sim.experiment.ensemble import Ensemble
from sim.model.laying_out import lay_out
from sim.model.layout import DAY
from sim.model.plan import ACTUAL

Floats = NDArray[np.float64]


def inferred_need(ensemble: Ensemble) -> pd.DataFrame:
    """Patients referred until the end of the period, the list at the start included, in each variant.

    Returns
    -------
    DataFrame
        One row a variant and reading: `variant`, `reading` (``referred``: as the variant has it;
        ``last rate throughout``: had the last rate of referrals held from the first day, as if its rise
        only marked that need was registered), `median`, `low`, `high` (90 % over histories), `claim`
        (the published figure of need, nan where there is none), `at_or_above` (share of histories).
    """
    rows = []
    for variant in dict.fromkeys(variant for variant, _ in ensemble.measures):
        scenario = ensemble.file.variants[variant]
        claims = [published(f)[1] for f in scenario.observed.values() if f.what == "referred"]
        claim = max(claims, default=float("nan"))
        readings = {
            "referred": ensemble.daily[variant, ACTUAL]["referred"][:, -1].astype(np.float64),
            "last rate throughout": _at_the_last_rate(ensemble, variant),
        }
        for reading, values in readings.items():
            if values is not None:
                spread = prediction_interval(values)
                above = float((values >= claim).mean()) if claims else float("nan")
                rows.append((variant, reading, spread.point, spread.low, spread.high, claim, above))
    return pd.DataFrame(rows, columns=["variant", "reading", "median", "low", "high", "claim", "at_or_above"])


def _at_the_last_rate(ensemble: Ensemble, variant: str) -> Floats | None:
    """The list at the start and the last rate over all days, by history; None without a posterior."""
    posterior = ensemble.posteriors.get(variant)
    layout = lay_out(ensemble.file.variants[variant])
    if posterior is None or len(layout.referrals) < 2:
        return None
    rows = [posterior.row_of(replication) for replication in ensemble.replications]

    def value(index: int) -> Floats | float:
        name = layout.values[index].name
        if name not in posterior.names:
            return layout.values[index].fixed
        return np.asarray(posterior.values[rows, posterior.names.index(name)])

    return np.asarray(value(layout.initial) + value(layout.referrals[-1][1]) * layout.horizon / DAY)
