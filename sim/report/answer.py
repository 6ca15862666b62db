"""The answer of a run as plain data: what the tables print, and what ``--json`` and summary.json hold.

Numbers are unrounded; undefined ones are None. Every interval stands beside its kind and level.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from math import isfinite
from typing import Any

import pandas as pd

from sim.analysis.compare import compare, headline_measure
from sim.analysis.intervals import MONTE_CARLO, PREDICTION, prediction_interval
from sim.analysis.validate import check_observed
from sim.experiment.ensemble import Ensemble
from sim.model.laying_out import lay_out
from sim.model.measures import UNITS
from sim.model.plan import ACTUAL, world_names, world_of
from sim.report.sentences import (
    ILLUSTRATIVE,
    NEED,
    assumed_sentence,
    few_sentence,
    headline_sentence,
    nothing_sentence,
    posterior_sentence,
    published_figure,
    record_sentence,
)
from sim.report.status import BY_HAND, VALIDATED
from sim.report.status import label as status_label
from sim.report.worlds import define, differs
from sim.scenario.reading import ScenarioFile
from sim.scenario.schema import ARRIVING, Scenario
from sim.scenario.sources import ledger, shares_of_marks

FORMAT = 1
"""Of this data; raised when a key changes its meaning."""
NEAR_THE_END = 7
"""Days before the end of the period within which a published total is set beside the model's total."""


def answer(ensemble: Ensemble, version: str, run: str) -> dict[str, Any]:
    """Everything a reader is told of a run.

    Parameters
    ----------
    ensemble
        With the worlds of the headline, in one or more variants.
    version, run
        Of the package; the run's id.
    """
    file, scenario = ensemble.file, ensemble.file.scenario
    variants = list(dict.fromkeys(variant for variant, _ in ensemble.measures))
    first = variants[0]
    checked = [{"variant": v, **row} for v in variants for row in _observed(ensemble, v)]
    worlds = {name: _definition(ensemble, first, name) for name in _worlds(ensemble, first)}
    headline = _headline(ensemble, variants)
    record = _record(checked, first, scenario)
    compared = worlds[headline["world"]]
    sentence = (
        headline_sentence(headline, compared["sentence"], record)
        if differs(compared) or differs(worlds[headline["minus"]])
        else nothing_sentence(headline["world"])
    )
    marks = shares_of_marks(ledger(scenario))
    return {
        "format": FORMAT,
        "sentence": sentence,
        "caution": few_sentence(len(ensemble.replications)),
        "status": {
            "label": status_label(ensemble),
            "calibrated": set(ensemble.posteriors) == set(variants),
            "validated": status_label(ensemble) == VALIDATED,
            "illustrative": bool(scenario.illustrative),
            "lines": _status(ensemble, marks, checked),
            "warnings": [warning.removeprefix(f"{file.path.parent}{os.sep}") for warning in file.warnings],
        },
        "headline": headline,
        "measures": _measures(ensemble, first, checked),
        "windows": _windows(ensemble, first),
        "worlds": list(worlds.values()),
        "observed": checked,
        "assumptions": marks,
        "scenario": scenario_data(file),
        "run": {
            "id": run,
            "seed": ensemble.seed,
            "posteriors": {variant: one.history_hash for variant, one in ensemble.posteriors.items()},
            "replications": len(ensemble.replications),
            "precision": _precision(ensemble),
            "variants": {v: scenario.variants[v].says if v in scenario.variants else None for v in variants},
            "version": version,
        },
    }


def scenario_data(file: ScenarioFile) -> dict[str, Any]:
    """What names a scenario and its period, as plain data."""
    scenario = file.scenario
    return {
        "name": scenario.name,
        "title": scenario.title,
        "file": file.path.name,
        "from": scenario.period.from_.text,
        "to": scenario.period.to.text,
        "file_hash": file.file_hash,
        "model_hash": file.model_hash,
    }


def _precision(ensemble: Ensemble) -> dict[str, Any] | None:
    """What was asked of the headline's mean and reached, where a precision was asked for."""
    if ensemble.precision is None:
        return None
    return {key: _plain(value) for key, value in ensemble.precision._asdict().items()}


