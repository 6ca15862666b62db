"""The files of a run, as bytes: tables, figure and summary. `sim.experiment.store` writes them."""

from __future__ import annotations

import platform
from importlib.metadata import version as version_of
from typing import Any

import pandas as pd

from sim.analysis.compare import compare
from sim.analysis.validate import check_observed
from sim.experiment.ensemble import Ensemble
from sim.experiment.store import csv_bytes, json_bytes
from sim.report.figures import alt_text, picture

LIBRARIES = ("numpy", "scipy", "pandas", "simpy", "matplotlib", "pydantic")


def make_files(ensemble: Ensemble, answer: dict[str, Any]) -> dict[str, bytes]:
    """Every file of a run but its manifest.

    Returns
    -------
    dict
        ``measures.csv`` (one row a number: scenario, variant, world, replication, measure, value, unit),
        ``differences.csv`` (each world against the headline's other world, as `sim.compare`),
        ``observed.csv`` (as `sim.check_observed`, with the variant), ``summary.json`` (the answer),
        ``cumulative.png`` and ``cumulative.svg``.
    """
    headline = ensemble.file.scenario.headline
    variants = list(dict.fromkeys(variant for variant, _ in ensemble.measures))
    worlds = list(dict.fromkeys(world for _, world in ensemble.measures if world != headline.minus))
    differences = [compare(ensemble, world, headline.minus) for world in worlds]
    checks = []
    for variant in variants:
        table = check_observed(ensemble, variant)
        table.insert(0, "variant", variant)
        checks.append(table)
    summary = {**answer, "figure": {"file": "cumulative.svg", "alt": alt_text(ensemble, variants[0])}}
    return {
        "measures.csv": _csv(ensemble.tidy()),
        "differences.csv": _csv(pd.concat(differences, ignore_index=True)),
        "observed.csv": _csv(pd.concat(checks, ignore_index=True)),
        "summary.json": json_bytes(summary),
        "cumulative.png": picture(ensemble, variants[0], "png"),
        "cumulative.svg": picture(ensemble, variants[0], "svg"),
    }


def make_manifest(answer: dict[str, Any]) -> dict[str, Any]:
    """What made the files: inputs and versions; nothing of the machine, the user or the hour."""
    scenario, run = answer["scenario"], answer["run"]
    return {
        "format": answer["format"],
        "run": run["id"],
        "scenario": scenario["name"],
        "file": scenario["file"],
        "file_hash": scenario["file_hash"],
        "model_hash": scenario["model_hash"],
        "seed": run["seed"],
        "replications": run["replications"],
        "variants": list(run["variants"]),
        "status": answer["status"]["label"],
        "illustrative": answer["status"]["illustrative"],
        "warnings": answer["status"]["warnings"],
        "versions": {
            "corridor-sim": run["version"],
            "python": platform.python_version(),
            **{name: version_of(name) for name in LIBRARIES},
        },
    }


def _csv(table: pd.DataFrame) -> bytes:
    columns = [table[name].tolist() for name in table.columns]
    return csv_bytes([str(name) for name in table.columns], zip(*columns, strict=True))
