"""Validation of every variant in every calibration: the record, naive forecasts, and the need inferred."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from sim.analysis.naive import naive_forecasts
from sim.analysis.need import inferred_need
from sim.analysis.validate import check_observed, keeps_record
from sim.experiment.ensemble import simulate
from sim.experiment.replications import Replications, find_posteriors, replications_of
from sim.model.plan import ACTUAL
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import WHOLE_RECORD

PRIOR = "prior"
"""Stands for a calibration where the posteriors are left aside."""


class Validation(NamedTuple):
    """One variant in one calibration."""

    variant: str
    calibration: str
    until: date | None
    """Last day whose figures were seen; None: all."""
    from_prior: str
    """Why it was drawn from its priors; empty where a posterior was run."""
    replications: int
    figures: pd.DataFrame
    """As `check_observed`, with `naive` (which naive forecast), `naive_low`, `naive_high`, `naive_score` for
    figures after `until` that one speaks of."""
    need: pd.DataFrame
    """As `inferred_need`."""
    keeps: bool
    """Whether the actual world keeps the record: the rule of `keeps_record`."""
    mixed: bool
    """Whether the chains of the calibration have mixed as wanted."""

    @property
    def validated(self) -> bool:
        """Calibrated, mixed, and keeping the record."""
        return self.keeps and self.mixed

    def skill(self) -> pd.DataFrame:
        """Mean interval scores of the model and of each naive forecast on the same figures.

        Returns
        -------
        DataFrame
            `forecast`, `figures`, `model`, `naive` (mean scores: less is better), `ratio` (below 1: the
            model is the better).
        """
        rows = []
        for name, part in self.figures.dropna(subset="naive").groupby("naive", sort=True):
            model, naive = float(part["score"].mean()), float(part["naive_score"].mean())
            rows.append((name, len(part), model, naive, model / naive if naive else float("inf")))
        return pd.DataFrame(rows, columns=["forecast", "figures", "model", "naive", "ratio"])


def validations(
    file: ScenarioFile,
    variants: Sequence[str],
    *,
    replications: int | None = None,
    prior: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Validation]:
    """Hold the record against the actual world of variants, run from the posterior of every calibration.

    The whole record comes first, also where there is no posterior for it; further calibrations only where
    there is one.

    Parameters
    ----------
    replications
        As of :func:`sim.simulate`, in each calibration.
    prior
        Leave all posteriors aside: one validation a variant, drawn from its priors.
    progress
        Called with (done, total) replications of one calibration after the other.

    Raises
    ------
    HistoriesError
        For more replications than the posteriors of a calibration have histories; before anything is run.
    """
    found = []
    for calibration, chosen, (numbers, _, posteriors, _) in planned(file, variants, replications, prior):
        ensemble = simulate(
            file, replications=numbers, worlds=[ACTUAL], variants=chosen, calibration=calibration,
            workers=workers, progress=progress,
        )  # fmt: skip
        need = inferred_need(ensemble)
        for variant in chosen:
            scenario, until = file.calibration(variant, calibration or WHOLE_RECORD)
            figures = check_observed(ensemble, variant)
            naive = pd.DataFrame(columns=["figure", "forecast", "low", "high", "score"])
            if until is not None:
                naive = naive_forecasts(scenario, until).drop(columns="observed")
            columns = {"forecast": "naive", "low": "naive_low", "high": "naive_high", "score": "naive_score"}
            found.append(
                Validation(
                    variant=variant,
                    calibration=calibration or PRIOR,
                    until=until,
                    from_prior=ensemble.from_prior.get(variant, ""),
                    replications=len(ensemble.replications),
                    figures=figures.merge(naive.rename(columns=columns), on="figure", how="left"),
                    need=need[need["variant"] == variant].reset_index(drop=True),
                    keeps=variant in posteriors and keeps_record(ensemble, variant),
                    mixed=variant in posteriors and bool(posteriors[variant].about["reached"]),
                )
            )
    return found


def planned(
    file: ScenarioFile, variants: Sequence[str], replications: int | None = None, prior: bool = False
) -> list[tuple[str | None, list[str], Replications]]:
    """What :func:`validations` will run: each calibration, its variants and their replications."""
    plans = []
    for calibration in (None,) if prior else (WHOLE_RECORD, *file.scenario.calibrations):
        there, _ = find_posteriors(file, variants, calibration)
        chosen = [v for v in variants if calibration in (None, WHOLE_RECORD) or v in there]
        if chosen:
            plans.append((calibration, chosen, replications_of(file, chosen, calibration, replications)))
    return plans


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain mappings."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