def _worlds(ensemble: Ensemble, variant: str) -> list[str]:
    """The worlds that were run: the headline's pair first, then the others in the file's order."""
    headline = ensemble.file.scenario.headline
    names = world_names(lay_out(ensemble.file.scenario))
    ordered = dict.fromkeys((ACTUAL, headline.minus, headline.world, *names))
    return [name for name in ordered if (variant, name) in ensemble.measures]


def _definition(ensemble: Ensemble, variant: str, world: str) -> dict[str, Any]:
    scenario = ensemble.file.variants[variant]
    removed = ensemble.removed.get((variant, world), ())
    return define(scenario, world, world_of(lay_out(ensemble.file.scenario), world), removed)


def _headline(ensemble: Ensemble, variants: list[str]) -> dict[str, Any]:
    """The paired difference that is quoted, in each variant, and its span over them."""
    scenario, name = ensemble.file.scenario, headline_measure(ensemble)
    headline = scenario.headline
    rows = {row["variant"]: row for row in _differences(ensemble, headline.world, headline.minus, [name])}
    lows = [rows[v]["low"] for v in variants]
    highs = [rows[v]["high"] for v in variants]
    known = None not in lows
    carrier = headline.carrier
    return {
        "measure": name,
        "unit": UNITS[name.partition("[")[0]],
        "carrier": carrier,
        "carrier_title": None if carrier is None else scenario.carriers[carrier].title or carrier,
        "world": headline.world,
        "minus": headline.minus,
        "until": last_day(scenario).isoformat(),
        "replications": len(ensemble.replications),
        "variants": [rows[v] for v in variants],
        "span": {
            "low": min(lows) if known else None,
            "high": max(highs) if known else None,
            "lowest_median": min(rows[v]["median"] for v in variants),
            "highest_median": max(rows[v]["median"] for v in variants),
            "of": "the variants' 90 % prediction intervals",
        },
    }


def _differences(ensemble: Ensemble, world: str, minus: str, names: list[str]) -> list[dict[str, Any]]:
    """Rows of `compare` as plain data, each with the kinds of its intervals."""
    table = compare(ensemble, world, minus, names)
    rows = []
    for row in table.to_dict("records"):
        plain = {str(key): _plain(value) for key, value in row.items()}
        plain["opposite_replications"] = round(row["opposite"] * row["replications"])
        plain["interval"] = {"kind": PREDICTION, "level": 0.9}
        plain["mean_interval"] = {"kind": MONTE_CARLO, "level": 0.95} if row["independent"] else None
        rows.append(plain)
    return rows


