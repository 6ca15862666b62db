"""Writes docs/exodus.md: ``uv run python -m tests.report.exodus_page``.

The scenario `exodus-2023` against what was published, point by point. Seeds are fixed, so that the digits are
the same wherever the page is made; `test_exodus_page.py` holds it to the scenario and (slow) to the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.capacity import capacity
from sim.analysis.validate import check_observed, interval_score
from sim.experiment.ensemble import Ensemble, simulate
from sim.experiment.posterior import Posterior, find_posterior
from sim.model.draws import Draws
from sim.model.layout import NONE
from sim.model.outcome import Outcome
from sim.report.capacity import capacity_data, cells_of, gap_sentence
from sim.report.numbers import rounded, span
from sim.report.sentences import published_figure
from sim.scenario.calendar_text import clock_text, hours
from sim.scenario.reading import ScenarioFile, read_scenario
from sim.scenario.schema import WHOLE_RECORD, Observed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "exodus.md"
EXODUS, FLAGSHIP = (ROOT / "scenarios" / f"{name}.yaml" for name in ("exodus-2023", "lachin-2022-2023"))
REPLICATIONS = 200
PASSED = (90_000, 97_000, 100_000)
"""People whose arrival is timed."""
LAST = pd.Timestamp("2023-09-28 20:00")
"""The last figure that calibration sees."""
CARRIED = {"people_arrived": (76_407, 732.0, 1003.0), "vehicles_arrived": (15_914, 158.0, 217.0)}
"""The naive forecast: the last figure, and the least and the most an hour between the published points of the
day before it (of vehicles: the same people, 4.62 in each, as between the two figures of vehicles)."""
TOTAL = 100_625
FIGURES = ("figure", "day and hour", "published", "predicted", "with error", "", "PIT")


class Run(NamedTuple):
    """What the page is made of."""

    ensemble: Ensemble
    passed: dict[int, np.ndarray[Any, Any]]
    """Number of people -> (replications,) second at which so many had arrived."""


def run(file: ScenarioFile, replications: int = REPLICATIONS) -> Run:
    """Run the actual world, and time when so many people had arrived."""
    times: dict[int, list[float]] = {n: [] for n in PASSED}

    def keep(_: object, __: int, draws: Draws, outcome: Outcome) -> None:
        there = outcome.arrived != NONE
        over = outcome.convoys[outcome.rides[:, 0], 2]
        at = np.concatenate([outcome.arrived[there], over[over != NONE]])
        people = np.concatenate([draws.own.people[there], outcome.rides[over != NONE, 3]])
        order = np.argsort(at, kind="stable")
        filled = np.cumsum(people[order])
        for n, kept in times.items():
            kept.append(float(at[order][np.searchsorted(filled, n)]) if filled[-1] >= n else np.inf)

    ensemble = simulate(file, replications=replications, worlds=["actual"], on_outcome=keep)
    return Run(ensemble, {n: np.array(kept) for n, kept in times.items()})


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(row) + " |\n" for row in lines)


def when(figure: Observed) -> str:
    """The day of a figure, and its hour if it has one."""
    hour = f" {clock_text(figure.at)}" if isinstance(figure.at, int) else ""
    return f"{figure.by.day} {figure.by:%B}{hour}"


def known(file: ScenarioFile, use: str) -> list[tuple[str, str, str]]:
    """The cells of the figures' tables that need no run."""
    rows = []
    for name, figure in file.scenario.observed.items():
        if figure.use == use:
            bound = "exact" if figure.value is not None else "about"
            number = published_figure(bound, float(figure.value or figure.about or 0))
            rows.append((f"{name} ({WHAT[figure.what]})", when(figure), number))
    return rows


WHAT = {"people_arrived": "people", "vehicles_arrived": "vehicles", "travel_hours": "hours"}


def of_figures(made: Run, use: str) -> list[tuple[str, ...]]:
    """Rows of the figures that calibration sees, or of those that it does not."""
    checked = check_observed(made.ensemble).set_index("figure")
    rows = []
    for cells, name in zip(
        known(made.ensemble.file, use),
        [n for n, f in made.ensemble.file.scenario.observed.items() if f.use == use],
        strict=True,
    ):
        row = checked.loc[name]
        width = row["high"] - row["low"]
        ends = row["published_low"], row["published_high"]
        held = ends[0] <= row["observed"] <= ends[1]
        said = "inside" if row["strictly"] else "inside with error" if held else "OUTSIDE"
        interval = f"{rounded(row['median'], width)} [{span(row['low'], row['high'])}]"
        rows.append((*cells, interval, span(*ends), said, f"{row['pit']:.2f}"))
    return rows


