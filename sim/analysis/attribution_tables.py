"""An attribution as plain tables: a row a number, with its intervals, and what it means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.attribute import Attribution
from sim.analysis.intervals import mean_interval, prediction_interval
from sim.experiment.coalitions import FATES
from sim.scenario.removed import when_removed
from sim.scenario.schema import Scenario

ALL = "(all groups)"
"""Stands for a group in the rows of sums."""
HOWS = ("shapley", "alone", "last")
"""The three numbers of a group."""
SUMMARY = ("mean", "mean_low", "mean_high", "median", "low", "high")


def shares_table(attribution: Attribution) -> pd.DataFrame:
    """What each group accounts for.

    Returns
    -------
    DataFrame
        One row a variant, span and group: `variant`, `span`, `kind` (whole period, window, closure),
        `title`, `from_second`, `until_second` (of the run, half-open), `group`, `impediments` (how many of
        this variant; 0: the group is not in it and worth exactly 0), `when_removed` (what holds then),
        `unit`; of the Shapley value, and of what the group adds removed alone and removed last:
        `shapley_mean`, `shapley_mean_low`, `shapley_mean_high` (95 % Monte Carlo interval of the mean;
        nan where histories of a posterior were run, see `mean_interval`), `shapley_median`, `shapley_low`,
        `shapley_high` (90 % prediction interval over the histories), `alone_mean`, ..., `last_high`;
        `sampling_low`, `sampling_high` (95 % interval of the Shapley mean
        for want of all orders; nan where all coalitions were run); `replications`. A row `(all groups)`
        ends each span: the sums. That of the Shapley values is the headline; the others' are not.
    """
    rows = []
    unit = attribution.file.scenario.headline.what
    for variant, shares in attribution.variants.items():
        says = _sentences(attribution.file.variants[variant], shares.impediments)
        shapley, independent = shares.shapley, variant not in attribution.posteriors
        for s, span in enumerate(shares.spans):
            common = {
                "variant": variant, "span": span.name, "kind": span.kind, "title": span.title,
                "from_second": span.start, "until_second": span.end,
            }  # fmt: skip
            for g, group in enumerate(shares.groups):
                sampling = shares.sampling_interval(g, s)
                values = shapley[g, :, s], shares.alone[g, :, s], shares.last[g, :, s]
                ends = (np.nan, np.nan) if sampling is None else (sampling.low, sampling.high)
                rows.append(
                    {**common, "group": group, "impediments": len(shares.impediments[group]),
                     "when_removed": says[group], "unit": unit, **_summaries(independent, *values),
                     "sampling_low": ends[0], "sampling_high": ends[1]}
                )  # fmt: skip
            alone, last = shares.alone[:, :, s].sum(axis=0), shares.last[:, :, s].sum(axis=0)
            rows.append(
                {**common, "group": ALL, "impediments": sum(map(len, shares.impediments.values())),
                 "when_removed": "", "unit": unit, **_summaries(independent, shares.total[:, s], alone, last),
                 "sampling_low": np.nan, "sampling_high": np.nan}
            )  # fmt: skip
    table = pd.DataFrame(rows)
    table["replications"] = len(attribution.replications)
    return table


def over_variants(shares: pd.DataFrame) -> pd.DataFrame:
    """The span of the Shapley values over the variants.

    Parameters
    ----------
    shares
        As made by :func:`shares_table`.

    Returns
    -------
    DataFrame
        One row a span and group: `kind`, `span`, `group`, `variants` (how many), `lowest_mean`,
        `highest_mean`, `low`, `high` (from the lowest to the highest end of the 90 % prediction intervals).
    """
    by = shares.groupby(["kind", "span", "group"], sort=False)
    table = by.agg(
        variants=("variant", "size"),
        lowest_mean=("shapley_mean", "min"),
        highest_mean=("shapley_mean", "max"),
        low=("shapley_low", "min"),
        high=("shapley_high", "max"),
    )
    return table.reset_index()


def worlds_table(attribution: Attribution) -> pd.DataFrame:
    """Evacuated in every world that was run, for the headline's carrier: any set of groups removed.

    Returns
    -------
    DataFrame
        One row a variant and set of groups: `variant`, `removed` (their names, joined by ` + `; empty: the
        corridor as it was), `mean` ... `high` as in :func:`shares_table`.
    """
    rows = []
    for variant, shares in attribution.variants.items():
        independent = variant not in attribution.posteriors
        for removed, values in shares.worlds.items():
            names = " + ".join(sorted(removed))
            rows.append({"variant": variant, "removed": names, **_summary(values, independent)})
    return pd.DataFrame(rows)


def fates_table(attribution: Attribution) -> pd.DataFrame:
    """What became of the same synthetic patients: counts only, never a patient.

    Returns
    -------
    DataFrame
        One row a variant, world and pair of fates that occurs: `variant`, `world`, `in_actual` (in the
        headline's other world), `in_world`, and `mean` ... `high` of the patients in a replication.
    """
    rows = []
    for variant, shares in attribution.variants.items():
        independent = variant not in attribution.posteriors
        for world, counts in shares.fates.items():
            for one, other in zip(*np.nonzero(counts.any(axis=0)), strict=True):
                pair = {"in_actual": FATES[one], "in_world": FATES[other]}
                summary = _summary(counts[:, one, other], independent)
                rows.append({"variant": variant, "world": world, **pair, **summary})
    return pd.DataFrame(rows, columns=["variant", "world", "in_actual", "in_world", *SUMMARY])


def _sentences(scenario: Scenario, impediments: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Group -> what holds when it is removed, each sentence once."""
    said = {
        group: dict.fromkeys(when_removed(scenario.impediments[id_]).rstrip(".") for id_ in ids)
        for group, ids in impediments.items()
    }
    return {group: "; ".join(sentences) for group, sentences in said.items()}


def _summaries(independent: bool, *values: NDArray[Any]) -> dict[str, float]:
    """The summary of each of the three numbers, by `how_name`."""
    return {
        f"{how}_{name}": value
        for how, one in zip(HOWS, values, strict=True)
        for name, value in _summary(one, independent).items()
    }


def _summary(values: NDArray[Any], independent: bool) -> dict[str, float]:
    """Mean with its 95 % Monte Carlo interval, if any, median with the 90 % prediction interval."""
    numbers = values.astype(np.float64)
    mean, spread = mean_interval(numbers, independent=independent), prediction_interval(numbers)
    return dict(
        zip(SUMMARY, (mean.point, mean.low, mean.high, spread.point, spread.low, spread.high), strict=True)
    )
