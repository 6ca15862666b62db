"""The files of a run, as bytes: tables, figure and summary. `sim.experiment.store` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from sim.analysis.compare import compare
from sim.analysis.intervals import central
from sim.analysis.validate import check_observed
from sim.experiment.ensemble import Ensemble
from sim.experiment.parquet import (
    LABELS,
    case_names,
    fingerprints_parquet,
    measures_parquet,
    parquet_bytes,
    repeated,
    schema_of,
)
from sim.experiment.text_files import csv_bytes, json_bytes
from sim.report.figures import alt_text, picture
from sim.report.status import label

ADDED = ("patients", "people", "convoys", "waiting")
"""Kinds of daily series that stand by carrier or class, and are stored as their sum too."""


def make_files(ensemble: Ensemble, answer: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, bytes]:
    """Every file of a run but its manifest and the patients.

    Parameters
    ----------
    answer
        As made by :func:`sim.report.answer.answer`.
    asked
        As :func:`sim.experiment.provenance.request`.

    Returns
    -------
    dict
        ``measures.parquet`` (a row a variant, world and replication; a column a measure),
        ``daily.parquet`` (a row a variant, world, series and midnight: median and 90 % prediction interval),
        ``fingerprints.parquet`` (a row a variant, world and replication, see `sim.model.fingerprint`),
        ``differences.csv`` (each world against the headline's other world, as `sim.compare`),
        ``observed.csv`` (as `sim.check_observed`, with the variant), ``summary.json`` (the answer),
        ``cumulative.png`` and ``cumulative.svg``.
    """
    headline = ensemble.file.scenario.headline
    variants, worlds = case_names(ensemble)
    differences = [compare(ensemble, world, headline.minus) for world in worlds if world != headline.minus]
    checks = []
    for variant in variants:
        table = check_observed(ensemble, variant)
        table.insert(0, "variant", variant)
        checks.append(table)
    summary = {**answer, "figure": {"file": "cumulative.svg", "alt": alt_text(ensemble, variants[0])}}
    return {
        "measures.parquet": measures_parquet(ensemble, about(asked, label(ensemble))),
        "daily.parquet": _daily(ensemble, about(asked, label(ensemble))),
        "fingerprints.parquet": fingerprints_parquet(ensemble, about(asked, label(ensemble))),
        "differences.csv": _csv(pd.concat(differences, ignore_index=True)),
        "observed.csv": _csv(pd.concat(checks, ignore_index=True)),
        "summary.json": json_bytes(summary),
        "cumulative.png": picture(ensemble, variants[0], "png"),
        "cumulative.svg": picture(ensemble, variants[0], "svg"),
    }


def about(asked: Mapping[str, Any], status: str) -> dict[str, Any]:
    """What a table says of itself, wherever it is copied to."""
    names = ("scenario", "model_hash", "seed", "version")
    return {**{name: asked[name] for name in names}, "status": status}


def make_manifest(answer: Mapping[str, Any], asked: Mapping[str, Any], engine: str) -> dict[str, Any]:
    """What was asked for, what made the files, and what they must not be taken for.

    Parameters
    ----------
    asked
        As :func:`sim.experiment.provenance.request`.
    engine
        That ran it; another gives the same numbers.
    """
    status, run = answer["status"], answer["run"]
    return {
        "run": run["id"],
        "asked": dict(asked),
        "replications": run["replications"],
        "engine": engine,
        "status": status["label"],
        "illustrative": status["illustrative"],
        "warnings": status["warnings"],
    }


def _daily(ensemble: Ensemble, said: Mapping[str, Any]) -> bytes:
    """``daily.parquet``: what happened before each midnight, over the replications."""
    series = {case: {**_totals(daily), **daily} for case, daily in ensemble.daily.items()}
    names = list(dict.fromkeys(name for one in series.values() for name in one))
    variants, worlds = case_names(ensemble)
    values = dict.fromkeys(("low", "median", "high"), pa.float64())
    keys = {"variant": LABELS, "world": LABELS, "series": LABELS, "midnight": pa.date32()}
    meaning = "counts before this midnight; low and high: 90 % prediction interval over the replications"
    schema = schema_of({**keys, **values}, {**said, "daily": meaning}, {})
    first = np.datetime64(ensemble.file.scenario.period.from_.day, "D")

    def pieces() -> Iterator[pa.Table]:
        for (variant, world), one in series.items():
            for name, counts in one.items():
                days = counts.shape[1]
                columns = [
                    repeated(variant, variants, days),
                    repeated(world, worlds, days),
                    repeated(name, names, days),
                    pa.array(first + np.arange(days), pa.date32()),
                ]
                yield pa.table([*columns, *central(counts.astype(np.float64))], schema=schema)

    return parquet_bytes(schema, pieces())


def _totals(daily: Mapping[str, NDArray[np.int32]]) -> dict[str, NDArray[np.int32]]:
    """Sums over carriers or classes: quantiles of a sum cannot be had from those of its parts."""

    def parts(kind: str) -> list[NDArray[np.int32]]:
        return [counts for name, counts in daily.items() if name.startswith(f"{kind}[")]

    return {kind: np.sum(parts(kind), axis=0, dtype=np.int32) for kind in ADDED}


def _csv(table: pd.DataFrame) -> bytes:
    columns = [table[name].tolist() for name in table.columns]
    return csv_bytes([str(name) for name in table.columns], zip(*columns, strict=True))