def scores(made: Run) -> list[tuple[str, ...]]:
    """The interval score of each figure kept back, the model's and the naive forecast's."""
    checked = check_observed(made.ensemble).set_index("figure")
    rows, totals = [], np.zeros(3)
    for name, figure in made.ensemble.file.scenario.observed.items():
        if figure.use != "validate" or figure.what not in CARRIED:
            continue
        row = checked.loc[name]
        seconds = figure.at if isinstance(figure.at, int) else 86_400
        ahead = (pd.Timestamp(figure.by) + pd.Timedelta(seconds=seconds) - LAST) / pd.Timedelta(hours=1)
        last, least, most = CARRIED[figure.what]
        naive = (last + least * ahead, last + most * ahead)
        total = TOTAL if figure.what == "people_arrived" else np.inf
        stopped = min(naive[0], total), min(naive[1], total)
        all_three = (naive, stopped, (row["published_low"], row["published_high"]))
        scored = [interval_score(*ends, row["observed"]) for ends in all_three]
        totals += scored
        rows.append((name, f"[{span(*naive)}]", *(f"{score:,.0f}" for score in scored)))
    return [*rows, ("all together", "", *(f"{score:,.0f}" for score in totals))]


def passing(made: Run) -> list[tuple[str, ...]]:
    """When so many had arrived."""
    origin = datetime.combine(made.ensemble.file.scenario.period.from_.day, datetime.min.time())
    rows = []
    for n, seconds in made.passed.items():
        low, middle, high = (
            origin + timedelta(seconds=float(s))
            for s in np.quantile(seconds, (0.05, 0.5, 0.95), method="median_unbiased")
        )
        spread = f"{low:%d %B %H:00} to {high:%d %B %H:00}"
        rows.append((f"{n:,}", f"{middle:%d %B %H:00}", spread))
    return rows


def travelled(made: Run) -> list[tuple[str, ...]]:
    """Travel times, in hours from when a vehicle is ready."""
    measures = made.ensemble.measures["base", "actual"]
    names = {
        "travel_of_arrived[window=arrived-26-27]": "median of those who arrived on 26 and 27 September",
        "travel_median": "median of all, those still on the road counted",
        "longest_queue[to=kornidzor]": "longest queue before the bridge (vehicles)",
    }
    rows = []
    for name, label in names.items():
        low, middle, high = np.quantile(measures[name], (0.05, 0.5, 0.95), method="median_unbiased")
        rows.append((label, f"{rounded(middle, high - low)} [{span(low, high)}]"))
    return rows


def ceiling(file: ScenarioFile) -> str:
    """The flagship's table of limits, with the road as measured here."""
    whole = read_scenario(FLAGSHIP)
    flagship, posterior = whole.scenario, find_posterior(whole, "base", WHOLE_RECORD)
    assert isinstance(posterior, Posterior)
    of_road = find_posterior(file, "base", WHOLE_RECORD)
    assert isinstance(of_road, Posterior)
    limits = capacity(flagship, file.scenario, hours("06:00 .. 18:00"), posterior=posterior, of_road=of_road)
    data = capacity_data(limits, flagship, file.scenario, calibrated=True)
    rows = [(*cells_of(row), row["assumed"]) for row in data["limits"]]
    head = ("limit, alone", "vehicles a day", "people a day", "people a day, as run", "taken for granted")
    return table(head, rows) + "\n" + gap_sentence(data) + "\n"


