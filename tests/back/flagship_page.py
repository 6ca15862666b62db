# ruff: noqa: E501  (paragraphs of a page)
"""The tables of docs/flagship.md. ``python -m tests.back.flagship_page`` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.compare import compare, headline_measure
from sim.analysis.validation import Validation, validations
from sim.experiment.ensemble import simulate
from sim.experiment.replications import find_posteriors
from sim.report.calibration import short_name
from sim.report.numbers import rule_of_three, with_interval
from sim.report.sentences import published_figure
from sim.scenario.reading import ScenarioFile, read_scenario
from sim.scenario.schema import WHOLE_RECORD

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "flagship.md"
FLAGSHIP = ROOT / "scenarios" / "lachin-2022-2023.yaml"
BEGIN = (
    "<!-- tables: written by python -m tests.back.flagship_page, compared with the model by tests/back -->"
)
END = "<!-- end of tables -->"
TOTALS = ("icrc-29-april", "icrc-12-june")
LISTS = ("urgent-10-may", "list-19-june", "list-24-june")


def tables() -> str:
    """All tables, as they should stand in the page."""
    file = read_scenario(FLAGSHIP)
    workers = min(2, os.cpu_count() or 1)
    found = validations(file, list(file.variants), workers=workers)
    whole = [one for one in found if one.calibration == WHOLE_RECORD]
    early = [one for one in found if one.calibration != WHOLE_RECORD]
    return "\n\n".join(
        [
            "## What calibration learned",
            _quality(file, found),
            "The whole record: 90 % prediction intervals of the actual world, in brackets half their width as a "
            "share of the median; lists are inside their bands or not.",
            _bars(file, whole, workers),
            "## Need, inferred",
            "Patients referred by 19 September, the list at the start included. OCCRP quotes a former coordinator "
            "of the health ministry for *more than double* the 800, that is at least 1,600; it was not verified, "
            "and calibrated nothing. The second reading supposes that the rate after April held all along, as if "
            "its rise only marked that planned care was registered.",
            _need(whole),
            "## How well the held-out months are predicted",
            *[part for one in early for part in _held_out(one)],
        ]
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _quality(file: ScenarioFile, found: list[Validation]) -> str:
    rows = []
    for one in found:
        posteriors, missing = find_posteriors(file, [one.variant], one.calibration)
        if one.variant not in posteriors:
            rows.append([one.variant, one.calibration, missing[one.variant], "", "", "", "", _mark(one)])
            continue
        about = posteriors[one.variant].about
        identified = [row["parameter"] for row in about["of_parameters"] if row["identified"]]
        rows.append([
            one.variant, one.calibration, f"{about['histories_tried']:,}",
            f"{len(identified)} of {len(about['of_parameters'])}",
            f"{about['least_effective_sample_size']:.0f}", f"{about['greatest_r_hat']:.2f}",
            _at_boundary(about["of_parameters"]),
            _mark(one),
        ])  # fmt: skip
    header = ["variant", "calibration", "histories tried", "parameters identified",
              "least effective sample size", "greatest R-hat", "at the boundary of its prior",
              "keeps the record"]  # fmt: skip
    return _table(header, rows)


def _at_boundary(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{short_name(row['parameter'])} ({row['boundary']})" for row in rows if row["boundary"])


def _mark(one: Validation) -> str:
    return "yes" if one.keeps else "**no**"


def _bars(file: ScenarioFile, whole: list[Validation], workers: int) -> str:
    headline = file.scenario.headline
    made = simulate(file, worlds=[headline.minus, headline.world], workers=workers)
    name = headline_measure(made)
    difference = compare(made, headline.world, headline.minus, [name]).set_index("variant")
    rows = []
    for one in whole:
        figures = one.figures.set_index("figure")
        cells = [_interval(*(float(figures.loc[f, k]) for k in ("low", "median", "high"))) for f in TOTALS]
        ends = np.quantile(made.measures[one.variant, headline.minus][name], (0.05, 0.5, 0.95))
        lists = [f for f in LISTS if f in figures.index and not figures.loc[f, "inside"]]
        row = difference.loc[one.variant]
        rows.append([
            one.variant, *cells, _interval(*ends.tolist()),
            "inside" if not lists else f"outside: {', '.join(lists)}",
            f"{row['median']:.0f} [{row['low']:.0f}–{row['high']:.0f}]",
        ])  # fmt: skip
    return _table(
        ["variant", "by 29 April (394)", "by 12 June (492)", "by 19 September (more than 800)", "lists",
         "headline: median [90 %]"],
        rows,
    )  # fmt: skip


def _interval(low: float, median: float, high: float) -> str:
    return f"{median:.0f} [{low:.0f}–{high:.0f}] (±{100 * (high - low) / 2 / median:.0f} %)"


def _need(whole: list[Validation]) -> str:
    rows = []
    for one in whole:
        for row in one.need.to_dict("records"):
            rows.append([
                one.variant, str(row["reading"]), f"{row['median']:,.0f} [{row['low']:,.0f}–{row['high']:,.0f}]",
                rule_of_three(round(row["at_or_above"] * one.replications), one.replications, bool(one.from_prior)),
            ])  # fmt: skip
    return _table(["variant", "reading", "median [90 % of histories]", "histories at 1,600 or above"], rows)


def _held_out(one: Validation) -> list[str]:
    rows = []
    for row in one.figures.to_dict("records"):
        if one.until is None or row["by"] <= one.until or row["use"] == "compare":
            continue
        inside = "" if row["inside"] is None else "inside" if row["inside"] else "**outside**"
        naive = "" if np.isnan(row["naive_score"]) else f"{row['naive_score']:.0f} ({row['naive']})"
        score = "" if row["score"] is None or np.isnan(row["score"]) else f"{row['score']:.0f}"
        rows.append([
            str(row["figure"]), published_figure(str(row["bound"]), float(row["observed"])),
            with_interval(row["median"], row["low"], row["high"], row["what"] != "convoy_size"),
            inside, score, naive,
        ])  # fmt: skip
    skill = [
        f"Mean interval score on {row['figures']} figures: model {row['model']:.1f}, naive forecast "
        f"`{row['forecast']}` {row['naive']:.1f}: the model is {'better' if row['ratio'] < 1 else '**no better**'}."
        for row in one.skill().to_dict("records")
    ]
    return [
        f"Variant {one.variant}, calibrated on figures to {one.until}:",
        _table(["figure", "published", "predicted", "", "score", "naive"], rows),
        *skill,
    ]


def block(page: str) -> str:
    """The tables as they stand in a page."""
    return page.split(BEGIN)[1].split(END)[0].strip()


def main() -> None:
    """Write the tables."""
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
