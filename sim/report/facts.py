"""What a page says of a report beside its results: place, fleet, how it was made, what it gives untuned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.analysis.validate import check_observed
from sim.experiment.ensemble import Ensemble, simulate
from sim.model.plan import ACTUAL
from sim.report.status import histories


def facts(
    ensemble: Ensemble, asked: Mapping[str, Any], run: str, command: str,
    untuned: Sequence[Mapping[str, Any]], spread: float,
) -> dict[str, Any]:  # fmt: skip
    """The facts as plain data.

    Parameters
    ----------
    asked, run
        As in the manifest; the name that follows from it.
    command
        That repeats the report.
    untuned
        As made by :func:`untuned_rows`.
    spread
        Standard deviation over the design of the sensitivities: their means are rounded to half its width; 0
        where there is none.
    """
    scenario = ensemble.file.scenario
    return {
        "route": [scenario.route.from_, *(leg.to for leg in scenario.route.legs)],
        "conditions": sorted(scenario.conditions),
        "windows": {name: window.title or name for name, window in scenario.windows.items()},
        "histories": histories(ensemble.posteriors, ensemble.from_prior),
        "untuned": list(untuned),
        "rounding": [0.0, spread / 2],
        "rounding_of_shares": [0.0, 0.1],
        "command": command,
        "run": run,
        "asked": dict(asked),
    }


def untuned_rows(ensemble: Ensemble, workers: int) -> list[dict[str, Any]]:
    """Published figures against the actual world, drawn from the priors alone, in every variant.

    Where nothing was calibrated that is the ensemble itself; else it is run again without its posteriors.
    """
    variants = list(dict.fromkeys(variant for variant, _ in ensemble.measures))
    if ensemble.posteriors:
        ensemble = simulate(
            ensemble.file, replications=ensemble.replications, calibration=None, worlds=[ACTUAL],
            variants=variants, workers=workers,
        )  # fmt: skip
    return [
        {"variant": variant, **plain_row(row)}
        for variant in variants
        for row in check_observed(ensemble, variant).to_dict("records")
    ]


def plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A table's row as plain data: dates as text, nan as None."""
    return {
        str(key): None if value != value else value.isoformat()[:10] if hasattr(value, "isoformat") else value
        for key, value in row.items()
    }  # fmt: skip