HEAD = """\
<!-- Generated by `uv run python -m tests.report.exodus_page`. Do not edit. -->
# The exodus of September 2023: predicted against published

In the week of 24 September 2023 some 100,600 people left through the road on which the ICRC's convoys had
gone, in about 21,200 vehicles. It is the one measurement of what the road can carry. The scenario is
[`exodus-2023.yaml`](../scenarios/exodus-2023.yaml); the series as published, with an address in each row, is
[`exodus.csv`](../scenarios/data/exodus/exodus.csv).

{status}

**What goes in.** How many left in all (100,625 people by 3 October) is an input: the model does not predict
it. The people and vehicles counted up to 28 September 20:00 calibrate who was ready when, what the road let
through and how many were in a vehicle. **What comes out**: everything after it, and every travel time.

**Buses** are in it: 46 with 35 seats from 28 September, for some 2,200 people, in the queue with everybody
else. The 5 that went with 41 vehicles and 311 people on 24 September count as own vehicles; of the 30 that
Azerbaijan sent by another road nothing says whom they carried.

**What is left out.** The 349 wounded who were moved from 25 to 27 September; of the first 237, 142 were flown
and 95 driven. Helicopters need no road, nothing says how ambulances passed the queue, and they would be 3 of
1,000 travellers. Breakdowns, fuel, food, the deaths on the road. The queue has no length: it stands before
the bridge, in the order in which vehicles came.

File {hash}; {n} replications of the actual world. Intervals are 90 % prediction intervals: luck and, where
there are priors, parameters.

## Kept back

What calibration does not see. *Predicted*: the count itself; *with error*: what would be published, the
figure's error of observation included, which the scores and the PIT are of. Reports of travel times are of
single families, so their errors are large.

"""


def of_calibration(made: Run) -> Mapping[str, Any]:
    """What the posterior says of itself."""
    return made.ensemble.posteriors["base"].about


def status(made: Run) -> str:
    """Where the parameters come from."""
    about = of_calibration(made)
    mixed = "its chains have mixed" if about["reached"] else "its chains have NOT mixed"
    kept = made.ensemble.posteriors["base"].histories
    return (
        f"It is calibrated: what is run are histories that match the figures up to then, {kept:,} kept of "
        f"{about['histories_tried']:,} tried; {mixed}."
    )


def learned(made: Run) -> list[tuple[str, ...]]:
    """Every uncertain number before and after: rates an hour, people beside the driver."""
    rows = []
    for row in of_calibration(made)["of_parameters"]:
        scale = 1 if row["parameter"].endswith("mean") else 1 / 24
        ends = [row[k] * scale for k in ("prior_low", "prior_high", "low", "high")]
        middle = rounded(row["median"] * scale, ends[3] - ends[2])
        seen = f"{middle} [{span(*ends[2:])}]" if row["identified"] else "not identified"
        rows.append((row["parameter"], span(*ends[:2]), seen))
    return rows


NAIVE = """
## Against carrying the last day's rate forward

The naive forecast goes on from 28 September 20:00 at the least and the most an hour of the day before. The
interval score (Gneiting & Raftery 2007) is the width and 20 times what lies outside; less is better. The
model is given the total and the naive forecast is not: what it would score if it stopped there stands beside.

"""
TRAVEL = """
## Travel times

Reported: 24 to 72 hours, *at least 30* as typical, against two hours in normal times.

"""
RESTS = """
Who was ready when cannot be seen in the flow while there is a queue: these hours rest on the scenario's
assumed curve as much as on the record.

## What calibration learned

Vehicles an hour, of readiness in proportion to 1,400 on 25 September; people beside the driver. On 24
September it was either the road that let few through, or few who were ready: where they were few, the figures
say little of what the road could have carried that day.

"""
SEEN = """
## Seen by the calibration

"""
CEILING = """
## The ceiling

What the corridor of 2022–2023 could have carried a day under each limit alone
(`corridor capacity scenarios/lachin-2022-2023.yaml --road scenarios/exodus-2023.yaml`):

"""


def page(made: Run) -> str:
    """The whole page."""
    file = made.ensemble.file
    return (
        HEAD.format(status=status(made), hash=file.file_hash[:16], n=REPLICATIONS)
        + table(FIGURES, of_figures(made, "validate"))
        + "\nWhen so many people had arrived (the project has no hours for these to hold against):\n\n"
        + table(("people", "median, to the hour", "90 % prediction interval"), passing(made))
        + NAIVE
        + table(("figure", "naive", "its score", "stopped at the total", "the model's score"), scores(made))
        + TRAVEL
        + table(("hours from when a vehicle is ready", "median [90 % prediction interval]"), travelled(made))
        + RESTS
        + table(("uncertain number", "prior, 5 to 95 %", "posterior median [90 % interval]"), learned(made))
        + SEEN
        + table(FIGURES, of_figures(made, "calibrate"))
        + CEILING
        + ceiling(file)
    )


def main() -> None:
    """Make the page."""
    PAGE.write_text(page(run(read_scenario(EXODUS))), encoding="utf-8")


if __name__ == "__main__":
    main()
