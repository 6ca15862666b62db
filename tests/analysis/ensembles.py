"""Ensembles made by hand: tables of chosen numbers, in place of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.experiment.ensemble import Ensemble
from sim.scenario.reading import ScenarioFile, read_text

TEXT = """
name: by-hand
title: Numbers chosen by hand
period: {from: 2030-03-01, to: 2030-03-04, utc_offset: "+00:00"}
need:
  initial_list: 1000
  classes: {urgent: {share: 40%}, planned: {share: rest}}
carriers:
  clinic: {fleet: {van: {count: 1, seats: 2}}, plan: {days: daily, at: "08:00"}}
  army: {fleet: {van: {count: 1, seats: 2}}, plan: {days: daily, at: "08:00"}}
route: {from: home, legs: [{to: town, travel: 1 h}]}
"""


def read(more: str = "") -> ScenarioFile:
    """The scenario, with more blocks after it."""
    return read_text(TEXT + more, Path("."), "by-hand.yaml")


def ensemble(
    measures: dict[str, dict[str, Any]] | None = None,
    daily: dict[str, Any] | None = None,
    more: str = "",
) -> Ensemble:
    """Measures by world; series of the actual world at each midnight, a row a replication."""
    tables = {
        ("base", world): pd.DataFrame(columns, dtype=float) for world, columns in (measures or {}).items()
    }
    series = {name: np.array(rows, dtype=np.int32) for name, rows in (daily or {}).items()}
    n = max([len(t) for t in tables.values()] + [len(s) for s in series.values()])
    return Ensemble(
        file=read(more),
        seed=1,
        replications=tuple(range(n)),
        measures=tables,
        daily={("base", "actual"): series},
    )