def _measures(ensemble: Ensemble, variant: str, checked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the table: each measure as published, in every world, and as a paired difference."""
    scenario = ensemble.file.scenario
    headline = scenario.headline
    who = "" if headline.carrier is None else f"[carrier={headline.carrier}]"
    labels = {
        f"patients_evacuated{who}": ("Patients evacuated", "patients"),
        f"people_evacuated{who}": ("People evacuated, companions included", "people"),
        f"convoys_run{who}": ("Convoys run", "convoys"),
        f"longest_gap{who}": ("Longest gap between convoys", None),
        "patient_days_of_delay": ("Days on the list, all patients together", None),
        "still_waiting": ("Still waiting at the end", "waiting"),
    }
    if scenario.own_vehicles:
        labels |= {
            "people_arrived": ("People at the end of the road, own vehicles included", "people_arrived"),
            "vehicles_arrived": ("Vehicles there", "vehicles_arrived"),
            "travel_median": ("Travel time of own vehicles, from when they are ready", None),
        }
    found = _estimates(ensemble, variant, list(labels), _worlds(ensemble, variant))
    rows = []
    for name, (label, what) in labels.items():
        observed = None if what is None else _at_the_end(checked, variant, scenario, what)
        rows.append({"measure": name, "label": label, "observed": observed, **found[name]})
    return rows


def _windows(ensemble: Ensemble, variant: str) -> list[dict[str, Any]]:
    """The headline's measure within each window: its two worlds and their paired difference."""
    scenario = ensemble.file.scenario
    headline, end = scenario.headline, last_day(scenario)
    within = "" if headline.carrier is None else f"carrier={headline.carrier},"
    names = {name: f"{headline.what}_evacuated[{within}window={name}]" for name in scenario.windows}
    found = _estimates(ensemble, variant, list(names.values()), [headline.minus, headline.world])
    return [
        {
            "window": name,
            "title": window.title or name,
            "from": window.from_.isoformat(),
            "to": (window.to or end).isoformat(),
            "measure": names[name],
            **found[names[name]],
        }
        for name, window in scenario.windows.items()
    ]


def _estimates(
    ensemble: Ensemble, variant: str, names: list[str], worlds: list[str]
) -> dict[str, dict[str, Any]]:
    """Of each measure: its unit, what every world gives, and the headline's paired difference."""
    if not names:  # `compare` would take none for all
        return {}
    headline = ensemble.file.scenario.headline
    found: dict[str, dict[str, Any]] = {}
    for row in _differences(ensemble, headline.world, headline.minus, names):
        if row["variant"] != variant:
            continue
        name, by_world = row["measure"], {}
        for world in worlds:
            spread = prediction_interval(ensemble.measures[variant, world][name].to_numpy(dtype=float))
            by_world[world] = {key: _plain(value) for key, value in spread._asdict().items()}
        found[name] = {"unit": row["unit"], "variant": variant, "worlds": by_world, "difference": row}
    return found


def _observed(ensemble: Ensemble, variant: str) -> list[dict[str, Any]]:
    """Rows of `check_observed` as plain data, each figure also as it was published."""
    rows = []
    for row in check_observed(ensemble, variant).to_dict("records"):
        plain = {str(key): _plain(value) for key, value in row.items()}
        rows.append({**plain, "published": published_figure(str(row["bound"]), float(row["observed"]))})
    return rows


def _at_the_end(
    checked: list[dict[str, Any]], variant: str, scenario: Scenario, what: str
) -> dict[str, Any] | None:
    """The last published total of this kind within a week of the end, for the headline's carrier."""
    end = last_day(scenario)
    found = None
    for row in checked:
        figure = scenario.observed.get(row["figure"])
        if figure is None or row["variant"] != variant or figure.from_ or figure.classes:
            continue
        carrier = None if what in ("waiting", *ARRIVING) else scenario.headline.carrier
        near = end - timedelta(days=NEAR_THE_END) <= figure.by <= end
        if (
            (figure.what, figure.carrier) == (what, carrier)
            and near
            and (found is None or row["by"] >= found["by"])
        ):
            found = row
    return found


def _record(checked: list[dict[str, Any]], variant: str, scenario: Scenario) -> dict[str, Any] | None:
    """The published figure that the headline sentence mentions."""
    if scenario.headline.minus != ACTUAL:
        return None
    return _at_the_end(checked, variant, scenario, scenario.headline.what)


def _status(ensemble: Ensemble, marks: dict[str, int], checked: list[dict[str, Any]]) -> list[str]:
    scenario = ensemble.file.scenario
    lines = [ILLUSTRATIVE] if scenario.illustrative else []
    priors = any(value.prior is not None for value in lay_out(scenario).values)
    for variant, why in ensemble.from_prior.items():
        which = f"Variant {variant}: every" if ensemble.posteriors else "Every"
        uncalibrated = ""
        if priors:
            uncalibrated = f": the priors have not been calibrated to the record ({why})"
        lines.append(f"{which} number is {BY_HAND}{uncalibrated}.")
        if not ensemble.posteriors:
            break
    lines += [posterior_sentence(variant, one.about) for variant, one in ensemble.posteriors.items()]
    for variant in dict.fromkeys(row["variant"] for row in checked):
        mine = [row for row in checked if row["variant"] == variant and row["inside"] is not None]
        if mine:
            two_sided = [row["figure"] for row in mine if row["strictly"] is not None]
            errors = any(scenario.observed[name].error for name in two_sided if name in scenario.observed)
            lines.append(record_sentence(variant, mine, errors))
    return [*lines, assumed_sentence(marks), NEED]


def last_day(scenario: Scenario) -> date:
    """The last day of the period that is simulated, wholly or in part."""
    origin = scenario.period.from_.day
    return origin + timedelta(days=(scenario.period.to.end(origin) - 1) // 86_400)


def _plain(value: Any) -> Any:
    """A value that JSON knows: dates as text, nan as None."""
    if isinstance(value, (date, pd.Timestamp)):
        return value.isoformat()[:10]
    return None if isinstance(value, float) and not isfinite(value) else value
